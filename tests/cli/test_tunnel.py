"""Hortus on a login node: a private UNIX socket, reached through a real ssh tunnel."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.place import Place, free_port, get, until


@pytest.fixture
def login_node(tmp_path: Path) -> Iterator[list[str]]:
    """A real sshd on loopback; gives the command line of a client that may sign in there."""
    sshd, keygen = shutil.which("sshd", path="/usr/sbin:/usr/bin"), shutil.which("ssh-keygen")
    if sshd is None or keygen is None:
        pytest.skip("sshd is absent, so no tunnel was made; install it with: apt-get install openssh-server")
    for name in ("host", "mine"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    options = {
        "ListenAddress": "127.0.0.1", "Port": str(port), "HostKey": str(tmp_path / "host"), "UsePAM": "no",
        "PidFile": "none", "AuthorizedKeysFile": str(tmp_path / "mine.pub"), "StrictModes": "no",
        "PermitRootLogin": "prohibit-password",
    }  # fmt: skip
    given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    server = subprocess.Popen([sshd, "-D", "-e", "-f", "/dev/null", *given], stderr=subprocess.DEVNULL)
    yield [
        "ssh", "-F", "/dev/null", "-N", "-p", str(port), "-i", str(tmp_path / "mine"), "-o", "BatchMode=yes",
        "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={tmp_path / 'known'}",
        "-o", "ExitOnForwardFailure=yes", f"{getpass.getuser()}@127.0.0.1",
    ]  # fmt: skip
    server.terminate()
    server.wait(10)


def test_a_tunnel_reaches_the_socket(place: Place, login_node: list[str]) -> None:
    path, near = place.scratch / "run" / "hortus.sock", free_port()
    _, ready = place.ready().up("--uds", path)
    assert ready["socket"] == str(path)
    tunnel = subprocess.Popen([*login_node, "-L", f"127.0.0.1:{near}:{path}"], stderr=subprocess.DEVNULL)
    try:
        until(lambda: tunnel.poll() is not None or _answers(near), why="the tunnel stands")
        assert tunnel.poll() is None, "ssh refused"
        assert get(f"http://127.0.0.1:{near}/account/login/")[0] == 200
        assert get(f"http://localhost:{near}/healthz")[0] == 200
    finally:
        tunnel.terminate()
        tunnel.wait(10)


def _answers(port: int) -> bool:
    try:
        return get(f"http://127.0.0.1:{port}/healthz")[0] == 200
    except OSError:
        return False
