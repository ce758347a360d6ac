"""Posts to an address that somebody gave, through the guarded fetcher, and says what became of it."""

from collections.abc import Mapping, Set
from http import HTTPStatus

from django.conf import settings

from hortus.ledger.outbox.channels.letters import Outcome, accepted, again, refused
from hortus.web.fetch import Fetched, Rules, Unfetchable, fetch, networks

SECONDS = 20.0
ANSWER_BYTES = 100_000
_BUSY = frozenset({408, 425, 429})
# Of the fetcher's faults those that pass by themselves; the others stay until somebody changes the address.
_PASSING = frozenset({
    "unknown-host", "no-connection", "too-slow", "broken-answer", "cut-short", "damaged", "certificate", "no-tls",
})  # fmt: skip
_UNSURE = frozenset({"too-slow", "broken-answer", "cut-short", "damaged"})  # the other side may have taken it


def post(url: str, body: bytes, headers: Mapping[str, str], *, place: str, final: Set[int]) -> Outcome:
    """Post a JSON body and return what became of it.

    final: statuses of 4xx after which nothing will change; the other faults are tried again. place: see `Outcome`.
    An answer of success means that the other side took it, not that anybody saw it. Its text is not kept.
    """
    rules = Rules(networks=networks(settings.HORTUS.fetch_networks), seconds=SECONDS, max_bytes=ANSWER_BYTES)
    try:
        answer = fetch(url, rules, method="POST", headers={"content-type": "application/json", **headers}, content=body)
    except Unfetchable as fault:
        if fault.code in _PASSING:
            return again(fault.sentence, is_channel_down=True, place=place, is_unsure=fault.code in _UNSURE)
        return refused(fault.sentence, place=place)
    return _judged(answer, place, final)


def _judged(answer: Fetched, place: str, final: Set[int]) -> Outcome:
    said = f"{answer.status} {_phrase(answer.status)}".strip()
    if answer.ok:
        return accepted(said, place=place)
    if answer.status in final and answer.status not in _BUSY:
        return refused(said, place=place)
    return again(said, is_channel_down=answer.status in _BUSY or answer.status >= 500, place=place)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
