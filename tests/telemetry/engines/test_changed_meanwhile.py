"""An engine that is changed or removed while its self-check is under way: what was found is not believed of it."""

import pytest

from hortus.access.models import Team
from hortus.ledger.models import Event
from hortus.telemetry.engines import actions
from hortus.telemetry.engines.models import Engine
from tests.telemetry.engines.conftest import engine_at  # type: ignore[import-not-found]
from tests.telemetry.engines.test_lying_engines import Fake  # type: ignore[import-not-found]
from tests.web.fetch_servers import serving  # type: ignore[import-not-found]

pytestmark = [pytest.mark.usefixtures("loopback"), pytest.mark.django_db]


@pytest.mark.parametrize("moved", [{"url": "http://elsewhere.example.org"}, {"token_name": "OTHER"}])
def test_another_address_or_token_is_not_trusted_by_an_old_check(team: Team, moved: dict[str, str]) -> None:
    with serving(Fake()) as server:
        engine = engine_at(team, server.url(""))
        under_way = Engine.objects.get()
        given = {"name": engine.name, "url": engine.url, "kind": engine.kind} | moved
        actions.change_engine(engine, **given, by=None, door="web")  # type: ignore[arg-type]
        told = actions.check(under_way, by=None, door="worker")
    engine.refresh_from_db()
    assert (engine.state, engine.checks, engine.checked_at) == (Engine.State.UNCHECKED, [], None)
    assert (told.state, told.url) == (Engine.State.UNCHECKED, engine.url)
    assert not Event.objects.filter(verb="checked").exists()


def test_another_name_does_no_harm(team: Team) -> None:
    with serving(Fake()) as server:
        engine = engine_at(team, server.url(""))
        under_way = Engine.objects.get()
        actions.change_engine(engine, name="Other", url=engine.url, kind="thanos", by=None, door="web")
        actions.check(under_way, by=None, door="worker")
    engine.refresh_from_db()
    assert (engine.name, engine.kind, engine.state) == ("Other", "thanos", Engine.State.TRUSTED)


def test_a_removed_engine_stays_removed(team: Team) -> None:
    with serving(Fake()) as server:
        engine = engine_at(team, server.url(""))
        under_way = Engine.objects.get()
        actions.remove_engine(engine, by=None, door="web")
        actions.check(under_way, by=None, door="worker")
    assert not Engine.objects.exists()
