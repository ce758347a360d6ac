"""The verb that shows a team's status page to everybody, or to the team alone."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue.models import StatusPage
from hortus.catalogue.sentences import LONGEST_SENTENCE, plain
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref


def ref(team: Team) -> Ref:
    """Return the ledger's reference to a team's status page."""
    return Ref("status-page", team.slug, "Status page")


def url(team: Team, _id: str = "") -> str:
    """Return the path of a team's status page inside Hortus."""
    return reverse("catalogue:status", args=[team.slug])


def of(team: Team) -> StatusPage:
    """Return a team's status page; one that nobody has switched on is closed."""
    found = StatusPage.objects.filter(team=team).first()
    return found or StatusPage(team=team, changed_at=timezone.now())


@transaction.atomic
def settle(team: Team, *, is_public: bool, where_to_turn: str, by: Person | None, door: str) -> list[str]:
    """Open or close a team's status page to everybody; return what changed, nothing when nothing did.

    where_to_turn: one line that says whom to ask about what is not on the page, "" for none. Raises Refused when it is
    too long.
    """
    page, line = of(team), plain(where_to_turn, "where_to_turn", LONGEST_SENTENCE)
    changed = []
    if page.where_to_turn != line:
        changed.append("where_to_turn")
    if page.is_public != is_public:
        changed.append("is_public")
    if changed:
        page.is_public, page.where_to_turn, page.changed_at = is_public, line, timezone.now()
        page.save()
        verb = ("opened" if is_public else "closed") if "is_public" in changed else "changed"
        record(team, verb, ref(team), by=by, source=door, payload={"is_public": is_public})
    return changed
