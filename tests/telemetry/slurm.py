"""A real Slurm for tests: munge, MariaDB, slurmdbd, slurmctld and four nodes on loopback, in a folder of its own.

Needs root and Debian's packages. Everything is started on free ports and stopped by its own process id.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PROGRAMS = ("munged", "mariadbd", "mariadb", "mariadb-install-db", "slurmdbd", "slurmctld", "slurmd", "sacct", "sbatch")
NODES = 4
# Accounts that every Debian has; Slurm wants submitting users to exist.
USERS = ("daemon", "games", "nobody")
REST_PLUGINS = "openapi/v0.0.38,openapi/dbv0.0.38"


def why_not() -> str:
    """Say why no Slurm can be started here; empty where it can."""
    missing = [name for name in PROGRAMS if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")]
    if missing:
        return f"Slurm for tests needs Debian's packages for {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "Slurm for tests can only be started by root"


def why_no_rest() -> str:
    """Say why no slurmrestd can be started beside it; empty where it can."""
    is_there = shutil.which("slurmrestd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    jwt = any(Path("/usr/lib").glob("*/slurm*/auth_jwt.so"))
    return "" if is_there and jwt else "slurmrestd for tests needs Debian's slurmrestd and slurm-wlm-jwt-plugin"


def free_ports(count: int) -> list[int]:
    """Give ports on loopback that were free a moment ago."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def wait_for(what: Callable[[], bool], name: str, seconds: float = 60) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return
        time.sleep(0.2)
    raise TimeoutError(f"{name} did not come about within {seconds:g} s")


