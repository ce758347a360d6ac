"""Which counters the queries of files count: the sum over one is found, whatever else is told with how to mend it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.products.slos.openslo.counters import Asked, asked
from hortus.products.slos.openslo.definitions import Metric, Objective, Sli, SliKind
from hortus.products.slos.openslo.promql import Unwritable, error_ratio

TARGET = Objective(0.99)
X = 'http_requests_total{code=~"5..|[{(/#",job="a b"}'
ALL = "http_requests_total"


def ratio(good: str, total: str, kind: SliKind = SliKind.BAD_TOTAL, **more: object) -> Sli:
    part = "bad" if kind is SliKind.BAD_TOTAL else "good"
    return Sli("s", kind, {part: Metric({"query": good}), "total": Metric({"query": total})}, **more)  # type: ignore[arg-type]


def raw(query: str, raw_type: str = "failure") -> Sli:
    return Sli("s", SliKind.RAW, {"raw": Metric({"query": query}, type="Prometheus")}, raw_type=raw_type)


@pytest.mark.parametrize("form", [
    "sum(rate({}[{{{{.window}}}}]))", "sum( increase ({} [ {{{{ .window }}}} ] ) )", "(sum(rate({}[5m])))",
    "sum(rate({}[{{{{.window}}}}])) or vector(0)", "(sum(rate({}[1h30m])) OR on() vector(0))", "sum({})", "{}",
    "rate({}[{{{{.window}}}}])", "# what fails\nsum(\n  rate({}[{{{{.window}}}}]) # of all\n)",
])  # fmt: skip
def test_the_sum_over_one_counter_is_found(form: str) -> None:
    assert asked(ratio(form.format(X), form.format(ALL)), TARGET) == Asked("bad", X, ALL)
    found = asked(ratio(form.format(X), form.format(ALL), SliKind.GOOD_TOTAL), TARGET)
    assert found == Asked("good", X, ALL)
    assert found.words == f"good {X} of {ALL}"


@pytest.mark.parametrize(("query", "raw_type", "sort"), [
    ("sum(rate({x}[{{{{.window}}}}])) / sum(rate({all}[{{{{.window}}}}]))", "failure", "bad"),
    ("(sum(rate({x}[5m]))\n/\n(sum(rate({all}[5m])) > 0))", "failure", "bad"),
    ("1 - (sum(rate({x}[5m])) / sum(rate({all}[5m])))", "failure", "good"),
    ("1 - sum(rate({x}[5m])) / sum(rate({all}[5m]))", "success", "bad"),
    ("(1.0 - (sum(rate({x}[5m])) / sum(rate({all}[5m]))))", "success", "bad"),
    ("increase({x}[5m]) / increase({all}[5m])", "success", "good"),
])  # fmt: skip
def test_a_ratio_that_is_written_as_a_division_has_two_counters(query: str, raw_type: str, sort: str) -> None:
    assert asked(raw(query.format(x=X, all=ALL), raw_type), TARGET) == Asked(sort, X, ALL)


UNSAID = {
    "two counters": (ratio("sum(rate(a[5m])) + sum(rate(b[5m]))", ALL), "more than the sum over one counter"),
    "a difference": (ratio("sum(rate(a[5m])) - sum(rate(b[5m]))", ALL), "more than the sum over one counter"),
    "by label": (ratio("sum by (job) (rate(a[5m]))", ALL), "more than the sum over one counter"),
    "a quantile": (ratio("histogram_quantile(0.9, rate(a[5m]))", ALL), "sum(rate(counter{...}[{{.window}}]))"),
    "offset": (ratio("sum(rate(a[5m] offset 1d))", ALL), "more than the sum over one counter"),
    "a gauge": (ratio("a", "b", is_counter=False), "say 'counter: true'"),
    "a name": (raw("job:errors:ratio5m"), "a ratio without its events"),
    "very long": (ratio("(" * 10_000 + "a", ALL), "'bad' has a query of 10,001 characters, at most 10,000 are read"),
    "three": (raw("sum(rate(a[5m])) / sum(rate(b[5m])) / 2"), "a ratio without its events"),
    "a product": (raw("100 * sum(rate(a[5m])) / sum(rate(b[5m]))"), "a ratio without its events"),
    "elsewhere": (
        Sli("s", SliKind.RAW, {"raw": Metric({"query": "x"}, type="Datadog")}, raw_type="failure"), "not to an engine"
    ),
    "no query": (
        Sli("s", SliKind.RAW, {"raw": Metric({"dashboard": 5}, type="Prometheus")}, raw_type="failure"),
        "has no 'query'",
    ),
    "unclosed": (ratio("sum(rate(a[5m])", 'b{x="'), "more than the sum over one counter"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(UNSAID))
def test_what_is_more_is_told_with_how_to_mend_it(name: str) -> None:
    sli, sentence = UNSAID[name]
    with pytest.raises(Unwritable) as told:
        asked(sli, TARGET)
    assert sentence in str(told.value)


def test_a_value_against_a_bound() -> None:
    sli = Sli(
        "s", SliKind.THRESHOLD, {"threshold": Metric({"query": "max(age_seconds) # of all"}, type="VictoriaMetrics")}
    )
    found = asked(sli, Objective(0.9, op="lte", value=30.0))
    assert found == Asked("threshold", "max(age_seconds)", comparison="lte", bound=30.0)
    assert found.words == "max(age_seconds) lte 30"
    ranged = Sli("s", SliKind.THRESHOLD, {"threshold": Metric({"query": "rate(x[{{.window}}])"})})
    with pytest.raises(Unwritable, match="the value of each minute is compared"):
        asked(ranged, Objective(0.9, op="lt", value=1.0))


@given(st.text(alphabet="sumrate()[]{}\"'\\`/5m-1 x#\n=,", max_size=60))
def test_any_text_is_a_counter_or_a_sentence(text: str) -> None:
    for sli in (ratio(text or "x", ALL), raw(text or "x")):
        said = ""
        try:
            found = asked(sli, TARGET)
        except Unwritable as told:
            said = str(told)
        assert said or (found.good and found.total)
        assert len(said) < 300


def test_what_the_export_writes_is_understood() -> None:
    """Our own rules and those of Sloth hold ratios in this form."""
    sli = ratio(f"sum(rate({X}[{{{{.window}}}}]))", f"sum(rate({ALL}[{{{{.window}}}}]))")
    assert asked(raw(error_ratio(sli, TARGET, 5)), TARGET) == Asked("bad", X, ALL)
    sli = ratio(X, ALL, SliKind.GOOD_TOTAL)
    assert asked(raw(error_ratio(sli, TARGET, 5)), TARGET) == Asked("good", X, ALL)
