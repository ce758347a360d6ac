"""Taking objectives from OpenSLO and Sloth files: what can be meant here is made, the rest is told, nothing is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.catalogue.models import Service
from hortus.products.slos import actions, slis
from hortus.products.slos.drafts import LONGEST_NAME, ExclusionDraft, SliDraft
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.exporting import told_of
from hortus.products.slos.models import LONGEST_PROMISE, LONGEST_REASON, LONGEST_SENTENCE, Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.products.slos.openslo import definitions as plain
from hortus.products.slos.openslo.reading import Imported, Text, read
from hortus.products.slos.rules.alerts import standard_pairs
from hortus.products.slos.rules.little import Little
from hortus.products.slos.storable import why_not
from hortus.products.slos.terms import row_of
from hortus.telemetry.engines.actions import ask
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.values.refused import Refused

CALENDAR = {"w": "week", "M": "month", "Q": "quarter"}
SORTS = {
    plain.SliKind.GOOD_TOTAL: (EngineQuery.Sort.GOOD, "good"),
    plain.SliKind.BAD_TOTAL: (EngineQuery.Sort.BAD, "bad"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one objective of a file. slug: "" when it was not made. notes: what to know, in sentences."""

    name: str
    slug: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read, and what became of it. outcomes: empty when nothing was to be made yet."""

    read: Imported
    outcomes: tuple[Outcome, ...]

    @property
    def is_whole(self) -> bool:
        """Say whether everything in the files was taken."""
        return not self.read.has_errors and all(one.slug for one in self.outcomes)


def take(
    team: Team, texts: Sequence[tuple[str, Text]], *, by: Person | None, door: str, is_strict: bool = False,
    engine: Engine | None = None, is_tried: bool = False,
) -> Taken:  # fmt: skip
    """Read files and make their objectives, each whole or not at all; return what became of them.

    texts: (file name, text). is_strict: any breach of the format refuses everything. engine: is asked the queries of
    the files; without one, SLIs wait for events that are sent, and the queries are kept for the export. is_tried: make
    nothing, only say what would be made.
    """
    found = read(texts, strict=is_strict)
    outcomes: list[Outcome] = []
    with transaction.atomic():
        for definition in found.definitions:
            outcomes += _take(team, definition, by, door, engine)
        if outcomes and not is_tried:
            evaluate(team, timezone.now())
        transaction.set_rollback(is_tried)
    return Taken(found, tuple(outcomes))


def _take(
    team: Team, definition: plain.Definition, by: Person | None, door: str, engine: Engine | None
) -> list[Outcome]:
    """Make the objectives of one definition: one, or one for each target that it gives to the same SLI."""
    targets = [definition.objectives] if definition.is_composite else [(one,) for one in definition.objectives]
    outcomes = []
    for number, given in enumerate(targets):
        name = definition.name if len(targets) == 1 else f"{definition.name[:56]}-{number + 1}"
        notes: list[str] = []
        try:
            with transaction.atomic():
                made = _make(team, definition, given, name, notes, by, door, engine)
            outcomes.append(Outcome(name, made.slug, tuple(notes)))
        except Refused as refused:
            outcomes.append(Outcome(name, "", (*notes, refused.sentence)))
    return outcomes


def _make(
    team: Team, definition: plain.Definition, given: Sequence[plain.Objective], name: str, notes: list[str],
    by: Person | None, door: str, engine: Engine | None,
) -> Objective:  # fmt: skip
    if Objective.objects.filter(team=team, slug=name).exists():
        raise Refused("taken", f"There is an objective {name!r} already; it was left as it is.", "name")
    if why := why_not(definition):
        raise Refused("bad-text", f"It cannot be kept: {why}.")
    service = _service(team, definition.service, notes)
    parts = [
        (_sli(team, one.sli or definition.sli, service, notes, by, door, engine), Decimal(str(one.weight or 1)))
        for one in given
    ]
    draft = _draft(definition, given, parts, notes)
    objective = actions.create(team, draft, by=by, door=door, slug=name, is_evaluated=False)
    Objective.objects.filter(pk=objective.pk).update(told=told_of(definition))
    for one in definition.exclusions:
        told = ExclusionDraft(
            "planned" if one.rrule else "agreed", one.starts_at, one.minutes,
            _reason(one), one.rrule, one.zone, objectives=[objective],
        )  # fmt: skip
        actions.exclude(team, told, by=by, door=door, is_evaluated=False)
    return objective


def _reason(told: plain.Exclusion) -> str:
    """Return why time does not count, with the name of who said so in the file: here somebody else enters it."""
    reason, author = told.reason.strip() or "As the file says.", told.author.strip()[:LONGEST_NAME]
    # A second journey through a file keeps the first author; who imported it stands beside it in any case.
    said = f" (made by {author})" if author and "(made by " not in reason else ""
    return reason[: LONGEST_REASON - len(said)] + said


def _service(team: Team, slug: str, notes: list[str]) -> str:
    if Service.objects.filter(team=team, slug=slug, retired_on=None).exists():
        return slug
    if slug != team.slug:
        notes.append(f"The catalogue has no service {slug[:60]!r}; add it there, then name it in the SLI.")
    return ""


def _draft(
    definition: plain.Definition, given: Sequence[plain.Objective], parts: Sequence[tuple[Sli, Decimal]],
    notes: list[str],
) -> ObjectiveDraft:  # fmt: skip
    first = given[0]
    if len({one.target for one in given}) > 1:
        raise Refused("targets-differ", "The parts of a composite have different targets; here it has one for all.")
    if definition.budgeting is plain.Budgeting.RATIO_TIMESLICES:
        raise Refused("ratio-slices", "Ratios of time slices are not counted here; use Occurrences or Timeslices.")
    if len(definition.description) > LONGEST_PROMISE:
        notes.append(f"The description was cut to {LONGEST_PROMISE} characters.")
    days, unit = _window(definition.window)
    is_sliced = definition.budgeting is plain.Budgeting.TIMESLICES
    little = _little(definition, notes)
    return ObjectiveDraft(
        name=(definition.display_name or first.display_name or definition.name)[:LONGEST_NAME], parts=parts,
        target_ratio=Decimal(str(first.target)), window_days=days, calendar_unit=unit,
        slice_minutes=first.slice_minutes if is_sliced else None,
        slice_target_ratio=Decimal(str(first.slice_target)) if is_sliced and first.slice_target else None,
        pairs=_pairs(definition, notes), promise=definition.description[:LONGEST_PROMISE],
        least_bad=little.least_bad, confidence=little.confidence,
    )  # fmt: skip


def _little(definition: plain.Definition, notes: list[str]) -> Little:
    """Return the rule for little traffic that a file gives, the usual one where that means nothing."""
    usual, told = Little(), definition.little_traffic
    try:
        least_bad, confidence = told.get("least_bad", usual.least_bad), told.get("confidence", usual.confidence)
        return Little(int(str(least_bad)), float(str(confidence)))
    except (ValueError, Refused) as error:
        why = error.sentence if isinstance(error, Refused) else "it gives no numbers."
        notes.append(f"The file's rule for little traffic was left out, and the usual one holds: {why}")
        return usual


def _window(window: plain.Window) -> tuple[int | None, str]:
    if window.is_rolling and window.days is not None:
        return window.days, ""
    if not window.is_rolling and window.count == 1 and window.unit in CALENDAR:
        return None, CALENDAR[window.unit]
    raise Refused(
        "bad-window", "A window here is a whole number of rolling days, or one calendar week, month or quarter."
    )  # fmt: skip


def _pairs(definition: plain.Definition, notes: list[str]) -> list[dict[str, object]]:
    """Return the alert pairs of a file, none where they are the standard ones of its window."""
    if not definition.pairs:
        notes.append("The file has no alerts that can be taken; the standard ones for its window hold, change them.")
        return []
    rows = [_pair(pair) for pair in definition.pairs]
    standard = [row_of(pair) for pair in standard_pairs(definition.window.minutes)]
    return rows if sorted(map(repr, rows)) != sorted(map(repr, standard)) else []


def _pair(pair: plain.AlertPair) -> dict[str, object]:
    return {
        "name": pair.label or pair.severity, "urgency": pair.severity, "budget_share": repr(pair.budget_share),
        "long_minutes": pair.long_minutes, "short_minutes": pair.short_minutes,
    } | ({} if pair.keep_firing_minutes in (None, pair.short_minutes) else {
        "keep_firing_minutes": pair.keep_firing_minutes,
    })  # fmt: skip


def _sli(
    team: Team, told: plain.Sli | None, service: str, notes: list[str], by: Person | None, door: str,
    engine: Engine | None,
) -> Sli:  # fmt: skip
    """Return the SLI that a file names, the one that is there already under its name, or a new one."""
    if told is None:
        raise Refused("no-sli", "It names no SLI.")
    held: Sli | None = Sli.objects.filter(team=team, slug=told.name, retired_at=None).first()
    if held is not None:
        notes.append(f"The SLI {held.slug} is there already; it is counted as it is.")
        return held
    name = (told.display_name or told.name)[:LONGEST_NAME]
    sentence = (told.description or f"What {name} counts as good.")[:LONGEST_SENTENCE]
    draft = SliDraft(name, sentence, service, told.judge, dict(told.parameters))
    if told.metrics:
        series = _asked(told, notes, by, door, engine)
        draft = SliDraft(name, sentence, service, series=series)
    return slis.create(team, draft, by=by, door=door, slug=told.name)


def _asked(told: plain.Sli, notes: list[str], by: Person | None, door: str, engine: Engine | None) -> str:
    """Return the series that an engine fills from now on, "" where none is asked."""
    if engine is None or told.kind not in SORTS:
        why = "no engine was named" if engine is None else f"{told.kind.value} queries are set up at the engine itself"
        notes.append(f"The queries of the SLI {told.name} are kept but not asked: {why}; until then send its events.")
        return ""
    sort, first = SORTS[told.kind]
    good, total = told.metrics[first].query, told.metrics["total"].query
    made = ask(engine, name=told.name, sort=sort, good=good, total=total, by=by, door=door)
    return made.series.name
