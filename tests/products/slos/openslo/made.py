"""Definitions made at random: everything that can be meant, with texts that YAML and JSON stumble over."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from hortus.products.slos.openslo.definitions import (
    OPERATORS,
    AlertPair,
    AlertTexts,
    Budgeting,
    Definition,
    Exclusion,
    Metric,
    Objective,
    Sli,
    SliKind,
    Window,
)

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.sampled_from(
        ["yes", "on", "~", "1.0", "0x10", "2026-01-01", "- a", "a: b", "a #b", "  lead", "trail  ", "\n", "a\n\n",
         "a\n b\n", "|", ">", "'", '"', "%", "@", "\ttab", "sum(\n  rate(x[5m])\n)\n", "é€😀", "\u2028", "\x85", "\x00",
         "\ufeff", "\r\n", "---\na: 1", "...", "null", "=", "<<", "!!str a", "*a", "&a", "{{.window}}", "x" * 70,
         "y " * 600]
    ),
)  # fmt: skip
FULL = TEXTS.filter(lambda text: bool(text.strip()))
NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-(10**17), 10**17), NUMBERS, TEXTS)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip
FREE = st.dictionaries(TEXTS, JSON, min_size=1, max_size=3)
METRICS = st.builds(
    Metric, FREE, type=st.sampled_from(["prometheus", "Datadog", "no"]) | FULL, source=st.just("") | NAMES
)


@st.composite
def slis(draw: st.DrawFn, kind: SliKind | None = None) -> Sli:
    """Draw an SLI of a kind, or of any."""
    kind = kind or draw(st.sampled_from(list(SliKind)))
    parts = {
        "good_total": ("good", "total"),
        "bad_total": ("bad", "total"),
        "raw": ("raw",),
        "threshold": ("threshold",),
    }
    judged = kind is SliKind.JUDGED
    return Sli(
        name=draw(NAMES),
        kind=kind,
        metrics={part: draw(METRICS) for part in parts.get(kind, ())},
        is_counter=draw(st.booleans()) if kind in ("good_total", "bad_total", "raw") else True,
        raw_type=draw(st.sampled_from(["success", "failure"])) if kind is SliKind.RAW else "",
        judge=draw(FULL) if judged else "",
        parameters=draw(st.dictionaries(TEXTS, JSON, max_size=3)) if judged else {},
        display_name=draw(TEXTS),
        description=draw(TEXTS),
    )


@st.composite
def objectives(draw: st.DrawFn, kind: SliKind, own: Sli | None, budgeting: Budgeting) -> Objective:
    """Draw a target for an SLI of a kind."""
    is_threshold = kind is SliKind.THRESHOLD
    has_length = budgeting is not Budgeting.OCCURRENCES or draw(st.booleans())
    has_target = budgeting is Budgeting.TIMESLICES or draw(st.booleans())
    return Objective(
        target=draw(st.floats(0, 1, exclude_max=True)),
        display_name=draw(TEXTS),
        op=draw(st.sampled_from(OPERATORS)) if is_threshold else "",
        value=draw(NUMBERS) if is_threshold else None,
        slice_target=draw(st.floats(0, 1, exclude_min=True)) if has_target else None,
        slice_minutes=draw(st.integers(1, 10_000)) if has_length else None,
        weight=draw(st.none() | st.floats(0, 1000, exclude_min=True)),
        sli=own,
    )


ROLLING = st.builds(Window, st.integers(1, 9), st.sampled_from("mhdwMQY"))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns"])
STARTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.strftime("%Y-%m-%d %H:%M:%S"))  # noqa: DTZ001
CALENDAR = st.builds(Window, st.integers(1, 9), st.sampled_from("dwMQY"), zone=ZONES, start=STARTS)


@st.composite
def pairs(draw: st.DrawFn) -> AlertPair:
    """Draw an alert pair."""
    long = draw(st.integers(1, 10_000))
    share = draw(st.floats(1e-6, 10))
    label = draw(FULL.map(str.strip).filter(bool)) if draw(st.booleans()) else ""
    severity = draw(st.sampled_from(["page", "ticket"]))
    keep = draw(st.none() | st.integers(0, long))
    return AlertPair(severity, share, long, draw(st.integers(1, long)), "" if label == severity else label, keep)


EXCLUSIONS = st.builds(
    Exclusion,
    starts_at=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.integers(1, 100_000),
    reason=TEXTS,
    author=TEXTS,
    rrule=st.sampled_from(["", "FREQ=MONTHLY;BYDAY=2TU"]),
    zone=st.just("") | ZONES,
)
STRINGS = st.dictionaries(TEXTS, TEXTS, max_size=2)
BY_SEVERITY = st.dictionaries(st.sampled_from(["page", "ticket"]), STRINGS, max_size=2)


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """Draw a definition."""
    budgeting = draw(st.sampled_from(list(Budgeting)))
    shared = draw(st.none() | slis())
    targets = []
    for _ in range(draw(st.integers(1, 3))):
        own = None if shared else draw(slis())
        measured = shared or own
        assert measured
        targets.append(draw(objectives(measured.kind, own, budgeting)))
    keys = st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,3}/[a-z]{1,4})?", fullmatch=True) | TEXTS
    return Definition(
        name=draw(NAMES),
        service=draw(FULL),
        window=draw(ROLLING | CALENDAR),
        objectives=tuple(targets),
        sli=shared,
        budgeting=budgeting,
        display_name=draw(TEXTS),
        given_name=draw(TEXTS),
        description=draw(TEXTS),
        pairs=tuple(draw(st.lists(pairs(), max_size=3))),
        alert_texts=draw(st.builds(AlertTexts, TEXTS, BY_SEVERITY, BY_SEVERITY)),
        exclusions=tuple(draw(st.lists(EXCLUSIONS, max_size=2))),
        little_traffic=draw(st.dictionaries(TEXTS, JSON, max_size=2)),
        leaves_out_planned_work=draw(st.none() | st.booleans()),
        labels=draw(st.dictionaries(keys, st.lists(TEXTS, max_size=2).map(tuple), max_size=3)),
        annotations=draw(st.dictionaries(keys, TEXTS, max_size=3)),
        kept=draw(st.dictionaries(TEXTS, JSON, max_size=2)),
    )
