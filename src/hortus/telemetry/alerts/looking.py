"""What the auditor asks of alerts: what came but became no alert, what was left out, and what nobody was told."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min

from hortus.access.models import Team
from hortus.ledger.outbox.auditing import Finding
from hortus.telemetry.alerts.models import AlertSource, Episode, Notice
from hortus.web.words import counted

CHECK = "alerts received"
TRUNCATED_LATELY = timedelta(days=1)


def check(now: datetime) -> Iterator[Finding]:
    """Return what is wrong with alerts, a finding for each team and for each source that left something out."""
    rows = Notice.objects.unread().order_by().values("team").annotate(count=Count("pk"))
    counts = {row["team"]: row["count"] for row in rows}
    for team in Team.objects.filter(pk__in=counts).order_by("slug"):
        said = counted(counts[team.pk], "notice of alerts", "notices of alerts")
        yield Finding(CHECK, f"{said} could not be read, and nobody has looked at it yet.", team)
    late = AlertSource.objects.active().filter(truncated_at__gt=now - TRUNCATED_LATELY).select_related("team")
    for source in late.order_by("team__slug", "slug"):
        yield Finding(CHECK, f"{source.name} left alerts out of a notice in the last day.", source.team)
    yield from _untold()


def _untold() -> Iterator[Finding]:
    """Return a finding for each team with alerts that are stored and of which nothing came."""
    rows = Episode.objects.untold().order_by().values("team").annotate(count=Count("pk"), since=Min("untold_at"))
    found = {row["team"]: row for row in rows}
    for team in Team.objects.filter(pk__in=found).order_by("slug"):
        count, since = found[team.pk]["count"], found[team.pk]["since"]
        yield Finding(
            CHECK, f"{counted(count, 'alert')} came to nobody since {since:%Y-%m-%d %H:%M} UTC, as what makes "
            "incidents of them failed. It is tried again each minute; the log says why.", team,
        )  # fmt: skip
