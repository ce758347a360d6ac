"""What must hold for any input: the words of schedulers, the zones, and the SQL that follows the plain rules."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from hortus.telemetry.batch import rules, store
from hortus.telemetry.batch.formats import repair
from hortus.telemetry.batch.zones import clock, switches

_FIRST, _LAST = datetime(1975, 1, 1), datetime(2037, 1, 1)  # noqa: DTZ001 - local times
MOMENTS = st.datetimes(_FIRST, _LAST).map(lambda at: at.replace(microsecond=0))
AWARE = MOMENTS.map(lambda at: at.replace(tzinfo=UTC))
ZONES = st.sampled_from(
    [
        *("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns"),
        *("Africa/Casablanca", "Pacific/Apia", "Europe/Dublin", "America/Sao_Paulo", "Asia/Tehran"),
    ]
)


@given(st.text())
def test_any_text_is_a_state_and_reading_it_twice_changes_nothing(text: str) -> None:
    state = rules.canonical_state(text)
    assert state in rules.STATES | {rules.UNKNOWN}
    assert rules.canonical_state(state) == state
    assert rules.phase(state) in {0, 1, 2}
    assert not rules.lost_to_us(state) or rules.phase(state) == 2


@given(st.sampled_from(sorted(rules.STATES)), st.integers(0, 99_999))
def test_suffixes_do_not_matter(state: str, number: int) -> None:
    assert rules.canonical_state(f"{state} by {number}") == state
    assert rules.canonical_state(state.lower()) == state


@given(st.integers(-5, 10**7), st.integers(0, 10**6))
def test_size_classes_rise_and_cover_every_number(cpus: int, more: int) -> None:
    order = [rules.UNKNOWN_SIZE, *(c.slug for c in rules.SIZE_CLASSES)]
    assert order.index(rules.size_class(cpus)) <= order.index(rules.size_class(cpus + more))
    assert (rules.size_class(cpus) == rules.UNKNOWN_SIZE) is (cpus < 1)


@given(st.integers(0, 10**8))
def test_durations_round_trip(seconds: int) -> None:
    days, rest = divmod(seconds, 86_400)
    text = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    assert rules.duration_seconds(f"{days}-{text}") == seconds
    if not days:
        assert rules.duration_seconds(text) == seconds


@given(st.text())
def test_no_text_breaks_a_reader(text: str) -> None:
    rules.duration_seconds(text)
    rules.memory_request(text)
    rules.exit_pair(text)
    rules.tres(text)
    rules.is_pilot(text)


@given(st.integers(1, 10**6), st.sampled_from("KMGT"), st.sampled_from(["", "c", "n"]))
def test_memory_grows_with_its_unit(number: int, unit: str, per: str) -> None:
    assume(unit != "M" or number < 2**31)
    found = rules.memory_request(f"{number}{unit}{per}")
    assert found is not None
    assert found[0] == number * 1024 ** ("KMGT".index(unit) + 1)


@given(st.permutations(["billing=9", "cpu=8", "gres/gpu=2", "mem=3G", "node=4", "fs/disk=1"]), st.integers(0, 6))
def test_order_in_a_resource_list_does_not_matter(parts: list[str], kept: int) -> None:
    found = rules.tres(",".join(parts[:kept]))
    wanted = dict(part.split("=") for part in parts[:kept])
    assert found.cpus == (8 if "cpu" in wanted else None)
    assert found.gpus == (2 if "gres/gpu" in wanted else None)
    assert found.memory_bytes == (3 * 2**30 if "mem" in wanted else None)


@given(AWARE, st.none() | AWARE, st.none() | AWARE)
def test_a_wait_is_never_negative_nor_longer_than_since_submission(
    submit: datetime, eligible: datetime | None, start: datetime | None
) -> None:
    wait = rules.wait_seconds(submit, eligible, start)
    if wait is not None:
        assert start is not None
        assert 0 <= wait <= (start - submit).total_seconds()


STATE_TEXTS = st.sampled_from([*sorted(rules.STATES), rules.UNKNOWN])
NAMES = st.none() | st.sampled_from(
    ["dask-worker", "dask-worker-2", "parsl.a.block-1", "parsl", "my dask-worker", "x'y"]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(STATE_TEXTS, NAMES, st.none() | st.integers(0, 5000), st.none() | st.integers(1, 5000), AWARE,
                  st.none() | AWARE, st.none() | AWARE),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_the_sql_of_derived_columns_follows_the_rules(rows: list[tuple[object, ...]]) -> None:
    con = store.connect()
    con.execute(
        "CREATE TABLE j (state VARCHAR, name VARCHAR, allocated_cpus INTEGER, requested_cpus INTEGER, "
        "submit_at TIMESTAMPTZ, eligible_at TIMESTAMPTZ, start_at TIMESTAMPTZ)"
    )
    con.executemany("INSERT INTO j VALUES (?, ?, ?, ?, ?, ?, ?)", [list(row) for row in rows])
    names = ["size_class", "wait_seconds", "is_lost", "is_pilot", "is_ended"]
    found = con.execute(f"SELECT {', '.join(store.DERIVED[name] for name in names)} FROM j").fetchall()
    for row, derived in zip(rows, found, strict=True):
        state, name, allocated, requested, submit, eligible, start = row
        cpus = allocated if allocated is not None else requested
        assert derived == (
            rules.size_class(cpus),  # type: ignore[arg-type]
            rules.wait_seconds(submit, eligible, start),  # type: ignore[arg-type]
            rules.lost_to_us(state),  # type: ignore[arg-type]
            rules.is_pilot(name),  # type: ignore[arg-type]
            rules.phase(state) == 2,  # type: ignore[arg-type]
        )


@settings(max_examples=40, deadline=None)
@given(ZONES, st.lists(MOMENTS, min_size=1, max_size=30), st.integers(-7200, 7200))
def test_local_times_are_read_as_the_standard_library_reads_them(zone: str, moments: list[datetime], near: int) -> None:
    years = sorted(at.year for at in moments)
    hands = clock(zone, years[0], years[-1])
    near_changes = [change.threshold + timedelta(seconds=near) for change in hands.changes[:20]]
    moments = [*moments, *(at for at in near_changes if years[0] <= at.year <= years[-1])]
    con = store.connect()
    con.execute("CREATE TABLE t (l TIMESTAMP)")
    con.executemany("INSERT INTO t VALUES (?)", [[at] for at in moments])
    sql = f"SELECT {hands.to_utc('l')}, {hands.is_repeated('l')}, {hands.is_skipped('l')} FROM t"
    for local, (found, repeated, skipped) in zip(moments, con.execute(sql).fetchall(), strict=True):
        aware = local.replace(tzinfo=ZoneInfo(zone))
        assert found == aware.astimezone(UTC).replace(tzinfo=None)
        later = aware.replace(fold=1)
        is_doubtful = aware.utcoffset() != later.utcoffset()
        exists = aware.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
        assert repeated == (is_doubtful and exists)
        assert skipped == (is_doubtful and not exists)


@given(ZONES)
@settings(max_examples=20, deadline=None)
def test_changes_of_a_zone_come_in_order(zone: str) -> None:
    found = switches(zone, 2000, 2030)
    assert all(a.at < b.at and a.after_seconds == b.before_seconds for a, b in pairwise(found))


FREE = st.text(st.sampled_from("ab |\n1"), max_size=12).map(lambda text: text.replace("\n", " "))


@settings(deadline=None)
@given(FREE, FREE)
@example("a|FAILED|b", "x")
def test_pieces_go_back_or_the_line_is_refused_but_columns_never_shift(name: str, comment: str) -> None:
    columns = ["jobid", "jobname", "state", "submit", "comment", "exitcode"]
    fields = ["7", name, "FAILED", "2026-03-02T10:00:00", comment, "1:0"]
    found = repair.reassign(columns, "|".join(fields).split("|"), "|")
    if found is not None:
        assert [found[at] for at in (0, 2, 3, 5)] == [fields[at] for at in (0, 2, 3, 5)]
        assert "|".join(found) == "|".join(fields)


@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_line_full_of_pipes_takes_bounded_time(count: int) -> None:
    columns = ["jobid", "jobname", "comment", "submitline", "workdir", "extra", "state"]
    assert repair.reassign(columns, ["7", *["x"] * (5 + count), "FAILED"], "|") is None or count < 40


def test_every_pattern_of_a_typed_column_is_linear_enough() -> None:
    long = "1" * 50_000 + "!"
    for pattern in repair.TYPED.values():
        assert isinstance(pattern, re.Pattern)
        pattern.fullmatch(long)
