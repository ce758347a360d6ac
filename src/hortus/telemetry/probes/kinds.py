"""The kinds of probe: what each asks in words, which parameters it takes, and how they are checked. One table."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal

from hortus.telemetry.probes.asking.http import statuses
from hortus.values.refused import Refused
from hortus.web.fetch_urls import Unfetchable, located

LONGEST_TEXT = 200
SHORTEST_PERIOD, LONGEST_PERIOD = 10, 86_400


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a kind of probe wants to know.

    name: key in the parameters and name of the form field. default: what holds when it is left out; None: it must be
    given. low, high: for numbers. choices: for choices. clean: returns the text in its one spelling or raises Refused.
    """

    name: str
    label: str
    type: Literal["text", "number", "choice"] = "text"
    default: str | int | None = ""
    help: str = ""
    low: int = 1
    high: int = 65_535
    longest: int = LONGEST_TEXT
    choices: tuple[str, ...] = ()
    clean: Callable[[str], str] = str

    @property
    def is_required(self) -> bool:
        """Say whether it must be given."""
        return self.default is None


@dataclass(frozen=True, slots=True)
class ProbeKind:
    """A kind of probe. sentence: what it is good for. asks: what one probe asks, filled with its parameters.

    shortest_period, longest_limit: in seconds. limit, latency: what a new probe starts with, in seconds.
    """

    slug: str
    name: str
    sentence: str
    asks: str
    parameters: tuple[Parameter, ...]
    shortest_period: int = SHORTEST_PERIOD
    longest_limit: int = 60
    period: int = 60
    limit: int = 10


def _url(text: str) -> str:
    if "@" in text.partition("//")[2].partition("/")[0]:
        raise Refused("credentials", "The URL holds a user name or password; give it without: probes sign in nowhere.")
    return located(text).url


def _host(text: str) -> str:
    bare = text.strip("[]")
    try:
        return str(ip_address(bare))
    except ValueError:
        pass
    if not re.fullmatch(r"[^\s/?#@:\[\]\\]+", text):
        raise Refused(
            "bad-host", f"{text[:80]!r} is no host; write a name or an address alone, as in login.example.org."
        )
    return located(f"http://{text}").host


def _name(text: str) -> str:
    plain = text.removesuffix(".").lower()
    if len(plain) > 253 or not re.fullmatch(r"(?:[a-z0-9_*](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_-]{1,63}", plain):
        raise Refused("bad-name", f"{text[:80]!r} is no name that DNS knows; write one as in login.example.org.")
    return plain


def _server(text: str) -> str:
    try:
        return str(ip_address(text)) if text else ""
    except ValueError:
        raise Refused(
            "bad-server", f"{text[:80]!r} is no address; write that of the name server, as in 192.0.2.53."
        ) from None


def _statuses(text: str) -> str:
    try:
        return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in statuses(text))
    except ValueError:
        raise Refused(
            "bad-status",
            f"{text[:80]!r} are no statuses; write numbers from 100 to 599 with commas, as in 200, 300-399.",
        ) from None


def _path(text: str) -> str:
    plain = os.path.normpath(text)
    if not text.startswith("/") or plain in {"/", "//"}:
        raise Refused("bad-path", f"{text[:80]!r} is no whole path of a folder; write one as in /scratch/.probe.")
    return plain


def _word(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._,+-]{0,59}|", text):
        raise Refused("bad-word", f"{text[:60]!r} is no name in Slurm; write letters, digits and . _ , + - only.")
    return text


_HOST = Parameter("host", "Host", default=None, help="A name or an address, as in login.example.org.", clean=_host)
_RECORDS = ("A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")

