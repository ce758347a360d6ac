"""A real Alertmanager takes what stands and what closed, and tells those whom it is set up to tell."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone
from shelf import objective, sli

from hortus.access.models import Person, Team
from hortus.cli import main
from hortus.config.doctor import CHECKS
from hortus.ledger.models import Event
from hortus.products.slos import alertmanager_told, tasks
from hortus.products.slos.alertmanager import latest
from hortus.products.slos.models import AlertEpisode, Objective
from hortus.values.refused import Refused
from tests.conftest import signed_in  # type: ignore[import-not-found]
from tests.place import until
from tests.telemetry.engines import servers  # type: ignore[import-not-found]
from tests.web.fetch_servers import serving  # type: ignore[import-not-found]

pytestmark = pytest.mark.engines
NUMBERS = {
    "sentence": "page while more than 13.44 % of the events were bad.", "holds": True,
    "long": {"burn_rate": 20.5, "bad": 12, "events": 60}, "short": {"burn_rate": None, "bad": 0, "events": 0},
}  # fmt: skip


class Told(ThreadingHTTPServer):
    """Somebody whom Alertmanager tells; answers with a status."""

    def __init__(self, status: int = 200) -> None:
        self.told: list[dict[str, Any]] = []
        self.status = status
        super().__init__(("127.0.0.1", 0), _Hears)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Hears(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Told)
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append(json.loads(body))
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *told: object) -> None:
        """Say nothing."""


def _serving(server: Told) -> Iterator[Told]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def told() -> Iterator[Told]:
    yield from _serving(Told())


@pytest.fixture
def loopback(settings: Any) -> None:
    settings.HORTUS = settings.HORTUS.model_copy(
        update={"fetch_networks": "127.0.0.0/8", "public_url": "https://hortus.example.org"}
    )


@pytest.fixture
def alertmanager(told: Told, loopback: None, tmp_path: Path) -> Iterator[str]:
    config = (
        "route: {receiver: us, group_by: [objective], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}\n"
        f"receivers: [{{name: us, webhook_configs: [{{url: '{told.url}/', send_resolved: true}}]}}]\n"
    )
    with servers.alertmanager(tmp_path, config) as url:
        yield url


def _shown(url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(urllib.request.urlopen(f"{url}/api/v2/alerts", timeout=5).read())
    return found


def _episode(one: Objective, minutes: int, closed: int | None = None, **given: Any) -> AlertEpisode:
    """Make an episode that opened, and perhaps closed, so many minutes ago."""
    now = timezone.now()
    facts: dict[str, Any] = {"severity": "page", "urgency": "page", "long_minutes": 60, "short_minutes": 5} | given
    return AlertEpisode.objects.create(
        team=one.team, objective=one, numbers=NUMBERS, opened_at=now - timedelta(minutes=minutes),
        closed_at=None if closed is None else now - timedelta(minutes=closed), **facts,
    )  # fmt: skip


def run(*arguments: str) -> tuple[int, Any]:
    result = CliRunner().invoke(main, ["slo", "alerts", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout or result.stderr)


def test_alertmanager_shows_what_stands_and_tells_when_it_is_over(team: Team, told: Told, alertmanager: str) -> None:
    one = objective(sli(team))
    _episode(one, 300, 200)  # over for long: nobody hears of it
    _episode(one, 30, 10)
    held = _episode(one, 8)
    _episode(one, 90, 4, severity="ticket", urgency="ticket")
    code, found = run("--alertmanager", alertmanager)
    assert (code, found["sent"], len(found["alerts"])) == (0, {"firing": 1, "resolved": 1}, 4)
    (shown,) = _shown(alertmanager)
    assert shown["status"]["state"] in ("active", "unprocessed")
    assert shown["labels"] == {
        "alertname": "ErrorBudgetBurn", "team": team.slug, "objective": "answers", "severity": "page",
        "urgency": "page", "window": "60m/5m",
    }  # fmt: skip
    assert shown["annotations"]["description"] == NUMBERS["sentence"]
    assert shown["startsAt"][:19] == held.opened_at.isoformat()[:19]
    assert shown["generatorURL"] == "https://hortus.example.org/t/rcd/objectives/answers/"
    first = until(lambda: told.told and told.told[-1], 20, "it tells of the alert")
    assert {alert["labels"]["severity"]: alert["status"] for alert in first["alerts"]}["page"] == "firing"
    AlertEpisode.objects.filter(pk=held.pk).update(closed_at=timezone.now())
    assert run("--alertmanager", alertmanager)[1]["sent"] == {"firing": 0, "resolved": 2}
    assert _shown(alertmanager) == []
    until(lambda: told.told[-1]["status"] == "resolved", 20, "it tells that the alert is over")


def test_the_document_of_the_page_is_taken_as_it_is(team: Team, as_member: Any, alertmanager: str) -> None:
    one = objective(sli(team))
    _episode(one, 8)
    _episode(one, 60, 20)
    _episode(one, 90, 4, severity="ticket", urgency="ticket")
    body = as_member.get("/t/rcd/alerts.json").content
    request = urllib.request.Request(
        f"{alertmanager}/api/v2/alerts", data=body, headers={"content-type": "application/json"}
    )
    assert urllib.request.urlopen(request, timeout=5).status == 200
    assert [alert["labels"]["severity"] for alert in _shown(alertmanager)] == ["page"]


def test_the_worker_sends_what_stands_where_the_settings_name_a_server(
    team: Team, other_team: Team, told: Told, loopback: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    _episode(objective(sli(team)), 8)
    _episode(objective(sli(other_team)), 8)
    tasks.send_alerts.func()
    assert told.told == []
    settings.HORTUS = settings.HORTUS.model_copy(update={"alertmanager_url": told.url})
    tasks.send_alerts.func()
    assert {alert["labels"]["team"] for sent in told.told for alert in sent} == {team.slug, other_team.slug}
    Team.objects.filter(pk=other_team.pk).update(is_sample=True)
    told.status = 500
    tasks.send_alerts.func()
    assert len(told.told) == 3
    assert "answered 500" in caplog.text


def test_the_worker_asks_a_server_that_is_away_once_a_round(
    team: Team, other_team: Team, loopback: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It may take twenty seconds to give up, and all teams have the one server."""
    asked: list[str] = []

    def nonsense(target: str) -> bytes:
        asked.append(target)
        return b"nonsense"

    for one in (team, other_team):
        _episode(objective(sli(one)), 8)
    with serving(nonsense) as server:
        settings.HORTUS = settings.HORTUS.model_copy(update={"alertmanager_url": server.url("")})
        tasks.send_alerts.func()
        assert len(asked) == 1
        assert "and of teams after it, were not sent" in caplog.text
        assert {one.team for one in Event.objects.about("alertmanager", "alertmanager")} == {team, other_team}


