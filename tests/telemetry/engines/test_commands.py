"""`hortus telemetry engines`, `hubs` and `polls`: the same verbs as the pages, with exit codes and JSON."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from hortus.access.models import Team
from hortus.cli import main
from hortus.ledger.models import Event
from hortus.telemetry.counts.models import Series
from hortus.telemetry.engines.models import Engine, EngineQuery, Hub, Poll
from hortus.telemetry.models import Cluster
from tests.telemetry.engines.conftest import engine_at  # type: ignore[import-not-found]
from tests.telemetry.engines.test_hub_metrics import page  # type: ignore[import-not-found]
from tests.telemetry.engines.test_lying_engines import Fake  # type: ignore[import-not-found]
from tests.web.fetch_servers import body, serving  # type: ignore[import-not-found]

pytestmark = [pytest.mark.usefixtures("loopback", "data_dir"), pytest.mark.django_db]


def run(*words: object) -> tuple[int, str]:
    """Run `hortus telemetry` with these words; return the exit code and everything that it printed."""
    done = CliRunner().invoke(main, ["telemetry", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def found(*words: object, code: int = 0) -> Any:
    """Run it with --json, expect an exit code and return the document."""
    done = CliRunner().invoke(main, ["telemetry", *map(str, words), "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_an_engine_from_adding_to_removing(team: Team) -> None:
    assert run("engines", "list") == (0, "No engine is asked yet.\n")
    with serving(Fake()) as server:
        added = found("engines", "add", "Campus", server.url(""), "--kind", "victoriametrics")
        assert (added["slug"], added["state"], added["token_name"]) == ("campus", "trusted", "")
        asked = found("engines", "ask", "campus", "Web", "--good", "events_total", "--total", "events_total")
        assert (asked["series"], asked["is_kept_here"]) == ("web", True)
        tried = found("engines", "try", "campus", "up")
        assert (tried["count"], tried["rows"][0]["value"]) == (1, 60)
        assert "60.0" in run("engines", "try", "campus", "up")[1]
        code, text = run("engines", "check", "campus")
        assert (code, text) == (0, "Campus is trusted.\n")
    code, text = run("engines", "change", "campus", "--name", "Our metrics")
    assert (code, text.splitlines()[0]) == (1, "Our metrics is not trusted.")
    assert "does not take connections" in text
    (row,) = found("engines", "list")
    assert (row["name"], row["kind"], row["state"]) == ("Our metrics", "victoriametrics", "distrusted")
    EngineQuery.objects.update(finding="It is gone.")
    assert found("engines", "queries", "campus", code=1)[0]["finding"] == "It is gone."
    assert "It is gone." in run("engines", "queries", "campus")[1]
    otherwise = ("engines", "ask-otherwise", "campus", "web", "--total", "requests_total")
    assert run(*otherwise) == (0, "Our metrics is asked otherwise for web from now on.\n")
    assert run(*otherwise) == (0, "Nothing changes.\n")
    assert {found(*otherwise)[name] for name in ("good", "total")} == {"events_total", "requests_total"}
    assert found("engines", "drop", "campus", "web") == {"dropped": "web"}
    assert found("engines", "remove", "campus") == {"removed": "campus"}
    assert Series.objects.filter(name="web").exists()
    assert not Engine.objects.exists()
    assert set(Event.objects.filter(object_kind="engine").values_list("source", flat=True)) == {"cli"}


def spawns(path: str) -> bytes:
    return body(page(("success/", 3, 2, 1.0)).encode())


def test_a_hub_from_adding_to_removing(team: Team) -> None:
    with serving(spawns) as server:
        url = server.url("/hub/metrics")
        assert found("hubs", "add", "Notebooks", url, "--within", 20, code=2)["error"]["field"] == "threshold_seconds"
        added = found("hubs", "add", "Notebooks", url)
        assert (added["slug"], added["threshold_seconds"], added["series"]) == ("notebooks", 30, "notebooks-notebooks")
        assert run("hubs", "check", "notebooks") == (0, "Notebooks was read; counting begins with this reading.\n")
        assert found("hubs", "check", "notebooks")["counted"] == {"good": 0, "total": 0}
        assert "Changed: threshold_seconds." in run("hubs", "change", "notebooks", "--within", 10)[1]
        assert "Nothing changed." in run("hubs", "change", "notebooks")[1]
    code, text = run("hubs", "check", "notebooks")
    assert (code, "does not take connections" in text) == (1, True)
    code, text = run("hubs", "list")
    assert (code, "does not take connections" in text) == (1, True)
    assert found("hubs", "remove", "notebooks") == {"removed": "notebooks"}
    assert found("hubs", "list") == []
    assert not Hub.objects.exists()


def test_a_poll_from_setting_to_stopping(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    Cluster.objects.create(team=team, name="alder")
    assert run("polls", "list") == (0, "No scheduler is asked yet.\n")
    assert run("polls", "set", "alder")[0] == 0
    assert (Poll.objects.get().source, Poll.objects.get().period_minutes) == ("sacct", 10)
    with serving(body(b'{"jobs": [], "errors": []}')) as server:
        monkeypatch.setenv("ENGINE_TOKEN_SLURM", f"{server.url('')} a.jwt.token")
        url = server.url("/slurmdb/v0.0.38/jobs")
        given = ("--source", "slurmrestd", "--url", url, "--user", "hortus", "--token-name", "SLURM", "--every", 5)
        told = found("polls", "set", "alder", *given)
        assert (told["source"], told["period_minutes"], told["token_name"]) == ("slurmrestd", 5, "SLURM")
        assert run("polls", "check", "alder") == (0, "alder: 0 jobs read, 0 new, 0 further on.\n")
    gone = found("polls", "check", "alder", code=1)
    assert (gone["jobs"], "does not take connections" in gone["finding"]) == (None, True)
    assert found("polls", "list", code=1)[0]["cluster"] == "alder"
    assert found("polls", "stop", "alder") == {"stopped": "alder"}
    assert not Poll.objects.exists()


WRONG: list[tuple[tuple[object, ...], str]] = [
    (("engines", "check", "none"), "There is no engine 'none'; engines: metrics."),
    (("engines", "add", "x", "ftp://host"), "write http:// or https://"),
    (("engines", "add", "x", "http://h.example.org", "--kind", "graphite"), "is not a kind; choose one of prometheus"),
    (("engines", "change", "metrics", "--token-name", "a b"), "Name the variable of the environment"),
    (("engines", "ask", "metrics", "x", "--good", "sum(x)", "--total", "x"), "is no selector of a counter"),
    (("engines", "ask", "metrics", "x", "--good", "x", "--total", "x", "--backfill-days", 401), "0 to 400 days"),
    (("engines", "try", "metrics", "\x00"), "expression"),
    (("engines", "ask-otherwise", "metrics", "web", "--good", "x"), "is not asked for 'web'; it is for: none yet."),
    (("engines", "drop", "metrics", "web"), "is not asked for 'web'; it is for: none yet."),
    (("engines", "list", "--team", "nobody"), "There is no team 'nobody'; teams: rcd."),
    (("hubs", "check", "none"), "There is no hub 'none'; hubs: none yet."),
    (("hubs", "add", "x", "http://127.0.0.1:1/hub/metrics"), "Port 1 is not fetched from"),
    (("polls", "set", "birch"), "There is no cluster 'birch'; clusters: alder."),
    (("polls", "check", "alder"), "begin with `hortus telemetry polls set alder`"),
    (("polls", "set", "alder", "--every", 7), "A period has 5, 10, 15, 30, 60 minutes, got 7."),
    (("polls", "set", "alder", "--source", "ldap"), "choose sacct or slurmrestd"),
    (("polls", "set", "alder", "--since", "yesterday"), "does not match the formats"),
    (("polls", "set", "alder", "--since", "2999-01-01"), "cannot begin in the future"),
]


def test_bad_input_is_one_sentence_and_exit_code_2(team: Team) -> None:
    engine_at(team, "http://metrics.example.org")
    Cluster.objects.create(team=team, name="alder")
    for words, sentence in WRONG:
        code, text = run(*words)
        assert (code, sentence in text) == (2, True), (words, text)
    assert not Hub.objects.exists()
    assert not Poll.objects.exists()
    assert not EngineQuery.objects.exists()
