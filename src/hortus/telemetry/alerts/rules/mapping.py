"""From the labels of an alert to a service and a function of the catalogue, by rules that a team writes, line by line.

A line is `label=value => service` or `label=value => service/function`, or `label=value => /function`.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from hortus.values.refused import Refused

MOST_RULES = 200
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Rule:
    """Alerts whose label has this value belong to a service, a function or both, by slug; "" for none."""

    label: str
    value: str
    service: str
    function: str

    def __str__(self) -> str:
        return f"{self.label}={self.value} => {self.service}{'/' if self.function else ''}{self.function}"


@dataclass(frozen=True, slots=True)
class Known:
    """The slugs of a team's services, and of its functions with the services that they belong to ("" for none)."""

    services: Set[str]
    functions: Mapping[str, str]


def parsed(text: str) -> list[Rule]:
    """Return the rules of a text. Raises Refused with the line that is wrong.

    >>> [str(rule) for rule in parsed("job=slurmctld => alder/submit")]
    ['job=slurmctld => alder/submit']
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MOST_RULES:
        raise Refused("too-many", f"There are {len(lines)} rules; at most {MOST_RULES} are allowed.", "mapping")
    return [_rule(number, line) for number, line in lines]


def _rule(number: int, line: str) -> Rule:
    left, arrow, right = line.partition("=>")
    label, equals, value = left.partition("=")
    service, _, function = right.strip().partition("/")
    if not (arrow and equals and label.strip() and (service or function)) or len(line) > LONGEST:
        raise Refused(
            "bad-rule", f"Line {number} is no rule: {line[:80]!r}. Write label=value => service/function, as in "
            "job=slurmctld => alder/submit.", "mapping",
        )  # fmt: skip
    return Rule(label.strip(), value.strip(), service.strip(), function.strip())


def unknown(rules: Sequence[Rule], known: Known) -> str:
    """Return the first slug of some rules that the catalogue does not have, as a sentence; "" when it has all."""
    for rule in rules:
        if rule.service and rule.service not in known.services:
            return f"There is no service {rule.service!r} in the catalogue; write its short name as in its address."
        if rule.function and rule.function not in known.functions:
            return f"There is no function {rule.function!r} in the catalogue; write its short name as in its address."
    return ""


def belongs(
    labels: Mapping[str, str], rules: Sequence[Rule], known: Known, default: tuple[str, str]
) -> tuple[str, str]:
    """Return the service and function that an alert belongs to; the first rule that fits decides.

    Without one its labels `service` and `function` do, where they name what the catalogue has, then the default. The
    service of a function is taken where none was said.
    """
    fits = (rule for rule in rules if labels.get(rule.label) == rule.value)
    found = next(fits, None)
    if found is not None:
        service, function = found.service, found.function
    else:
        named = labels.get("service", "") if labels.get("service") in known.services else ""
        does = labels.get("function", "") if labels.get("function") in known.functions else ""
        service, function = (named, does) if named or does else default
    service = service if service in known.services else ""
    function = function if function in known.functions else ""
    return service or known.functions.get(function, ""), function