def test_whoever_reads_alerts_sees_since_when_nobody_hears_of_them(
    team: Team, told: Told, loopback: None, settings: Any, as_member: Client, guest: Person
) -> None:
    """One event when it begins and one when it is over, however often it failed; asked even when no alert is left."""
    held, page = _episode(objective(sli(team)), 8), "/t/rcd/objectives/"
    settings.HORTUS = settings.HORTUS.model_copy(update={"alertmanager_url": told.url})
    tasks.send_alerts.func()
    assert "could not be told" not in as_member.get(page).content.decode()
    told.status = 500
    for _ in range(3):
        tasks.send_alerts.func()
    (failed,) = Event.objects.about("alertmanager", "alertmanager")
    assert (failed.verb, failed.payload, failed.source) == ("failed", {"code": "not-taken"}, "worker")
    said = "Alertmanager could not be told of alerts since "
    for client, where in product((as_member, signed_in(guest)), (page, "/t/rcd/alerts/")):
        shown = client.get(where).content.decode()
        assert said in shown
        assert "it did not take them" in shown
        assert told.url not in shown
    assert "it did not take them" in as_member.get("/t/rcd/activity/").content.decode()
    assert [one.state for one in CHECKS["alertmanager"]()] == ["trouble"]
    AlertEpisode.objects.filter(pk=held.pk).update(closed_at=timezone.now() - timedelta(days=1))
    told.status = 200
    for _ in range(2):
        tasks.send_alerts.func()
    assert told.told[-1] == []
    verbs = Event.objects.about("alertmanager", "alertmanager").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["failed", "recovered"]
    assert said not in as_member.get(page).content.decode()
    assert [one.state for one in CHECKS["alertmanager"]()] == ["ok"]
    assert sum(alerts == [] for alerts in told.told) == 1  # who has nothing to say is silent


