"""Forms of who wants status news by e-mail."""

from typing import Any

from django import forms

from hortus.access.models import Team
from hortus.catalogue import subscriptions
from hortus.catalogue.models import Service, Subscriber

ALL, CHOSEN = "all", "chosen"


class ServicesForm(forms.Form):
    """Which services somebody wants to hear of."""

    scope = forms.ChoiceField(
        label="Of what?", choices=[(ALL, "All services, those to come included"), (CHOSEN, "Only these services")],
        widget=forms.RadioSelect, initial=ALL,
    )  # fmt: skip
    services = forms.ModelMultipleChoiceField(
        Service.objects.none(), label="Services", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, team: Team, *args: Any, subscriber: Subscriber | None = None, **kwargs: Any) -> None:
        if subscriber is not None:
            kwargs["initial"] = {
                "scope": ALL if subscriber.wants_all else CHOSEN, "services": list(subscriber.services.all()),
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        offered = subscriptions.choices(team)
        services = self.fields["services"]
        assert isinstance(services, forms.ModelMultipleChoiceField)  # noqa: S101 -- narrows the type
        services.queryset = Service.objects.filter(pk__in=[one.pk for one in offered])
        if not offered:
            del self.fields["services"], self.fields["scope"]

    def clean(self) -> dict[str, Any]:
        """Ask for a service where only some are wanted."""
        given = self.cleaned_data
        if given.get("scope") == CHOSEN and not given.get("services") and not self.errors:
            self.add_error("services", "Choose at least one service, or all of them.")
        return given

    def chosen(self) -> list[Service] | None:
        """Return the services that were chosen, None for all, once the form is valid."""
        given = self.cleaned_data
        return list(given["services"]) if given.get("scope") == CHOSEN else None


class SubscribeForm(ServicesForm):
    """An address that wants news."""

    email = forms.EmailField(
        label="Your e-mail address", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="Kept as long as you are subscribed, and seen by those who lead the team. We ask you to confirm it.",
    )  # fmt: skip

    field_order = ("email", "scope", "services")
