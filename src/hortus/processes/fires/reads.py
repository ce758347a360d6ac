"""What pages and the weekly letter tell of fires: where they came from, and which services are quiet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hortus.access.models import Team
from hortus.catalogue.models import Service
from hortus.processes.fires.models import Fire, Kindling
from hortus.processes.fires.rules.kindling import SPAN, Answer
from hortus.values.origin import Origin
from hortus.web.words import counted

QUIET = timedelta(days=28)
MENDED = (Answer.PROCESS, Answer.PEOPLE, Answer.PRODUCT, Answer.BOUNDARY)


@dataclass(frozen=True, slots=True)
class Origins:
    """How many fires of the last 90 days came from where. Counts only: few fires make no share."""

    counts: dict[Origin, int]

    @property
    def total(self) -> int:
        """Return how many there were."""
        return sum(self.counts.values())

    @property
    def own(self) -> int:
        """Return how many came from ourselves alone."""
        return sum(count for origin, count in self.counts.items() if origin.is_own)

    @property
    def sentence(self) -> str:
        """Return them in words."""
        if not self.total:
            return "No fire in 90 days."
        unknown = self.counts.get(Origin.UNKNOWN, 0)
        said = f"{self.own} of {counted(self.total, 'fire')} in 90 days came from ourselves"
        return f"{said}, of {unknown} it is not known yet." if unknown else f"{said}."


def origins(team: Team, now: datetime) -> Origins:
    """Return where the fires of the last 90 days came from."""
    found = Fire.objects.filter(team=team).counted().between(now - SPAN, now).values_list("origin", flat=True)
    counts = Counter(found.order_by())
    return Origins({origin: counts[origin] for origin in Origin if counts[origin]})


@dataclass(frozen=True, slots=True)
class Quiet:
    """A service without a fire: for how many days, and what was done before. It had fires once."""

    service: Service
    days: int
    after: str

    @property
    def sentence(self) -> str:
        """Return it in words."""
        return f"{self.service.name}: {self.days} days without a fire{f', after: {self.after}' if self.after else ''}"


def quiet(team: Team, now: datetime) -> Sequence[Quiet]:
    """Return the services that had fires and have had none for four weeks, the longest quiet first; in three queries.

    after: what the newest answered card of the service said would be mended, "" for none.
    """
    last: dict[str, datetime] = {}
    for service, at in Fire.objects.filter(team=team).counted().values_list("service", "at"):
        if service:
            last[service] = max(at, last.get(service, at))
    cards = Kindling.objects.filter(team=team, answer__in=MENDED)
    done = {str(card): card.sentence for card in cards.order_by("answered_at", "pk") if card.is_of_service}
    services = Service.objects.filter(team=team, slug__in=last, retired_on=None)
    found = [Quiet(one, (now - last[one.slug]).days, done.get(one.slug, "")) for one in services]
    return sorted((one for one in found if one.days >= QUIET.days), key=lambda one: (-one.days, one.service.slug))
