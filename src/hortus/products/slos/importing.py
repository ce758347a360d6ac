"""Taking objectives from OpenSLO and Sloth files: what can be meant here is made, the rest is told, nothing is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.access.policy import Action, Kind, roles_that
from hortus.catalogue.models import Service
from hortus.products.slos import actions, slis
from hortus.products.slos.drafts import LONGEST_NAME, ExclusionDraft, SliDraft, is_known_before
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.exporting import told_of
from hortus.products.slos.models import LONGEST_PROMISE, LONGEST_REASON, LONGEST_SENTENCE, Objective, Sli
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.products.slos.openslo import definitions as plain
from hortus.products.slos.openslo.counters import Asked, asked
from hortus.products.slos.openslo.promql import Unwritable
from hortus.products.slos.openslo.reading import Imported, Text, read
from hortus.products.slos.rules.alerts import standard_pairs
from hortus.products.slos.rules.little import Little
from hortus.products.slos.storable import why_not
from hortus.products.slos.terms import row_of
from hortus.telemetry.engines.actions import ask
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.values.refused import Refused

CALENDAR = {"w": "week", "M": "month", "Q": "quarter"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one objective of a file. slug: "" when it was not made. notes: what to know, in sentences."""

    name: str
    slug: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read, and what became of it. is_tried: nothing was made; the outcomes say what would be."""

    read: Imported
    outcomes: tuple[Outcome, ...]
    is_tried: bool = False

    @property
    def is_whole(self) -> bool:
        """Say whether everything in the files was taken."""
        return not self.read.has_errors and all(one.slug for one in self.outcomes)

    @property
    def made(self) -> int:
        """Return how many objectives were made, or would be."""
        return sum(bool(one.slug) for one in self.outcomes)

    @property
    def heading(self) -> str:
        """Return in a few words what became of the files as a whole."""
        if not self.made:
            return "Nothing would be taken" if self.is_tried else "Nothing was taken"
        if self.is_whole:
            return "Everything would be taken" if self.is_tried else "Everything was taken"
        return "Some of it would be taken, some would not" if self.is_tried else "Some of it was taken, some was not"


@dataclass(frozen=True, slots=True)
class _Taking:
    """Who takes files into which team, and which engine is asked: the one that is named, else the file's own.

    engines: those of the team, none for somebody who may not have engines asked. stays: whether the counts stay in the
    engine. is_tried: nothing is kept in the end, so the notes say what would be.
    """

    team: Team
    by: Person | None
    door: str
    engine: Engine | None
    stays: bool
    is_tried: bool
    engines: Sequence[Engine]

    def engine_for(self, told: plain.Sli) -> Engine | None:
        """Return the engine that is asked for an SLI: the named one, the one of its data source, or the only one."""
        if self.engine is not None:
            return self.engine
        sources = {metric.source for metric in told.metrics.values()}
        named = [one for one in self.engines if {one.slug, one.name} & sources]
        return named[0] if named else self.engines[0] if len(self.engines) == 1 and sources == {""} else None

    def why_none(self, told: plain.Sli) -> str:
        """Return why no engine is asked."""
        known = ", ".join(one.slug for one in self.engines)
        if not known:
            return "the team has no engine, or you may not have it asked: that is for leads and admins"
        sources = ", ".join(sorted({metric.source for metric in told.metrics.values()} - {""}))
        given = (
            f"the file's data source {sources[:80]!r} is no engine of the team" if sources else "no engine was named"
        )
        return f"{given}; engines: {known}"


def take(
    team: Team, texts: Sequence[tuple[str, Text]], *, by: Person | None, door: str, is_strict: bool = False,
    engine: Engine | None = None, keep_in_engine: bool = False, is_tried: bool = False,
) -> Taken:  # fmt: skip
    """Read files and make their objectives, each whole or not at all; return what became of them.

    texts: (file name, text). is_strict: any breach of the format refuses everything. engine: is asked the queries of
    the files; when left out the engine that their data source names, or the team's only one, where `by` may have
    engines asked. An SLI without an engine waits for events that are sent, and its queries are kept for the export.
    keep_in_engine: the counts stay in the engine, where it can sum them up; else they are copied. is_tried: make
    nothing, only say what would be made.
    """
    found = read(texts, strict=is_strict)
    taking = _Taking(team, by, door, engine, keep_in_engine, is_tried, _engines(team, by))
    outcomes: list[Outcome] = []
    with transaction.atomic():
        for definition in found.definitions:
            outcomes += _take(taking, definition)
        if outcomes and not is_tried:
            evaluate(team, timezone.now())
        transaction.set_rollback(is_tried)
    return Taken(found, tuple(outcomes), is_tried)


def _engines(team: Team, by: Person | None) -> list[Engine]:
    """Return the engines that somebody may have asked; by: None for the administrator of the machine."""
    asking = [role.value for role in roles_that(Action.UPDATE, Kind.ENGINE)]
    if by is not None and not team.memberships.filter(person=by, person__is_active=True, role__in=asking).exists():
        return []
    return list(Engine.objects.filter(team=team))


def _take(taking: _Taking, definition: plain.Definition) -> list[Outcome]:
    """Make the objectives of one definition: one, or one for each target that it gives to the same SLI."""
    targets = [definition.objectives] if definition.is_composite else [(one,) for one in definition.objectives]
    outcomes = []
    for number, given in enumerate(targets):
        name = definition.name if len(targets) == 1 else f"{definition.name[:56]}-{number + 1}"
        notes: list[str] = []
        try:
            with transaction.atomic():
                made = _make(taking, definition, given, name, notes)
            outcomes.append(Outcome(name, made.slug, tuple(notes)))
        except Refused as refused:
            outcomes.append(Outcome(name, "", (*notes, refused.sentence)))
    return outcomes


def _make(
    taking: _Taking, definition: plain.Definition, given: Sequence[plain.Objective], name: str, notes: list[str]
) -> Objective:
    team, by, door = taking.team, taking.by, taking.door
    if Objective.objects.filter(team=team, slug=name).exists():
        raise Refused("taken", f"There is an objective {name!r} already; it stays as it is.", "name")
    if why := why_not(definition):
        raise Refused("bad-text", f"It cannot be kept: {why}.")
    service = _service(team, definition.service, notes)
    parts = [(_sli(taking, definition, one, service, notes), Decimal(str(one.weight or 1))) for one in given]
    draft = _draft(definition, given, parts, notes)
    objective = actions.create(team, draft, by=by, door=door, slug=name, is_evaluated=False)
    Objective.objects.filter(pk=objective.pk).update(told=told_of(definition, given))
    now = timezone.now()
    for one in definition.exclusions:
        # Planned is only what was known before it began; whether that holds of a begin in the past no file can show.
        sort = "planned" if one.rrule and is_known_before(one.starts_at, now) else "agreed"
        told = ExclusionDraft(
            sort, one.starts_at, one.minutes, _reason(one), one.rrule, one.zone, objectives=[objective]
        )  # fmt: skip
        actions.exclude(team, told, by=by, door=door, at=now, is_evaluated=False)
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
        notes.append(f"Of the description only {LONGEST_PROMISE} characters are taken.")
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
        leaves_out_planned_work=definition.leaves_out_planned_work is not False,
    )  # fmt: skip


def _little(definition: plain.Definition, notes: list[str]) -> Little:
    """Return the rule for little traffic that a file gives, the usual one where that means nothing."""
    usual, told = Little(), definition.little_traffic
    try:
        least_bad, confidence = told.get("least_bad", usual.least_bad), told.get("confidence", usual.confidence)
        return Little(int(str(least_bad)), float(str(confidence)))
    except (ValueError, Refused) as error:
        why = error.sentence if isinstance(error, Refused) else "it gives no numbers."
        notes.append(f"The file's rule for little traffic is left out, the usual one holds: {why}")
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


def _sli(taking: _Taking, definition: plain.Definition, target: plain.Objective, service: str, notes: list[str]) -> Sli:
    """Return the SLI that a file names, the one that is there already under its name, or a new one."""
    told = target.sli or definition.sli
    if told is None:
        raise Refused("no-sli", "It names no SLI.")
    held: Sli | None = Sli.objects.filter(team=taking.team, slug=told.name, retired_at=None).first()
    if held is not None:
        _refuse_other(held, told, target)
        notes.append(f"The SLI {held.slug} is there already; it is counted as it is.")
        return held
    name = (told.display_name or told.name)[:LONGEST_NAME]
    sentence = (told.description or f"What {name} counts as good.")[:LONGEST_SENTENCE]
    draft = SliDraft(name, sentence, service, told.judge, dict(told.parameters))
    if told.metrics:
        draft = SliDraft(name, sentence, service, series=_series(taking, told, target, notes))
    return slis.create(taking.team, draft, by=taking.by, door=taking.door, slug=told.name)


def _refuse_other(held: Sli, told: plain.Sli, target: plain.Objective) -> None:
    """Refuse a bound that differs from that of the SLI which is there: it would judge by the other one."""
    query = EngineQuery.objects.filter(series=held.series_id, sort=EngineQuery.Sort.THRESHOLD).first()
    if told.kind is not plain.SliKind.THRESHOLD or query is None:
        return
    if (query.comparison, query.bound) != (target.op, target.value):
        raise Refused(
            "other-bound", f"The SLI {held.slug} is there already and compares by {query.comparison} {query.bound:g}, "
            f"not {target.op} {target.value:g}; give the indicator another name for another bound.",
        )  # fmt: skip


def _series(taking: _Taking, told: plain.Sli, target: plain.Objective, notes: list[str]) -> str:
    """Return the series that an engine fills or sums up from now on, "" where none can be asked; the notes say why."""
    engine = taking.engine_for(told)
    try:
        if engine is None:
            raise Unwritable(taking.why_none(told))
        wanted = asked(told, target)
    except Unwritable as why:
        are = "would be" if taking.is_tried else "are"
        notes.append(f"The queries of the SLI {told.name} {are} kept but not asked: {why}. Until then send its events.")
        return ""
    if engine.state == Engine.State.UNCHECKED:
        notes.append(f"The engine {engine.slug} is not checked yet; it is asked once it has passed its self-check.")
    stays = taking.stays and wanted.sort != EngineQuery.Sort.THRESHOLD
    if taking.stays and not stays:
        notes.append(
            f"The SLI {told.name} compares a value of each minute, which is copied: an engine has no sums of it."
        )
    asks = "would ask" if taking.is_tried else "asks"
    notes.append(f"The SLI {told.name} {asks} {engine.slug}: {wanted.words}; {_place(stays, taking.is_tried)}.")
    return _ask(taking, engine, told.name, wanted, stays)


def _place(stays: bool, is_tried: bool) -> str:
    if is_tried:
        return "its counts would stay there" if stays else "its counts would be copied every minute"
    return "its counts stay there" if stays else "its counts are copied every minute"


def _ask(taking: _Taking, engine: Engine, name: str, wanted: Asked, stays: bool) -> str:
    made = ask(
        engine, name=name, sort=wanted.sort, good=wanted.good, total=wanted.total, comparison=wanted.comparison,
        bound=wanted.bound, is_kept_here=not stays, by=taking.by, door=taking.door,
    )  # fmt: skip
    return made.series.name
