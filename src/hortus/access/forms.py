"""Forms of access; what they say beyond shape (who may give which role, whether a code is right) actions decide."""

import logging
from collections.abc import Callable
from typing import Any

from allauth.account.forms import LoginForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.functional import lazy

from hortus.access import lockout
from hortus.access.doors import SCOPES
from hortus.access.policy import Role
from hortus.access.words import ROLE_MEANINGS, zone_names

_NEW_PASSWORD = "At least 12 letters. A sentence that only you would think of is better than tricks with signs."  # noqa: S105


def _quiet(form: forms.BaseForm) -> None:
    """Take the placeholders away: they vanish while one types and repeat the label."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class SignInForm(LoginForm):  # type: ignore[misc]
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _quiet(self)
        self.fields["login"].label = "E-mail address"
        self.fields["login"].max_length = 254
        self.fields["password"].help_text = ""
        self.fields.pop("remember", None)


class _GuardedCode:
    """Refuses to look at any code while the account is locked out."""

    def clean_code(self) -> str:
        """Return the code when it is right."""
        if lockout.is_locked(context.request, self.user):  # type: ignore[attr-defined]
            context.request.axes_locked_out = True  # its middleware then answers with the page of the lock-out
            raise forms.ValidationError("Too many wrong tries; wait a while and try again.")
        found: str = super().clean_code()  # type: ignore[misc]
        return found


class FactorForm(_GuardedCode, AuthenticateForm):  # type: ignore[misc]
    """The code of an authenticator app, or a recovery code, at sign-in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _quiet(self)
        self.fields["code"].max_length = 20
        self.fields["code"].widget.attrs["autofocus"] = True


class FactorAgainForm(_GuardedCode, ReauthenticateForm):  # type: ignore[misc]
    """The same code, asked again before something grave."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _quiet(self)


class AppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _quiet(self)
        self.fields["code"].label = "The six digits that the app shows"


def _read(step: Callable[[], Any]) -> Any:
    """Do a step of reading a browser's passkey answer; one that is not shaped like one is wrong, not our fault."""
    try:
        return step()
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        logging.getLogger("hortus.access").info("a passkey's answer could not be read: %r", error)
        raise forms.ValidationError("The passkey's answer cannot be read; try again.") from error


class _WellFormed:
    def clean_credential(self) -> Any:
        """Return what the credential proves."""
        return _read(super().clean_credential)  # type: ignore[misc]


class PasskeyAtSignInForm(_WellFormed, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey as second factor."""


class PasskeyAloneForm(_WellFormed, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey instead of address and password."""


class PasskeyAgainForm(_WellFormed, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey, asked again before something grave."""


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey: its name, and whether it opens the account alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _quiet(self)
        self.fields["name"].label = "What you call it"
        self.fields["name"].help_text = "As in: my laptop."
        self.fields["name"].max_length = 100
        if not self.fields["name"].initial:
            self.fields["name"].initial = "My passkey"
        if "passwordless" in self.fields:
            self.fields["passwordless"].label = "Let it open the account without the password"
            self.fields["passwordless"].help_text = "It must then ask for your finger, face or PIN."

    def clean(self) -> Any:
        """Return what was given, the credential checked."""
        return _read(super().clean)


class _NewPersonForm(forms.Form):
    name = forms.CharField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label="Your e-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label="A password", max_length=1000, strip=False, help_text=_NEW_PASSWORD,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip


def _zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in zone_names()]


class StartForm(_NewPersonForm):
    """The first-run page: the team and its first lead."""

    code = forms.CharField(
        label="Set-up code", max_length=100, help_text="Printed by <code>hortus up</code> in its terminal.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    team = forms.CharField(label="Name of your team", max_length=120, help_text="As in: Research Computing.")
    zone = forms.ChoiceField(
        label="Time zone of the team", choices=lazy(_zones, list), help_text="The team's days begin and end in it."
    )
    field_order = ("code", "team", "zone", "name", "email", "password")


class JoinForm(_NewPersonForm):
    """A new person who comes by an invitation."""


class NameForm(forms.Form):
    """What a person is called."""

    name = forms.CharField(label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))


class TeamForm(forms.Form):
    """What a team is called, and where its days begin."""

    name = forms.CharField(label="Name of the team", max_length=120)
    zone = forms.ChoiceField(label="Time zone", choices=lazy(_zones, list))


class InviteForm(forms.Form):
    """Whom to invite, as what, for how long."""

    role = forms.ChoiceField(label="Role", initial=Role.MEMBER.value)
    email = forms.EmailField(
        label="E-mail address", required=False, max_length=254,
        help_text="With it, only this person can use the link. Hortus sends nothing: you pass the link on.",
    )  # fmt: skip
    days = forms.IntegerField(label="Days that the link works", min_value=1, max_value=30, initial=7)

    def __init__(self, *args: Any, roles: tuple[Role, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, f"{role}: {ROLE_MEANINGS[role]}") for role in roles]  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """Another role for a member."""

    role = forms.ChoiceField(label="Role")

    def __init__(self, *args: Any, roles: tuple[Role, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.value) for role in roles]  # type: ignore[attr-defined]


class TokenForm(forms.Form):
    """A new access token."""

    name = forms.CharField(label="What it is for", max_length=80, help_text="As in: nightly import.")
    scopes = forms.MultipleChoiceField(
        label="What it may do", choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(
        label="Days that it works", min_value=1, max_value=3650, initial=365, required=False,
        help_text="Empty for a token without an end.",
    )  # fmt: skip
