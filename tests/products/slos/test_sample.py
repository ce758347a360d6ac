"""The sample's objectives: all six are counted, exclusions count, alerts are as evaluation would have found them."""

from datetime import UTC, datetime
from types import SimpleNamespace

from hortus.access.models import Person
from hortus.garden.sample import PARTS, SEED, plant
from hortus.ledger.models import Event
from hortus.products.slos import sample
from hortus.products.slos.evaluation import evaluate
from hortus.products.slos.models import AlertEpisode, Evaluation, Objective

UNTIL = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


def test_six_promises_stand_differently(db: None, data_dir: object) -> None:
    team = plant(UNTIL, parts=tuple(part for part in PARTS if part is not sample.plant))
    persons = tuple(Person.objects.order_by("joined_at"))
    sample.plant(team, SimpleNamespace(until=UNTIL, seed=SEED, persons=persons))
    stand = {one.objective.slug: one for one in Evaluation.objects.select_related("objective")}
    assert len(stand) == Objective.objects.count() == 6
    assert stand["scratch-answers"].state == "exhausted"
    assert stand["scratch-answers"].standing["excluded_minutes"] == 180 + 240
    assert all(one.standing["events"] > 1000 for one in stand.values())
    assert stand["portal-answers"].standing["coverage_ratio"] < 1
    assert AlertEpisode.objects.open().exists()
    assert Event.objects.filter(object_kind="alert", verb="opened").count() == AlertEpisode.objects.count()
    known = set(AlertEpisode.objects.values_list("pk", "closed_at"))
    evaluate(team, UNTIL)
    assert set(AlertEpisode.objects.values_list("pk", "closed_at")) == known
