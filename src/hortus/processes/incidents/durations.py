"""How long incidents lasted, drawn as one dot each. Never a mean: how long one lasts says little about the next."""

from collections.abc import Sequence
from datetime import tzinfo

from hortus.processes.incidents.models import Incident
from hortus.web.charts import Chart
from hortus.web.charts.dots import Dot, dots
from hortus.web.words import counted, duration

FEWEST = 2  # one dot alone says no more than its number


def seconds(incident: Incident) -> float | None:
    """Return how long an incident lasted, from when it began until it was resolved; None while it lasts."""
    if incident.resolved_at is None:
        return None
    return max(0.0, (incident.resolved_at - incident.began_at).total_seconds())


def chart(incidents: Sequence[Incident], zone: tzinfo, this: Incident | None = None) -> Chart | None:
    """Return the chart of those that are over, None for fewer than two. this: the one to be found among them."""
    found = [(one, length) for one in incidents if (length := seconds(one)) is not None]
    if len(found) < FEWEST:
        return None
    found.sort(key=lambda pair: (pair[0].began_at, pair[0].number))
    drawn = [
        Dot(one.began_at.astimezone(zone), length, _words(one, this), is_named=one == this) for one, length in found
    ]
    lengths = sorted(length for _, length in found)
    span = f"from {duration(lengths[0])} to {duration(lengths[-1])}"
    return Chart(
        title=f"They lasted {span}",
        subtitle=f"How long each of {counted(len(found), 'incident')} lasted, a dot each, by when it began",
        svg=dots(drawn, label=f"How long {counted(len(found), 'incident')} lasted, {span}"),
        columns=("Incident", "Began", "Lasted"),
        rows=[(str(one), f"{one.began_at.astimezone(zone):%Y-%m-%d %H:%M}", duration(length)) for one, length in found],
        note="No mean is drawn: how long incidents lasted says little about how bad they were, or about the next one.",
    )  # fmt: skip


def _words(one: Incident, this: Incident | None) -> str:
    return "this one" if one == this else f"#{one.number} {one.title}"
