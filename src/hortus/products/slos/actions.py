"""Verbs of objectives: make, change, retire; take time out of a budget and give it back. Each with its event.

After each the team's standing is worked out anew in the same transaction, so that no page shows an old figure.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from hortus.access.models import Person, Team
from hortus.ledger.actions import record
from hortus.ledger.refs import Ref
from hortus.products.slos import findable
from hortus.products.slos.drafts import ExclusionDraft, reason
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.models import Exclusion, Objective, Part
from hortus.products.slos.objective_draft import ObjectiveDraft
from hortus.values.plots import Plot
from hortus.values.refused import Refused
from hortus.web.slugs import in_use, slug_for, taken

CARE = Plot.named("products-care")
GROWTH = Plot.named("products-growth")


def _tell(
    objective: Objective, verb: str, plot: Plot, by: Person | None, door: str, facts: dict[str, Any],
    at: datetime | None = None,
) -> None:  # fmt: skip
    ref = Ref("objective", objective.slug, objective.name)
    record(
        objective.team, verb, ref, by=by, source=door, at=at, plot=plot, service=objective.service, payload=facts
    )  # fmt: skip
    findable.keep(objective)


def _told(draft: ObjectiveDraft) -> dict[str, Any]:
    """Return what a draft promises, small enough for an event."""
    facts = draft.as_dict()
    told = ("parts", "target", "window", "slices", "pairs", "least_bad", "leaves_out_planned_work")
    return {key: facts[key] for key in told if facts[key]}


def _reload(objective: Objective) -> Objective:
    """Return it with its parts as they stand in the table now."""
    found: Objective = Objective.objects.whole().get(pk=objective.pk)
    return found


@transaction.atomic
def create(
    team: Team, draft: ObjectiveDraft, *, by: Person | None, door: str, slug: str = "", at: datetime | None = None,
    is_evaluated: bool = True,
) -> Objective:  # fmt: skip
    """Make an objective and return it.

    slug: its name in addresses, made from its name when left out. at: aware, from when on it holds, now when left out.
    is_evaluated: False for who makes many and evaluates at the end.
    Raises Refused when a detail is not allowed or the slug is taken.
    """
    draft = draft.checked(team)
    slug = slug_for(slug, draft.name, "objective", in_use(Objective.objects.filter(team=team)))
    objective = Objective(team=team, slug=slug, made_at=at or timezone.now())
    _lay(objective, draft)
    try:
        with transaction.atomic():
            objective.save(force_insert=True)
    except IntegrityError:
        raise taken(slug, "objective") from None
    _lay_parts(objective, draft)
    objective = _reload(objective)
    _tell(objective, "made", GROWTH, by, door, _told(draft), at)
    if is_evaluated:
        evaluate(team, timezone.now())
    return objective


def _lay(objective: Objective, draft: ObjectiveDraft) -> None:
    for name in draft.PLAIN:
        setattr(objective, name, getattr(draft, name))
    objective.pairs = [dict(pair) for pair in draft.pairs]


def _lay_parts(objective: Objective, draft: ObjectiveDraft) -> None:
    Part.objects.filter(objective=objective).delete()
    Part.objects.bulk_create(Part(objective=objective, sli=sli, weight=weight) for sli, weight in draft.parts)


@transaction.atomic
def change(objective: Objective, draft: ObjectiveDraft, *, by: Person | None, door: str, why: str = "") -> list[str]:
    """Change what is said about an objective; return the names of what changed, none when nothing did.

    why: needed when what is judged changes (SLIs, target, window, slices, alerts), kept in any case. The event tells
    each term as it was and as it is, read by `changes`. Raises Refused without a reason that is needed, when a detail
    is not allowed, and for a retired objective.
    """
    if objective.retired_at is not None:
        raise Refused("retired", f"{objective} is retired, so nothing is judged by it; make a new one.")
    draft = draft.checked(objective.team, now_held=objective)
    was, now = ObjectiveDraft.of(objective).as_dict(), draft.as_dict()
    changed = [name for name in now if now[name] != was[name]]
    if not changed:
        return []
    # The owner is named as changed, without who: no payload names a person besides who did it.
    facts: dict[str, Any] = {name: {"was": was[name], "is": now[name]} for name in changed if name != "owner"}
    if why.strip() or draft.JUDGING.intersection(changed):
        facts["reason"] = reason(why)
    _lay(objective, draft)
    objective.save()
    if "parts" in changed:
        _lay_parts(objective, draft)
    objective = _reload(objective)
    _tell(objective, "changed", CARE, by, door, {"fields": changed} | facts)
    evaluate(objective.team, timezone.now())
    return changed


@transaction.atomic
def retire(objective: Objective, *, why: str, by: Person | None, door: str) -> None:
    """Stop judging by an objective; its history stays. Raises Refused without a reason or when it is retired."""
    if objective.retired_at is not None:
        raise Refused("retired", f"{objective} is retired already.")
    told = reason(why)
    now = timezone.now()
    Objective.objects.filter(pk=objective.pk).update(retired_at=now)
    objective.retired_at = now
    _tell(_reload(objective), "retired", CARE, by, door, {"reason": told})
    evaluate(objective.team, now)  # closes its alerts


def _tell_exclusion(held: Exclusion, verb: str, by: Person | None, door: str, facts: dict[str, Any]) -> None:
    record(
        held.team, verb, Ref("exclusion", str(held.pk), held.reason), by=by, source=door, plot=CARE,
        service=held.service, payload=facts,
    )  # fmt: skip


@transaction.atomic
def exclude(
    team: Team, draft: ExclusionDraft, *, by: Person | None, door: str, at: datetime | None = None,
    is_evaluated: bool = True,
) -> Exclusion:  # fmt: skip
    """Take time out of budgets, past or to come, once or by a rule; return the exclusion.

    at: aware, when it was made, now when left out. is_evaluated: as of `create`. Raises Refused when a detail is not
    allowed, and for planned maintenance that began before it is made.
    """
    at = at or timezone.now()
    draft = draft.checked(team, at)
    held = Exclusion.objects.create(
        team=team, sort=draft.sort, service=draft.service, began_at=draft.began_at, minutes=draft.minutes,
        rule=draft.rule, zone=draft.zone, reason=draft.reason, by=by, made_at=at,
    )  # fmt: skip
    held.objectives.set(draft.objectives)
    held.slis.set(draft.slis)
    facts = {
        "sort": draft.sort, "from": draft.began_at.isoformat(), "minutes": draft.minutes, "rule": draft.rule,
        "objectives": [one.slug for one in draft.objectives], "slis": [one.slug for one in draft.slis],
        "reason": draft.reason,
    }  # fmt: skip
    _tell_exclusion(held, "made", by, door, {key: value for key, value in facts.items() if value})
    if is_evaluated:
        evaluate(team, timezone.now())
    return held


@transaction.atomic
def withdraw(held: Exclusion, *, why: str, by: Person | None, door: str) -> None:
    """Give excluded time back to the budgets; the row stays. Raises Refused without a reason, or when it was done."""
    told = reason(why)
    now = timezone.now()
    if not Exclusion.objects.filter(pk=held.pk, withdrawn_at=None).update(withdrawn_at=now):
        raise Refused("withdrawn", "This exclusion is withdrawn already; its time counts.")
    held.withdrawn_at = now
    _tell_exclusion(held, "withdrawn", by, door, {"reason": told})
    evaluate(held.team, now)
