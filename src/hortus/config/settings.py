"""Django's settings module, built from the declared settings; nothing here reads the environment by itself."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dj_database_url
from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key

from hortus.config import declared, mounts
from hortus.config.data_folder import kept_key

HORTUS = declared.read()
DATA_DIR = HORTUS.data_dir.expanduser().absolute()


def _new_key() -> str:
    return get_random_secret_key() + get_random_secret_key()


def _many(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


SECRET_KEY = (
    HORTUS.secret_key.get_secret_value() if HORTUS.secret_key else kept_key(DATA_DIR, _new_key)
)  # fmt: skip
DEBUG = False
_PUBLIC_HOST = HORTUS.public_url.partition("://")[2].partition(":")[0]
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *_many(HORTUS.allowed_hosts),
    *([] if HORTUS.host in {"0.0.0.0", "::", "localhost", "127.0.0.1", "::1"} else [HORTUS.host]),  # noqa: S104
    *([_PUBLIC_HOST] if _PUBLIC_HOST else []),
]
CSRF_TRUSTED_ORIGINS = [HORTUS.public_url] if HORTUS.public_url else []
FORCE_SCRIPT_NAME = HORTUS.base_path or None

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "ninja",
    "hortus.access",  # before allauth, so that its pages are in our templates
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "django_tasks",
    "hortus.web",
    "hortus.ledger",
    "hortus.ledger.outbox",
    "hortus.follow_ups",
    "hortus.catalogue",
    "hortus.telemetry",
    "hortus.telemetry.counts",
    "hortus.telemetry.probes",
    "hortus.telemetry.engines",
    "hortus.telemetry.alerts",
    "hortus.products.clusters",
    "hortus.products.slos",
    "hortus.processes.incidents",
    "hortus.processes.incidents.reviews",
    "hortus.processes.fires",
    "hortus.processes.procedures",
    "hortus.garden",
]

MIDDLEWARE = [
    "hortus.access.middleware.peer_address",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hortus.access.middleware.private_pages",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hortus.access.middleware.session_limits",
    "hortus.access.middleware.second_factor",
    "hortus.access.middleware.sample_visitor",
    "hortus.access.middleware.team_zone",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "hortus.config.urls"
WSGI_APPLICATION = "hortus.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hortus.access.context.standing",
                "hortus.ledger.outbox.banner.worker_silent",
                "hortus.processes.incidents.banner.incident_open",
            ],
            "builtins": ["hortus.web.templatetags.hortus"],
        },
    }
]
FORM_RENDERER = "hortus.web.forms.HortusRenderer"

_SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}


def _database() -> dict[str, Any]:
    """Return Django's description of the database, with the options that were measured to lose no write."""
    url = HORTUS.database_url or f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
    described: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=None, conn_health_checks=True))
    if "sqlite" in described["ENGINE"]:
        described["OPTIONS"] = _SQLITE_OPTIONS
        _refuse_network_disk(Path(described["NAME"]))
    else:
        described["OPTIONS"] = {"connect_timeout": 10, **described.get("OPTIONS", {})}
    return described


def _refuse_network_disk(database: Path) -> None:
    kind = mounts.network_kind(database.absolute().resolve(), mounts.table())
    if kind and not HORTUS.allow_network_disk:
        raise declared.WrongSetting(
            f"HORTUS_DATA_DIR (data_dir in the TOML file): {database.parent} lies on a network file system ({kind}), "
            "where SQLite can lose data. Name a folder on a local disk, or use PostgreSQL through "
            "HORTUS_DATABASE_URL, or accept the danger with HORTUS_ALLOW_NETWORK_DISK=true."
        )


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

USE_TZ = True
TIME_ZONE = "UTC"
TEAM_ZONE = ZoneInfo(HORTUS.time_zone)
LANGUAGE_CODE = "en-gb"
USE_I18N = True

STATIC_URL = f"{HORTUS.base_path}/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
_SECURE = HORTUS.public_url.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_NAME = "__Host-hortus" if _SECURE and not HORTUS.base_path else "hortus"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = (HORTUS.base_path or "") + "/"
CSRF_COOKIE_NAME = "hortus_csrf"
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

TASKS = {"default": {"BACKEND": "hortus.ledger.queue.LeaseBackend"}}

from hortus.config.signin import *  # noqa: E402, F403 -- allauth and axes have enough settings for a page of their own

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"axes": {"level": "ERROR"}},  # it would log who signs in; our security events say what is needed
    "root": {"handlers": ["stderr"], "level": HORTUS.log_level.upper()},
}
