"""How long a help request may stand still: by what it waits for, by urgency, inside and outside working hours."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from bot import clock, quiet
from bot.content import Workdays

HOUR = timedelta(hours=1)
LEAST = timedelta(minutes=30)  # between two reminders of the same stage
# What a request waits for in each state, once somebody has said 收到.
STAGES = ("acknowledged", "assigned", "delivering")


class Pace(NamedTuple):
    """Pairs are (normal, urgent); an emergency is as urgent as there is."""

    working_hours: str = "07:00-19:00"
    workdays: Workdays = Workdays()
    remind: tuple[timedelta, timedelta] = (timedelta(minutes=30), timedelta(minutes=5))
    remind_off: tuple[timedelta, timedelta] = (timedelta(minutes=60), timedelta(minutes=10))
    assign: tuple[timedelta, timedelta] = (24 * HOUR, 2 * HOUR)
    deliver: tuple[timedelta, timedelta] = (72 * HOUR, 12 * HOUR)
    confirm: tuple[timedelta, timedelta] = (48 * HOUR, 48 * HOUR)

    def working(self, instant: datetime) -> bool:
        """In working hours; always, where there are none set."""
        local = clock.local(instant)
        if not self.working_hours:
            return True
        return quiet.parse(self.working_hours).covers(local) and self.workdays.is_workday(local.date())

    def next_alert(self, urgency: str, goes_at: datetime) -> datetime:
        """When a request that nobody has taken is alerted again, after an alert that goes out at `goes_at`."""
        pair = self.remind if self.working(goes_at) else self.remind_off
        return goes_at + _of(pair, urgency)

    def limit(self, state: str, urgency: str) -> timedelta:
        """How long a request may stay in a state before the first reminder."""
        pair = {"acknowledged": self.assign, "assigned": self.deliver, "delivering": self.confirm}[state]
        return _of(pair, urgency)

    def due(self, state: str, urgency: str, since: datetime) -> datetime:
        """When the first reminder is due; what is not urgent waits for working hours."""
        return self.settled(urgency, since + self.limit(state, urgency))

    def again(self, state: str, urgency: str, now: datetime) -> datetime:
        """When the next reminder of the same stage is due: after a quarter of its time."""
        return self.settled(urgency, now + max(LEAST, self.limit(state, urgency) / 4))

    def settled(self, urgency: str, instant: datetime) -> datetime:
        """The instant itself when urgent or in working hours, else the start of the next working hours."""
        if urgency != "normal" or self.working(instant):
            return instant
        start = quiet.parse(self.working_hours).start or time()
        local = clock.local(instant)
        for days in range(30):  # no holidays are longer
            day = local.date() + timedelta(days=days)
            opening = datetime.combine(day, start, local.tzinfo)
            if opening >= local and self.workdays.is_workday(day):
                return instant + (opening - local)
        return instant


def _of(pair: tuple[timedelta, timedelta], urgency: str) -> timedelta:
    return pair[0] if urgency == "normal" else pair[1]
