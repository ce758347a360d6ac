"""The life of an episode: what it becomes when its sender speaks, is silent, or a person closes it.

A notice can be late or come twice, so an episode that has ended opens again only when its sender still says so a group
interval after it said so first. No word from the sender makes an episode silent, never over.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from hortus.telemetry.alerts.rules.heard import Said

SILENT_AFTER = 3  # repeat intervals without a word


class Life(StrEnum):
    """Where an episode stands. CLOSED: a person said that it is over."""

    FIRING = "firing"
    SILENT = "silent"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Turn(StrEnum):
    """What a notice did to an episode; "" for nothing but that it was seen."""

    NONE = ""
    LATE = "late repeat"
    REOPENED = "reopened"
    ENDED = "ended"


# What may follow what; the machine below reaches nothing else.
FOLLOWS = {
    Life.FIRING: {Life.SILENT, Life.RESOLVED, Life.CLOSED},
    Life.SILENT: {Life.FIRING, Life.RESOLVED, Life.CLOSED},
    Life.RESOLVED: {Life.FIRING},
    Life.CLOSED: {Life.FIRING, Life.RESOLVED},
}


@dataclass(frozen=True, slots=True)
class Held:
    """What the rules need of an episode. late_since: when it was first said to fire after it had ended.

    is_superseded: a newer episode of the same trouble is known, so that a word about this one is old.
    """

    life: Life
    seen_at: datetime
    late_since: datetime | None = None
    is_superseded: bool = False


def heard(held: Held, said: Said, at: datetime, group_interval: timedelta) -> tuple[Held, Turn]:
    """Return what an episode is after a notice that was received at an aware time, and what that did to it."""
    if said is Said.NOTED:
        return replace(held, seen_at=max(at, held.seen_at)), Turn.NONE
    if said is Said.RESOLVED:
        turn = Turn.NONE if held.life is Life.RESOLVED else Turn.ENDED
        return replace(held, life=Life.RESOLVED, seen_at=max(at, held.seen_at), late_since=None), turn
    if held.life is Life.FIRING:
        return replace(held, seen_at=max(at, held.seen_at)), Turn.NONE
    if held.is_superseded:
        return held, Turn.LATE
    if held.life is Life.SILENT:
        return replace(held, life=Life.FIRING, seen_at=at), Turn.REOPENED
    return _late(held, at, group_interval)


def _late(held: Held, at: datetime, group_interval: timedelta) -> tuple[Held, Turn]:
    """Say of an episode that had ended what one more word that it fires means."""
    if held.late_since is None or at < held.late_since:  # the second: the clock was set back
        return replace(held, late_since=at), Turn.LATE
    if at - held.late_since < group_interval:
        return held, Turn.LATE
    return replace(held, life=Life.FIRING, seen_at=at, late_since=None), Turn.REOPENED


def is_silent(seen_at: datetime, now: datetime, repeat_interval: timedelta) -> bool:
    """Say whether a sender is silent about what fires; never where it does not repeat itself (interval 0)."""
    return repeat_interval > timedelta(0) and now - seen_at > SILENT_AFTER * repeat_interval


def shown(held: Held, now: datetime, repeat_interval: timedelta) -> Life:
    """Return the life of an episode as it is to be shown: silence is seen before anybody wrote it down."""
    if held.life is Life.FIRING and is_silent(held.seen_at, now, repeat_interval):
        return Life.SILENT
    return held.life
