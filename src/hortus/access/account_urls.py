"""Sign-in, second factors and sessions, below /account/: allauth's views in our templates, and our own.

Only what is listed here exists: allauth has many more pages, which Hortus does not want.
"""

from allauth.account import views as account_views
from allauth.socialaccount import views as social
from allauth.usersessions import views as usersessions
from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe

from hortus.access import account, entrance, oidc

urlpatterns = [
    path("", account.account, name="account"),
    path("events/", account.events, name="account-events"),
    path("tokens/<uuid:token>/revoke/", account.revoke_token, name="account-token-revoke"),
    path("sessions/", require_safe(usersessions.list_usersessions), name="usersessions_list"),
    path("sessions/end-others/", account.end_other_sessions, name="account-sessions-end"),
    path("sessions/<int:session>/end/", account.end_session, name="account-session-end"),
    path("invitation/", entrance.invitation, name="invitation"),
    path("invitation/<str:secret>/", entrance.invitation_link, name="invitation-link"),
    path("login/", account_views.login, name="account_login"),
    path("logout/", account_views.logout, name="account_logout"),
    path("inactive/", account_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account_views.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account_views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("sso/", login_required(social.connections), name="socialaccount_connections"),
    path("sso/error/", social.login_error, name="socialaccount_login_error"),
    path("sso/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("oidc/<slug:provider_id>/login/", oidc.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", oidc.callback, name="openid_connect_callback"),
    # allauth reverses these names; the pages do not exist.
    path("signup/", account.closed, name="account_signup"),
    path("sso/signup/", account.closed, name="socialaccount_signup"),
    path("email/", account.closed, name="account_email"),
    path("password/set/", account.closed, name="account_set_password"),
]
