"""What can be said about an SLI or an exclusion before it is kept: plain values and their checks.

The same drafts come from a form, the API, an OpenSLO file and the sample.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hortus.access.models import Team
from hortus.catalogue.models import Service
from hortus.products.slos.exclusions import as_rule, minute_of
from hortus.products.slos.models import LONGEST_REASON, LONGEST_SENTENCE, Exclusion, Objective, Sli
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.models import Series
from hortus.values.carriable import refuse_uncarriable
from hortus.values.refused import Refused
from hortus.web import words

LONGEST_NAME = 120
LONGEST_EXCLUSION_MINUTES = 92 * 1440


def text(field_name: str, given: str, most: int, *, may_be_empty: bool = False) -> str:
    """Return a text without blanks around it.

    Raises Refused when it is empty, longer than `most` characters, or holds one that feeds cannot carry.
    """
    cleaned = given.strip()
    if not cleaned and not may_be_empty:
        raise Refused("empty", f"The {field_name} is empty; write one of up to {most} characters.", field_name)
    if len(cleaned) > most:
        raise Refused("too-long", f"The {field_name} has {len(cleaned)} characters; at most {most}.", field_name)
    refuse_uncarriable(cleaned, field_name)
    return cleaned


def reason(given: str) -> str:
    """Return a reason. Raises Refused without one."""
    if not given.strip():
        raise Refused("no-reason", "Say in a few words why; the team will read it later.", "reason")
    return text("reason", given, LONGEST_REASON)


def offered(team: Team, slug: str, now_held: str = "") -> str:
    """Return the slug of a service that a team offers, or "". Raises Refused for any other."""
    if slug and slug != now_held and not Service.objects.filter(team=team, slug=slug, retired_on=None).exists():
        raise Refused("no-service", f"The team offers no service {slug[:60]!r}; see the catalogue.", "service")
    return slug


def free_series(team: Team, name: str) -> Series:
    """Return a series that no SLI counts yet. Raises Refused when there is none of that name, or one counts it."""
    found: Series | None = Series.objects.filter(team=team, name=name).first()
    if found is None:
        free = Series.objects.filter(team=team, sli=None).values_list("name", flat=True)
        known = ", ".join(free[:20]) or "none is free"
        raise Refused("no-series", f"There is no series {name[:60]!r}; choose one of: {known}.", "series")
    if Sli.objects.filter(series=found).exists():
        raise Refused("series-taken", f"Another SLI counts the series {found} already; use that one.", "series")
    return found


def is_known_before(began_at: datetime, at: datetime) -> bool:
    """Say whether what is entered at one aware instant begins in the same minute or later, so that it was planned."""
    return minute_of(began_at) >= minute_of(at)


@dataclass(frozen=True, slots=True)
class SliDraft:
    """What can be said about an SLI.

    judge: slug of the judge that fills it, with its parameters. series: name of a series that something fills already,
    as a hub, a probe or an engine does. Neither: programs send its events.
    """

    name: str
    sentence: str
    service: str = ""
    judge: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    series: str = ""

    @classmethod
    def of(cls, sli: Sli) -> "SliDraft":
        """Return what is said about an SLI now."""
        return cls(sli.name, sli.sentence, sli.service, sli.judge, sli.parameters, sli.series.name)

    def checked(self, team: Team, now_held: str = "") -> "SliDraft":
        """Return it cleaned. now_held: the service that it names already. Raises Refused with the field's name."""
        cleaned = replace(
            self, name=text("name", self.name, LONGEST_NAME), service=offered(team, self.service, now_held),
            sentence=text("sentence", self.sentence, LONGEST_SENTENCE),
        )  # fmt: skip
        if self.judge:
            return replace(cleaned, parameters=dict(judges.judge(self.judge).check(team, dict(self.parameters))))
        if self.parameters:
            raise Refused("no-judge-here", "Parameters belong to a judge; name the judge, or leave them out.", "judge")
        return cleaned


@dataclass(frozen=True, slots=True)
class ExclusionDraft:
    """Time that shall not count, and what it reaches: objectives and SLIs, else a service, else the whole team.

    began_at: aware. minutes: how long, each time. rule: iCalendar RRULE, "" for once; it repeats at the same time of
    day in `zone` ("" for the team's).
    """

    sort: str
    began_at: datetime
    minutes: int
    reason: str
    rule: str = ""
    zone: str = ""
    service: str = ""
    objectives: Sequence[Objective] = ()
    slis: Sequence[Sli] = ()

    def checked(self, team: Team, at: datetime) -> "ExclusionDraft":
        """Return it cleaned. at: aware, when it is entered. Raises Refused with the field's name."""
        if self.sort not in Exclusion.Sort.values:
            known = ", ".join(Exclusion.Sort.values)
            raise Refused("unknown-sort", f"{self.sort!r} is not a sort of exclusion; choose one of {known}.", "sort")
        self._refuse_times()
        self._refuse_afterwards(team, at)
        if self.service and (self.objectives or self.slis):
            raise Refused("two-reaches", "Name objectives and SLIs, or a service, or nothing for all.", "service")
        if any(one.team_id != team.pk for one in self.objectives) or any(one.team_id != team.pk for one in self.slis):
            raise Refused("not-in-team", "An exclusion reaches only what belongs to the team.", "objectives")
        cleaned = replace(
            self, reason=reason(self.reason), service=offered(team, self.service), zone=self.zone or team.zone,
            rule=self.rule.strip(), began_at=self.began_at.astimezone(UTC).replace(second=0, microsecond=0),
        )  # fmt: skip
        as_rule(cleaned.began_at, cleaned.minutes, cleaned.rule, cleaned.zone)  # raises where it is not allowed
        return cleaned

    def _refuse_afterwards(self, team: Team, at: datetime) -> None:
        """Refuse planned work that began before it is entered: nobody makes a figure better after the fact by it."""
        if self.sort != Exclusion.Sort.PLANNED or is_known_before(self.began_at, at):
            return
        began = self.began_at.astimezone(team.zoneinfo)
        instead = "let it begin with the next time, or " if self.rule.strip() else ""
        raise Refused(
            "planned-afterwards", f"Planned maintenance is entered before it begins; this began on "
            f"{words.day(began.date())} at {began:%H:%M}. What was announced on the status page in time is left out by "
            f"itself. For the rest {instead}choose “Agreed correction”, and say in the reason who agreed.", "sort",
        )  # fmt: skip

    def _refuse_times(self) -> None:
        if not 1 <= self.minutes <= LONGEST_EXCLUSION_MINUTES:
            raise Refused("bad-length", f"It lasts 1 minute to 92 days, got {self.minutes} minutes.", "minutes")
        if self.began_at.tzinfo is None:
            raise Refused("no-zone", "Its begin must carry a time zone.", "began_at")
        if not 2000 <= self.began_at.year < 2100:
            raise Refused("bad-begin", f"It begins between 2000 and 2100, got {self.began_at.year}.", "began_at")
