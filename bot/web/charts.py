"""The geometry of bar charts, for templates that draw it as SVG. Pure: numbers in, rectangles out.

Every chart is drawn in a box of 100 by 100 that stretches with the page; words stand beside it in HTML, so that they
keep their size on a phone.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

GAP = 0.22  # of a column's place
SPAN_OF_DAYS, SPAN_OF_WEEKS = 45, 300  # days that are shown one by one, and week by week
MIN_HEIGHT = 0.8  # of something that is not nothing, else it could not be seen


class Bar(NamedTuple):
    """One rectangle: `series` is whose colour it has, `place` the column it stands in."""

    x: float
    y: float
    width: float
    height: float
    series: str
    place: int
    value: int


class Columns(NamedTuple):
    """Columns side by side, each stacked in the order of the series. `top` is the value at the upper edge."""

    bars: list[Bar]
    top: int

    @property
    def empty(self) -> bool:
        return not self.bars


class Piece(NamedTuple):
    """A part of a lying bar."""

    x: float
    width: float
    series: str
    value: int


def columns(values: Sequence[Mapping[str, int]], series: Sequence[str]) -> Columns:
    """One column for each mapping of series to value."""
    top = nice(max((sum(one.values()) for one in values), default=0))
    place = 100 / max(len(values), 1)
    bars = []
    for n, one in enumerate(values):
        foot = 100.0
        for name in series:
            value = one.get(name, 0)
            if value:
                height = max(100 * value / top, MIN_HEIGHT)
                foot -= height
                bars.append(Bar(_r(place * (n + GAP / 2)), _r(foot), _r(place * (1 - GAP)), _r(height), name, n, value))
    return Columns(bars, top)


def lying(value: Mapping[str, int], series: Sequence[str], most: int) -> list[Piece]:
    """One lying bar in pieces; `most` is what fills the whole width."""
    pieces, x = [], 0.0
    for name in series:
        if part := value.get(name, 0):
            width = max(100 * part / max(most, 1), MIN_HEIGHT)
            pieces.append(Piece(_r(x), _r(width), name, part))
            x += width
    return pieces


def nice(value: int) -> int:
    """The next round number: 1, 2 or 5 times a power of ten, from 4 on."""
    if value <= 4:
        return 4
    power = int("1" + "0" * (len(str(value)) - 1))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def _r(number: float) -> float:
    return round(number, 2)


class Period(NamedTuple):
    """Days that share a column, both included."""

    first: date
    last: date


def periods(first: date, last: date) -> list[Period]:
    """Days, weeks (from Monday) or months, so that there are never too many; cut to the span at both ends."""
    length = (last - first).days + 1
    found, start = [], first
    while start <= last:
        if length <= SPAN_OF_DAYS:
            end = start
        elif length <= SPAN_OF_WEEKS:
            end = start + timedelta(days=6 - start.weekday())
        else:
            end = (start.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        found.append(Period(start, min(end, last)))
        start = end + timedelta(days=1)
    return found


def gathered(
    days: Mapping[date, Mapping[str, int]], over: Sequence[Period], group: Mapping[str, str]
) -> list[dict[str, int]]:
    """For each period the sums of its days, with what `group` calls the same put together."""
    found: list[dict[str, int]] = [{} for _ in over]
    for day, values in days.items():
        at = next((n for n, one in enumerate(over) if one.first <= day <= one.last), None)
        if at is None:
            continue
        for name, value in values.items():
            key = group[name]
            found[at][key] = found[at].get(key, 0) + value
    return found
