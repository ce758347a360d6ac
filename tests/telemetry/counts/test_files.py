"""Files of events: the fast way and the slow way agree, whatever a file holds."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hortus.telemetry.counts import bulk
from hortus.telemetry.counts.bulk import format_of, read_file
from hortus.telemetry.counts.counting import Counts
from hortus.telemetry.counts.events import Events, Names, parsed_lines, read
from hortus.values.refused import Refused

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = Names({"web": 1, "jobs": 2, "home-1": 3, "3": 4}, frozenset({"probed"}))
MINUTE = int(NOW.timestamp() // 60) - 100


EASY = [
    {"sli": "web", "at": "2026-11-22T22:20:00Z", "ok": True},
    {"sli": "jobs", "minute": MINUTE, "good": 1, "total": 3},
    {"sli": "web", "minute": MINUTE, "bad": 1, "total": 2},
]


def cells(counts: Counts) -> list[tuple[int, ...]]:
    found = counts.by_cell()
    return list(zip(*(part.tolist() for part in (found.series, found.minute, found.good, found.total)), strict=True))


def told(found: Events) -> tuple[Any, ...]:
    return found.accepted, [finding.as_json() for finding in found.findings.values()]


SLI = st.sampled_from(["web", "jobs", "home-1", "3"])
RIGHT_TIME = st.sampled_from([
    {"at": "2026-11-22T22:20:00Z"}, {"at": "2026-11-22T22:21:59.999Z"}, {"at": "2026-11-22T23:20:00+01:00"},
    {"at": "2026-11-22 22:20:00Z"}, {"at": 1795386000}, {"at": 1795386000.5}, {"minute": MINUTE}, {"minute": 1.0},
])  # fmt: skip
ANY_TIME = RIGHT_TIME | st.sampled_from([
    {}, {"at": "now"}, {"at": ""}, {"at": "2026-11-22Z"}, {"at": "2026-11-22T22:20:00"}, {"at": True}, {"minute": "5"},
    {"minute": MINUTE + 200}, {"minute": 0.5}, {"at": "2026-13-22T22:20:00Z"}, {"at": None, "minute": 3},
    {"at": "2026-11-22T24:20:00Z"}, {"at": -60}, {"at": "infinity"}, {"at": "2026-11-22T22:20:60Z"},
    {"at": "1795386000"},
])  # fmt: skip
RIGHT = st.one_of(
    st.booleans().map(lambda ok: {"ok": ok}),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda p: {"good": min(p), "total": max(p)}),
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda p: {"bad": min(p), "total": max(p)}),
)
NUMBER = st.sampled_from([0, 1, 2.0, 0.5, -1, 2**53, 10**17, float("nan"), "1", True, None, [1]])
ANY = RIGHT | st.dictionaries(st.sampled_from(["ok", "good", "bad", "total"]), NUMBER)


def event(sli: Any, when: Any, what: Any) -> Any:
    return st.tuples(sli, when, what).map(lambda parts: {"sli": parts[0], **parts[1], **parts[2]})


EVENTS = st.lists(event(SLI, RIGHT_TIME, RIGHT), min_size=1, max_size=8) | st.lists(
    event(SLI, RIGHT_TIME, RIGHT) | event(SLI | st.sampled_from(["probed", "x\\y", 3, None]), ANY_TIME, ANY)
    | st.sampled_from([[], 3, "a"]), min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_bulk_agrees_with_one_by_one(tmp_path: Path, events: list[Any]) -> None:
    path = tmp_path / "events"
    path.write_text("\n".join(json.dumps(one) for one in [EASY[0], *events]))  # the first line tells the format
    slow = read(parsed_lines(path.read_bytes().splitlines()), NAMES, NOW)
    found, counts = read_file(path, NAMES, NOW)
    assert told(found) == told(slow)
    assert cells(counts) == cells(slow.counts())


LINE = json.dumps(EASY[0])
ODD_LINES = [
    '{"sli":"web","sli":"jobs","minute":5,"ok":true}', f"{LINE} {LINE}", f"{LINE}{LINE}", f"{LINE}\r{LINE}", f"{LINE},",
    f"{LINE} x", f"[{LINE}]", '{"sli":"w\\u0065b","minute":5,"ok":true}', '{"sli":"web","minute":05,"ok":true}',
    '{"sli":"web","Sli":"jobs","SLI":"jobs","minute":5,"ok":true}', '{"sli":"web","minute":5,"ok":NaN}', "// none",
    "\0", '{"sli":"web","at":"2026-11-2T022:20:00Z","ok":true}', '{"sli":"web","at":"20260-1-22T22:20:0Z","ok":true}',
    '{"sli":"web","at":" 2026-1-22T22:20:0Z","ok":true}', '{"sli":"web","at":"2026-02-30T22:20:00Z","ok":true}', "",
    '{"sli":"web","minute":5,"ok":true,"why":{"sli":"jobs","ok":[false]}}', "{", '{"sli":"web","minute":5,"ok":"true"}',
]  # fmt: skip


@pytest.mark.parametrize("size", [1, 100, 4096])
def test_only_blocks_with_a_fault_are_read_line_by_line(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_BLOCK", size)  # so that a small file has many
    monkeypatch.setattr(bulk, "_WORTH", 0)
    lines = [line for odd in ODD_LINES for line in (LINE, odd, "", LINE)]
    body = "\n".join(lines).encode()
    slow = read(parsed_lines(io.BytesIO(body)), NAMES, NOW)
    (tmp_path / "events").write_bytes(body)
    for found, counts in (read_file(tmp_path / "events", NAMES, NOW), bulk.read_lines(body, NAMES, NOW)):
        assert told(found) == told(slow)
        assert cells(counts) == cells(slow.counts())


CELL = st.tuples(st.integers(1, 5), st.integers(50, 58), st.integers(0, 3), st.just(3))
FAR = st.tuples(st.sampled_from([1, 2**23]), st.sampled_from([0, 50, 60_000_000]), st.just(0), st.integers(0, 2))


@given(given_cells=st.lists(CELL) | st.lists(CELL | FAR))
def test_cells_add_up_wherever_they_lie(given_cells: list[tuple[int, int, int, int]]) -> None:
    slow: dict[tuple[int, int], tuple[int, int]] = {}
    for series, minute, good, total in given_cells:
        before = slow.get((series, minute), (0, 0))
        slow[series, minute] = before[0] + good, before[1] + total
    assert cells(Counts.of(given_cells)) == sorted((*key, *value) for key, value in slow.items())


HEAD = "sli,at,minute,ok,good,bad,total\n"
EASY_CSV = f"{HEAD}web,2026-11-22T22:20:00Z,,true,,,\njobs,,{MINUTE},,1,,3\nweb,,{MINUTE},,,1,2\n"


def parquet(path: Path, select: str) -> Path:
    with duckdb.connect() as con:
        con.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


EASY_PARQUET = (
    "SELECT 'web' AS sli, TIMESTAMP '2026-11-22 22:20:00' AS \"at\", NULL::INT AS minute, true AS ok, "
    "NULL::INT AS good, NULL::INT AS bad, NULL::INT AS total "
    f"UNION ALL SELECT 'jobs', NULL, {MINUTE}, NULL, 1, NULL, 3 "
    f"UNION ALL SELECT 'web', NULL, {MINUTE}, NULL, NULL, 1, 2"
)


def test_every_format_says_the_same(tmp_path: Path) -> None:
    files = {"ndjson": "\n".join(map(json.dumps, EASY)), "json": json.dumps({"events": EASY}), "csv": EASY_CSV}
    for kind, text in files.items():
        (tmp_path / kind).write_text(text)
    parquet(tmp_path / "parquet", EASY_PARQUET)
    want = cells(read(enumerate(EASY, 1), NAMES, NOW).counts())
    for kind in (*files, "parquet"):
        assert format_of(tmp_path / kind) == kind
        found, counts = read_file(tmp_path / kind, NAMES, NOW)
        assert (found.accepted, cells(counts)) == (3, want), kind
        with bulk._connect(NAMES) as con:
            assert kind == "json" or bulk._fast(con, tmp_path / kind, kind, NOW) is not None, kind


def test_one_fault_in_csv_and_parquet_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{EASY_CSV}web,,{MINUTE},,7,,2\nweb,,{MINUTE},perhaps,,,\n")
    parquet(tmp_path / "b.parquet", f"{EASY_PARQUET} UNION ALL SELECT 'web', NULL, {MINUTE}, NULL, 7, NULL, 2")
    for name, line, refused in (("a.csv", 5, 2), ("b.parquet", 4, 1)):
        found, counts = read_file(tmp_path / name, NAMES, NOW)
        assert (found.accepted, found.refused, len(counts)) == (3, refused, 2)
        assert found.findings["good-above-total"].lines == [line]


def test_more_bad_events_than_events_in_a_file_of_counts(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("\n".join(json.dumps(EASY[2] | {"bad": bad}) for bad in (1, 3)))
    found, counts = read_file(path, NAMES, NOW)
    assert (cells(counts), found.findings["good-above-total"].lines) == ([(1, MINUTE, 1, 2)], [2])


def test_parquet_with_a_zone(tmp_path: Path) -> None:
    select = "SELECT 'web' AS sli, TIMESTAMPTZ '2026-11-22 23:20:00+01:00' AS \"at\", {ok} AS ok"
    for number, ok in enumerate(("true", "'true'", "'no'")):
        found, counts = read_file(parquet(tmp_path / str(number), select.format(ok=ok)), NAMES, NOW)
        if number == 0:
            assert cells(counts) == [(1, MINUTE, 1, 1)]
        else:
            assert list(found.findings) == (["bad-ok"] if number == 2 else list(found.findings))


@pytest.mark.parametrize("content", [b"PAR1 oops", b"a,b\n1,2\n", b"", b"\x00\x01\x02"])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(Refused) as caught:
        read_file(path, NAMES, NOW)
    assert caught.value.sentence.endswith(".")
