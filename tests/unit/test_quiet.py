"""Quiet hours hold for every pair of times, over midnight as well."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.quiet import QuietHours, parse

ZONE = ZoneInfo("Asia/Shanghai")
TIMES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(ZONE))  # noqa: DTZ001


@st.composite
def spans(draw: st.DrawFn) -> QuietHours:
    start, end = draw(TIMES), draw(TIMES)
    assume(start != end)
    return QuietHours(start, end)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-24T{text}").replace(tzinfo=ZONE)


@given(spans())
def test_written_and_read_again(hours: QuietHours) -> None:
    assert parse(str(hours)) == hours


@given(spans(), MOMENTS)
def test_the_end_is_the_first_moment_that_is_not_quiet(hours: QuietHours, moment: datetime) -> None:
    end = hours.end_after(moment)
    assert not hours.covers(end)
    assert moment <= end < moment + timedelta(days=1)
    assert (end == moment) == (not hours.covers(moment))
    if end > moment:
        assert hours.covers(end - timedelta(microseconds=1))
        assert end.tzinfo is ZONE


@given(spans(), MOMENTS)
def test_swapping_the_ends_swaps_day_and_night(hours: QuietHours, moment: datetime) -> None:
    assert hours.covers(moment) != QuietHours(hours.end, hours.start).covers(moment)


@given(MOMENTS)
def test_none_is_never_quiet(moment: datetime) -> None:
    assert not parse("").covers(moment)
    assert parse(" ").end_after(moment) == moment
    assert str(parse("")) == ""


def test_the_edges_of_a_night() -> None:
    night = parse("21:30-07:00")
    covered = {text: night.covers(at(text)) for text in ("21:29:59", "21:30", "00:00", "06:59:59", "07:00", "12:00")}
    assert list(covered.values()) == [False, True, True, True, False, False]
    assert night.end_after(at("22:00")) == at("07:00") + timedelta(days=1)
    assert night.end_after(at("06:00")) == at("07:00")


@pytest.mark.parametrize("text", ["21:30\uff5e07:00", "21\uff1a30 - 7:00", "21:30至07:00"])
def test_as_people_write_it(text: str) -> None:
    assert parse(text) == QuietHours(time(21, 30), time(7))


def test_until_midnight() -> None:
    assert parse("22:00-24:00") == QuietHours(time(22), time(0))


@pytest.mark.parametrize("text", ["21:30", "25:00-07:00", "24:30-07:00", "8-9", "08:00-08:00", "晚上", "21:60-07:00"])
def test_what_cannot_be_understood_says_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="21:30-07:00"):
        parse(text)
