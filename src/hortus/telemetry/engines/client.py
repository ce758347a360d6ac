"""Asks a Prometheus-compatible engine by four of its endpoints: query, query_range, series, label values.

Every request goes through the guarded fetcher, with limits of time and size. No rules, metadata or status endpoints:
not every engine has them. Stores nothing.
"""

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings

from hortus.telemetry.engines.rules.answers import EngineFault, Labels, Samples, data_of, matrix, vector
from hortus.telemetry.engines.rules.expressions import raw_samples
from hortus.values.refused import Refused
from hortus.web.fetch import Fetched, Rules, Unfetchable, fetch, networks
from hortus.web.fetch_closed import refuse_closed
from hortus.web.fetch_urls import located

SECONDS = 30.0
MOST_BYTES = 20_000_000
TOKEN_PREFIX = "ENGINE_TOKEN_"  # noqa: S105 -- the beginning of a variable's name
MOST_NAMES = 200
# VictoriaMetrics answers from a cache that may lag behind late samples; other engines ignore the word.
_FRESH = {"nocache": 1}


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, the port always written.

    >>> origin("https://Metrics.example.org/prom")
    'https://metrics.example.org:443'
    """
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme.lower(), 0)
    return f"{parts.scheme.lower()}://{(parts.hostname or '').lower()}:{port}"


def token(name: str, url: str, team: str = "") -> str:
    """Return the token that the environment holds under ENGINE_TOKEN_<name> for the server of this URL.

    The variable holds the origin it is for and the token, with a blank between, as in
    `https://hub.example.org:8443 abc`: who may name a variable on a page must not be able to send it elsewhere. A third
    word, as in `team=biology,physics`, keeps it for these teams; without it any team may use it. team: the slug of the
    team that asks; "" for none, which gets no token that is kept for teams.
    Raises EngineFault "no-token" when there is none, or none for this server and team.
    """
    words = os.environ.get(f"{TOKEN_PREFIX}{name}", "").split()
    try:
        is_ours = len(words) in (2, 3) and origin(words[0]) == origin(url)
    except ValueError:
        is_ours = False
    if not is_ours or not _is_for(words[2:], team):
        raise EngineFault(
            "no-token",
            f"The environment of Hortus holds no {TOKEN_PREFIX}{name} for this server and team; an administrator sets "
            "it to the server's scheme, host and port, a blank, and the token, with a blank and “team=” and slugs of "
            "teams after it where not every team may use it.", "token_name",
        )  # fmt: skip
    return words[1]


def _is_for(words: Sequence[str], team: str) -> bool:
    """Say whether a team may use a token by the words after it: all may where there is none.

    >>> _is_for([], "biology"), _is_for(["team=biology,physics"], "physics"), _is_for(["team=biology"], "")
    (True, True, False)
    """
    if not words:
        return True
    key, _, teams = words[0].partition("=")
    return key == "team" and team != "" and team in teams.split(",")


def get(
    url: str, *, headers: Mapping[str, str], seconds: float = SECONDS, max_bytes: int = MOST_BYTES
) -> Fetched:  # fmt: skip
    """Fetch a URL under the rules of this place. Raises EngineFault "unreachable" or "too-big"."""
    rules = Rules(networks=networks(settings.HORTUS.fetch_networks), seconds=seconds, max_bytes=max_bytes)
    try:
        return fetch(url, rules, headers={"accept": "application/json, text/plain", **headers})
    except Unfetchable as error:
        code = "too-big" if error.code == "too-big" else "unreachable"
        raise EngineFault(code, error.sentence, error.field) from error


def authorised(token_name: str, url: str, team: str = "") -> dict[str, str]:
    """Return the header that carries a token, none where no token is named. team: see `token`. Raises EngineFault."""
    return {"authorization": f"Bearer {token(token_name, url, team)}"} if token_name else {}


@dataclass(frozen=True, slots=True)
class Client:
    """One engine. url: what stands before /api/v1. token_name, team: see `token`. seconds, max_bytes: for one answer.

    ends: of `time.monotonic()`, when all answers must be there; nothing is asked after that.
    """

    url: str
    token_name: str = ""
    seconds: float = SECONDS
    max_bytes: int = MOST_BYTES
    ends: float = math.inf
    team: str = ""

    def _ask(self, path: str, **given: Any) -> Any:
        url = f"{self.url.rstrip('/')}/api/v1/{path}?{urlencode(given, doseq=True)}"
        sent = authorised(self.token_name, self.url, self.team)
        seconds = min(self.seconds, self.ends - time.monotonic())
        if seconds <= 0:
            raise EngineFault("late", "The engine did not answer everything in the time that there was.")
        answer = get(url, headers=sent, seconds=seconds, max_bytes=self.max_bytes)
        return data_of(answer.body, answer.status)

    def query(self, expression: str, at: int) -> Mapping[Labels, float]:
        """Return an instant vector, evaluated at a second since 1970. Raises EngineFault."""
        return vector(self._ask("query", query=expression, time=at, **_FRESH), at * 1000)

    def query_range(self, expression: str, since: int, until: int, step: int = 60) -> list[Samples]:
        """Return the values of an expression at since, since + step, ... until, in seconds. Raises EngineFault."""
        data = self._ask("query_range", query=expression, start=since, end=until, step=step, **_FRESH)
        return matrix(data, since * 1000, until * 1000)

    def samples(self, selector: str, since: int, until: int) -> list[Samples]:
        """Return the samples of a selector as they were taken, from second `since` to `until`. Raises EngineFault."""
        data = self._ask("query", query=raw_samples(selector, until - since), time=until, **_FRESH)
        return matrix(data, since * 1000, until * 1000)

    def series(self, selector: str, since: int, until: int) -> list[Labels]:
        """Return the label sets of the series that a selector finds, at most 200. Raises EngineFault."""
        data = self._ask("series", **{"match[]": selector, "start": since, "end": until})
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise EngineFault("shape", "The list of series is no list of labels.")
        return [tuple(sorted((str(k), str(v)) for k, v in row.items())) for row in data[:MOST_NAMES]]

    def label_values(self, label: str) -> list[str]:
        """Return the values of a label, at most 200, as for the names of metrics. Raises EngineFault."""
        data = self._ask(f"label/{quote(label, safe='')}/values")
        if not isinstance(data, list) or not all(isinstance(value, str) for value in data):
            raise EngineFault("shape", "The values of a label are no list of texts.")
        return data[:MOST_NAMES]


def checked_url(url: str, then: str = "what stands before /api/v1") -> str:
    """Return a base URL without a slash at its end. Raises Refused for what the fetcher would not take anyway.

    then: what follows the host, for the sentence. An address that the settings keep closed is refused here too, so that
    nobody saves what can never be asked; where a name leads is seen when it is asked.
    """
    given = url.strip().rstrip("/")
    parts = urlsplit(given)
    try:
        is_plain = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_plain = False
    if not is_plain or parts.username is not None or parts.query or parts.fragment or len(given) > 300:
        raise Refused(
            "bad-url",
            f"{_hidden(given)!r} cannot be asked; write http:// or https://, a host, and {then}, "
            "without a user name, a query or a fragment.", "url",
        )  # fmt: skip
    host = located(given).host  # as strict about the host as the fetcher will be
    refuse_closed(host, networks(settings.HORTUS.fetch_networks))
    return given


def _hidden(url: str) -> str:
    """Return a URL for a sentence, without what may be a password in it."""
    return url.rpartition("@")[2][:80]
