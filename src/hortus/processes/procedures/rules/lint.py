"""What a procedure leaves open, in sentences. It never keeps anybody from writing or following one. Pure.

Limits: five to nine items (Boorman, in Gawande, The Checklist Manifesto, 2009); the words are our own choice.
"""

from collections.abc import Iterator

from hortus.processes.procedures.rules.content import Content
from hortus.processes.procedures.rules.steps import Way

MOST_CRITICAL = 9
VAGUE = ("ensure", "handle", "appropriate", "properly", "as needed", "if necessary", "etc.")


def lint(content: Content) -> list[str]:
    """Return what is missing or vague, a sentence each, what matters most first."""
    return list(_found(content))


def _found(content: Content) -> Iterator[str]:
    if not content.why:
        yield "It does not say why it is done; whoever follows it cannot tell when it no longer fits."
    if not content.good_result:
        yield "It does not say what a good result looks like."
    if not content.pause_point:
        yield "It does not say when it is to be used."
    if not content.way_back:
        yield "It does not say how one gets back when it goes wrong."
    critical = sum(step.is_critical for step in content.steps)
    if content.way is Way.DO_CONFIRM and critical > MOST_CRITICAL:
        yield f"It has {critical} critical steps to confirm; more than {MOST_CRITICAL} are skimmed."
    for step in content.steps:
        vague = next((word for word in VAGUE if word in f"{step.text} {step.body}".lower()), "")
        if vague:
            yield f"“{step.text}” says “{vague}”; say what exactly."
