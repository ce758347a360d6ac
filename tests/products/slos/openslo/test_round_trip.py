"""What is written reads back as it was, in our own strict reader, and is written the same again."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hortus.products.slos.openslo.definitions import Definition
from hortus.products.slos.openslo.reading import read
from hortus.products.slos.openslo.writing import write
from tests.products.slos.openslo.made import JSON, definitions

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(definitions())
def test_what_is_written_reads_back_and_passes_the_strict_reader(definition: Definition) -> None:
    text = write([definition])
    imported = read(text, strict=True)
    assert [finding for finding in imported.findings if finding.severity == "error"] == []
    assert imported.definitions == (definition,)
    assert imported.others == ()
    assert write(imported.definitions) == text


@settings(max_examples=8, deadline=None, suppress_health_check=SLOW)
@given(st.lists(definitions(), max_size=3, unique_by=lambda each: each.name), st.randoms(use_true_random=False))
def test_the_order_given_does_not_change_the_file(made: list[Definition], random: object) -> None:
    shuffled = list(made)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert write(shuffled) == write(made)
    assert set(d.name for d in read(write(made), strict=True).definitions) == {d.name for d in made}  # noqa: C401


@settings(max_examples=100, deadline=None)
@given(st.text() | st.binary())
def test_any_text_is_answered_with_findings_that_have_a_line(text: str | bytes) -> None:
    imported = read(text)
    assert imported.findings
    assert all(finding.line >= 1 and finding.column >= 1 and finding.sentence for finding in imported.findings)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(
    st.fixed_dictionaries(
        {"apiVersion": st.sampled_from(["openslo/v1", "openslo/v1alpha", "sloth.slok.dev/v1"])},
        optional={
            "kind": st.sampled_from(["SLO", "SLI", "Service", "DataSource", "AlertPolicy", "PrometheusServiceLevel"]),
            "metadata": JSON,
            "spec": st.dictionaries(
                st.sampled_from(
                    ["service", "indicator", "objectives", "timeWindow", "timeWindows", "slos", "alertPolicies",
                     "ratioMetric", "thresholdMetric", "conditions", "labels", "budgetingMethod"]
                ),
                JSON,
            ),
        },
    )
)  # fmt: skip
def test_a_document_of_the_right_shape_with_any_content_is_answered(document: dict[str, object]) -> None:
    imported = read(json.dumps(document, ensure_ascii=False).replace("\x7f", "").encode("utf-8", "replace"))
    assert all(finding.line >= 1 and finding.sentence for finding in imported.findings)
    assert imported.definitions or imported.others or imported.has_errors
