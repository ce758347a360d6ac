"""Times as clocks show them, in forms and as instants."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from hortus.values.clocks import instant, instants
from hortus.web.forms_clock import ClockField, ask_at_first, is_twice, place, shown_at_first, which_of_two

wall = datetime.fromisoformat
NEW_YORK, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")


class Asked(forms.Form):
    at = ClockField()
    which = which_of_two()

    def clean(self) -> dict[str, Any]:
        return self.cleaned_data | {"at": place(self, "at", "which", NEW_YORK)}


def test_an_hour_that_comes_twice_is_asked_about_and_nothing_else() -> None:
    assert 'type="hidden" name="which"' in str(Asked())
    usual = Asked({"at": "2026-10-31T01:30", "which": "second"})
    assert usual.is_valid()
    assert usual.cleaned_data["at"] == datetime(2026, 10, 31, 5, 30, tzinfo=UTC)
    asked = Asked({"at": "2026-11-01T01:30"})
    assert not asked.is_valid()
    assert is_twice(asked, "which")
    assert "The second, 01:30-0500" in str(asked)
    answered = Asked({"at": "2026-11-01T01:30", "which": "second"})
    assert answered.is_valid()
    assert answered.cleaned_data["at"] == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "why"),
    [("2027-03-14T02:30", "so it never comes"), ("2026-10-31T01:30Z", "Leave out the zone"), ("soon", "valid date")],
)
def test_what_is_no_time_on_a_clock_is_refused(given: str, why: str) -> None:
    assert why in str(Asked({"at": given}))


def test_a_form_is_filled_with_the_one_that_is_meant() -> None:
    second = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert shown_at_first(second, NEW_YORK) == (wall("2026-11-01T01:30"), "second")
    assert shown_at_first(second - timedelta(days=1), NEW_YORK)[1] == ""
    form = Asked(initial=dict(zip(("at", "which"), shown_at_first(second, NEW_YORK), strict=True)))
    ask_at_first(form, "which", second, NEW_YORK)
    assert 'value="second"' in str(form)
    assert 'value="2026-11-01T01:30"' in str(form)


def test_lord_howe_leaves_out_half_an_hour() -> None:
    assert instants(wall("2026-10-04T02:15"), LORD_HOWE) == ()
    assert instant(wall("2026-10-04T02:15"), LORD_HOWE) == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)  # 02:30 there
    twice = instants(wall("2026-04-05T01:45"), LORD_HOWE)
    assert twice[1].astimezone(UTC) - twice[0].astimezone(UTC) == timedelta(minutes=30)


@given(
    st.datetimes(wall("2000-01-01"), wall("2036-01-01")).map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Europe/Berlin", "Africa/Casablanca", "UTC"]),
)
def test_an_instant_is_never_shown_earlier_than_what_was_meant(shown: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    found = instant(shown, zone)
    back = found.astimezone(zone).replace(tzinfo=None, fold=0)
    assert back == shown if instants(shown, zone) else back > shown
    assert instant(shown, zone, is_second=True) >= found
    if not instants(shown, zone):  # the instant before it still shows an earlier time
        assert (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None, fold=0) < shown
