"""How every form looks: one renderer, so that a plain `{{ form }}` is labelled, described and linked."""

from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.forms.renderers import DjangoTemplates

from hortus.values.refused import Refused


class HortusBoundField(BoundField):
    """A form field that also describes itself by its promise (who can read what is written here)."""

    @property
    def promise(self) -> str:
        """Return the sentence that says who can read this, or nothing."""
        return getattr(self.field, "promise", "")

    @property
    def aria_describedby(self) -> str | None:
        """Return the ids of help, promise and errors, in the order in which they are shown."""
        if self.field.widget.attrs.get("aria-describedby") or not self.auto_id or self.is_hidden:
            return None
        told = (("helptext", self.help_text), ("promise", self.promise), ("error", self.errors))
        return " ".join(f"{self.auto_id}_{name}" for name, said in told if said)

    @property
    def is_tick(self) -> bool:
        """Say whether the control stands before its label, as a single check box does."""
        return self.widget_type == "checkbox"


class HortusRenderer(DjangoTemplates):
    """Django's own renderer with our templates for the form and its fields."""

    form_template_name = "web/forms/form.html"
    field_template_name = "web/forms/field.html"
    bound_field_class = HortusBoundField


def refuse(form: BaseForm, refused: Refused) -> None:
    """Put a refusal beside the field that it is about, or above the form."""
    form.add_error(refused.field if refused.field in form.fields else None, refused.sentence)


def promise(form: BaseForm, field: str, sentence: str) -> None:
    """Say beside a text box who can read what is written in it.

    sentence: from the policy, such as "Who can read this: you and your lead."
    Raises KeyError when the form has no such field.
    """
    form.fields[field].promise = sentence  # type: ignore[attr-defined]
