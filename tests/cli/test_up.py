"""`hortus up` at its door: real processes on data folders and ports of their own."""

import http.client
import os
import shutil
import signal
import socket
import stat
import subprocess
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.place import PASSWORD, Place, free_port, get, kill_tree, tree, until


def _names(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if not p.name.endswith((".lock", "-wal", "-shm"))}


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _schema(place: Place) -> list[tuple[object, ...]]:
    return place.rows("SELECT app, name FROM django_migrations ORDER BY id")


def _over_socket(path: str, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("localhost", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(path)
    connection.request("GET", target)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_it_serves_and_stops_cleanly(place: Place) -> None:
    process, ready = place.up()
    assert get(ready["url"] + "healthz") == (200, b'{"status": "ok"}')
    assert get(ready["url"] + "account/login/")[0] == 200
    assert "start/?code=" in ready["setup_url"]
    assert ready["pid"] == process.pid
    assert _mode(place.folder) == 0o700
    assert _mode(place.folder / "secret.key") == 0o600
    if place.is_sqlite:
        assert _mode(place.folder / "db.sqlite3") == 0o600
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert "Traceback" not in place.log()
    assert psutil.pid_exists(process.pid) is False


def test_static_files_are_served_at_the_first_start(place: Place) -> None:
    shutil.rmtree(place.ready().folder / "static")
    _, ready = place.up()
    body = get(ready["url"] + "account/login/")[1].decode()
    style = body.split('rel="stylesheet" href="')[1].split('"')[0]
    status, text = get(ready["url"].rstrip("/") + style)
    assert status == 200
    assert len(text) > 1000


def test_a_second_start_changes_nothing(place: Place) -> None:
    shutil.rmtree(place.ready().folder / "static")
    first, _ = place.up()
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    before, schema = _names(place.folder), _schema(place)
    key = (place.folder / "secret.key").read_text()
    second, _ = place.up()
    second.send_signal(signal.SIGTERM)
    assert second.wait(20) == 0
    assert _names(place.folder) == before
    assert _schema(place) == schema
    assert (place.folder / "secret.key").read_text() == key
    assert place.log().count("Collecting static files") == 1


def test_one_data_folder_has_one_server(place: Place) -> None:
    process, ready = place.ready().up()
    refused = place.run("up", "--port", free_port())
    assert refused.returncode == 2
    assert "runs already" in refused.stderr
    assert str(process.pid) in refused.stderr
    assert ready["url"] in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_taken_port_is_refused_with_its_setting(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = place.run("up", "--port", port)
    assert refused.returncode == 2
    assert f"HORTUS_PORT (--port): port {port} of 127.0.0.1 is in use" in refused.stderr


def test_after_kill_9_of_everything_it_starts_again(place: Place) -> None:
    port = free_port()
    process, ready = place.ready().up("--port", port)
    kill_tree(process)
    _, again = place.up("--port", port)
    assert again["url"] == ready["url"]
    assert get(again["url"] + "healthz")[0] == 200


def test_after_kill_9_of_the_parent_nothing_is_left_and_it_starts_again(place: Place) -> None:
    port = free_port()
    process, _ = place.ready().up("--port", port)
    children = tree(process)[1:]
    process.send_signal(signal.SIGKILL)
    process.wait(5)
    _, again = place.up("--port", port)
    assert get(again["url"] + "healthz")[0] == 200
    until(lambda: not any(c.is_running() and c.status() != "zombie" for c in children), why="the orphans end")


def _worker_pid(place: Place) -> int:
    return int(until(lambda: place.rows("SELECT pid FROM ledger_queueworker ORDER BY beat_at DESC"))[0][0])


def test_a_dead_worker_is_started_again(place: Place) -> None:
    process, ready = place.ready().up()
    first = _worker_pid(place)
    assert first in [p.pid for p in tree(process)]
    os.kill(first, signal.SIGKILL)
    until(lambda: _worker_pid(place) != first, why="a new worker beats")
    assert get(ready["url"] + "healthz")[0] == 200


def test_it_ends_when_the_web_server_dies(place: Place) -> None:
    process, _ = place.ready().up()
    worker = _worker_pid(place)
    master = next(p for p in tree(process)[1:] if p.ppid() == process.pid and p.pid != worker)
    master.kill()
    assert process.wait(30) == 1
    assert "The web server ended unexpectedly (SIGKILL)" in place.log()
    until(lambda: not psutil.pid_exists(worker), why="the worker goes, too")


def test_a_task_runs_in_the_worker_of_up(place: Place) -> None:
    place.ready().up()
    place.python("from hortus.ledger.tasks import sweep; sweep.enqueue()")
    done = "SELECT count(*) FROM ledger_queuedtask WHERE path LIKE '%%tasks.sweep' AND state = 'done'"
    until(lambda: place.rows(done.replace("%%", "%")) == [(1,)], why="the task is done")


def test_without_a_worker_nothing_runs(place: Place) -> None:
    process, _ = place.ready().up("--no-worker")
    assert [p for p in tree(process)[1:] if p.ppid() == process.pid][1:] == []
    assert place.rows("SELECT count(*) FROM ledger_queueworker") == [(0,)]


def test_it_serves_on_a_private_socket_and_replaces_a_stale_one(place: Place) -> None:
    path = place.scratch / "run" / "hortus.sock"
    process, ready = place.ready().up("--uds", path)
    assert ready["socket"] == str(path)
    assert (_mode(path.parent), _mode(path) & 0o077) == (0o700, 0)
    assert _over_socket(str(path), "/healthz")[0] == 200
    assert _over_socket(str(path), "/account/login/")[0] == 200, "there is no peer address"
    refused = place.run("up", "--uds", path, HORTUS_DATA_DIR=str(place.scratch / "other"))
    assert (refused.returncode, "another server answers on" in refused.stderr) == (2, True)
    kill_tree(process)
    assert path.is_socket(), "kill -9 leaves it behind"
    again, _ = place.up("--uds", path)
    assert _over_socket(str(path), "/healthz")[0] == 200
    again.send_signal(signal.SIGTERM)
    assert again.wait(20) == 0
    assert not path.exists()


def test_a_socket_in_an_open_folder_is_refused(place: Place) -> None:
    folder = place.scratch / "open"
    folder.mkdir(mode=0o755)
    refused = place.run("up", "--uds", folder / "hortus.sock")
    assert refused.returncode == 2
    assert "is open to other users" in refused.stderr
    assert f"chmod 700 {folder}" in refused.stderr


def test_sign_in_works_over_the_socket(place: Place) -> None:
    path = place.with_team().scratch / "run" / "hortus.sock"
    place.up("--uds", path)
    connection = http.client.HTTPConnection("localhost", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(path))
    connection.request("GET", "/account/login/")
    answer = connection.getresponse()
    page, cookie = answer.read().decode(), answer.headers["Set-Cookie"].split(";")[0]
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = urllib.parse.urlencode({"login": "ada@example.org", "password": PASSWORD, "csrfmiddlewaretoken": token})
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/account/login/", form, headers)
    assert connection.getresponse().status == 302


@pytest.mark.parametrize("asked", ["/hortus/healthz", "/healthz"])
def test_it_serves_below_a_base_path_stripped_or_not(place: Place, asked: str) -> None:
    _, ready = place.ready().up("--base-path", "/hortus")
    assert ready["url"].endswith("/hortus/")
    root = ready["url"].removesuffix("/hortus/")
    assert get(root + asked)[0] == 200
    body = get(root + "/hortus/account/login/")[1].decode()
    style = body.split('rel="stylesheet" href="')[1].split('"')[0]
    assert style.startswith("/hortus/static/")
    assert get(root + style)[0] == 200
    assert 'action="/account' not in body


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HORTUS_PORT", "70000"), ("HORTUS_TIME_ZONE", "Mars/Olympus"), ("HORTUS_BASE_PATH", "hortus/"),
     ("HORTUS_DATABASE_URL", "mysql://x"), ("HORTUS_TRUSTED_PROXIES", "proxy"), ("HORTUS_NO_SUCH", "1"),
     ("HORTUS_DATA_DIR", "/proc/nowhere"), ("HORTUS_CONFIG", "/no/such/file.toml")],
)  # fmt: skip
def test_a_wrong_setting_stops_the_start_with_its_name(place: Place, variable: str, value: str) -> None:
    for arguments in (["up"], ["worker"], ["doctor"]):
        refused = place.run(*arguments, **{variable: value})
        assert refused.returncode == 2
        assert variable in refused.stderr
        assert "Traceback" not in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1


def test_settings_come_from_a_file_and_the_environment_wins(place: Place) -> None:
    (place.scratch / "hortus.toml").write_text('port = 1\ntime_zone = "Europe/Paris"\n')
    shown = "from django.conf import settings; print(settings.HORTUS.port, settings.HORTUS.time_zone)"
    assert place.python(shown).split() == ["1", "Europe/Paris"]
    assert place.python(shown, HORTUS_PORT="4000").split() == ["4000", "Europe/Paris"]
    (place.scratch / "hortus.toml").write_text("colour = 1\n")
    refused = place.run("doctor")
    assert (refused.returncode, "colour is not a setting of Hortus" in refused.stderr) == (2, True)


def test_a_process_that_is_told_twice_to_stop_stops_at_once(place: Place) -> None:
    process, _ = place.ready().up()
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    try:
        assert process.wait(10) == 0
    except subprocess.TimeoutExpired:
        pytest.fail("it did not stop")
