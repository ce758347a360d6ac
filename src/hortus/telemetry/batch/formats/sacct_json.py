"""sacct --json, squeue --json and slurmrestd answers, of Slurm 22.05 and the shapes that came after it.

Newer releases wrap numbers as {"set", "infinite", "number"}, give states as lists, and exit codes as objects.
In 22.05 the exit code of every job is SUCCESS/0, failed ones too, so it is only believed where it does not
contradict the state.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from hortus.telemetry.batch.canonical import Tally
from hortus.telemetry.batch.formats.lines import append_rows, empty_raw
from hortus.telemetry.batch.source import Chunk, Source
from hortus.telemetry.batch.unreadable import Unreadable

OBJECT_BYTES = 64 << 20
CHUNK_JOBS = 20_000
_READ = 1 << 20
_SPACE = " \t\r\n,"


class _Cursor:
    """Reads JSON values one after another from a source, holding no more than one of them and a piece."""

    def __init__(self, source: Source) -> None:
        self.source, self.text, self.at, self.ended = source, "", 0, False
        self.decoder = json.JSONDecoder()
        self.broken = b""

    def _more(self) -> bool:
        if self.ended:
            return False
        wanted = max(_READ, len(self.text) - self.at)
        data = self.broken + self.source.read(wanted)
        self.ended = len(data) - len(self.broken) < wanted
        whole = data if self.ended else data[: _utf8_cut(data)]
        self.broken = data[len(whole) :]
        self.text, self.at = self.text[self.at :] + whole.decode("utf-8", "replace"), 0
        if len(self.text) > 2 * OBJECT_BYTES:
            raise Unreadable(
                f"{self.source.label} holds one value of more than {OBJECT_BYTES >> 20} MiB, "
                f"which is no job record; nothing was imported."
            )
        return True

    def peek(self) -> str:
        """Give the next character that is no space or comma; empty at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self.text) or not self._more():
                return self.text[self.at : self.at + 1]

    def skip(self, character: str) -> None:
        """Step over a character that must come next."""
        if self.peek() != character:
            raise self.damaged()
        self.at += 1

    def value(self) -> Any:
        """Read one whole value."""
        self.peek()
        while True:
            try:
                value, end = self.decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError:
                if not self._more():
                    raise self.damaged() from None
                continue
            except RecursionError:
                raise self.damaged() from None
            if end == len(self.text) and not isinstance(value, dict | list | str) and self._more():
                continue  # a number may go on in the next piece
            self.at = end
            return value

    def damaged(self) -> Unreadable:
        return Unreadable(
            f"{self.source.label} is not whole JSON of sacct --json (it ends or breaks off too early): "
            "run sacct again and keep all of its output; nothing was imported."
        )


