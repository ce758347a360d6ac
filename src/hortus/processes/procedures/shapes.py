"""Procedures and runs as the API, the command and an offline record show them: plain values, times aware."""

from typing import Any

from hortus.access.models import Person
from hortus.processes.procedures import following, reading
from hortus.processes.procedures.following import Followed, Uncounted
from hortus.processes.procedures.models import Entry, Procedure, Run, Version
from hortus.processes.procedures.rules.lint import lint
from hortus.processes.procedures.rules.steps import Difference, Step, as_dict
from hortus.processes.procedures.runs import Heard

Dict = dict[str, Any]


def who(person: Person | None) -> Dict | None:
    """Return a person by id and name."""
    return {"id": str(person.pk), "name": person.name} if person else None


def step_as_dict(step: Step) -> Dict:
    """Return a step with the digest of its wording, which words about it carry."""
    return as_dict(step) | {"digest": step.digest}


def version_as_dict(version: Version) -> Dict:
    """Return a version without what it says."""
    return {
        "number": version.number, "base": version.base, "status": version.status, "title": version.title,
        "change_reason": version.change_reason, "declined_because": version.declined_because,
        "author": who(version.author), "at": version.at,
        "current_since": version.current_since,
    }  # fmt: skip


def whole_version_as_dict(version: Version) -> Dict:
    """Return a version and what it says."""
    said = version.content
    return version_as_dict(version) | {
        "goal": said.goal, "why": said.why, "good_result": said.good_result, "pause_point": said.pause_point,
        "way_back": said.way_back, "kind": said.way.value, "steps": [step_as_dict(step) for step in said.steps],
        "leaves_open": lint(said),
    }  # fmt: skip


def procedure_as_dict(procedure: Procedure, current: Version | None) -> Dict:
    """Return a procedure as a list shows it. version: number of the current one, 0 for none."""
    return {
        "slug": procedure.slug, "title": procedure.title, "owner": who(procedure.owner),
        "services": [service.slug for service in procedure.services.all()], "version": current.number if current else 0,
        "retired_at": procedure.retired_at, "reason": procedure.reason,
    }  # fmt: skip


def whole_as_dict(procedure: Procedure) -> Dict:
    """Return a procedure with what its current version says."""
    current = procedure.current
    proposals = [one.number for one in procedure.versions.all() if one.status == Version.Status.PROPOSED]
    return procedure_as_dict(procedure, current) | {
        "current": whole_version_as_dict(current) if current else None, "proposals": proposals,
    }  # fmt: skip


def line_as_dict(line: reading.Line) -> Dict:
    """Return a procedure as a list shows it, with when it was followed last and what it does not say."""
    told = procedure_as_dict(line.procedure, line.version)
    return told | {"followed_at": line.last_at, "proposals": line.proposals, "silent": list(line.silent)}


def difference_as_dict(found: Difference) -> Dict:
    """Return what became of a step from one version to another."""
    return {
        "key": found.key, "how": found.how.value, "has_moved": found.has_moved,
        "before": step_as_dict(found.before) if found.before else None,
        "after": step_as_dict(found.after) if found.after else None,
    }  # fmt: skip


def entry_as_dict(entry: Entry) -> Dict:
    """Return what somebody said of a step. id: of the one who said it. seen: the last entry that they knew of."""
    return {
        "id": str(entry.client_id), "number": entry.number, "key": entry.key, "said": entry.said, "note": entry.note,
        "version": entry.version.number, "seen": entry.seen, "by": who(entry.by), "said_at": entry.said_at,
        "at": entry.at, "door": entry.door,
    }  # fmt: skip


def _kept(kept: Uncounted) -> Dict:
    return entry_as_dict(kept.entry) | {"why": kept.why.value}


def heard_as_dict(heard: Heard) -> Dict:
    """Return what became of a word. why: why it does not count, empty when it does."""
    told = entry_as_dict(heard.entry)
    return told | {"counts": heard.why is None, "why": heard.why.value if heard.why else "", "is_new": heard.is_new}


def run_as_dict(run: Run, found: Followed | None = None) -> Dict:
    """Return a run of `following.mine` as a list shows it. version: the one followed, newer: the one that is current
    by now, 0 when it is the same."""
    found, newer = found or following.followed(run), following.newer(run)
    about = {"kind": run.about_kind, "id": run.about_id, "name": run.about_name} if run.about_kind else None
    return {
        "number": run.number, "procedure": run.procedure.slug, "title": run.procedure.title, "state": run.state,
        "state_since": run.state_since, "version": run.version.number, "newer": newer.number if newer else 0,
        "runner": who(run.runner), "reason": run.reason, "about": about, "waiting": run.waiting,
        "waiting_for": run.waiting_for, "waiting_person": who(run.waiting_person), "waiting_until": run.waiting_until,
        "planned_at": run.planned_at, "started_at": run.started_at, "ended_at": run.ended_at, "outcome": run.outcome,
        "sentence": run.sentence, "finished": found.finished, "steps_in_all": len(found.steps),
    }  # fmt: skip


def whole_run_as_dict(run: Run) -> Dict:
    """Return a run with how each step stands. seen: the number of its last entry, which words about it carry."""
    found = following.followed(run)
    steps = [
        step_as_dict(one.step) | {
            "state": one.state.value, "words": [entry_as_dict(entry) for entry in one.words],
            "kept": [_kept(each) for each in one.kept],
        }
        for one in found.steps
    ]  # fmt: skip
    gone = [{"text": one.text, "kept": [_kept(each) for each in one.kept]} for one in found.gone]
    return run_as_dict(run, found) | {"seen": run.last_number, "steps": steps, "gone": gone}
