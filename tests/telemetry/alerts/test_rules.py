"""The readers and the life of episodes, as pure functions: whatever is thrown at them."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hortus.telemetry.alerts.rules.heard import Alert, Said, Told, Unreadable, identity_of, key_of
from hortus.telemetry.alerts.rules.lives import FOLLOWS, Held, Life, Turn, heard, is_silent
from hortus.telemetry.alerts.rules.mapping import Known, belongs, parsed
from hortus.telemetry.alerts.rules.reading import READERS, Sort, read
from hortus.telemetry.alerts.rules.times import doubt
from hortus.values.refused import Refused
from tests.telemetry.alerts.conftest import alert, notice  # type: ignore[import-not-found]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["firing", "resolved"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = (
    "alerts", "status", "labels", "annotations", "startsAt", "endsAt", "fingerprint", "truncatedAlerts", "heartbeat",
    "monitor", "msg", "time", "tags", "name", "monitorID", "form", "type", "host", "service", "at", "id",
)  # fmt: skip
SHAPED = st.recursive(
    JSON | st.just("hortus-alert/1"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=15,
)


def read_or_none(sort: Sort, document: Any) -> Told | None:
    """Return what a document says, None where it is unreadable; any other error fails the test."""
    try:
        return READERS[sort](document)
    except Unreadable:
        return None


@given(st.sampled_from(list(Sort)), SHAPED)
def test_a_reader_reads_or_says_why_not(sort: Sort, document: Any) -> None:
    """And what it reads fits into the tables of both databases."""
    told = read_or_none(sort, document)
    if told is None:
        return
    for one in told.alerts:
        assert 0 < len(one.identity) <= 64
        assert len(one.key) <= 64
        assert len(one.starts_text) <= 64
        assert 0 < len(one.title) <= 200
        assert len(one.url) <= 500
        told_text = json.dumps(
            [one.title, one.starts_text, dict(one.labels), dict(one.annotations)], ensure_ascii=False
        )
        told_text.encode()  # no half of a pair
        assert "\x00" not in told_text
        assert all(at is None or at.tzinfo is not None for at in (one.starts_at, one.ends_at))
    assert 0 <= told.truncated < 2**31


@given(st.sampled_from(list(Sort)), st.binary(max_size=200))
def test_bytes_are_read_or_unreadable(sort: Sort, body: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert isinstance(read(sort, body), Told)


def test_what_alertmanager_sends_is_read() -> None:
    told = READERS[Sort.ALERTMANAGER](notice(alert(), truncatedAlerts=3))
    assert (told.truncated, told.unread) == (3, 0)
    assert told.alerts[0] == Alert(
        "004469736b46756c", Said.FIRING, "DiskFull on n1", {"alertname": "DiskFull", "instance": "n1"},
        {"summary": "DiskFull on n1"}, "2026-11-23T10:00:00.123456+00:00",
        datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC), "2026-11-23T10:00:00.123456789Z", None,
        "http://prometheus.example.org/graph?g0.expr=up",
    )  # fmt: skip


def test_grafana_tells_more_and_is_read_alike() -> None:
    told = READERS[Sort.GRAFANA]({
        "receiver": "hortus", "status": "firing", "orgId": 1, "title": "[FIRING:1]", "state": "alerting",
        "message": "x", "alerts": [alert() | {
            "values": {"B": 22.5}, "silenceURL": "https://g.example.org/s", "dashboardURL": "https://g.example.org/d",
            "panelURL": "https://g.example.org/p", "valueString": "[ var='B' value=22.5 ]",
        }],
    })  # fmt: skip
    assert (told.alerts[0].url, told.alerts[0].said) == ("https://g.example.org/p", Said.FIRING)


@pytest.mark.parametrize(("status", "said"), [(0, Said.FIRING), (1, Said.RESOLVED), (2, Said.NOTED), (3, Said.NOTED)])
def test_uptime_kuma_tells_one_heartbeat(status: int, said: Said) -> None:
    told = READERS[Sort.UPTIME_KUMA]({
        "heartbeat": {"monitorID": 3, "status": status, "time": "2026-11-23 10:00:00.5", "msg": "timeout", "ping": None,
                      "important": True, "duration": 60, "retries": 1},
        "monitor": {"id": 3, "name": "Front door", "url": "https://example.org", "hostname": None,
                    "tags": [{"name": "service", "value": "alder"}, None]}, "msg": "[Front door] down",
    })  # fmt: skip
    (one,) = told.alerts
    assert (one.said, one.title, one.labels["service"], one.key) == (said, "Front door is down", "alder", "")
    assert one.starts_at == datetime(2026, 11, 23, 10, 0, 0, 500_000, tzinfo=UTC)


def test_uptime_kuma_tells_no_heartbeat_in_a_test() -> None:
    told = READERS[Sort.UPTIME_KUMA]({"heartbeat": None, "monitor": None, "msg": "Testing"})
    assert (told.alerts, told.remark) == ((), "Testing")
    with pytest.raises(Unreadable, match="no status"):
        READERS[Sort.UPTIME_KUMA]({"heartbeat": {"status": 9}})


@pytest.mark.parametrize(
    ("sort", "said"),
    [("PROBLEM", Said.FIRING), ("RECOVERY", Said.RESOLVED), ("ACKNOWLEDGEMENT", Said.NOTED),
     ("FLAPPINGSTART", Said.NOTED), ("DOWNTIMEEND", Said.NOTED), ("recovery", Said.RESOLVED)],
)  # fmt: skip
def test_a_notification_command_tells_its_type(sort: str, said: Said) -> None:
    told = READERS[Sort.COMMAND]({"form": "hortus-alert/1", "type": sort, "host": "n1", "service": "HTTP"})
    assert told.alerts[0].said is said


@given(st.dictionaries(st.text(), st.text()))
def test_labels_in_any_order_are_the_same_trouble(labels: dict[str, str]) -> None:
    assert identity_of(None, labels) == identity_of("", dict(reversed(labels.items())))


@given(st.integers(10**8, 4 * 10**9), st.integers(-720, 720))
def test_an_instant_is_one_key_however_it_is_written(seconds: int, minutes: int) -> None:
    utc = datetime.fromtimestamp(seconds, UTC)
    elsewhere = (utc + timedelta(minutes=minutes)).replace(tzinfo=None)
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    written = f"{elsewhere.isoformat()}{sign}{size // 60:02}:{size % 60:02}"
    assert key_of(written) == key_of(utc.isoformat().replace("+00:00", "Z"))


GROUP, REPEAT = timedelta(minutes=5), timedelta(hours=4)
BEGIN = datetime(2026, 11, 23, tzinfo=UTC)


class Lives(RuleBasedStateMachine):
    """An episode whatever its sender, the clock and a person do."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.held = Held(Life.FIRING, BEGIN)
        self.late: datetime | None = None

    def _move(self, held: Held) -> None:
        assert held.life is self.held.life or held.life in FOLLOWS[self.held.life]
        self.held = held

    @rule(minutes=st.integers(-70, 900))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def it_fires(self) -> None:
        before, (held, turn) = self.held, heard(self.held, Said.FIRING, self.now, GROUP)
        if before.life in (Life.RESOLVED, Life.CLOSED) and held.life is Life.FIRING:
            assert self.late is not None
            assert self.now - self.late >= GROUP
            assert turn is Turn.REOPENED
        if held.life is Life.FIRING:
            self.late = None
        elif turn is Turn.LATE and (self.late is None or self.now < self.late):
            self.late = self.now
        self._move(held)

    @rule()
    def it_ends(self) -> None:
        held, turn = heard(self.held, Said.RESOLVED, self.now, GROUP)
        assert held.life is Life.RESOLVED
        assert (turn is Turn.ENDED) == (self.held.life is not Life.RESOLVED)
        self.late = None
        self._move(held)

    @rule()
    def it_is_noted(self) -> None:
        held, turn = heard(self.held, Said.NOTED, self.now, GROUP)
        assert (held.life, turn) == (self.held.life, Turn.NONE)
        self._move(held)

    @rule()
    def nobody_hears_of_it(self) -> None:
        if self.held.life is Life.FIRING and is_silent(self.held.seen_at, self.now, REPEAT):
            self._move(Held(Life.SILENT, self.held.seen_at))

    @rule()
    def a_person_closes_it(self) -> None:
        if self.held.life in (Life.FIRING, Life.SILENT):
            self._move(Held(Life.CLOSED, self.held.seen_at))
            self.late = None

    @invariant()
    def a_late_word_is_kept_only_of_what_is_over(self) -> None:
        assert self.held.late_since == self.late
        assert self.held.late_since is None or self.held.life in (Life.RESOLVED, Life.CLOSED)


