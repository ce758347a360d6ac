"""The sample's objectives: all seven are counted, exclusions count, alerts are as evaluation would have found them."""

from datetime import UTC, datetime
from types import SimpleNamespace

from hortus.access.models import Person
from hortus.garden.sample import PARTS, SEED, plant
from hortus.ledger.models import Event
from hortus.products.slos import sample
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.models import AlertEpisode, Evaluation, Objective

UNTIL = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


def test_seven_promises_stand_differently(db: None, data_dir: object) -> None:
    team = plant(UNTIL, parts=tuple(part for part in PARTS if part is not sample.plant))
    persons = tuple(Person.objects.order_by("joined_at"))
    sample.plant(team, SimpleNamespace(until=UNTIL, seed=SEED, persons=persons))
    stand = {one.objective.slug: one for one in Evaluation.objects.select_related("objective")}
    assert len(stand) == Objective.objects.count() == 7
    states = {slug: one.state for slug, one in stand.items()}
    assert states.pop("scratch-answers") == "critical"
    assert states.pop("transfers-arrive") == "too-few-events"
    assert set(states.values()) == {"healthy"}
    assert stand["scratch-answers"].standing["excluded_minutes"] == 180 + 240
    assert stand["portal-answers"].standing["excluded_minutes"] == 3 * 30
    assert [slug for slug, one in stand.items() if one.standing["events"] < 1000] == ["transfers-arrive"]
    assert stand["jobs-are-not-lost"].standing["bad"] > 0
    alerts = AlertEpisode.objects.values_list("urgency", flat=True)
    assert 3 <= list(alerts).count("page") <= 10
    assert 3 <= list(alerts).count("ticket") <= 15
    assert stand["portal-answers"].standing["coverage_ratio"] < 1
    assert AlertEpisode.objects.open().exists()
    assert Event.objects.filter(object_kind="alert", verb="opened").count() == AlertEpisode.objects.count()
    known = set(AlertEpisode.objects.values_list("pk", "closed_at"))
    evaluate(team, UNTIL)
    assert set(AlertEpisode.objects.values_list("pk", "closed_at")) == known
