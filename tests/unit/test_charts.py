"""The geometry of charts: nothing sticks out, nothing is lost, and what is small can still be seen."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.web import charts
from bot.web.charts import MIN_HEIGHT, Period

SERIES = ["well", "needs", "missed"]
VALUES = st.lists(st.dictionaries(st.sampled_from(SERIES), st.integers(0, 10**6)), max_size=60)


def test_a_column_is_stacked_from_the_ground_up() -> None:
    chart = charts.columns([{"well": 3, "needs": 2}, {}], SERIES)
    assert chart.top == 5
    assert [(bar.series, bar.y, bar.height, bar.place) for bar in chart.bars] == [
        ("well", 40.0, 60.0, 0),
        ("needs", 0.0, 40.0, 0),
    ]
    assert 0 < chart.bars[0].x < chart.bars[0].x + chart.bars[0].width < 50


def test_nothing_at_all_is_an_empty_chart() -> None:
    assert charts.columns([{}, {"well": 0}], SERIES).empty and charts.columns([], SERIES).empty


@given(VALUES)
def test_each_value_has_its_bar_inside_the_box(values: list[dict[str, int]]) -> None:
    chart = charts.columns(values, SERIES)
    assert [bar.value for bar in chart.bars] == [one[name] for one in values for name in SERIES if one.get(name)]
    assert all(bar.height >= MIN_HEIGHT and bar.width > 0 for bar in chart.bars)
    assert all(0 <= bar.x <= bar.x + bar.width <= 100.01 for bar in chart.bars)
    lowest = 100 - sum(bar.height for bar in chart.bars if bar.place == 0)
    assert lowest >= -MIN_HEIGHT * len(SERIES)


@given(st.integers(0, 10**9))
def test_the_scale_ends_at_a_round_number(value: int) -> None:
    top = charts.nice(value)
    assert value <= top <= max(4, 5 * value) and str(top).rstrip("0") in ("1", "2", "4", "5")


def test_lying_pieces_stand_side_by_side() -> None:
    pieces = charts.lying({"well": 25, "missed": 50}, SERIES, 100)
    assert [(one.x, one.width, one.series) for one in pieces] == [(0, 25, "well"), (25, 50, "missed")]
    assert charts.lying({}, SERIES, 0) == []


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 3000))
def test_periods_cover_every_day_once(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    found = charts.periods(first, last)
    assert found[0].first == first and found[-1].last == last and len(found) <= 101
    assert all(one.first <= one.last for one in found)
    assert all(one.last + timedelta(days=1) == other.first for one, other in pairwise(found))


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    weeks = charts.periods(date(2026, 9, 2), date(2026, 11, 25))
    assert weeks[0] == Period(date(2026, 9, 2), date(2026, 9, 6)) and weeks[1].first.weekday() == 0
    months = charts.periods(date(2026, 1, 15), date(2026, 12, 31))
    assert months[0] == Period(date(2026, 1, 15), date(2026, 1, 31)) and len(months) == 12


def test_days_are_gathered_into_their_period_and_outcomes_into_their_group() -> None:
    over = charts.periods(date(2026, 9, 1), date(2026, 11, 25))
    days = {date(2026, 9, 1): {"busy": 1, "off": 2}, date(2026, 9, 2): {"busy": 4}, date(2020, 1, 1): {"busy": 9}}
    sums = charts.gathered(days, over, {"busy": "missed", "off": "missed"})
    assert sums[0] == {"missed": 7} and not any(sums[1:])