TestLives = Lives.TestCase


def test_what_is_superseded_never_fires_again() -> None:
    for life in (Life.SILENT, Life.RESOLVED, Life.CLOSED):
        held = Held(life, BEGIN, BEGIN, is_superseded=True)
        assert heard(held, Said.FIRING, BEGIN + timedelta(days=1), GROUP) == (held, Turn.LATE)


def test_a_sender_that_does_not_repeat_is_never_silent() -> None:
    assert not is_silent(BEGIN, BEGIN + timedelta(days=999), timedelta(0))


@given(st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_times_are_doubted_beyond_their_bounds(off: timedelta) -> None:
    said = doubt(BEGIN + off, None, BEGIN)
    assert bool(said) == (off > timedelta(minutes=5) or off < timedelta(hours=-24))


KNOWN = Known(frozenset({"alder", "scratch"}), {"submit": "alder", "read": ""})


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ({"job": "slurmctld"}, ("alder", "submit")),
        ({"job": "slurmctld", "service": "scratch"}, ("alder", "submit")),
        ({"service": "scratch"}, ("scratch", "")),
        ({"function": "read"}, ("", "read")),
        ({"service": "unknown"}, ("scratch", "read")),
        ({}, ("scratch", "read")),
        ({"gone": "yes"}, ("", "")),
    ],
)
def test_labels_lead_to_the_catalogue(labels: dict[str, str], found: tuple[str, str]) -> None:
    rules = parsed("job=slurmctld => /submit\ngone=yes => away")
    assert belongs(labels, rules, KNOWN, ("scratch", "read")) == found


@pytest.mark.parametrize("text", ["x", "a=b", "a=b =>", "=b => c", "a=b => /", f"a=b => {'c' * 400}", "a=b=>c\n" * 201])
def test_a_line_that_is_no_rule_is_refused_by_its_number(text: str) -> None:
    with pytest.raises(Refused, match=r"Line 1|at most 200"):
        parsed(text)
