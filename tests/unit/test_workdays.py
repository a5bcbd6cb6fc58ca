"""Workdays in China: holidays, make-up days, our own table, and the honest fallback."""

from datetime import date

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Calendar
from bot.content import Workdays

DAYS = st.dates(date(2004, 1, 1), date(2150, 12, 31))


@pytest.mark.parametrize(
    ("day", "work"),
    [
        (date(2026, 10, 1), False),  # national day, a Thursday
        (date(2026, 10, 10), True),  # a Saturday that makes up for it
        (date(2026, 11, 24), True),  # a Tuesday
        (date(2026, 11, 28), False),  # a Saturday
    ],
)
def test_what_the_state_council_said(day: date, work: bool) -> None:
    assert (Workdays().is_workday(day), Workdays().known(day), Workdays().note(day)) == (work, True, "")


def test_past_the_data_the_weekday_decides_and_it_is_said_aloud() -> None:
    days = Workdays()
    far = [date(2100, 3, number) for number in range(1, 8)]  # Monday to Sunday
    assert [days.is_workday(day) for day in far] == [True] * 5 + [False] * 2
    assert not any(days.known(day) for day in far)
    assert "2100 年" in days.note(far[0])


def test_the_own_table_comes_first() -> None:
    days = Workdays(Calendar(workdays=[date(2026, 10, 1), date(2100, 3, 6)], holidays=[date(2026, 11, 24)]))
    assert days.is_workday(date(2026, 10, 1)) and not days.is_workday(date(2026, 11, 24))
    assert days.is_workday(date(2100, 3, 6)) and days.known(date(2100, 3, 6))


@given(DAYS, st.lists(DAYS, max_size=5), st.lists(DAYS, max_size=5))
def test_the_order_of_authority(day: date, workdays: list[date], holidays: list[date]) -> None:
    days = Workdays(Calendar(workdays=workdays, holidays=[rest for rest in holidays if rest not in workdays]))
    if day in workdays:
        expected = True
    elif day in holidays:
        expected = False
    elif days.known(day):
        expected = chinese_calendar.is_workday(day)
    else:
        expected = day.weekday() < 5
    assert days.is_workday(day) == expected
