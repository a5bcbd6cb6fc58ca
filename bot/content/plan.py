"""When is a schedule due, and with which message? Pure arithmetic: no database, no clock of its own.

The console's preview and the job that sends ask the same functions, so what is shown is what happens.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Literal

from bot import clock
from bot.content.messages import Library, Message, Season
from bot.content.schedules import Schedule, When
from bot.content.workdays import Workdays

HORIZON = timedelta(days=4 * 366)  # a slot further away is no slot: 29 February must still be found
GRACE = timedelta(minutes=5)  # a slot is on time when the clock looks at it a little later
_TICK = timedelta(microseconds=1)
# Winter is long in the north-east: heating runs until April.
_SEASONS: dict[int, Season] = {
    4: "spring",
    5: "spring",
    6: "summer",
    7: "summer",
    8: "summer",
    9: "autumn",
    10: "autumn",
}


def season_of(local: datetime) -> Season:
    """The season of a wall-clock moment, as it is lived in the north-east."""
    return _SEASONS.get(local.month, "winter")


def next_slot(schedule: Schedule, after: datetime, workdays: Workdays) -> datetime | None:
    """The first slot after an instant, in UTC; None when there is none any more."""
    return next_moment(schedule.when, after, workdays, clock.zone())


def next_moment(when: When, after: datetime, workdays: Workdays, zone: tzinfo) -> datetime | None:
    """The same for the [when] of a schedule, in a given zone."""
    for moment in _candidates(when, after, workdays, zone):
        if not when.workdays_only or workdays.is_workday(moment.astimezone(zone).date()):
            return moment.astimezone(UTC)
    return None


def slots(schedule: Schedule, start: datetime, end: datetime, workdays: Workdays) -> list[datetime]:
    """All slots with start <= slot < end, in UTC."""
    found: list[datetime] = []
    slot = next_slot(schedule, start - _TICK, workdays)
    while slot is not None and slot < end:
        found.append(slot)
        slot = next_slot(schedule, slot, workdays)
    return found


def pick(schedule: Schedule, library: Library, slot: datetime, cursor: int) -> Message | None:
    """The message for a slot; `cursor` counts what this schedule has sent. None: nothing to send."""
    messages = library.match(schedule.send.messages)
    if schedule.send.pick == "season":
        season = season_of(clock.local(slot))
        messages = _alternating([message for message in messages if season in message.seasons])
    if not messages:
        return None
    match schedule.send.pick:
        case "fixed":
            return messages[0]
        case "sequence":
            return messages[cursor] if cursor < len(messages) else None
        case "rotate" | "season":
            return messages[cursor % len(messages)]


def _alternating(messages: list[Message]) -> list[Message]:
    """Topic after topic, in turn: two weeks of nothing but stoves would be read by nobody."""
    seen: Counter[str] = Counter()
    turns: dict[str, tuple[int, str]] = {}
    for message in messages:
        turns[message.key] = (seen[message.topic], message.topic)
        seen[message.topic] += 1
    return sorted(messages, key=lambda message: turns[message.key])


def late_policy(schedule: Schedule, slot: datetime, now: datetime) -> Literal["send", "skip"]:
    """May a slot that was missed (the bot was off) still be sent?"""
    return "send" if now - slot <= max(GRACE, timedelta(hours=schedule.when.late_hours)) else "skip"


def _candidates(when: When, after: datetime, workdays: Workdays, zone: tzinfo) -> Iterator[datetime]:
    if when.cron is None:
        yield from (moment for moment in when.moments(zone) if moment > after)
        return
    trigger = when.trigger(zone)
    at = after
    while (found := trigger.get_next_fire_time(None, at + _TICK)) and found - after <= HORIZON:
        yield found
        at = found
        if when.workdays_only and not workdays.is_workday(found.date()):
            at = datetime.combine(found.date(), time.max, zone)  # no other slot of that day can do