@dataclass
class Slurm:
    """One small cluster called `demo`, from start to stop."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="hortus-slurm-", dir="/tmp")))
    running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.chmod(0o755)
        self.sql, self.dbd, self.ctld, self.rest, *self.nodes = free_ports(4 + NODES)
        self.munge = self.folder / "munge" / "socket"

    @property
    def environment(self) -> dict[str, str]:
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        return {**os.environ, "PATH": path, "SLURM_CONF": str(self.folder / "slurm.conf")}

    def run(self, *command: str, may_fail: bool = False) -> str:
        """Run a client program and give what it printed."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode and not may_fail:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
        return done.stdout if not done.returncode else ""

    def _start(self, name: str, *command: str, user: str | None = None) -> None:
        with (self.folder / f"{name}.out").open("wb") as out:
            process = subprocess.Popen(
                command, env=self.environment, stdout=out, stderr=out, start_new_session=True, user=user
            )
        self.running.append((name, process))

    def _write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)

    def _munge(self) -> None:
        folder, account = self.folder / "munge", pwd.getpwnam("munge")
        folder.mkdir(mode=0o755)
        (folder / "key").write_bytes(os.urandom(1024))
        (folder / "key").chmod(0o400)
        for path in (folder, folder / "key"):
            os.chown(path, account.pw_uid, account.pw_gid)
        files = [
            f"--{name}={folder / name.split('-')[0]}"
            for name in ("socket", "key-file", "pid-file", "log-file", "seed-file")
        ]
        self._start("munged", "munged", "--foreground", *files, user="munge")
        wait_for(self.munge.exists, "munge's socket")

    def _database(self) -> None:
        data = self.folder / "mysql"
        data.mkdir()
        self.run(
            "mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}",
            "--auth-root-authentication-method=normal", "--skip-test-db",
        )  # fmt: skip
        self._start(
            "mariadbd", "mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", "--bind-address=127.0.0.1",
            f"--port={self.sql}", f"--socket={data}/s.sock", f"--pid-file={data}/pid", "--character-set-server=utf8mb4",
            "--innodb-lock-wait-timeout=900", "--innodb-flush-log-at-trx-commit=0",
        )  # fmt: skip
        client = ("mariadb", "--no-defaults", "-u", "root", f"--socket={data}/s.sock", "-e")
        ask = "CREATE DATABASE slurm_acct_db; "
        for user in ("s@'127.0.0.1'", "s@localhost"):
            ask += f"CREATE USER {user} IDENTIFIED BY 's'; GRANT ALL ON slurm_acct_db.* TO {user}; "
        wait_for(lambda: self.run(*client, "SELECT 1", may_fail=True) != "", "MariaDB")
        self.run(*client, ask)

    def _tokens(self) -> str:
        """Return the lines that let both daemons take tokens, as slurmrestd brings them; "" where it is absent."""
        if why_no_rest():
            return ""
        key = self.folder / "jwt.key"
        if not key.exists():
            key.write_bytes(os.urandom(32))
            key.chmod(0o600)
        return f"AuthAltTypes=auth/jwt\nAuthAltParameters=jwt_key={key}\n"

    def _accounting(self) -> None:
        self._write(
            "slurmdbd.conf",
            f"{self._tokens()}AuthType=auth/munge\nAuthInfo=socket={self.munge}\nDbdHost=localhost\nDbdPort={self.dbd}\nSlurmUser=root\n"
            f"PidFile={self.folder}/slurmdbd.pid\nLogFile={self.folder}/slurmdbd.log\n"
            f"StorageType=accounting_storage/mysql\nStorageHost=127.0.0.1\nStoragePort={self.sql}\nStorageUser=s\n"
            "StoragePass=s\nStorageLoc=slurm_acct_db\n",
            0o600,
        )
        self._start("slurmdbd", "slurmdbd", "-D")
        wait_for(lambda: self.run("sacctmgr", "-n", "show", "qos", may_fail=True) != "", "slurmdbd")
        self.run("sacctmgr", "-i", "add", "cluster", "demo")
        self.run("sacctmgr", "-i", "add", "account", "lab")
        self.run("sacctmgr", "-i", "add", "user", *(f"name={user}" for user in [",".join(USERS)]), "account=lab")

    def _configure(self) -> None:
        host, f = socket.gethostname(), self.folder
        (f / "state").mkdir()
        self._write(
            "slurm.conf",
            f"{self._tokens()}ClusterName=demo\nSlurmctldHost={host}(127.0.0.1)\nAuthType=auth/munge\nAuthInfo=socket={self.munge}\n"
            f"SlurmUser=root\nSlurmdUser=root\nSlurmctldPort={self.ctld}\n"
            "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny\n"
            f"StateSaveLocation={f}/state\nSlurmdSpoolDir={f}/spool.%n\nSlurmdPidFile={f}/slurmd.%n.pid\n"
            f"SlurmdLogFile={f}/slurmd.%n.log\nSlurmctldPidFile={f}/slurmctld.pid\nSlurmctldLogFile={f}/slurmctld.log\n"
            "ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nJobAcctGatherType=jobacct_gather/linux\n"
            "SelectType=select/cons_tres\nSelectTypeParameters=CR_CPU_Memory\nSlurmdParameters=config_overrides\n"
            "MpiDefault=none\nReturnToService=2\nSchedulerParameters=bf_interval=2,sched_min_interval=100000\n"
            f"AccountingStorageType=accounting_storage/slurmdbd\nAccountingStorageHost=localhost\n"
            f"AccountingStoragePort={self.dbd}\nAccountingStoragePass={self.munge}\n"
            f"NodeName=n[1-{NODES}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{','.join(map(str, self.nodes))}] "
            "CPUs=4 RealMemory=4000\n"
            "PartitionName=short Nodes=ALL Default=YES MaxTime=60 DefMemPerCPU=100\n",
        )

    def start(self) -> "Slurm":
        """Start everything; ready to take jobs when this returns."""
        self._configure()
        self._munge()
        self._database()
        self._accounting()
        self._start("slurmctld", "slurmctld", "-D")
        wait_for(lambda: "short" in self.run("sinfo", "-h", may_fail=True), "slurmctld")
        for number in range(1, NODES + 1):
            self._start(f"slurmd{number}", "slurmd", "-D", "-N", f"n{number}")
        wait_for(
            lambda: self.run("sinfo", "-h", "-N", "-o", "%T", may_fail=True).split() == ["idle"] * NODES, "idle nodes"
        )
        return self

    def start_rest(self) -> str:
        """Start slurmrestd and give where it listens; it stops with the rest. It refuses to run as root."""
        where = f"127.0.0.1:{self.rest}"
        self._start(
            "slurmrestd", "env", "SLURM_JWT=daemon", "slurmrestd", "-u", "nobody", "-g", "nogroup",
            "-a", "rest_auth/jwt", "-s", REST_PLUGINS, where,
        )  # fmt: skip

        def listens() -> bool:
            with socket.socket() as one:
                return one.connect_ex(("127.0.0.1", self.rest)) == 0

        wait_for(listens, "slurmrestd")
        return f"http://{where}"

    def token(self, user: str) -> str:
        """Give a token for a user, good for ten minutes."""
        return self.run("scontrol", "token", f"username={user}", "lifespan=600").strip().removeprefix("SLURM_JWT=")

    def stop(self) -> None:
        """Stop everything, the last first, and remove the folder."""
        for _, process in reversed(self.running):
            self._end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        for how in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is not None:
                return
            os.killpg(process.pid, how)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                continue

    def submit(self, *options: str, user: str = "games", wrap: str = "true") -> int:
        """Submit a job as a user and give its id."""
        common = (
            "--parsable",
            f"--uid={user}",
            "-o",
            "/dev/null",
            "-e",
            "/dev/null",
            "-D",
            "/tmp",
            "-t",
            "5",
            "-A",
            "lab",
        )
        return int(self.run("sbatch", *common, *options, "--wrap", wrap).strip().split(";")[0])


@pytest.fixture(scope="module")
def slurm() -> object:
    """Return a running cluster, or skip with the reason there can be none."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    cluster = Slurm()
    try:
        yield cluster.start()
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def slurmrestd(slurm: Slurm) -> str:
    """Return the address of a slurmrestd beside the cluster, or skip with the reason there can be none."""
    reason = why_no_rest()
    if reason:
        pytest.skip(reason)
    return slurm.start_rest()
