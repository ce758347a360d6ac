"""Rows that a command names: the one that is meant, or a sentence with those that there are."""

from typing import TYPE_CHECKING, Any, TypeVar

from hortus.cli.frame import BadInput

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound="Model")


def one_named(
    kind: type[Row], rows: "QuerySet[Any]", name: str, *, by: str = "slug", listed: "QuerySet[Any] | None" = None,
    none: str = "none yet", about: str = "",
) -> Row:  # fmt: skip
    """Return the row of a kind with this name. Raises BadInput with the names of all, in their order.

    rows: those that can be meant. by: the field that holds the name. listed: which are offered, where not all of them
    are. none: what to say where there are none. about: name of the argument; that of the kind when left out.
    """
    found: Row | None = rows.filter(**{by: name}).first()
    if found is None:
        what = str(kind._meta.verbose_name)
        names = ", ".join((rows if listed is None else listed).values_list(by, flat=True)) or none
        raise BadInput(f"There is no {what} {name!r}; {what}s: {names}.", f"no-{what}", about or what)
    return found
