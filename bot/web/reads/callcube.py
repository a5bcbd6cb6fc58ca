"""Calls of each day with their outcomes and households, remembered for days that are over.

A call can be taken back for a day; what is older changes only when the roster does. So days older than that are
read once in ten minutes, a month at a time: no page and no alert waits for a year of calls to be added up.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from weakref import WeakKeyDictionary

from bot import clock
from bot.actions.staff.scope import Scope
from bot.models import db
from bot.models.fields import to_ms

SETTLED = timedelta(days=2)
KEPT_FOR = 600.0  # seconds
AT_ONCE = 31  # days of one query
MOST_DAYS = 20_000  # of all units together; a day of a thousand calls is four kilobytes
DAY_MS = 86_400_000

Day = Mapping[str, Sequence[int]]  # outcome -> the household of each call


class _Kept(NamedTuple):
    until: float
    day: Day


_Key = tuple[str, date]  # path of the unit, "" for all; the day
_kept: MutableMapping[object, dict[_Key, _Kept]] = WeakKeyDictionary()  # of each database


async def days(first: date, last: date, scope: Scope) -> dict[date, Day]:
    """Both included; a day without calls is empty."""
    known = {day: kept.day for day in _each(first, last) if (kept := _known(scope, day)) is not None}
    missing = [day for day in _each(first, last) if day not in known]
    for start, end in _stretches(missing):
        found = await _read(start, end, scope)
        _keep(scope, found)
        known |= found
    return {day: known[day] for day in _each(first, last)}


def _each(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _key(scope: Scope, day: date) -> _Key:
    return "" if scope.everything else scope.path, day


def _known(scope: Scope, day: date) -> _Kept | None:
    kept = _kept.get(db.connection(), {}).get(_key(scope, day))
    return kept if kept is not None and kept.until > clock.monotonic() else None


def _keep(scope: Scope, found: Mapping[date, Day]) -> None:
    settled = clock.local(clock.now()).date() - SETTLED
    until = clock.monotonic() + KEPT_FOR
    kept = _kept.setdefault(db.connection(), {})
    kept |= {_key(scope, day): _Kept(until, one) for day, one in found.items() if day < settled}
    for key in list(kept)[: max(0, len(kept) - MOST_DAYS)]:
        del kept[key]


def _stretches(missing: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days that follow each other, some at a time."""
    run: list[date] = []
    for day in missing:
        if run and (day != run[-1] + timedelta(days=1) or len(run) == AT_ONCE):
            yield run[0], run[-1]
            run = []
        run.append(day)
    if run:
        yield run[0], run[-1]


async def _read(first: date, last: date, scope: Scope) -> dict[date, Day]:
    start, end = midnight(first), midnight(last + timedelta(days=1))
    inside, units = scope.where("h.unit_id")
    join = "JOIN household h ON h.id = f.household_id" if units else ""
    together = "group_concat(f.household_id)" if db.on_sqlite() else "string_agg(CAST(f.household_id AS TEXT), ',')"
    rows = await db.fetch(
        f"SELECT (f.at + {ahead()}) / {DAY_MS} AS day, f.outcome, {together} AS households FROM follow_up f {join} "
        f"WHERE f.at >= ? AND f.at < ? AND f.undone_at IS NULL AND {inside} GROUP BY 1, 2",
        to_ms(start),
        to_ms(end),
        *units,
    )
    found: dict[date, dict[str, Sequence[int]]] = {day: {} for day in _each(first, last)}
    for row in rows:
        day = date(1970, 1, 1) + timedelta(days=int(row["day"]))
        found[day][row["outcome"]] = array("i", map(int, row["households"].split(",")))
    return dict(found)


def midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), clock.zone())


def ahead() -> int:
    """Milliseconds by which the union's time is ahead of UTC; China has no summer time."""
    offset = clock.local(clock.now()).utcoffset() or timedelta()
    return int(offset.total_seconds() * 1000)