KINDS: dict[str, ProbeKind] = {
    kind.slug: kind
    for kind in (
        ProbeKind(
            "http", "Web service", "Fetches a page and looks at its status, its text and how long it took.",
            "Does {url} answer with status {status}?",
            (
                Parameter("url", "URL", default=None, longest=2000, clean=_url,
                          help="The whole address. No user name, no password and no token: probes sign in nowhere."),
                Parameter("status", "Expected status", default="200", clean=_statuses,
                          help="One or several, as in 200, 300-399. Redirects are followed."),
                Parameter("text", "Expected text", help="A text that the page must hold; empty for any."),
            ),
        ),
        ProbeKind(
            "tcp", "Open port", "Connects to a port and hangs up.", "Does {host} take connections on port {port}?",
            (_HOST, Parameter("port", "Port", "number", None)),
        ),
        ProbeKind(
            "tls", "Certificate", "Looks at the certificate of a TLS server: trusted, right name, still good.",
            "Does the certificate of {host}, port {port}, hold for {days} more days?",
            (
                _HOST, Parameter("port", "Port", "number", 443),
                Parameter("days", "Days that it must still hold", "number", 14, low=0, high=3650),
            ),
            period=3600,
        ),
        ProbeKind(
            "dns", "Name", "Looks a name up.", "Is the {record} record of {domain} found?",
            (
                Parameter("domain", "Name to look up", default=None, help="As in login.example.org.", clean=_name),
                Parameter("record", "Record", "choice", "A", choices=_RECORDS),
                Parameter("answer", "Expected answer", help="One of the answers must be this; empty for any."),
                Parameter("server", "Name server", clean=_server, help="Its address; empty for that of this machine."),
                Parameter("port", "Port", "number", 53),
            ),
        ),
        ProbeKind(
            "ssh", "SSH login", "Reads the banner of an SSH server. Nobody signs in.",
            "Does {host} say on port {port} that it speaks SSH?",
            (
                _HOST, Parameter("port", "Port", "number", 22),
                Parameter("banner", "Expected in the banner", help="As in OpenSSH; empty for any SSH server."),
            ),
        ),
        ProbeKind(
            "file_system", "File system",
            "Writes a small file, flushes it to the disk, reads it back, lists the folder, and removes it.",
            "Can a file be written to {path}, read back and listed?",
            (
                Parameter("path", "Folder", default=None, longest=1000, clean=_path,
                          help="On the machine of Hortus, below a folder that HORTUS_PROBE_FOLDERS lists."),
            ),
        ),
        ProbeKind(
            "batch", "Batch system", "Submits a job of one task and one minute with sbatch, and waits until it starts.",
            "Does a tiny job in {partition|the default partition} start?",
            (
                Parameter("partition", "Partition", clean=_word, help="Empty for the default one."),
                Parameter("account", "Account", clean=_word),
                Parameter("qos", "Quality of service", clean=_word),
            ),
            shortest_period=60, longest_limit=1800, period=900, limit=600,
        ),
    )
}  # fmt: skip


def kind_of(slug: str) -> ProbeKind:
    """Return the kind with this slug; raises Refused, naming the known ones, when there is none."""
    if slug not in KINDS:
        raise Refused("unknown-kind", f"{slug[:40]!r} is no kind of probe; choose one of {', '.join(KINDS)}.", "kind")
    return KINDS[slug]


def checked(kind: ProbeKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters in their one spelling, defaults filled in; raises Refused with the parameter's name.

    >>> checked(KINDS["tcp"], {"host": "Login.Example.org", "port": "22"})
    {'host': 'login.example.org', 'port': 22}
    """
    unknown = sorted(set(given) - {parameter.name for parameter in kind.parameters})
    if unknown:
        known = ", ".join(parameter.name for parameter in kind.parameters)
        raise Refused("unknown-parameter", f"{unknown[0][:40]!r} is no parameter of {kind.slug}; it takes {known}.",
                      "parameters")  # fmt: skip
    return {parameter.name: _value(parameter, given.get(parameter.name)) for parameter in kind.parameters}


def _value(parameter: Parameter, given: object) -> str | int:
    if given is None or (isinstance(given, str) and not given.strip()):
        if parameter.default is None:
            raise Refused("empty", f"{parameter.label} is missing; it must be given.", parameter.name)
        return parameter.default
    if parameter.type == "number":
        return _number(parameter, given)
    if not isinstance(given, str):
        raise Refused("no-text", f"{parameter.label} must be text, got {str(given)[:40]}.", parameter.name)
    text = given.strip()
    if len(text) > parameter.longest:
        said = f"{parameter.label} has {len(text)} characters; at most {parameter.longest} are allowed."
        raise Refused("too-long", said, parameter.name)
    if not text.isprintable():
        raise Refused("control-letters", f"{parameter.label} has letters that cannot be shown.", parameter.name)
    if parameter.choices and text not in parameter.choices:
        known = ", ".join(parameter.choices)
        raise Refused("unknown-choice", f"{text[:40]!r} is not among the choices; take one of {known}.", parameter.name)
    try:
        return parameter.clean(text)
    except Unfetchable as refused:
        raise Refused(refused.code, refused.sentence, parameter.name) from None
    except Refused as refused:
        raise Refused(refused.code, refused.sentence, parameter.name) from None


def _number(parameter: Parameter, given: object) -> int:
    text = str(given).strip()
    if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,9}", text) or not (
        parameter.low <= int(text) <= parameter.high
    ):  # fmt: skip
        allowed = f"a whole number from {parameter.low} to {parameter.high}"
        raise Refused("bad-number", f"{parameter.label} must be {allowed}, got {text[:40]}.", parameter.name)
    return int(text)


def question(kind: ProbeKind, parameters: Mapping[str, Any]) -> str:
    """Return what a probe asks, in words.

    >>> question(KINDS["batch"], {"partition": "", "account": "", "qos": ""})
    'Does a tiny job in the default partition start?'
    """

    def word(found: "re.Match[str]") -> str:
        return str(parameters.get(found[1], "") or found[2] or "")

    return re.sub(r"\{(\w+)(?:\|([^}]*))?\}", word, kind.asks)
