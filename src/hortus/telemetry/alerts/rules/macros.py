"""What a monitoring program tells its notification command, as the notice that is posted: options first, then macros.

Checkmk puts its macros into the environment as NOTIFY_, Nagios as NAGIOS_ where it is told to; an Icinga 2 command is
written so that they are ICINGA_.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from hortus.telemetry.alerts.rules.monitoring import FORM, TYPES, kind_of
from hortus.values.refused import Refused

PROGRAMS = {"NOTIFY_": "checkmk", "NAGIOS_": "nagios", "ICINGA_": "icinga"}
LONGEST = 16_000  # characters of one value
# What is posted, and the macros that tell it, those of a service before those of a host.
_MACROS = {
    "type": ("NOTIFICATIONTYPE",),
    "host": ("HOSTNAME",),
    "service": ("SERVICEDESC",),
    "state": ("SERVICESTATE", "HOSTSTATE"),
    "output": ("SERVICEOUTPUT", "HOSTOUTPUT"),
    "problem": ("SERVICEPROBLEMID", "HOSTPROBLEMID"),
    "author": ("NOTIFICATIONAUTHOR",),
    "comment": ("NOTIFICATIONCOMMENT",),
}
FIELDS = (*_MACROS, "url")


def notice(
    options: Mapping[str, str], environ: Mapping[str, str], now: datetime, key: str
) -> dict[str, str]:  # fmt: skip
    """Return what is posted. options: by the names of `FIELDS`, "" where not given. key: the notice's own id.

    Raises Refused where it names neither host nor service, or a type that no program sends.

    >>> at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> notice({"type": "PROBLEM", "host": "n1", "state": "DOWN"}, {}, at, "k")["at"]
    '2026-11-23T12:00:00+00:00'
    """
    prefix = next((one for one in PROGRAMS if f"{one}NOTIFICATIONTYPE" in environ), "")
    found = {name: _plain(options.get(name, "")) for name in FIELDS}
    if prefix:
        for name, macros in _MACROS.items():
            found[name] = found[name] or next(filter(None, (_macro(environ, prefix, one) for one in macros)), "")
    if not found["host"] and not found["service"]:
        raise Refused(
            "no-host", "Neither a host nor a service is named; give --host, or set the macros of the notification in "
            "the environment (NOTIFY_, NAGIOS_ or ICINGA_).", "host",
        )  # fmt: skip
    if not found["type"]:
        raise Refused("no-type", "Say what happened with --type, as in PROBLEM or RECOVERY.", "type")
    if kind_of(found["type"]) not in TYPES:
        raise Refused("bad-type", f"{found['type'][:60]!r} is nothing that a monitoring program says happened; give "
                      f"one of {', '.join(TYPES)}.", "type")  # fmt: skip
    at = _moment(environ, prefix) or now
    program = {"program": PROGRAMS[prefix]} if prefix else {}
    told = {name: value for name, value in found.items() if value}
    return {"form": FORM, "id": key, "at": at.astimezone(UTC).isoformat()} | program | told


def _macro(environ: Mapping[str, str], prefix: str, name: str) -> str:
    return _plain(environ.get(f"{prefix}{name}", ""))


def _plain(text: str) -> str:
    """Return a value; a macro that was not filled in is none, and bytes that are no text are replaced."""
    kept = text.strip()[:LONGEST].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "" if len(kept) > 2 and kept[0] == kept[-1] == "$" and " " not in kept else kept


def _moment(environ: Mapping[str, str], prefix: str) -> datetime | None:
    """Return when the program sent the notification, None where it does not say."""
    for name, per_second in (("MICROTIME", 1_000_000), ("TIMET", 1)):
        digits = environ.get(f"{prefix}{name}", "") if prefix else ""
        if digits.isdecimal() and len(digits) < 20:
            try:
                return datetime.fromtimestamp(int(digits) / per_second, UTC)
            except (OverflowError, ValueError, OSError):
                return None
    return None
