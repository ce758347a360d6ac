"""Engines that lie, fail, hang or send rubbish: each a clear finding, nothing counted, nothing half-written."""

import json
import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from hortus.access.models import Team
from hortus.telemetry.counts.reading import sums
from hortus.telemetry.engines import actions, asking, keeping
from hortus.telemetry.engines.client import Client
from hortus.telemetry.engines.models import Engine, EngineQuery
from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.values.refused import Refused
from tests.telemetry.engines.conftest import engine_at  # type: ignore[import-not-found]
from tests.web.fetch_servers import body, drip, serving  # type: ignore[import-not-found]

pytestmark = [pytest.mark.usefixtures("loopback"), pytest.mark.django_db]

Given = dict[str, str]
T0 = 1_795_392_000


def ok(data: object) -> bytes:
    return body(json.dumps({"status": "success", "data": data}).encode(), "Content-Type: application/json")


def refused(status: int, said: bytes) -> bytes:
    return f"HTTP/1.1 {status} No\r\nContent-Length: {len(said)}\r\n\r\n".encode() + said


def vector(at: object, *values: object) -> bytes:
    rows = [{"metric": {"n": str(n)}, "value": [at, value]} for n, value in enumerate(values)]
    return ok({"resultType": "vector", "result": rows})


def matrix(*series: list[tuple[object, object]]) -> bytes:
    rows = [{"metric": {"__name__": "x", "n": str(n)}, "values": values} for n, values in enumerate(series)]
    return ok({"resultType": "matrix", "result": rows})


