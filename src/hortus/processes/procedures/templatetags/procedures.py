"""Template tags of procedures: the chips of steps, runs and versions. The colour only repeats icon and word."""

from django import template
from django.utils.safestring import SafeString

from hortus.processes.procedures.models import Run, Version
from hortus.processes.procedures.rules import course
from hortus.processes.procedures.rules.standing import State
from hortus.processes.procedures.rules.steps import How
from hortus.values.reading import State as Look
from hortus.web.templatetags.hortus import chip

register = template.Library()

STEPS: dict[State, tuple[Look, str]] = {
    State.TODO: (Look.BARE, "circle-dashed"), State.DONE: (Look.THRIVING, "circle-check"),
    State.DIFFERENTLY: (Look.THRIVING, "pencil"), State.SKIPPED: (Look.BARE, "arrow-right"),
    State.FAILED: (Look.OVERGROWN, "circle-x"), State.CONTESTED: (Look.CARE, "users"),
}  # fmt: skip
RUNS: dict[course.State, tuple[Look, str]] = {
    course.State.PLANNED: (Look.BARE, "calendar"), course.State.RUNNING: (Look.THRIVING, "activity"),
    course.State.WAITING: (Look.CARE, "clock"), course.State.CHECKING: (Look.CARE, "eye"),
    course.State.DONE: (Look.THRIVING, "circle-check"), course.State.ABANDONED: (Look.BARE, "circle-x"),
    course.State.CANCELLED: (Look.BARE, "circle-x"),
}  # fmt: skip
VERSIONS: dict[str, tuple[Look, str]] = {
    Version.Status.PROPOSED: (Look.CARE, "pencil"), Version.Status.CURRENT: (Look.THRIVING, "circle-check"),
    Version.Status.SUPERSEDED: (Look.BARE, "history"), Version.Status.DECLINED: (Look.BARE, "circle-x"),
}  # fmt: skip
CHANGES: dict[How, tuple[Look, str, str]] = {
    How.SAME: (Look.BARE, "circle-check", "the same"), How.CHANGED: (Look.CARE, "pencil", "changed"),
    How.ADDED: (Look.THRIVING, "plus", "new"), How.REMOVED: (Look.OVERGROWN, "x", "removed"),
}  # fmt: skip


@register.simple_tag
def step_chip(state: State) -> SafeString:
    """Show how a step stands."""
    return chip(*STEPS[state], state.word)


@register.simple_tag
def run_chip(run: Run) -> SafeString:
    """Show how a run stands."""
    return chip(*RUNS[run.stands], run.stands.value)


@register.simple_tag
def version_chip(version: Version) -> SafeString:
    """Show how a version stands among the others."""
    return chip(*VERSIONS[version.status], version.status)


@register.simple_tag
def change_chip(how: How) -> SafeString:
    """Show what became of a step."""
    return chip(*CHANGES[how])
