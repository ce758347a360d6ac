"""A real Slurm for tests: munge, MariaDB, slurmdbd, slurmctld and two nodes on this machine, all on loopback."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAMS = ("munged", "mariadbd", "mariadb-install-db", "mariadb", "slurmdbd", "slurmctld", "slurmd", "sacct", "sbatch")
NODES = 2


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(true: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.2)
    raise TimeoutError(f"{what} did not come up within {seconds:g} s")


class Slurm:
    """A running Slurm and how to ask it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []
        self.env = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}

    def run(self, *command: str, seconds: float = 30) -> str:
        """Run a client program and return what it printed."""
        done = subprocess.run(
            command, env=os.environ | self.env, capture_output=True, text=True, timeout=seconds, check=False
        )
        return done.stdout if done.returncode == 0 else ""

    def serve(self, *command: str) -> None:
        """Start a daemon in the foreground."""
        log = (self.folder / f"{Path(command[0]).name}-{len(self.started)}.log").open("w")
        self.started.append(subprocess.Popen(command, env=os.environ | self.env, stdout=log, stderr=log))

    def start(self) -> None:
        """Start all parts, each when the one before answers."""
        database, dbd = _port(), _port()
        self._munge()
        self._mariadb(database)
        self._configure(database, dbd)
        self.serve("slurmdbd", "-D")
        _until(self._answers, 60, "slurmdbd")
        self.run("sacctmgr", "-i", "add", "cluster", "demo")
        self.run("sacctmgr", "-i", "add", "account", "lab")
        self.run("sacctmgr", "-i", "add", "user", "root", "account=lab")
        self.serve("slurmctld", "-D")
        for node in range(1, NODES + 1):
            self.serve("slurmd", "-D", "-N", f"n{node}")
        _until(lambda: self.run("sinfo", "-h", "-N", "-o", "%t").split() == ["idle"] * NODES, 60, "the nodes")

    def _answers(self) -> bool:
        done = subprocess.run(
            ["sacctmgr", "-n", "show", "cluster"],
            env=os.environ | self.env,
            capture_output=True,
            check=False,
            timeout=30,
        )
        return done.returncode == 0

    def _munge(self) -> None:
        if Path("/run/munge/munge.socket.2").exists() and self.run("munge", "-n"):
            return
        subprocess.run(["install", "-d", "-m", "0755", "-o", "munge", "-g", "munge", "/run/munge"], check=True)
        self.serve("runuser", "-u", "munge", "--", "munged", "--foreground", "--force")
        _until(lambda: bool(self.run("munge", "-n")), 20, "munged")

    def _mariadb(self, port: int) -> None:
        data = self.folder / "mysql"
        data.mkdir()
        self.folder.chmod(0o755)
        shutil.chown(data, "nobody", "nogroup")  # the -core packages bring no account of their own
        common = ("--no-defaults", "--user=nobody", f"--datadir={data}")
        made = ("--auth-root-authentication-method=normal", "--skip-test-db")
        subprocess.run(["mariadb-install-db", *common, *made], check=True, capture_output=True)
        socket_path = data / "s.sock"
        self.serve(
            "mariadbd", *common, "--bind-address=127.0.0.1", f"--port={port}", f"--socket={socket_path}",
            f"--pid-file={data / 'pid'}", "--character-set-server=utf8mb4", "--innodb-lock-wait-timeout=900",
        )  # fmt: skip
        sql = (
            "CREATE DATABASE slurm_acct_db; CREATE USER slurm@'127.0.0.1' IDENTIFIED BY 'slurm';"
            "CREATE USER slurm@localhost IDENTIFIED BY 'slurm';"
            "GRANT ALL ON slurm_acct_db.* TO slurm@'127.0.0.1'; GRANT ALL ON slurm_acct_db.* TO slurm@localhost;"
        )

        def made_it() -> bool:
            client = ["mariadb", "--no-defaults", f"--socket={socket_path}", "-u", "root", "-e", sql]
            return subprocess.run(client, capture_output=True, check=False).returncode == 0

        _until(made_it, 30, "MariaDB")

    def _configure(self, database: int, dbd: int) -> None:
        host = socket.gethostname()
        (self.folder / "slurmdbd.conf").write_text(
            f"AuthType=auth/munge\nDbdHost=localhost\nDbdPort={dbd}\nSlurmUser=root\nStorageType=accounting_storage/mysql\n"
            f"StorageHost=127.0.0.1\nStoragePort={database}\nStorageUser=slurm\nStoragePass=slurm\n"
            f"StorageLoc=slurm_acct_db\nPidFile={self.folder}/slurmdbd.pid\nLogFile={self.folder}/slurmdbd.txt\n"
        )
        (self.folder / "slurmdbd.conf").chmod(0o600)
        (self.folder / "state").mkdir()
        ports = [_port() for _ in range(NODES)]
        nodes = "".join(
            f"NodeName=n{n} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=4 RealMemory=1000\n"
            for n, port in enumerate(ports, 1)
        )
        (self.folder / "slurm.conf").write_text(
            f"ClusterName=demo\nSlurmctldHost={host}(127.0.0.1)\nAuthType=auth/munge\nSlurmUser=root\nSlurmdUser=root\n"
            f"SlurmctldPort={_port()}\nCommunicationParameters=NoCtldInAddrAny,NoInAddrAny\n"
            f"StateSaveLocation={self.folder}/state\nSlurmdSpoolDir={self.folder}/spool-%n\n"
            f"SlurmctldPidFile={self.folder}/ctld.pid\nSlurmdPidFile={self.folder}/d-%n.pid\n"
            f"SlurmctldLogFile={self.folder}/ctld.txt\nSlurmdLogFile={self.folder}/d-%n.txt\n"
            "ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nJobAcctGatherType=jobacct_gather/linux\n"
            "SelectType=select/cons_tres\nSelectTypeParameters=CR_CPU_Memory\nSlurmdParameters=config_overrides\n"
            "MpiDefault=none\nReturnToService=2\nAccountingStorageType=accounting_storage/slurmdbd\n"
            f"AccountingStorageHost=localhost\nAccountingStoragePort={dbd}\n"
            f"{nodes}PartitionName=short Nodes=ALL Default=YES MaxTime=60 DefMemPerCPU=100 State=UP\n"
        )

    def run_jobs(self, count: int) -> None:
        """Submit jobs that end at once and wait until accounting knows that they all ended."""
        for n in range(count):
            self.run("sbatch", "-o", "/dev/null", "-J", f"leaf{n}", "--wrap", "true")

        def ended() -> bool:
            told = self.run("sacct", "-a", "-X", "-n", "-P", "-S", "now-1hour", "-o", "State").split()
            return told.count("COMPLETED") >= count

        _until(ended, 90, f"{count} completed jobs")

    def stop(self) -> None:
        """Stop what was started here, the last first, by id."""
        for process in reversed(self.started):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A real Slurm cluster called demo, or a skip that says what is missing."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"a real Slurm needs root and {', '.join(missing) or 'nothing else'}")
    os.environ["PATH"] = path
    # tmp_path lies below folders that only we may enter, but MariaDB runs as another account.
    folder = Path("/tmp") / f"hortus-slurm-{os.getpid()}"
    folder.mkdir(mode=0o755)
    made = Slurm(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