class Fake:
    """An engine by its contract: a counter `events_total` that rises by 2 a minute, and one lie where asked for."""

    def __init__(self, lie: Callable[[str, Given], bytes | Iterator[bytes] | None] = lambda path, given: None) -> None:
        self.lie = lie
        self.paths: list[str] = []

    def __call__(self, target: str) -> bytes | Iterator[bytes]:
        parts = urlsplit(target)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.paths.append(parts.path)
        return self.lie(parts.path, given) or self.honest(parts.path.rpartition("/")[2], given)

    def honest(self, door: str, given: Given) -> bytes:
        query = given.get("query", "")
        if door == "query_range":
            times = range(int(given["start"]), int(given["end"]) + 1, 60)
            worth = (lambda t: t) if "time()" in query else (lambda t: t // 60 * 2)
            return matrix([(t, str(worth(t))) for t in times])
        at = int(given["time"])
        if query == "time()":
            return vector(at, str(at))
        if "% 1800" in query:
            return vector(at, "3480")
        if "time()" in query:
            return vector(at, "3600")
        if query.endswith("s]"):
            seconds = int(query.rpartition("[")[2][:-2])
            return matrix([(t, str(t // 60 * 2)) for t in range(at - seconds, at + 1, 60)])
        if query.startswith("sum(increase("):
            return vector(at, str(int(query.rpartition("[")[2].split("m")[0]) * 2))
        return vector(at, "60")


def asked(team: Team, url: str, **more: object) -> EngineQuery:
    """Add an engine with one query of the last hour, check it, and return the query."""
    given = {"sort": "good", "good": "events_total", "total": "events_total"} | more
    query = actions.ask(engine_at(team, url), name="events", by=None, door="cli", **given)  # type: ignore[arg-type]
    actions.check(query.engine, by=None, door="cli")
    query.first_minute = query.next_minute = keeping.minute_now() - 62
    query.save()
    return query


def counted(query: EngineQuery) -> tuple[int, int]:
    found = sums([query.series_id], [(0, keeping.minute_now() + 10)])
    return int(found.total.item()), int(found.measured.item())


def test_an_honest_one_is_trusted(team: Team) -> None:
    with serving(Fake()) as server:
        query = asked(team, server.url(""))
        assert query.engine.state == Engine.State.TRUSTED, query.engine.checks
        assert keeping.keep(query, query.first_minute + 62) == 60
    assert counted(query) == (120, 60)


def one(path_end: str, answer: bytes, contains: str = "") -> Callable[[str, Given], bytes | None]:
    """Lie at one endpoint, for queries that contain something."""

    def lie(path: str, given: Given) -> bytes | None:
        return answer if path.endswith(path_end) and contains in given.get("query", "") else None

    return lie


def late(path: str, given: Given) -> bytes | None:
    """Answer for another time than the one that was asked for."""
    return vector(int(given["time"]) - 17, given["time"]) if given.get("query") == "time()" else None


def two_truths(path: str, given: Given) -> bytes | None:
    """Tell other values by query_range than by the samples."""
    if path.endswith("query_range") and given["query"] == "events_total":
        return matrix([(t, "7") for t in range(int(given["start"]), int(given["end"]) + 1, 60)])
    return None


NOT_TRUSTED = {
    "another time": (late, "and answered for"),
    "html": (one("query", body(b"<html>Sign in</html>")), "Prometheus HTTP API; it begins with: <html>"),
    "nothing": (one("query", body(b"")), "it begins with: nothing"),
    "deep": (one("query", body(b"[" * 100_000)), "no answer of the Prometheus HTTP API"),
    "bare NaN": (one("query", body(b'{"status":"success","data":NaN}')), "no answer of the Prometheus HTTP API"),
    "a number": (one("query", ok({"resultType": "vector", "result": [{"metric": {}, "value": [T0, 5]}]})), ""),
    "another shape": (one("query", ok({"resultType": "streams", "result": []})), "should be a vector or scalar"),
    "a string result": (one("query", ok("yes")), "should be a vector or scalar"),
    "HTTP 500": (
        one("query", refused(500, b"out of\nit")), "HTTP status 500 and said: out of it"
    ),
    "its own error": (
        one("query", refused(422, b'{"status":"error","errorType":"x","error":"too hard"}')),
        "refused the query (HTTP 422): too hard",
    ),
    "broken off": (one("query", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"), "did not answer in HTTP"),
    "two truths": (two_truths, "differ from the last sample before them"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(NOT_TRUSTED))
def test_what_is_found_out_is_not_believed(team: Team, name: str) -> None:
    lie, sentence = NOT_TRUSTED[name]
    with serving(Fake(lie)) as server:
        query = asked(team, server.url(""))
        assert query.engine.state == Engine.State.DISTRUSTED
        failed = [check["sentence"] for check in query.engine.checks if not check["ok"]]
        assert any(sentence in said for said in failed), failed
        assert keeping.keep(query, keeping.minute_now()) == 0
        assert query.finding.startswith("Metrics is not asked: ")
        query.is_kept_here = False
        with pytest.raises(EngineFault, match="is not asked"):
            asking.window_sums(query, [(T0 // 60 - 5, T0 // 60)])
    assert counted(query) == (0, 0)


@pytest.mark.parametrize("contains", ["increase(vector", "% 1800", "increase(events_total"])
def test_wrong_sums_cost_only_the_trust_in_sums(team: Team, contains: str) -> None:
    def lie(path: str, given: Given) -> bytes | None:
        return vector(int(given["time"]), "3599") if contains in given.get("query", "") else None

    with serving(Fake(lie)) as server:
        query = asked(team, server.url(""))
        assert query.engine.state == Engine.State.SAMPLES
        assert keeping.keep(query, query.first_minute + 62) == 60
        with pytest.raises(EngineFault, match=r"the engine says 3,599"):
            asking.window_sums(query, [(T0 // 60 - 5, T0 // 60)])
    assert counted(query) == (120, 60)


def series(*values: object) -> Callable[[str, Given], bytes | None]:
    """Tell these values as the last samples of the counter."""

    def lie(path: str, given: Given) -> bytes | None:
        if not given.get("query", "").endswith("s]"):
            return None
        at = int(given["time"])
        return matrix([(at - 60 * n, value) for n, value in enumerate(reversed(values))])

    return lie


LATER = {
    "below zero": (series("1", "-2"), "values below zero"),
    "not whole": (series("1", "1.5"), "values that are not whole"),
    "no text": (series(1, 2), "should be a number written as text"),
    "a word": (series("1", "many"), "should be a number written as text"),
    "huge": (series("1", "1e300"), "beyond 2**53"),
    "out of the span": (
        lambda path, given: matrix([(1, "2")]) if given.get("query", "").endswith("s]") else None,
        "outside of the time it was asked about",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(LATER))
def test_rubbish_after_the_check(team: Team, name: str) -> None:
    lie, sentence = LATER[name]
    fake = Fake()
    with serving(fake) as server:
        query = asked(team, server.url(""))
        assert query.engine.state == Engine.State.TRUSTED
        fake.lie = lie
        assert keeping.keep(query, keeping.minute_now()) == 0
        assert sentence in query.finding
        assert counted(query) == (0, 0)
        fake.lie = lambda path, given: None
        assert keeping.keep(query, query.first_minute + 62) == 60  # it comes to itself, and nothing is missing
    assert query.finding == ""
    assert counted(query) == (120, 60)


def test_not_a_number_is_unmeasured(team: Team) -> None:
    with serving(Fake()) as server:
        query = asked(team, server.url(""), sort="threshold", good="sum(x)", total="", comparison="gt", bound=0)
        at = query.next_minute * 60
        values = [(at + 60, "1"), (at + 120, "NaN"), (at + 180, "+Inf"), (at + 240, "0")]
        server.answer = Fake(one("query_range", matrix(values)))
        keeping.keep(query, query.next_minute + 4 + keeping.SETTLE_MINUTES)
    found = sums([query.series_id], [(at // 60, at // 60 + 4)])
    assert (found.good.item(), found.total.item(), found.measured.item()) == (1, 2, 2)
    assert query.notes["not_finite"] == 2


@pytest.mark.parametrize("value", ["NaN", "-Inf"])
def test_sums_that_are_no_numbers(team: Team, value: str) -> None:
    fake = Fake()
    with serving(fake) as server:
        query = asked(team, server.url(""), is_kept_here=False)
        fake.lie = lambda path, given: vector(int(given["time"]), value)
        with pytest.raises(EngineFault, match="A number is expected"):
            asking.window_sums(query, [(T0 // 60 - 5, T0 // 60)])
        fake.lie = lambda path, given: vector(int(given["time"]), "1", "2")
        with pytest.raises(EngineFault, match="2 series came"):
            asking.window_sums(query, [(T0 // 60 - 5, T0 // 60)])
        fake.lie = lambda path, given: vector(int(given["time"]))
        found = asking.window_sums(query, [(T0 // 60 - 5, T0 // 60)])
        assert (found.total.item(), found.measured.item()) == (0, 0)


def test_slow_huge_and_gone(db: None) -> None:
    with serving(lambda path: drip(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")) as server:
        began = time.monotonic()
        with pytest.raises(EngineFault, match=r"within 0\.5 seconds"):
            Client(server.url(""), seconds=0.5).query("up", T0)
        assert time.monotonic() - began < 5
    with serving(body(b"x" * 2_000_000)) as server:
        with pytest.raises(EngineFault) as huge:
            Client(server.url(""), max_bytes=1_000_000).query("up", T0)
        assert huge.value.code == "too-big"
        gone = server.url("")
    with pytest.raises(EngineFault, match="does not take connections"):
        Client(gone).query("up", T0)


def test_a_big_chunk_is_asked_for_in_pieces(team: Team) -> None:
    def lie(path: str, given: Given) -> bytes | None:
        query = given.get("query", "")
        is_long = query.endswith("s]") and int(query.rpartition("[")[2][:-2]) > 30 * 60
        return b"HTTP/1.1 200 OK\r\nContent-Length: 21000000\r\n\r\n{" if is_long else None

    fake = Fake()
    with serving(fake) as server:
        query = asked(team, server.url(""))
        fake.lie = lie
        assert keeping.keep(query, query.first_minute + 62) == 60
    assert counted(query) == (120, 60)


def test_slow_scrapes_copied_minute_by_minute(team: Team) -> None:
    """A target that is scraped every three minutes: what is measured shows only when the next sample is there."""

    def lie(path: str, given: Given) -> bytes | None:
        query = given.get("query", "")
        if not query.endswith("s]"):
            return None
        at, seconds = int(given["time"]), int(query.rpartition("[")[2][:-2])
        return matrix([(t, str(t // 60 * 2)) for t in range(at - seconds, at + 1, 60) if t // 60 % 3 == 0])

    fake = Fake()
    with serving(fake) as server:
        query = asked(team, server.url(""))
        fake.lie = lie
        first = query.next_minute + -query.next_minute % 3
        EngineQuery.objects.filter(pk=query.pk).update(first_minute=first, next_minute=first)
        query.refresh_from_db()
        for minute in range(first, first + 31):
            keeping.keep(query, minute + keeping.SETTLE_MINUTES)
    assert counted(query) == (60, 30)


def test_private_addresses_are_asked_only_where_they_are_listed(team: Team, settings) -> None:  # type: ignore[no-untyped-def]
    """Such an address cannot be saved; one that was closed later is not asked."""
    with serving(Fake()) as server:
        engine = engine_at(team, server.url(""))
        settings.HORTUS = settings.HORTUS.model_copy(update={"fetch_networks": ""})
        with pytest.raises(Refused, match="HORTUS_FETCH_NETWORKS"):
            engine_at(team, server.url(""), "Another")
        actions.check(engine, by=None, door="cli")
        assert server.requests == []
    assert engine.state == Engine.State.DISTRUSTED
    assert "add 127.0.0.1/32 to HORTUS_FETCH_NETWORKS" in engine.checks[0]["sentence"]


def test_the_contract_of_greptimedb(team: Team) -> None:
    """Its API lies below /v1/prometheus and has five endpoints; nothing else is asked for."""
    fake = Fake()
    with serving(fake) as server:
        query = asked(team, server.url("/v1/prometheus/"))
        keeping.keep(query, keeping.minute_now())
        asking.client_of(query.engine).query("time()", T0)
        query.engine.refresh_from_db()
        assert query.engine.state == Engine.State.TRUSTED
    assert set(fake.paths) == {"/v1/prometheus/api/v1/query", "/v1/prometheus/api/v1/query_range"}


def test_an_engine_without_raw_samples(team: Team) -> None:
    """Then values at whole minutes are read, and the check says what that costs."""
    no = refused(400, b'{"status":"error","error":"no range please"}')

    def lie(path: str, given: Given) -> bytes | None:
        return no if path.endswith("/query") and given["query"].endswith("s]") else None

    with serving(Fake(lie)) as server:
        query = asked(team, server.url(""))
        assert query.engine.state == Engine.State.TRUSTED
        assert not query.engine.gives_samples
        assert any("gaps can hide" in check["sentence"] for check in query.engine.checks)
        assert keeping.keep(query, query.first_minute + 62) == 60
    assert counted(query) == (120, 60)


def test_tokens_go_only_to_their_server(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Fake()) as server, serving(Fake()) as thief:
        monkeypatch.setenv("ENGINE_TOKEN_METRICS", f"{server.url('')} s3cret")
        Client(server.url("/prom"), "METRICS").query("time()", T0)
        assert "authorization: Bearer s3cret" in server.requests[-1]
        with pytest.raises(EngineFault, match="holds no ENGINE_TOKEN_METRICS for this server"):
            Client(thief.url(""), "METRICS").query("time()", T0)
        assert thief.requests == []
    with pytest.raises(Refused, match="not the token itself"):
        actions.add_engine(team, name="x", url="http://a.b", kind="other", token_name="s3cret!", by=None, door="cli")


NO_COUNTERS = (
    "", "{}", "sum(x)", "x[5m]", "x offset 5m", 'x{a="b"}) or vector(1', 'x{a="b"', "x{a=b}", "x y", "x" * 1001,
    'x{a="\n"}',
)  # fmt: skip


@pytest.mark.parametrize("given", NO_COUNTERS)
def test_what_is_no_counter_is_refused(team: Team, given: str) -> None:
    engine = engine_at(team, "http://metrics.example.org")
    with pytest.raises(Refused) as error:
        actions.ask(engine, name="n", sort="good", good="x", total=given, by=None, door="cli")
    assert error.value.field == "total"


@pytest.mark.parametrize(
    "url", ["metrics", "ftp://a.b", "http://", "http://u:p@a.b", "http://a.b/?q=1", "http://a:99999"]
)
def test_what_is_no_address_is_refused(team: Team, url: str) -> None:
    with pytest.raises(Refused) as error:
        engine_at(team, url)
    assert error.value.field == "url"
    assert "u:p" not in error.value.sentence


def side_by_side(path: str, given: Given) -> bytes | None:
    """Answer a union of expressions, which the others here do not understand."""
    if not given.get("query", "").startswith("label_replace("):
        return None
    rows = []
    for asked_for, name in re.findall(r'label_replace\((.*?), "hortus", "(\w+)", "", ""\)', given["query"]):
        minutes = re.search(r"\[(\d+)m\]", asked_for)
        value = 1 if asked_for == "vector(1)" else int(minutes[1]) * 2 if minutes else 60
        rows.append({"metric": {"hortus": name}, "value": [int(given["time"]), str(value)]})
    return ok({"resultType": "vector", "result": rows})


def refuses_unions(path: str, given: Given) -> bytes | None:
    """Refuse what it does not understand, as the API says."""
    if given.get("query", "").startswith("label_replace("):
        return refused(422, b'{"status":"error","errorType":"x","error":"unknown function"}')
    return None


SPANS = [(T0 // 60 - minutes, T0 // 60) for minutes in (60, 120, 300, 1440, 4320)]


@pytest.mark.parametrize(("lie", "requests"), [(side_by_side, 1), (refuses_unions, 16), (lambda path, given: None, 16)],
                         ids=["together", "refused", "not understood"])  # fmt: skip
def test_windows_are_asked_together_where_that_is_understood(
    team: Team, lie: Callable[[str, Given], bytes | None], requests: int
) -> None:
    fake = Fake()
    with serving(fake) as server:
        query = asked(team, server.url(""), is_kept_here=False)
        fake.lie = lie
        fake.paths.clear()
        found = asking.window_sums(query, SPANS)
    assert found.total[0].tolist() == [2 * (until - since) for since, until in SPANS]
    assert found.measured[0].tolist() == [60] * len(SPANS)
    assert len(fake.paths) == requests


def test_what_is_too_long_for_one_address_is_asked_in_several(team: Team) -> None:
    fake = Fake(side_by_side)
    with serving(fake) as server:
        query = asked(team, server.url(""), is_kept_here=False)
        query.good = query.total = f'events_total{{place="{"ä" * 90}"}}'
        fake.paths.clear()
        found = asking.window_sums(query, SPANS)
    assert found.total[0].tolist() == [2 * (until - since) for since, until in SPANS]
    assert 3 < len(fake.paths) <= 15
