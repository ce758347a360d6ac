"""The web server: the socket that it listens on, gunicorn's settings, and asking it whether it answers."""

import errno
import http.client
import os
import signal
import socket
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from hortus.config.data_folder import PRIVATE, open_to_others
from hortus.config.declared import Declared, WrongSetting


def listen(declared: Declared) -> socket.socket:
    """Return the socket to serve on; raise WrongSetting when somebody else is there or it may not be."""
    return _unix(declared.uds.expanduser().absolute()) if declared.uds else _tcp(declared.host, declared.port)


def _tcp(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except socket.gaierror as error:
        raise WrongSetting(f"HORTUS_HOST (--host): {host} is not an address of this machine.") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise WrongSetting(
                f"HORTUS_PORT (--port): port {port} of {host} is in use by another program; "
                "stop it, or choose another port with --port."
            ) from error
        raise WrongSetting(f"HORTUS_HOST (--host): cannot listen on {host}:{port}: {error.strerror}.") from error
    sock.listen(2048)
    return sock


def _unix(path: Path) -> socket.socket:
    folder = path.parent
    if not folder.exists():
        folder.mkdir(mode=PRIVATE, parents=True)
    if open_to_others(folder):
        raise WrongSetting(
            f"HORTUS_UDS (--uds): the folder {folder} is open to other users of this machine; "
            f"make it private with `chmod 700 {folder}`, or name a socket in a folder of your own."
        )
    if len(os.fsencode(path)) > 100:
        raise WrongSetting(f"HORTUS_UDS (--uds): a socket's path may have 100 bytes, this one has more: {path}")
    if path.exists():
        _remove_stale(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o077)
    try:
        sock.bind(str(path))
    except OSError as error:
        raise WrongSetting(f"HORTUS_UDS (--uds): cannot listen on {path}: {error.strerror}.") from error
    finally:
        os.umask(before)
    sock.listen(2048)
    return sock


def is_stale(path: Path) -> bool:
    """Say whether a socket lies there that nobody listens on any more, as after kill -9."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return path.is_socket()
        except OSError:
            return False
    return False


def _remove_stale(path: Path) -> None:
    if not path.is_socket():
        raise WrongSetting(f"HORTUS_UDS (--uds): {path} is there and is not a socket; name another path.")
    if not is_stale(path):
        raise WrongSetting(f"HORTUS_UDS (--uds): another server answers on {path}; stop it, or name another path.")
    path.unlink()


_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def _hold_stops(_arbiter: Any, _worker: Any) -> None:
    """Hold back what asks to stop: a new process of gunicorn would take it for its parent's, and never stop."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)


def _take_stops(_worker: Any) -> None:
    """Take what asks to stop again, once the process has handlers of its own."""
    _release_stops()


def _release_stops() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


class Web(BaseApplication):  # type: ignore[misc]
    """gunicorn with threads, on a socket that is open already, serving the application that is loaded already."""

    def __init__(self, declared: Declared, sock: socket.socket, application: Any) -> None:
        self.declared = declared
        self.sock = sock
        self.application = application
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its settings; it reads no file and no environment of its own."""
        wanted: dict[str, Any] = {
            "bind": f"fd://{self.sock.detach()}",
            "worker_class": "gthread",
            "workers": self.declared.processes,
            "threads": self.declared.threads,
            "preload_app": True,
            "umask": 0o077,
            "timeout": 120,
            "graceful_timeout": self.declared.stop_seconds,
            "keepalive": 5,
            "loglevel": "warning",
            "forwarded_allow_ips": "",  # whom to believe is decided by our own middleware
            "control_socket_disable": True,
            "pre_fork": _hold_stops,
            "post_worker_init": _take_stops,
            "proc_name": "hortus",
        }
        if os.access("/dev/shm", os.W_OK):  # noqa: S108 -- gunicorn's heartbeat file, made and removed by itself
            wanted["worker_tmp_dir"] = "/dev/shm"  # noqa: S108
        for name, value in wanted.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Serve until told to stop."""
        os.register_at_fork(after_in_parent=_release_stops)
        super().run()

    def load(self) -> Any:
        """Return the application."""
        return self.application


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def answers(declared: Declared, timeout: float = 5) -> bool:
    """Say whether the server answers its health page."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(declared.host, declared.host)  # noqa: S104
    connection = (
        _UnixConnection(declared.uds, timeout)
        if declared.uds
        else http.client.HTTPConnection(host, declared.port, timeout=timeout)
    )
    try:
        connection.request("GET", f"{declared.base_path}/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def url(declared: Declared) -> str:
    """Return the address that a person types, behind a tunnel the one at its near end."""
    if declared.public_url:
        return f"{declared.public_url}{declared.base_path}/"
    host = "127.0.0.1" if declared.uds or declared.host == "0.0.0.0" else declared.host  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{declared.port}{declared.base_path}/"
