"""The two ways to write a length of time: OpenSLO's shorthand and Prometheus' durations. Pure."""

import re

MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10_080, "M": 43_200, "Q": 129_600, "Y": 525_600}
SHORTHAND = re.compile(r"([0-9]{1,9})([mhdwMQY])")
LONGEST_MINUTES = 10 * MINUTES["Y"]


def shorthand(text: str) -> tuple[int, str] | None:
    """Return count and unit of a shorthand, None when it is none or nothing long; ten years at most.

    >>> shorthand("4w"), shorthand("0d"), shorthand("30s")
    ((4, 'w'), None, None)
    """
    match = SHORTHAND.fullmatch(text)
    if not match or not 0 < int(match[1]) * MINUTES[match[2]] <= LONGEST_MINUTES:
        return None
    return int(match[1]), match[2]


def as_shorthand(minutes: int) -> str:
    """Return minutes in the largest of m, h, d that divides them.

    >>> as_shorthand(5), as_shorthand(120), as_shorthand(1440), as_shorthand(1500)
    ('5m', '2h', '1d', '25h')
    """
    unit = next(unit for unit in ("d", "h", "m") if minutes % MINUTES[unit] == 0)
    return f"{minutes // MINUTES[unit]}{unit}"


def as_prometheus(minutes: int) -> str:
    """Return minutes as Prometheus prints a duration: years and weeks only when they divide it.

    >>> [as_prometheus(days * 1440) for days in (28, 30, 365)], as_prometheus(90), as_prometheus(2160)
    (['4w', '30d', '1y'], '1h30m', '1d12h')
    """
    if minutes % MINUTES["Y"] == 0:
        return f"{minutes // MINUTES['Y']}y"
    if minutes % MINUTES["w"] == 0:
        return f"{minutes // MINUTES['w']}w"
    text, left = "", minutes
    for unit in ("d", "h", "m"):
        count, left = divmod(left, MINUTES[unit])
        text += f"{count}{unit}" if count else ""
    return text
