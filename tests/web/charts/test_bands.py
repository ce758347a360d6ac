"""Bands of a history chart: drawn below the lines, labelled once for each name, cut at the span."""

import re
from datetime import date

import pytest

from hortus.web import charts

LINE = charts.Line("left", [(date(2026, 3, day), float(day)) for day in range(1, 29)])
MARCH = {"start": date(2026, 3, 1), "end": date(2026, 3, 28)}


def drawn(*bands: charts.Band, line: charts.Line = LINE) -> str:
    return charts.history([line], label="x", bands=bands, **MARCH)


def band(first: int, last: int | None, name: str = "taken out", kind: str = "out") -> charts.Band:
    return charts.Band(date(2026, 3, first), date(2026, 3, last) if last else None, name, kind)


def test_each_kind_has_its_mark_below_the_line() -> None:
    said = drawn(band(3, 6), band(9, 12, "page", "alert"), band(20, 22, "not measured", "gap"))
    assert said.index('class="bed target"') < said.index('class="span outer"') < said.index('class="line line-1"')
    assert said.index('class="soil"') < said.index('class="line line-1"')
    for name in ("taken out", "page", "not measured"):
        assert said.count(f">{name}<") == 1


def test_of_one_name_the_last_is_labelled() -> None:
    said = drawn(band(3, 6), band(20, 24), band(9, 12))
    assert said.count('class="bed target"') == 3
    assert said.count(">taken out<") == 1
    (place,) = re.findall(r'class="said" x="([\d.]+)%"', said)
    assert float(place) == pytest.approx(100 * (21 - 0) / 27, abs=0.1)


def test_what_lies_outside_is_left_out_and_what_lasts_reaches_the_end() -> None:
    early = charts.Band(date(2026, 1, 1), date(2026, 2, 1), "taken out")
    assert 'class="bed target"' not in drawn(early)
    assert ">taken out<" not in drawn(early)
    (x, width) = re.findall(r'class="bed target" x="([\d.]+)%" width="([\d.]+)%"', drawn(band(15, None)))[0]
    assert float(x) + float(width) == pytest.approx(100, abs=0.02)


def test_a_short_band_is_still_seen_and_never_beyond_the_edge() -> None:
    short = charts.Band(date(2026, 3, 27), date(2026, 3, 28), "taken out")
    (x, width) = re.findall(r'class="bed target" x="([\d.]+)%" width="([\d.]+)%"', drawn(short))[0]
    assert float(width) >= 0.3
    assert float(x) + float(width) <= 100.01


def test_names_are_escaped_and_an_unknown_kind_is_refused() -> None:
    assert "<b>" not in drawn(band(3, 6, "<b>", "alert"))
    with pytest.raises(ValueError, match="kind of a band"):
        drawn(band(3, 6, kind="x"))
