"""A real Prometheus fires a real rule, a real Alertmanager sends it, and an incident is proposed in a real Hortus."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.place import Place, free_port, until  # type: ignore[import-not-found]
from tests.telemetry.alerts.test_processes import ADD, Address, episodes  # type: ignore[import-not-found]
from tests.telemetry.engines.servers import alertmanager, needs, running  # type: ignore[import-not-found]

RULES = """
groups:
  - name: hortus
    rules:
      - alert: NodesDown
        expr: nodes_down > 0
        labels: {severity: page, job: slurm}
        annotations: {summary: "{{ $value }} nodes are down"}
"""
PROMETHEUS = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: nodes
    static_configs: [{{targets: ["127.0.0.1:{metrics}"]}}]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["{manager}"]}}]
"""
MANAGER = """
route: {{receiver: hortus, group_wait: 100ms, group_interval: 1s, repeat_interval: 4h}}
receivers:
  - name: hortus
    webhook_configs:
      - url: {url}
        send_resolved: true
        max_alerts: 0
        http_config: {{authorization: {{type: Bearer, credentials_file: token}}}}
"""
PROPOSE = """
from hortus.telemetry.alerts.models import AlertSource
AlertSource.objects.update(proposes=True)
"""


@contextmanager
def nodes() -> Iterator[dict[str, int]]:
    """Serve how many nodes are down, as the dict says."""
    held = {"down": 0, "port": 0}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(f"nodes_down {held['down']}\n".encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held["port"] = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield held
    server.shutdown()
    server.server_close()


@contextmanager
def monitoring(address: Address, metrics: int, folder: Path) -> Iterator[None]:
    """Run Prometheus and Alertmanager, which sends to an intake address."""
    (folder / "token").write_text(address.token)
    (folder / "rules.yml").write_text(RULES)
    with alertmanager(folder, MANAGER.format(url=address.url)) as manager:
        targets = {"metrics": metrics, "manager": manager.removeprefix("http://")}
        (folder / "prometheus.yml").write_text(PROMETHEUS.format(**targets))
        web = f"127.0.0.1:{free_port()}"
        scrapes = [
            "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address={web}",
        ]  # fmt: skip
        with running(scrapes, f"http://{web}/-/ready", folder):
            yield


def incidents(place: Place) -> list[tuple[Any, ...]]:
    """Return state and title of the incidents."""
    return place.rows("SELECT state, title FROM incidents_incident ORDER BY number")


@pytest.mark.engines
def test_a_rule_that_fires_becomes_an_alert_and_a_reported_incident(place: Place) -> None:
    needs("prometheus")
    needs("alertmanager")
    _, ready = place.with_team().up()
    address = Address(ready["url"], *json.loads(place.python(ADD, "alertmanager")))
    place.python(PROPOSE)
    with nodes() as held, monitoring(address, held["port"], place.scratch):
        held["down"] = 3
        until(lambda: episodes(place), 90, "no alert came")
        ((title, life, _seen),) = episodes(place)
        assert (title, life) == ("NodesDown: 3 nodes are down", "firing")
        assert incidents(place) == [("reported", "NodesDown: 3 nodes are down")]
        held["down"] = 0
        until(lambda: episodes(place)[0][1] == "resolved", 90, "it never ended")
    assert incidents(place) == [("reported", "NodesDown: 3 nodes are down")]  # a person says what became of it
    told = place.rows("SELECT verb FROM ledger_event WHERE object_kind = 'incident' ORDER BY id")
    assert ("alert ended",) in told
