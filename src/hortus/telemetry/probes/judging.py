"""Judges of probes: good and total events by the minute out of raw results, and the results behind as evidence.

A result counts in the minute in which it was due, and speaks for the time until the next one: that time is measured.
What could not be asked (a fault on our side) counts neither as good nor as bad, and its time is not measured.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

import numpy as np
from django.urls import reverse

from hortus.access.models import Team
from hortus.telemetry.counts.judges import Judge, Judged, Parameter, Parameters, register
from hortus.telemetry.probes import kinds, reading, rules
from hortus.telemetry.probes.models import Probe
from hortus.telemetry.probes.reading import EPOCH, Results, Told
from hortus.values.evidence import Evidence, Head, Link, Slice, Sort
from hortus.values.refused import Refused

PARAMETERS = (
    Parameter("probe", "Probe", required=True, help="Its short name, as in its address, such as front-door."),
    Parameter(
        "latency_seconds", "Slower than this is bad, in seconds", "number",
        help="Left empty it is the probe's own threshold; where that is empty too, any answer within its limit counts.",
    ),
)  # fmt: skip
LEAVES_OUT = (
    "what could not be asked because of a fault on our side: it says nothing about the service",
    "times in which no probe ran: they are not measured",
)
# Slug, name, sentence, kinds of probe that fit.
_JUDGES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("web_answers", "Web service answers", "How often the web page answered rightly and fast enough.", ("http",)),
    ("file_system_answers", "File system answers",
     "How often a file could be written, read back and listed fast enough.", ("file_system",)),
    ("login_answers", "Login answers", "How often the login node answered by SSH fast enough.", ("ssh",)),
    ("probe_answers", "A probe is content", "How often a probe of any kind found what it expects, fast enough.",
     tuple(kinds.KINDS)),
)  # fmt: skip
SLUGS = tuple(slug for slug, *_ in _JUDGES)
HEADS = (
    Head("at", "Asked"), Head("verdict", "Counts as"), Head("seconds", "Took", Sort.DURATION),
    Head("sentence", "What was found"),
)  # fmt: skip


def register_all() -> None:
    """Offer the judges; called from AppConfig.ready."""
    for slug, name, sentence, fitting in _JUDGES:
        register(
            Judge(
                slug=slug, name=name, sentence=sentence, parameters=PARAMETERS, check=partial(check, fitting),
                judge=judge, rows=rows, minute="the minute in which the probe was due", leaves_out=LEAVES_OUT,
            )
        )  # fmt: skip


def check(fitting: Iterable[str], team: Team, given: Parameters) -> Parameters:
    """Return the cleaned parameters; raises Refused for a probe that is not there or of a kind that does not fit."""
    slug = str(given.get("probe") or "").strip()
    probe = Probe.objects.filter(team=team, slug=slug, kind__in=list(fitting)).first()
    if probe is None:
        names = ", ".join(Probe.objects.filter(team=team, kind__in=list(fitting)).values_list("slug", flat=True)[:20])
        raise Refused(
            "no-probe", f"There is no fitting probe {slug[:60]!r}; choose one of {names or 'none yet'}.", "probe"
        )
    threshold = given.get("latency_seconds")
    if threshold is None or threshold == "":
        return {"probe": slug}
    return {"probe": slug, "latency_seconds": _threshold(threshold)}


def _threshold(given: object) -> float:
    try:
        value = float(str(given))
    except ValueError:
        value = math.nan
    if not 0 < value <= kinds.LONGEST_PERIOD:
        raise Refused(
            "bad-threshold", f"The threshold must be a number of seconds above 0, got {str(given)[:40]}.",
            "latency_seconds",
        )  # fmt: skip
    return value


def _probe(team: Team, parameters: Parameters) -> tuple[Probe | None, float | None]:
    probe = Probe.objects.filter(team=team, slug=parameters["probe"]).first()
    own = probe.latency_seconds if probe else None
    return probe, parameters.get("latency_seconds", own)


def judge(team: Team, parameters: Parameters, since: int, until: int) -> Judged:
    """Return the counts of a span of minutes; nothing is measured where the probe is gone."""
    probe, threshold = _probe(team, parameters)
    return judged(probe, threshold, since, until) if probe else Judged()


def judged(probe: Probe, threshold: float | None, since: int, until: int) -> Judged:
    """Return the counts of one probe in a span of minutes.

    Results of one period before the span are read too, because they speak for its first minutes.
    """
    before = since - probe.period_seconds // 60 - 1
    return counted(reading.results(probe, _moment(before), _moment(until)), threshold, since, until)


def counted(found: Results, threshold: float | None, since: int, until: int) -> Judged:
    """Return results as good and total events by the minute, and the time for which they speak."""
    known = found.ok >= 0
    second = found.at[known] // 1_000_000
    minute, good = second // 60, found.good(threshold)[known]
    inside = (minute >= since) & (minute < until)
    each, place = np.unique(minute[inside], return_inverse=True)
    totals = np.bincount(place, minlength=len(each)).astype(np.int64)
    goods = np.bincount(place, weights=good[inside], minlength=len(each)).astype(np.int64)
    spans = rules.merged(rules.spans_of(second, found.period[known]))
    cut = [(max(begin, since), min(end, until)) for begin, end in spans]
    return Judged(each, goods, totals, [(begin, end) for begin, end in cut if begin < end])


def rows(
    team: Team, parameters: Parameters, since: int, until: int, part: Slice, /, *, persons: bool
) -> Evidence:  # fmt: skip
    """Return one slice of the results of a span, bad ones first, then the newest."""
    probe, threshold = _probe(team, parameters)
    if probe is None:
        return Evidence(HEADS, [], 0, "The probe was removed with its results.")
    found = reading.told(probe, _moment(since), _moment(until))
    found.sort(key=lambda one: _rank(one, threshold))
    shown = found[part.offset : part.offset + part.limit]
    bound = f" and took at most {threshold:g} s" if threshold is not None else ""
    counted_how = f"Every run of {probe.name}; good when it found what it expects{bound}."
    return Evidence(HEADS, [_row(team, probe, one, threshold) for one in shown], len(found), counted_how)


def _rank(one: Told, threshold: float | None) -> int:
    return {"bad": 0, "slow": 1, "not measured": 2, "good": 3}[verdict(one.ok, one.seconds, threshold)]


def _row(team: Team, probe: Probe, one: Told, threshold: float | None) -> "tuple[str | float | Link | None, ...]":
    local = one.at.astimezone(team.zoneinfo)
    path = reverse("probes:probe", args=[team.slug, probe.slug])
    link = Link(f"{local:%Y-%m-%d %H:%M:%S}", f"{path}?day={local:%Y-%m-%d}")
    return link, verdict(one.ok, one.seconds, threshold), one.seconds, one.sentence


def verdict(ok: bool | None, seconds: float | None, threshold: float | None) -> str:
    """Return what a result counts as, in words.

    >>> verdict(True, 3.0, 2.0), verdict(None, None, None)
    ('slow', 'not measured')
    """
    if ok is None:
        return "not measured"
    if not ok:
        return "bad"
    return "good" if rules.is_within(seconds, threshold) else "slow"


def _moment(minute: int) -> datetime:
    return EPOCH + timedelta(minutes=minute)
