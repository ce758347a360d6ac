"""Grid Engine accounting files: colon-separated, fields as in accounting(5). Newer releases give times in
milliseconds."""

from hortus.telemetry.batch.formats.records import ByLine, Refuse, Row

MIN_FIELDS = 43
_HOST, _GROUP, _OWNER, _NAME, _NUMBER, _SUBMIT, _START, _END, _FAILED, _EXIT, _WALL = (
    1,
    2,
    3,
    4,
    5,
    8,
    9,
    10,
    11,
    12,
    13,
)
_PROJECT, _SLOTS, _TASK, _CATEGORY = 31, 34, 35, 39
# accounting(5), field `failed`: 1 to 16 before the job ran, 21 execution daemon lost it, 24 and 25 moved, 37
# over its limit.
_FAILED_STATES = {
    **dict.fromkeys(range(1, 17), "LAUNCH_FAILED"),
    21: "NODE_FAIL",
    24: "REQUEUED",
    25: "REQUEUED",
    37: "TIMEOUT",
}


def looks_like(line: str) -> bool:
    """Tell whether a line looks like an accounting record."""
    fields = line.split(":")
    return len(fields) >= MIN_FIELDS and all(fields[at].isdigit() for at in (_NUMBER, _SUBMIT, _START, _END))


def _seconds(text: str) -> str:
    return text[:-3] if text.isdigit() and len(text) >= 13 else text


def _state(failed: str, status: str) -> str:
    if not failed.isdigit() or not status.isdigit():
        return "UNKNOWN"
    if int(failed) in _FAILED_STATES:
        return _FAILED_STATES[int(failed)]
    return "COMPLETED" if int(failed) == 0 and int(status) == 0 else "FAILED"


def _pe_task(fields: list[str]) -> str:
    # The category before it may hold colons, so count from the end: maxvmem, arid, ar_sub_time follow.
    return fields[-4] if len(fields) >= MIN_FIELDS + 2 else "NONE"


def _category(fields: list[str]) -> str:
    return ":".join(fields[_CATEGORY:-5])


def _limit(category: str) -> str | None:
    asked = dict(part.split("=", 1) for word in category.split() for part in word.split(",") if "=" in part)
    seconds = asked.get("h_rt") or asked.get("s_rt") or ""
    return str(-(-int(seconds) // 60)) if seconds.isdigit() and len(seconds) < 10 else None


def read(line: str) -> Row:
    """Read one accounting line. Raises `Refuse` for a line with too few fields."""
    fields = line.rstrip("\n").split(":")
    if len(fields) < MIN_FIELDS:
        raise Refuse("wrong number of fields")
    task = fields[_TASK]
    number = fields[_NUMBER] if task in {"0", "NONE", "undefined"} else f"{fields[_NUMBER]}_{task}"
    status = fields[_EXIT]
    return {
        "job_id": number,
        "raw_id": number,
        "user_name": fields[_OWNER],
        "group_name": fields[_GROUP],
        "account": fields[_PROJECT] if fields[_PROJECT] != "NONE" else None,
        "partition": fields[0],
        "name": fields[_NAME],
        "submit": _seconds(fields[_SUBMIT]),
        "start": _seconds(fields[_START]),
        "end": _seconds(fields[_END]),
        "elapsed": fields[_WALL].partition(".")[0],
        "state": _state(fields[_FAILED], status),
        "exit": f"0:{int(status) - 128}" if status.isdigit() and int(status) > 128 else f"{status}:0",
        "timelimit_minutes": _limit(_category(fields)),
        "req_cpus": fields[_SLOTS],
        "alloc_cpus": fields[_SLOTS],
        "node_list": fields[_HOST],
        "is_step": _pe_task(fields) not in {"NONE", ""},
    }


SGE = ByLine("sge", read)
