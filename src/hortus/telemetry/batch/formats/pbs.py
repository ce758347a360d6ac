"""PBS and Torque accounting logs: `date time;type;id;key=value ...`. Only records of ended jobs (type E) are jobs.

Exit statuses below zero are the server's own (PBS Professional administrator's guide, "Job exit codes";
Torque's list agrees): the job was not run, or its node lost it.
"""

import re

from hortus.telemetry.batch.formats.records import ByLine, Refuse, Row, Skipped
from hortus.telemetry.batch.rules import duration_seconds

LINE = re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d;([A-Za-z]+);([^;]*);(.*)", re.DOTALL)
_PAIR = re.compile(r"(?:^|\s)([A-Za-z_][\w.]*)=(.*?)(?=\s+[A-Za-z_][\w.]*=|\s*$)", re.DOTALL)
_NODE_LOST = {-4, -5, -6}
_OVER_TIME = {-11, -29}
_OVER_MEMORY = {-10, -28}
_BY_SIGTERM, _BY_SIGKILL = {143, 271}, {137, 265}


def _state(values: dict[str, str]) -> str:
    text = values.get("Exit_status", "")
    if not re.fullmatch(r"-?\d{1,6}", text):
        return "UNKNOWN"
    status = int(text)
    used, limit = (duration_seconds(values.get(f"{kind}.walltime")) for kind in ("resources_used", "Resource_List"))
    is_over = used is not None and limit is not None and used >= limit
    if status == 0:
        return "COMPLETED"
    if status in _BY_SIGTERM | _BY_SIGKILL:
        return "TIMEOUT" if is_over else "CANCELLED"
    if status > 0:
        return "FAILED"
    known = {**dict.fromkeys(_NODE_LOST, "NODE_FAIL"), **dict.fromkeys(_OVER_TIME, "TIMEOUT")}
    return {**known, **dict.fromkeys(_OVER_MEMORY, "OUT_OF_MEMORY")}.get(status, "LAUNCH_FAILED")


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) if found else None


def _resources(values: dict[str, str]) -> dict[str, str | None]:
    asked = {key.partition(".")[2]: value for key, value in values.items() if key.startswith("Resource_List.")}
    nodes_text = asked.get("neednodes") or asked.get("nodes") or asked.get("nodect", "")
    nodes = _number(r"^(\d+)", asked.get("nodect", "") or asked.get("nodes", ""))
    per_node = _number(r"ppn=(\d+)", nodes_text)
    cpus = _number(r"^(\d+)$", asked.get("ncpus", ""))
    if per_node and nodes:
        cpus = per_node * nodes
    gpus = _number(r"^(\d+)$", asked.get("ngpus", "") or asked.get("gpu", ""))
    if gpus is None:
        per = _number(r"gpus?=(\d+)", nodes_text)
        gpus = per * (nodes or 1) if per else None
    memory = re.match(r"(\d+)([kmgt]?)b?$", asked.get("mem", ""), re.IGNORECASE)
    return {
        "req_cpus": str(cpus) if cpus else None,
        "nodes": str(nodes) if nodes else None,
        "req_tres": f"gres/gpu={gpus}" if gpus else None,
        "req_mem": f"{memory[1]}{memory[2].upper()}" if memory else None,
        "timelimit": asked.get("walltime"),
    }


def _shown_id(full: str) -> str:
    number = full.partition(".")[0]
    return re.sub(r"\[(\d+)\]$", r"_\1", number)


def _exit(values: dict[str, str]) -> str | None:
    text = values.get("Exit_status", "")
    if not re.fullmatch(r"-?\d{1,6}", text):
        return None
    status = int(text)
    return f"0:{status - 256}" if status > 256 else f"{status}:0"


def read(line: str) -> Row:
    """Read one accounting line. Raises `Skipped` for records of other kinds, `Refuse` for lines that are none."""
    found = LINE.fullmatch(line)
    if not found:
        raise Refuse("wrong number of fields")
    if found[1] != "E":
        raise Skipped(f"records of type {found[1]}")
    values = {key: value.strip('"') for key, value in _PAIR.findall(found[3])}
    runs = values.get("run_count", "")
    hosts = re.findall(r"(?:^|\+)([^/+]+)/", values.get("exec_host", ""))
    return {
        "job_id": _shown_id(found[2]),
        "raw_id": found[2],
        "attempt": str(max(0, int(runs) - 1)) if runs.isdigit() and len(runs) < 6 else None,
        "user_name": values.get("user"),
        "group_name": values.get("group"),
        "account": values.get("account") or values.get("project"),
        "partition": values.get("queue"),
        "name": values.get("jobname"),
        "submit": values.get("ctime") or values.get("qtime"),
        "eligible": values.get("etime"),
        "start": values.get("start"),
        "end": values.get("end"),
        "state": _state(values),
        "exit": _exit(values),
        "node_list": ",".join(dict.fromkeys(hosts)) or None,
        **_resources(values),
    }


PBS = ByLine("pbs", read)