def _utf8_cut(data: bytes) -> int:
    """Find where the last whole UTF-8 character ends."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return len(data)
        if byte >= 0xC0:
            need = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if back < need else len(data)
    return len(data)


def jobs(source: Source) -> Iterator[Any]:
    """Yield the members of the `jobs` list of a JSON document without holding the document."""
    cursor, seen, trouble = _Cursor(source), False, None
    cursor.skip("{")
    while cursor.peek() != "}":
        key = cursor.value()
        cursor.skip(":")
        if key == "jobs" and cursor.peek() == "[":
            seen = True
            cursor.skip("[")
            while cursor.peek() != "]":
                yield cursor.value()
            cursor.skip("]")
        else:
            value = cursor.value()
            trouble = _first_error(value) if key == "errors" and not trouble else trouble
    if trouble and not seen:
        raise Unreadable(f"{source.label} holds no jobs but an error that Slurm reported: {trouble}.")
    if not seen:
        raise Unreadable(f"{source.label} is JSON but holds no list called jobs: give the output of sacct --json.")


def _first_error(errors: Any) -> str | None:
    first = errors[0] if isinstance(errors, list) and errors else None
    said = _word(_part(first, "description")) or _word(_part(first, "error"))
    return said[:300].rstrip(".") if said else None


def _number(value: Any) -> int | None:
    if isinstance(value, Mapping):
        is_given = value.get("set", True) and not value.get("infinite", False)
        return _number(value.get("number")) if is_given else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if abs(value) < 2**53 else None


def _text(value: Any) -> str | None:
    number = _number(value)
    return str(number) if number is not None else None


def _word(value: Any) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    return str(value) if isinstance(value, str) and value else None


def _part(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _tres(entries: Any) -> str | None:
    if isinstance(entries, str):
        return entries or None
    if not isinstance(entries, list):
        return None
    parts = []
    for entry in entries:
        kind, name, count = _part(entry, "type"), _part(entry, "name"), _number(_part(entry, "count"))
        unit = "M" if kind == "mem" else ""
        if kind and count is not None:
            parts.append(f"{kind}{f'/{name}' if name else ''}={count}{unit}")
    return ",".join(parts) or None


def _exit(code: Any, state: str | None) -> str | None:
    returned = _number(_part(code, "return_code"))
    signal = _number(_part(code, "signal", "id")) or _number(_part(code, "signal", "signal_id")) or 0
    if returned is None or (returned == 0 and signal == 0 and state != "COMPLETED"):
        return None
    return f"{returned}:{signal}"


def _shown_id(number: str | None, array: Any, task: Any, het: Any, offset: Any) -> str | None:
    array_id, task_id, het_id = _number(array), _number(task), _number(het)
    if array_id and task_id is not None:
        return f"{array_id}_{task_id}"
    return f"{het_id}+{_number(offset) or 0}" if het_id else number


def _from_sacct(job: Mapping[str, Any]) -> dict[str, Any]:
    number, state = _text(job.get("job_id")), _word(_part(job, "state", "current"))
    array, het = job.get("array"), job.get("het")
    required = job.get("required")
    per_cpu, per_node = (_text(_part(required, f"memory_per_{kind}")) for kind in ("cpu", "node"))
    memory = f"{per_cpu}Mc" if per_cpu else f"{per_node}Mn" if per_node else _text(_part(required, "memory"))
    return {
        "job_id": _shown_id(
            number, _part(array, "job_id"), _part(array, "task_id"), _part(het, "job_id"), _part(het, "job_offset")
        ),
        "raw_id": number,
        "cluster": _word(job.get("cluster")),
        "user_name": _word(_part(job, "association", "user")) or _word(job.get("user")),
        "group_name": _word(job.get("group")),
        "account": _word(job.get("account")) or _word(_part(job, "association", "account")),
        "partition": _word(job.get("partition")),
        "qos": _word(job.get("qos")),
        "name": _word(job.get("name")),
        "submit": _text(_part(job, "time", "submission")),
        "eligible": _text(_part(job, "time", "eligible")),
        "start": _text(_part(job, "time", "start")),
        "end": _text(_part(job, "time", "end")),
        "elapsed": _text(_part(job, "time", "elapsed")),
        "state": state,
        "exit": _exit(job.get("exit_code"), state),
        "derived_exit": _exit(job.get("derived_exit_code"), state),
        "timelimit_minutes": _text(_part(job, "time", "limit")),
        "req_cpus": _text(_part(required, "CPUs")),
        "nodes": _text(job.get("allocation_nodes")),
        "req_mem": memory,
        "req_tres": _tres(_part(job, "tres", "requested")),
        "alloc_tres": _tres(_part(job, "tres", "allocated")),
        "node_list": _word(job.get("nodes")),
        "reason": _word(_part(job, "state", "reason")),
    }


def _from_squeue(job: Mapping[str, Any]) -> dict[str, Any]:
    number, state = _text(job.get("job_id")), _word(job.get("job_state"))
    keys = ("array_job_id", "array_task_id", "het_job_id", "het_job_offset")
    return {
        "job_id": _shown_id(number, *(job.get(key) for key in keys)),
        "raw_id": number,
        "cluster": _word(job.get("cluster")),
        "user_name": _word(job.get("user_name")),
        "group_name": _word(job.get("group_name")),
        **{key: _word(job.get(key)) for key in ("account", "partition", "qos", "name")},
        "submit": _text(job.get("submit_time")),
        "eligible": _text(job.get("eligible_time")),
        "start": _text(job.get("start_time")),
        "end": _text(job.get("end_time")),
        "state": state,
        "timelimit_minutes": _text(job.get("time_limit")),
        "req_cpus": _text(job.get("cpus")),
        "nodes": _text(job.get("node_count")),
        "req_tres": _tres(job.get("tres_req_str")),
        "alloc_tres": _tres(job.get("tres_alloc_str")),
        "node_list": _word(job.get("nodes")),
        "reason": _word(job.get("state_reason")),
    }


def row(job: Any) -> dict[str, Any] | None:
    """Give the raw columns of one member of `jobs`; None where it is no job."""
    if not isinstance(job, Mapping) or _number(job.get("job_id")) is None:
        return None
    return _from_squeue(job) if "job_state" in job else _from_sacct(job)


@dataclass(frozen=True)
class SacctJson:
    """The format has no layout to find: every job names its fields. Line numbers are record numbers here."""

    name = "sacct_json"
    id_pattern: str | None = None
    unit = "record"

    def identity(self) -> str:
        """Say all that decides how a chunk is read."""
        return self.name

    def notes(self) -> list[str]:
        """Have nothing to add."""
        return []

    def chunks(self, source: Source) -> Iterator[Chunk]:
        """Yield chunks of one compact JSON object a line."""
        held: list[bytes] = []
        first, steps_of = 1, jobs(source)
        for job in steps_of:
            held.append(json.dumps(_slim(job), separators=(",", ":")).encode())
            if len(held) == CHUNK_JOBS:
                yield Chunk(b"\n".join(held), first, len(held))
                first, held = first + len(held), []
        if held:
            yield Chunk(b"\n".join(held), first, len(held))

    def fill(self, con: duckdb.DuckDBPyConnection, path: Path, chunk: Chunk, tally: Tally) -> None:
        """Make the temporary table `raw` from a file of one JSON object a line."""
        empty_raw(con)
        rows = []
        for no, line in enumerate(path.read_bytes().split(b"\n"), 1):
            job = json.loads(line)
            found = row(job)
            if found is None:
                tally.refuse("no job id", no)
                continue
            rows.append({**found, "no": no})
            tally.steps += int(job.get("steps") or 0)
        append_rows(con, rows)


def _slim(job: Any) -> Any:
    """Replace the long list of steps by its length."""
    if isinstance(job, dict) and isinstance(job.get("steps"), list):
        return {**job, "steps": len(job["steps"])}
    return job
