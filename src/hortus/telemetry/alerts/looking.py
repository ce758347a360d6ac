"""What the auditor asks of alerts: what came but became no alert, and what its sender left out."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count

from hortus.access.models import Team
from hortus.ledger.outbox.auditing import Finding
from hortus.telemetry.alerts.models import AlertSource, Notice
from hortus.web.words import counted

CHECK = "alerts received"
TRUNCATED_LATELY = timedelta(days=1)


def check(now: datetime) -> Iterator[Finding]:
    """Return a finding for each team with notices that nobody could read or looked at, and for what was left out."""
    rows = Notice.objects.unread().order_by().values("team").annotate(count=Count("pk"))
    counts = {row["team"]: row["count"] for row in rows}
    for team in Team.objects.filter(pk__in=counts).order_by("slug"):
        said = counted(counts[team.pk], "notice of alerts", "notices of alerts")
        yield Finding(CHECK, f"{said} could not be read, and nobody has looked at it yet.", team)
    late = AlertSource.objects.active().filter(truncated_at__gt=now - TRUNCATED_LATELY).select_related("team")
    for source in late.order_by("team__slug", "slug"):
        yield Finding(CHECK, f"{source.name} left alerts out of a notice in the last day.", source.team)
