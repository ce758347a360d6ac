"""Ask a name server for a name."""

from collections.abc import Mapping
from typing import Any

import dns.exception
import dns.rcode
import dns.resolver

from hortus.telemetry.probes.asking.found import Clock, Found, Means, of_refusal
from hortus.telemetry.probes.asking.wire import checked_address
from hortus.web.fetch_urls import Unfetchable

MOST_SHOWN = 5


def ask(given: Mapping[str, Any], limit_seconds: float, means: Means) -> Found:
    """Look a name up, at the given server or at this machine's own, and compare the answers."""
    name, sort = given["domain"], given["record"]
    try:
        resolver = _resolver(given, means)
    except Unfetchable as refused:
        return of_refusal(refused, limit_seconds)
    except dns.resolver.NoResolverConfiguration:
        return Found(None, "no-resolver", "This machine names no name server to ask; say which in the probe.")
    clock = Clock()
    try:
        answer = resolver.resolve(f"{name}.", sort, lifetime=limit_seconds, raise_on_no_answer=True)
    except dns.resolver.NXDOMAIN:
        return Found(False, "no-name", f"The name server says that there is no {name}.", clock.seconds)
    except dns.resolver.NoAnswer:
        return Found(False, "no-record", f"{name} has no {sort} record.", clock.seconds)
    except dns.resolver.NoNameservers as error:
        return Found(False, "server-failed", f"The name server could not answer for {name}: {_why(error)}.")
    except dns.exception.Timeout:
        return Found(False, "too-slow", f"The name server did not answer for {name} within {limit_seconds:g} s.")
    except dns.exception.DNSException as error:
        return Found(
            False, "bad-answer", f"The name server's answer for {name} cannot be read: {type(error).__name__}."
        )
    return judged([record.to_text() for record in answer], given, clock.seconds)


def judged(records: list[str], given: Mapping[str, Any], seconds: float) -> Found:
    """Return what the answers are worth."""
    shown = ", ".join(sorted(records)[:MOST_SHOWN])
    if given["answer"] and _plain(given["answer"]) not in map(_plain, records):
        return Found(False, "answer", f"It answered {shown}; {given['answer']} was expected.", seconds)
    return Found(True, "ok", f"{given['domain']} is {shown}.", seconds)


def _plain(record: str) -> str:
    return record.strip().strip('"').rstrip(".").lower()


def _resolver(given: Mapping[str, Any], means: Means) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not given["server"])
    if given["server"]:
        resolver.nameservers = [checked_address(given["server"], means.networks, given["server"])]
        resolver.port = given["port"]
    resolver.search, resolver.use_search_by_default = [], False
    return resolver


def _why(error: dns.resolver.NoNameservers) -> str:
    """Return the last thing that went wrong: an answer's code as DNS calls it, or the class of an error."""
    tried = error.kwargs.get("errors") or []
    last = tried[-1][3] if tried else "it gave no reason"
    return str(last)[:80] if isinstance(last, str) else type(last).__name__
