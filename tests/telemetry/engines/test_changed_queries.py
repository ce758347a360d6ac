"""A query that is changed: what was counted stays as it was counted, from then on it is counted otherwise."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from hortus.access.models import Team
from hortus.ledger.models import Event
from hortus.telemetry.counts.reading import minutes
from hortus.telemetry.engines import actions, keeping, telling
from hortus.telemetry.engines.models import EngineQuery, Telling
from hortus.telemetry.engines.rules.answers import EngineFault
from hortus.telemetry.engines.telling import Heard, Wanted
from hortus.values.refused import Refused
from tests.telemetry.engines.conftest import engine_at  # type: ignore[import-not-found]
from tests.telemetry.engines.test_lying_engines import (  # type: ignore[import-not-found]
    Fake,
    Given,
    asked,
    matrix,
    refused,
)
from tests.web.fetch_servers import serving  # type: ignore[import-not-found]

pytestmark = [pytest.mark.usefixtures("loopback"), pytest.mark.django_db]
OTHER = {"sort": "good", "good": "other_total", "total": "other_total"}


def fives(path: str, given: Given) -> bytes | None:
    """Let another counter rise by five a minute, where that of the honest engine rises by two."""
    query = given.get("query", "")
    if "other_total[" not in query or not query.endswith("s]"):
        return None
    at, seconds = int(given["time"]), int(query.rpartition("[")[2][:-2])
    return matrix([(t, str(t // 60 * 5)) for t in range(at - seconds, at + 1, 60)])  # type: ignore[no-any-return]


def change(query: EngineQuery, **given: object) -> list[str]:
    return actions.change_query(query, by=None, door="cli", **given)  # type: ignore[arg-type]


def copied(query: EngineQuery, since: int, until: int) -> list[int]:
    found: list[int] = minutes(query.series_id, since, until).total.tolist()
    return found


def test_copied_counts_stay_and_go_on_as_changed(team: Team) -> None:
    with serving(Fake(fives)) as server:
        query = asked(team, server.url(""))
        now = query.first_minute + 62
        assert keeping.keep(query, now - 30) == 30
        assert change(query, **OTHER) == ["good", "total"]
        assert change(query, **OTHER) == []  # it is so already
        query = EngineQuery.objects.select_related("engine__team").get()
        assert keeping.keep(query, now) == 30
    assert query.finding == ""
    assert copied(query, now - 62, now - 2) == [2] * 30 + [5] * 30
    ((until, was),) = query.history
    assert (until.timestamp() // 60, was.good) == (now - 32, "events_total")
    (told,) = Event.objects.filter(verb="changed")
    assert told.payload == {"series": "events", "changed": ["good", "total"]}  # who reads events may not read engines


def test_a_query_that_was_never_asked_has_no_past(team: Team) -> None:
    with serving(Fake(fives)) as server:
        query = asked(team, server.url(""))
        change(query, **OTHER)
    query.refresh_from_db()
    assert (query.good, query.earlier) == ("other_total", [])


def test_what_was_asked_for_before_the_change_is_not_copied_after_it(team: Team) -> None:
    """The worker holds the old words while the lead writes the new ones."""
    fake = Fake(fives)
    with serving(fake) as server:
        query = asked(team, server.url(""))
        stale = EngineQuery.objects.select_related("engine__team").get()
        change(query, **OTHER)
        assert keeping.keep(stale, keeping.minute_now()) == 0
        query = EngineQuery.objects.select_related("engine__team").get()
        assert keeping.keep(query, keeping.minute_now()) >= 60
    assert set(copied(query, query.first_minute, query.next_minute)) == {5}


def kept_there(team: Team, *names: str) -> list[EngineQuery]:
    """Return queries of one engine, as a worker holds them."""
    engine = engine_at(team, "http://metrics.example.org")
    for name in names:
        actions.ask(
            engine, name=name, sort="good", good="old", total="all", is_kept_here=False, by=None, door="cli"
        )  # fmt: skip
    return list(EngineQuery.objects.select_related("engine__team").order_by("series__name"))


def test_a_fault_of_the_words_of_before_is_not_told_of_those_of_now(team: Team) -> None:
    fake = Fake(fives)
    with serving(fake) as server:
        query = asked(team, server.url(""))
        stale = EngineQuery.objects.select_related("engine__team").get()
        change(query, **OTHER)
        fake.lie = lambda path, given: refused(422, b'{"status":"error","error":"no such words"}')
        keeping.keep(stale, stale.first_minute + 62)
    assert "no such words" in stale.finding
    query.refresh_from_db()
    assert (query.finding, query.fault_code, query.asked_at) == ("", "", None)


def test_a_round_of_sums_keeps_nothing_of_what_was_changed_or_dropped_meanwhile(team: Team) -> None:
    held = kept_there(team, "changed", "dropped", "same")
    fresh = list(EngineQuery.objects.order_by("series__name"))
    change(fresh[0], **OTHER)
    actions.drop(fresh[1], by=None, door="cli")
    fault = EngineFault("refused", "No such words.")
    telling.keep(team, [Wanted(one, []) for one in held], [Heard(fault=fault) for _ in held], keeping.minute_now())
    telling.met(held[0], fault)
    kept = EngineQuery.objects.order_by("series__name").values_list("series__name", "finding")
    assert list(kept) == [("changed", ""), ("same", "No such words.")]
    told = Telling.objects.order_by("query__series__name").values_list("query__series__name", flat=True)
    assert list(told) == ["changed", "same"]


def test_what_somebody_dropped_meanwhile_is_not_changed(team: Team) -> None:
    (held,) = kept_there(team, "x")
    actions.drop(EngineQuery.objects.get(), by=None, door="cli")
    with pytest.raises(Refused, match="somebody dropped the query meanwhile") as gone:
        change(held, **OTHER)
    assert gone.value.code == "gone"


def test_it_is_changed_on_the_page_and_by_the_api(team: Team, as_lead: Client, as_member: Client) -> None:
    engine = engine_at(team, "http://metrics.example.org")
    query = actions.ask(
        engine, name="x", sort="good", good="old", total="all", is_kept_here=False, by=None, door="cli"
    )  # fmt: skip
    here = reverse("engines:query-change", args=["rcd", "metrics", query.series_id])
    form = as_lead.get(here).content.decode()
    assert "stays as it was counted" in form
    assert ">old</textarea>" in form.replace("\n", "")
    assert "sum(x)" in as_lead.post(here, {"sort": "good", "good": "sum(x)", "total": "all"}).content.decode()
    value = {"sort": "threshold", "good": "x", "comparison": "lt", "bound": "1"}
    assert "ask for a new series" in as_lead.post(here, value).content.decode()
    given = {"sort": "bad", "good": "new", "total": "all"}
    assert as_member.post(here, given).status_code == 404
    assert as_lead.post(here, given).status_code == 302
    shown = as_member.get(reverse("engines:engine", args=["rcd", "metrics"])).content.decode()
    assert "<code>new</code> of <code>all</code>" in shown
    assert "<code>old</code> of <code>all</code>" in shown
    assert "x: sort, good" in as_member.get("/t/rcd/activity/").content.decode()
    at = f"/api/v1/teams/rcd/engines/metrics/queries/{query.series_id}"
    told = as_lead.put(at, json.dumps(given | {"sort": "good"}), content_type="application/json").json()
    assert (told["sort"], told["good"], told["earlier"][-1]["good"]) == ("good", "new", "old")
    assert as_member.put(at, json.dumps(given), content_type="application/json").status_code == 404


def test_it_is_not_changed_for_ever(team: Team) -> None:
    engine = engine_at(team, "http://metrics.example.org")
    query = actions.ask(
        engine, name="x", sort="good", good="old", total="all", is_kept_here=False, by=None, door="cli"
    )  # fmt: skip
    era = {"sort": "good", "good": "o", "total": "a", "comparison": "", "bound": None}
    first = keeping.minute_now() - 30
    query.earlier = [era | {"until": first + n} for n in range(actions.MOST_CHANGES)]
    query.save()
    with pytest.raises(Refused, match="ask for a new series instead"):
        change(query, sort="good", good="new", total="all")
    query.earlier[0]["until"] -= 401 * 1440
    query.save()
    change(query, sort="good", good="new", total="all")
    query.refresh_from_db()
    assert len(query.eras) == actions.MOST_CHANGES
