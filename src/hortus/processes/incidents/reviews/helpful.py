"""Which old reviews and incidents may help with something now: those that agree with it in most ways come first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse

from hortus.access.doors import Standing
from hortus.processes.incidents.beside import MOST_BESIDE, Beside
from hortus.processes.incidents.models import LIVE, Incident
from hortus.processes.incidents.reviews.alike import Address, Likeness, by_words
from hortus.processes.incidents.reviews.models import Review
from hortus.processes.incidents.reviews.reuse import path
from hortus.processes.incidents.rules import State

LOOKED_AT = 400  # the newest reviews: what is older hardly helps in the night, unless it says the same words


@dataclass(frozen=True, slots=True)
class _About:
    """What something is about: names of services by their keys, tags, and what says the same by its address."""

    services: Mapping[object, str]
    tags: frozenset[str]
    alike: Mapping[Address, Likeness]


@dataclass(frozen=True, slots=True)
class _Found:
    """A line that may be shown, and in which ways it agrees. place: 0 for the newest."""

    text: str
    path: str
    services: Sequence[str]
    tags: Sequence[str]
    said: Likeness | None = None
    uses: int = 0
    place: int = 0

    @property
    def key(self) -> tuple[float, ...]:
        """Return what it is sorted by: ways in which it agrees, a service before words before tags, uses, age."""
        ways = bool(self.services) + bool(self.said) + bool(self.tags)
        weight = self.said.weight if self.said else 0
        return (-ways, not self.services, not self.said, -weight, -self.uses, self.place)

    @property
    def why(self) -> str:
        """Return in a few words why it is shown."""
        told = [f"also about {', '.join(self.services)}"] if self.services else []
        told += [self.said.told] if self.said else []
        told += [f"also tagged {', '.join(self.tags)}"] if self.tags and not told else []
        return "; ".join(told)


def beside(standing: Standing, incident: Incident) -> Sequence[Beside]:
    """Return the old reviews and incidents that may help with an incident, at most three, as far as the policy lets.

    A review may help that was shared and is about the same service, has a tag in common, or says the same words; an
    incident, where it has no such review, when it says the same words.
    """
    own = {("incident", str(incident.number))}
    own |= {("review", str(number)) for number in incident.reviews.values_list("number", flat=True)}
    alike = by_words(standing, incident.title, frozenset(own))
    about = _About({one.pk: one.name for one in incident.services.all()}, frozenset(incident.tags), alike)
    mine = Review.objects.visible_to(standing.person).readable().filter(team=standing.team)
    found = [
        (one, f"{path(review)}?for={incident.number}") for review, one in _of(mine.exclude(incidents=incident), about)
    ]
    lines = [(one, where) for one, where in found] + [(one, one.path) for one in _incidents(standing, incident, about)]
    lines.sort(key=lambda line: line[0].key)
    return [Beside(one.text, where, one.why) for one, where in lines[:MOST_BESIDE]]


def related(review: Review) -> Sequence[Beside]:
    """Return other reviews about the same services or tags, at most three, in the same order."""
    incidents = list(review.incidents.prefetch_related("services"))
    services = {one.pk: one.name for one in review.services.all()}
    services |= {one.pk: one.name for each in incidents for one in each.services.all()}
    about = _About(services, frozenset([*review.tags, *(tag for each in incidents for tag in each.tags)]), {})
    others = Review.objects.readable().filter(team=review.team).exclude(pk=review.pk)
    found = sorted((one for _, one in _of(others, about)), key=lambda one: one.key)
    return [Beside(one.text, one.path, one.why) for one in found[:MOST_BESIDE]]


def _of(reviews: QuerySet[Review], about: _About) -> list[tuple[Review, _Found]]:
    """Return the reviews that agree in any way."""
    rows = reviews.select_related("team").prefetch_related("services", "incidents__services", "uses")
    newest = list(rows.order_by("-wanted_at", "-number")[:LOOKED_AT])
    known = {one.pk for one in newest}
    of = [int(key) for kind, key in about.alike if kind == "incident"]
    itself = [int(key) for kind, key in about.alike if kind == "review"]
    older = rows.filter(Q(number__in=itself) | Q(incidents__number__in=of)).distinct() if about.alike else ()
    found = []
    for place, review in enumerate([*newest, *(one for one in older if one.pk not in known)]):
        incidents = list(review.incidents.all())
        services = {one.pk for each in (review, *incidents) for one in each.services.all()}
        addresses = [("review", str(review.number)), *(("incident", str(each.number)) for each in incidents)]
        one = _Found(
            review.title, path(review), sorted(name for pk, name in about.services.items() if pk in services),
            sorted(about.tags & {*review.tags, *(tag for each in incidents for tag in each.tags)}),
            _best(about.alike, addresses), len(review.uses.all()), place,
        )  # fmt: skip
        if one.services or one.tags or one.said:
            found.append((review, one))
    return found


def _best(alike: Mapping[Address, Likeness], addresses: Iterable[Address]) -> Likeness | None:
    said = [alike[address] for address in addresses if address in alike]
    return max(said, key=lambda one: one.weight, default=None)


def _incidents(standing: Standing, incident: Incident, about: _About) -> Iterable[_Found]:
    """Give the incidents that are over, say the same words and have no review that could be read."""
    numbers = [int(key) for kind, key in about.alike if kind == "incident"]
    mine = Incident.objects.visible_to(standing.person).filter(team=standing.team, number__in=numbers)
    told = mine.exclude(pk=incident.pk).exclude(state__in=[*LIVE, State.MERGED.value])
    told = told.exclude(reviews__in=Review.objects.readable().filter(team=standing.team))
    for place, one in enumerate(told.prefetch_related("services")):
        services = sorted(about.services[s.pk] for s in one.services.all() if s.pk in about.services)
        where = reverse("incidents:room", args=[standing.team.slug, one.number])
        said = about.alike["incident", str(one.number)]
        yield _Found(f"{one}, {one.state}", where, services, sorted(about.tags & set(one.tags)), said, 0, place)
