"""When a household may be called: inside calling hours, not twice in a day, never on a day to keep away from."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from bot import clock, quiet
from bot.models import HouseholdDate
from bot.quantities import find_time

DAY = timedelta(days=1)
MORNING = time(8, 30)

Days = Collection[tuple[int, int]]  # month and day


class Calling(NamedTuple):
    """The union's rules for calls, from config.toml."""

    hours: str = "08:30-20:00"
    release_days: int = 3  # a household that its volunteer leaves untouched so long goes back
    silent_days: int = 14  # not reached so long: on the list that nobody has to ask for

    def open(self, instant: datetime) -> bool:
        """May one call now?"""
        hours = quiet.parse(self.hours)
        return hours.start is None or hours.covers(clock.local(instant))

    @property
    def opening(self) -> time:
        return quiet.parse(self.hours).start or MORNING

    def inside(self, local: datetime) -> datetime:
        """The moment itself, else the next opening (wall clock)."""
        if self.open(local):
            return local
        today = datetime.combine(local.date(), self.opening, local.tzinfo)
        return today if local < today else today + DAY


def next_attempt(
    now: datetime, wanted: datetime, *, asked: bool, best_time: str, avoid: Days, calling: Calling
) -> datetime:
    """When to call again. What the family itself asked for may be the same day; all else is another day."""
    at, today = clock.local(wanted), clock.local(now).date()
    if not asked:
        if at.date() <= today:
            at = datetime.combine(today + DAY, calling.opening, at.tzinfo)
        at = _at_best_time(at, best_time)
    at = calling.inside(at)
    while (at.month, at.day) in avoid:  # a family keeps away from a few days, not from all
        at = calling.inside(at + DAY)
    return at.astimezone(UTC)


def _at_best_time(at: datetime, best_time: str) -> datetime:
    """晚上七点以后, 周六上午: the hour, and within a week also the day, that suits the family."""
    midnight = datetime.combine(at.date(), time(), at.tzinfo)
    found = find_time(best_time, midnight - timedelta(minutes=1)) if best_time else None
    if found is None or not at.date() <= found.at.date() <= at.date() + 7 * DAY:
        return at
    return found.at


async def days_to_avoid(household_id: int) -> Days:
    return {(day.month, day.day) for day in await HouseholdDate.filter(household_id=household_id, kind="avoid")}


def start_of_today() -> datetime:
    """When this day began, in the union's time, as an instant."""
    local = clock.local(clock.now())
    return datetime.combine(local.date(), time(), local.tzinfo).astimezone(UTC)
