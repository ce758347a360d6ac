"""A real JupyterHub on loopback, driven through its REST API and stopped by its process id."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import psutil
import pytest

from tests.place import free_port, until

HERE = Path(__file__).parent / "hub"
JUPYTERHUB = Path(sys.executable).with_name("jupyterhub")
PROXY = HERE / "node_modules" / ".bin" / "configurable-http-proxy"


def needs() -> None:
    """Skip where the hub, or the proxy from npm, is absent."""
    if not JUPYTERHUB.exists():
        pytest.skip("jupyterhub is absent from this environment")
    if not shutil.which("node") or not PROXY.exists():
        pytest.skip(f"the hub's proxy is absent; run `npm ci` in {HERE.name}/ beside this test")


@dataclass
class RunningHub:
    """One hub, from start to stop; it may be started again on the same ports, with its counters at zero."""

    folder: Path
    driver_token: str = field(default_factory=lambda: token_hex(16))
    metrics_token: str = field(default_factory=lambda: token_hex(16))
    public_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    proxy_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Return the address of the metrics, asked of the hub itself."""
        return f"http://127.0.0.1:{self.port}/hub/metrics"

    def start(self) -> None:
        """Start it and wait until it answers."""
        env = os.environ | {
            "HUB_FOLDER": str(self.folder), "HUB_PORT": str(self.port), "HUB_PUBLIC_PORT": str(self.public_port),
            "HUB_PROXY_PORT": str(self.proxy_port), "HUB_PROXY": str(PROXY), "HUB_DRIVER_TOKEN": self.driver_token,
            "HUB_METRICS_TOKEN": self.metrics_token,
            "PATH": f"{JUPYTERHUB.parent}:{os.environ['PATH']}",
        }  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(JUPYTERHUB), "-f", str(HERE / "jupyterhub_config.py")], env=env, cwd=self.folder, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip
        until(lambda: self.asked("GET", "/users")[0] == 200, 60, (self.folder / "log").read_text()[-3000:])

    def stop(self) -> None:
        """Stop it, its proxy and the servers that it started, by their process ids."""
        if self.process is None:
            return
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        for one in family[1:]:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
        self.process = None

    def asked(self, method: str, path: str) -> tuple[int, object]:
        """Ask the REST API and return status and document; status 0 when nobody listens."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/hub/api{path}", method=method,
            headers={"Authorization": f"Bearer {self.driver_token}"}, data=b"" if method == "POST" else None,
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, None
        except OSError:
            return 0, None

    def spawn(self, name: str) -> bool:
        """Have a user's server started, wait for the end of it, and say whether it runs."""
        self.asked("POST", f"/users/{name}")
        self.asked("POST", f"/users/{name}/server")
        state: dict[str, object] = until(lambda: self._settled(name), 60, f"the spawn of {name} never ended")
        return bool(state["server"])

    def _settled(self, name: str) -> dict[str, object] | None:
        status, told = self.asked("GET", f"/users/{name}")
        return told if status == 200 and isinstance(told, dict) and not told.get("pending") else None
