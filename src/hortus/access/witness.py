"""Hears from Django, allauth and axes what happened at sign-in, and notes it. The libraries speak by signals only."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.socialaccount import signals as social
from django.contrib.auth.signals import user_logged_in, user_logged_out

from hortus.access import lockout, sessions
from hortus.access.models import Person
from hortus.access.security import Verb, note


def signed_in(request: Any, user: Person, **_: Any) -> None:
    """Note who signed in and how, and start the session's clock."""
    sessions.begin(request)
    records = request.session.get("account_authentication_methods") or []
    note(Verb.SIGNED_IN, person=user, by_method=" and ".join(str(record.get("method")) for record in records))


def signed_out(request: Any, user: Person | None, **_: Any) -> None:
    """Note who signed out."""
    if user is not None:
        note(Verb.SIGNED_OUT, person=user)


def password_changed(request: Any, user: Person, **_: Any) -> None:
    """Note a changed password; all other sessions end by themselves, as they carry a digest of the old one."""
    sessions.end_sessions(user, but=request.session.session_key)
    note(Verb.PASSWORD_CHANGED, person=user)


def password_reset(request: Any, user: Person, **_: Any) -> None:
    """Note a password set by a reset link, and end all sessions."""
    sessions.end_sessions(user)
    note(Verb.PASSWORD_RESET, person=user)


def factor_added(user: Person, authenticator: Any, **_: Any) -> None:
    """Note a new second factor."""
    note(Verb.FACTOR_ADDED, person=user, factor=authenticator.type)


def factor_removed(user: Person, authenticator: Any, **_: Any) -> None:
    """Note a removed second factor."""
    note(Verb.FACTOR_REMOVED, person=user, factor=authenticator.type)


def codes_renewed(user: Person, **_: Any) -> None:
    """Note new recovery codes."""
    note(Verb.CODES_RENEWED, person=user)


def factor_failed(request: Any, user: Person, **_: Any) -> None:
    """Count a wrong second factor."""
    lockout.count_wrong_factor(request, user)


def sso_connected(sociallogin: Any, **_: Any) -> None:
    """Note that single sign-on was connected."""
    note(Verb.SSO_CONNECTED, person=sociallogin.user)


def sso_disconnected(socialaccount: Any, **_: Any) -> None:
    """Note that single sign-on was disconnected."""
    note(Verb.SSO_DISCONNECTED, person=socialaccount.user)


def listen() -> None:
    """Connect all of the above; called once when the app is ready."""
    pairs = (
        (user_logged_in, signed_in), (user_logged_out, signed_out),
        (account.password_changed, password_changed), (account.password_set, password_changed),
        (account.password_reset, password_reset),
        (mfa.authenticator_added, factor_added), (mfa.authenticator_removed, factor_removed),
        (mfa.authenticator_reset, codes_renewed), (mfa.authentication_failed, factor_failed),
        (social.social_account_added, sso_connected), (social.social_account_removed, sso_disconnected),
    )  # fmt: skip
    for signal, heard in pairs:
        signal.connect(heard, dispatch_uid=f"hortus.{heard.__name__}.{id(signal)}")
