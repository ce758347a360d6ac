"""Settings of sign-in: django-allauth, its second factors and single sign-on, django-axes, and the mail they send."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from hortus.config import declared

_HORTUS = declared.read()
_SECURE = _HORTUS.public_url.startswith("https://")

ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "hortus.access.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "hortus.access.forms.SignInForm"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = bool(_HORTUS.email_url)
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Hortus] "
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip,3/h/key", "start": "10/m/ip", "join": "20/m/ip"}
PASSWORD_RESET_TIMEOUT = int(timedelta(days=1).total_seconds())

MFA_ADAPTER = "hortus.access.adapters.MFAAdapter"
MFA_FORMS = {
    "authenticate": "hortus.access.forms.FactorForm",
    "reauthenticate": "hortus.access.forms.FactorAgainForm",
    "activate_totp": "hortus.access.forms.AppForm",
    "add_webauthn": "hortus.access.forms.PasskeyForm",
    "authenticate_webauthn": "hortus.access.forms.PasskeyAtSignInForm",
    "login_webauthn": "hortus.access.forms.PasskeyAloneForm",
    "reauthenticate_webauthn": "hortus.access.forms.PasskeyAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from invitations and are not proved by mail
MFA_TOTP_ISSUER = "Hortus"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _SECURE

SOCIALACCOUNT_ADAPTER = "hortus.access.adapters.SocialAccountAdapter"
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_AUTO_SIGNUP = True
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "provider_class": "hortus.access.oidc.Provider",
        "APPS": [],
    }
}
if _HORTUS.oidc_issuer:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"] = [
        {
            "provider_id": "sso",
            "name": _HORTUS.oidc_name,
            "client_id": _HORTUS.oidc_client_id,
            "secret": _HORTUS.oidc_client_secret.get_secret_value(),
            "settings": {"server_url": _HORTUS.oidc_issuer, "oauth_pkce_enabled": True},
        }
    ]

AXES_HANDLER = "hortus.access.lockout.Handler"
AXES_FAILURE_LIMIT = 5
LOCKOUT_ACCOUNT_LIMIT = 20
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "username"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "hortus.access.lockout.account"
AXES_LOCKOUT_CALLABLE = "hortus.access.lockout.page"
AXES_HTTP_RESPONSE_CODE = 429
AXES_SENSITIVE_PARAMETERS = ["login", "password", "code", "credential"]
AXES_DISABLE_ACCESS_LOG = True  # our security events say it
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "hortus.access.middleware.client_address"

# Rate limits, used one-time codes and seen tokens must hold for all web processes, so their cache is on disk.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(_HORTUS.data_dir.expanduser().resolve() / "cache"),
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

_MAIL = urlsplit(_HORTUS.email_url)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _MAIL.scheme.startswith('smtp') else 'console'}.EmailBackend"
EMAIL_HOST = _MAIL.hostname or "localhost"
EMAIL_PORT = _MAIL.port or (465 if _MAIL.scheme == "smtps" else 25)
EMAIL_HOST_USER = unquote(_MAIL.username or "")
EMAIL_HOST_PASSWORD = unquote(_MAIL.password or "")
EMAIL_USE_SSL = _MAIL.scheme == "smtps"
EMAIL_USE_TLS = _MAIL.scheme == "smtp" and bool(_MAIL.username)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _HORTUS.email_from
