"""The probes' part of the sample garden: four weeks of invented answers of services that do not exist.

The schedule leaves sample teams alone, so nothing of this is ever asked.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from hortus.access.models import Team
from hortus.access.sample import World
from hortus.telemetry.probes import actions, archive, feeding
from hortus.telemetry.probes.actions import Details
from hortus.telemetry.probes.models import Probe, ProbeResult

WEEKS = 4
PERIOD = 600


def _details(name: str, service: str, latency: float | None, **parameters: str | int) -> Details:
    return Details(name, service, parameters, PERIOD, 10, latency)


# Kind; details; half of the answers come within so many seconds; share of wrong answers; hours ago and length of an
# outage; what a good and a wrong answer is told as.
_PROBES = (
    ("ssh", _details("Alder login", "alder", 2.0, host="login.alder.invalid"), 0.05, 0.0005, (120, 1.5),
     "It said “SSH-2.0-OpenSSH_9.2”.", "login.alder.invalid did not answer on port 22 within 10 s."),
    ("http", _details("Glasshouse front page", "glasshouse", 1.0, url="https://glasshouse.invalid/hub/login"), 0.3,
     0.004, (30, 2.5), "It answered with status 200.", "It answered with status 503; 200 was expected."),
    ("tcp", _details("Hedgerow transfer", "hedgerow", None, host="dtn.hedgerow.invalid", port=443), 0.02, 0.001,
     (400, 6), "dtn.hedgerow.invalid takes connections on port 443.",
     "dtn.hedgerow.invalid refuses connections on port 443."),
)  # fmt: skip


def plant(team: Team, world: World) -> None:
    """Add three probes with four weeks of answers up to `world.until`, the older ones in Parquet."""
    for place, (kind, details, half, wrong, outage, good_words, bad_words) in enumerate(_PROBES):
        probe = actions.add(team, kind, details, by=world.persons[1], door="sample")
        probe.made_at = world.until - timedelta(weeks=WEEKS)
        probe.save(update_fields=["made_at"])
        feeding.series_of(probe)
        chance = random.Random(world.seed + place)  # noqa: S311 -- invented data, the same for the same seed
        answers = _answers(probe, world.until, chance, half, wrong, outage)
        ProbeResult.objects.bulk_create(
            [
                ProbeResult(
                    probe=probe, at=at, ok=ok, value_seconds=seconds, period_seconds=PERIOD,
                    code="ok" if ok else "bad", sentence=good_words if ok else bad_words,
                )
                for at, ok, seconds in answers
            ]
        )  # fmt: skip
        feeding.judge_anew(probe)
    archive.compact(team, world.until - archive.KEPT_AS_ROWS)


def _answers(
    probe: Probe, until: datetime, chance: random.Random, half: float, wrong: float, outage: tuple[float, float]
) -> Iterator[tuple[datetime, bool, float | None]]:
    """Give (when, right, seconds) for each run: slower by day than by night, wrong now and then and in one outage."""
    first = int((until - timedelta(weeks=WEEKS)).timestamp())
    for second in range(first + (probe.shift - first) % PERIOD, int(until.timestamp()), PERIOD):
        at = datetime.fromtimestamp(second, until.tzinfo)
        ago = (until - at).total_seconds() / 3600
        if outage[0] - outage[1] <= ago < outage[0] or chance.random() < wrong:
            yield at, False, None
        else:
            yield at, True, round(half * (1.3 if 8 <= at.hour < 20 else 1.0) * chance.lognormvariate(0, 0.4), 4)