def test_the_sentence_says_the_reason_of_now_and_the_time_of_the_first(
    team: Team, other_team: Team, settings: Any
) -> None:
    """A reason in other words is an event; the same words for another code are none, so a flapping server is one."""
    settings.HORTUS = settings.HORTUS.model_copy(update={"alertmanager_url": "https://alerts.example.org"})
    noon = datetime(2026, 3, 2, 17, tzinfo=UTC)  # in New York, the team's zone
    for minute, code in enumerate(("slow", "not-taken", "", "slow", "unreachable", "slow", "no-token", "no-token")):
        at = noon + timedelta(minutes=minute)
        alertmanager_told.note(team, Refused(code, "") if code else None, at)
        alertmanager_told.note(other_team, Refused("broken", ""), at)
    events = Event.objects.filter(team=team).about("alertmanager", "alertmanager").order_by("id")
    codes = [(one.verb, one.payload.get("code")) for one in events]
    assert codes == [
        ("failed", "slow"), ("failed", "not-taken"), ("recovered", None), ("failed", "slow"), ("failed", "no-token"),
    ]  # fmt: skip
    said = alertmanager_told.sentence(team)
    assert "since 12:03 on 2 Mar 2026: " in said
    assert "there is no token for it" in said


def test_a_team_whose_alerts_cannot_be_told_keeps_no_other_from_being_told(
    team: Team, other_team: Team, told: Told, loopback: None, settings: Any
) -> None:
    for one in (team, other_team):
        _episode(objective(sli(one)), 8)
    settings.HORTUS = settings.HORTUS.model_copy(update={"alertmanager_url": told.url})
    first, second = Team.objects.filter(objectives__isnull=False).distinct()
    AlertEpisode.objects.filter(team=first).update(numbers={})  # a row that was damaged
    with pytest.raises(RuntimeError, match=f"the alerts of {first.slug} could not be sent"):
        tasks.send_alerts.func()
    assert [alert["labels"]["team"] for sent in told.told for alert in sent] == [second.slug]


def test_of_each_pair_only_the_latest_is_told(team: Team) -> None:
    one = objective(sli(team))
    episodes = [_episode(one, 8), _episode(one, 60, 20), _episode(one, 70, 65, severity="ticket", urgency="ticket")]
    assert set(latest(reversed(episodes))) == {episodes[0], episodes[2]}


def test_what_is_no_alertmanager_is_told_in_words(team: Team, loopback: None, settings: Any) -> None:
    _episode(objective(sli(team)), 8)
    for server in _serving(Told(404)):
        code, found = run("--alertmanager", server.url)
        assert (code, found["error"]["code"]) == (2, "not-taken")
        assert "answered 404" in found["error"]["detail"]
        settings.HORTUS = settings.HORTUS.model_copy(update={"fetch_networks": ""})
        before = len(server.told)
        assert run("--alertmanager", server.url)[0] == 2
        assert len(server.told) == before  # a private address that is not allowed hears nothing
    assert run("--alertmanager", "ftp://x")[0] == 2
    assert run("--alertmanager", "https://example.org", "--token-name", "NONE")[1]["error"]["code"] == "no-token"


def test_the_list_is_of_the_last_days(team: Team) -> None:
    one = objective(sli(team))
    _episode(one, 3 * 1440, 2 * 1440)
    _episode(one, 8)
    assert [len(run(*given)[1]["alerts"]) for given in (["--days", "1"], ["--open"], [])] == [1, 1, 2]
    text = CliRunner().invoke(main, ["slo", "alerts"]).stdout
    assert text.count("60/5") == 2
    assert "still open" in text
