"""Verbs of SLIs: make, change, retire, fill by a judge; each with its event. A changed judge judges history anew."""

from datetime import datetime

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.products.slos.actions import CARE, GROWTH
from hortus.products.slos.drafts import SliDraft, free_series, reason
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.exclusions import minute_of
from hortus.products.slos.models import Objective, Sli
from hortus.products.slos.rules.windows import DAY
from hortus.telemetry.counts import judges
from hortus.telemetry.counts.actions import judge_anew
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.judges import Change, Judged
from hortus.telemetry.counts.models import PUSH, Series
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.slugs import in_use, slug_for, taken

JUDGED = "judge"  # the source of a series that a judge fills
REACH_MINUTES = 400 * 1440  # how far back a new or changed judge looks: the longest window and a month


def _tell(sli: Sli, verb: str, plot: Plot, by: Person | None, door: str, facts: dict[str, object]) -> None:
    record(
        sli.team, verb, Ref("sli", sli.slug, sli.name), by=by, source=door, plot=plot, service=sli.service,
        payload=facts,
    )  # fmt: skip


def create(
    team: Team, draft: SliDraft, *, by: Person | None, door: str, slug: str = "", at: datetime | None = None
) -> Sli:
    """Make an SLI and return it; a judged one is filled at once from what Hortus holds.

    slug: its name in addresses and that of its series, made from its name when left out. at: up to when its judge
    looks, now when left out. Raises Refused when a detail is not allowed, the slug or the series is taken.
    """
    draft = draft.checked(team)
    now = minute_of(at or timezone.now())
    judged = look(team, draft, now - REACH_MINUTES, now) if draft.judge else None
    with transaction.atomic():
        sli = _made(team, draft, slug)
        if judged is not None:
            fill(sli, now - REACH_MINUTES, now, judged)
            _look_again(sli, now)
        _tell(sli, "made", GROWTH, by, door, {"judge": sli.judge, "series": sli.series.name})
    return sli


def _made(team: Team, draft: SliDraft, slug: str) -> Sli:
    held = in_use(Sli.objects.filter(team=team))
    kept = Series.objects.filter(team=team)

    def is_taken(name: str) -> bool:
        return held(name) or (not draft.series and kept.filter(name=name).exists())

    slug = slug_for(slug, draft.name, "SLI", is_taken)
    try:
        with transaction.atomic():
            series = _series(team, draft, slug)
            return Sli.objects.create(
                team=team, slug=slug, name=draft.name, sentence=draft.sentence, service=draft.service,
                judge=draft.judge, parameters=dict(draft.parameters), series=series,
            )  # fmt: skip
    except IntegrityError:
        raise taken(slug, "SLI") from None


def _series(team: Team, draft: SliDraft, slug: str) -> Series:
    if not draft.series:
        return Series.objects.create(team=team, name=slug, source=JUDGED if draft.judge else PUSH)
    if draft.judge:
        raise Refused("two-sources", "A judge fills a series of its own; name a judge or a series.", "series")
    return free_series(team, draft.series)


def change(sli: Sli, draft: SliDraft, *, by: Person | None, door: str, why: str = "") -> list[str]:
    """Change what is said about an SLI; return the names of what changed, none when nothing did.

    why: needed when its judge's parameters change; then history is judged anew. Judge and series stay what they are.
    Raises Refused without a reason and when a detail is not allowed.
    """
    draft = draft.checked(sli.team, now_held=sli.service)
    if draft.judge != sli.judge or draft.series not in ("", sli.series.name):
        raise Refused("other-source", "Where an SLI counts from stays; make a new SLI for another source.", "judge")
    names = ("name", "sentence", "service", "parameters")
    changed = [name for name in names if getattr(sli, name) != getattr(draft, name)]
    if not changed:
        return []
    facts: dict[str, object] = {"fields": changed}
    judged, now = None, minute_of(timezone.now())
    if "parameters" in changed:
        facts |= {"reason": reason(why), "was": sli.parameters, "is": dict(draft.parameters)}
        judged = look(sli.team, draft, now - REACH_MINUTES, now)
    with transaction.atomic():
        for name in changed:
            setattr(sli, name, getattr(draft, name))
        sli.save(update_fields=changed)
        if judged is not None:
            fill(sli, now - REACH_MINUTES, now, judged)
            _look_again(sli, now)
        _tell(sli, "changed", CARE, by, door, facts)
        evaluate(sli.team, timezone.now())
    return changed


@transaction.atomic
def retire(sli: Sli, *, why: str, by: Person | None, door: str) -> None:
    """Stop counting by an SLI; its counts stay. Raises Refused without a reason, or while an objective counts it."""
    told = reason(why)
    held = Objective.objects.kept().filter(parts__sli=sli).first()
    if held is not None:
        raise Refused("in-use", f"The objective {held} counts it; retire or change that one first.")
    if sli.retired_at is not None:
        raise Refused("retired", f"{sli} is retired already.")
    sli.retired_at = timezone.now()
    sli.save(update_fields=["retired_at"])
    _tell(sli, "retired", CARE, by, door, {"reason": told})


def look(team: Team, told: SliDraft | Sli, since: int, until: int) -> Judged:
    """Return what the judge of an SLI, or of a draft of one, finds in a span of minutes. Raises Refused."""
    return judges.judge(told.judge).judge(team, dict(told.parameters), since, until)


def fill(sli: Sli, since: int, until: int, judged: Judged) -> None:
    """Replace what stood in a span of an SLI's series by what its judge found."""
    series = np.full(len(judged.minute), sli.series_id, np.int64)
    counts = Counts(series, judged.minute, judged.good, judged.total)
    judge_anew(sli.series, since, until, counts, measured=judged.measured)


def _look_again(sli: Sli, now: int) -> None:
    """Have an SLI judged once more by a worker: an import may have come between the look and the commit."""
    judges.changed(sli.team, sli.parameters, now - REACH_MINUTES, now, slugs=[sli.judge])


def rejudge(change: Change) -> None:
    """Judge anew what a change of raw events concerns, and evaluate its team; safe to run again.

    No further back than a new judge looks, or the import of an old log would ask for more than the counts can hold.
    """
    reach = (minute_of(timezone.now()) - REACH_MINUTES) // DAY * DAY  # days are replaced whole
    since = max(change.since, reach)
    held = Sli.objects.kept().filter(team=change.team).exclude(judge="")
    concerned = [sli for sli in held if change.concerns(sli.judge, sli.parameters)]
    if not concerned or since >= change.until:
        return
    for sli in concerned:
        _rejudge(sli, change, since)
    evaluate(change.team, timezone.now())


def _rejudge(sli: Sli, change: Change, since: int) -> None:
    """Judge one SLI anew by the parameters that stand when it is written; a look may take long, so it holds no lock."""
    while change.concerns(sli.judge, sli.parameters):
        judged = look(change.team, sli, since, change.until)
        with transaction.atomic():
            found: Sli | None = Sli.objects.select_for_update(no_key=True).filter(pk=sli.pk, retired_at=None).first()
            if found is None:
                return
            if found.parameters == sli.parameters:
                fill(found, since, change.until, judged)
                return
        sli = found  # somebody changed it meanwhile
