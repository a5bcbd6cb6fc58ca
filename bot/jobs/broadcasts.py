"""Finds schedules that are due and turns each slot into a broadcast, or records why it is skipped."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from bot import clock
from bot.actions import broadcasts, directory, settings
from bot.actions.broadcasts import Firing
from bot.content import Library, Message, Schedule, Workdays, late_policy, next_slot, pick, slots
from bot.events import Part

log = logging.getLogger(__name__)

MISSED_SHOWN = 20
ON_TIME = timedelta(minutes=5)
DATE = "%Y年%m月%d日"


class Programme(NamedTuple):
    """Everything that is said on a schedule, and how."""

    schedules: Mapping[str, Schedule]
    texts: Library
    workdays: Workdays
    union: object  # config's [union]: name, hotline, phone
    channel_quiet: Mapping[str, str | None]  # a channel's own quiet hours; None: the union's
    quiet_hours: str
    expire: timedelta


async def tick(programme: Programme) -> int:
    """Fire every slot that is due; returns how many were. Harmless to run twice, on one machine or on two."""
    await directory.refresh()
    if await settings.get(settings.HOLD):
        return 0
    fired = 0
    for _ in range(MISSED_SHOWN + 1):
        due = [entry for entry in await broadcasts.due() if entry[0] in programme.schedules]
        for key, slot, cursor in due:
            fired += await _fire(programme, programme.schedules[key], slot, cursor)
        if not due:
            break
    return fired


async def _fire(programme: Programme, schedule: Schedule, slot: datetime, cursor: int) -> int:
    firing = _decide(programme, schedule, slot, cursor)
    audience = directory.groups_for(schedule.audience.units, schedule.audience.tags)
    done = await broadcasts.fire(firing, audience, _quiet_by_channel(programme, schedule))
    if done is None:
        return 0
    log.info("schedule %s: %s %s to %d groups", schedule.key, done.outcome, done.reason, len(audience))
    return 1


async def arrange(programme: Programme) -> None:
    """Give new, edited and released schedules their next slot, and let those without a file rest.

    An unchanged schedule keeps the slot it was waiting for, so that a slot missed while the bot was
    off is found by `tick` and treated as its file says.
    """
    known = await broadcasts.states()
    for key, schedule in programme.schedules.items():
        mark = fingerprint(schedule)
        state = known.get(key)
        if state is None or state.fingerprint != mark or state.next_slot is None:
            following = next_slot(schedule, clock.now(), programme.workdays)
            if state is None or (state.next_slot, state.fingerprint) != (following, mark):
                await broadcasts.plan(key, mark, following)
    gone = [key for key, state in known.items() if key not in programme.schedules and state.next_slot is not None]
    await broadcasts.forget(gone)


def fingerprint(schedule: Schedule) -> str:
    """Changes when the times of a schedule do."""
    return hashlib.sha256(schedule.when.model_dump_json().encode()).hexdigest()


def _decide(programme: Programme, schedule: Schedule, slot: datetime, cursor: int) -> Firing:
    now = clock.now()
    message = pick(schedule, programme.texts, slot, cursor)
    late = now - slot > ON_TIME
    following = _following(programme, schedule, slot)
    # Of several missed slots only the newest may be made up for: all of them would be a flood.
    overtaken = following is not None and following <= now
    missed = late and (overtaken or late_policy(schedule, slot, now) == "skip")
    reason = "missed" if missed else "nothing to send" if message is None else "late" if late else ""
    wanted = None if missed else message
    return Firing(
        schedule_key=schedule.key,
        slot=slot,
        next_slot=following,
        message_key=None if wanted is None else wanted.key,
        title="" if message is None else message.title,
        render=None if wanted is None else partial(_render, programme, wanted, slot),
        per_unit=wanted is not None and _depends_on_unit(programme, wanted, slot),
        expires_at=now + programme.expire,
        reason=reason,
    )


def _following(programme: Programme, schedule: Schedule, slot: datetime) -> datetime | None:
    """The next slot. After a long silence the oldest missed ones are passed over, the newest are each recorded."""
    following = next_slot(schedule, slot, programme.workdays)
    now = clock.now()
    if following is None or following > now:
        return following
    missed = slots(schedule, following, now, programme.workdays)
    return missed[-MISSED_SHOWN] if len(missed) > MISSED_SHOWN else following


def _render(programme: Programme, message: Message, slot: datetime, unit: str) -> tuple[Part, ...]:
    date = clock.local(slot).strftime(DATE)
    return programme.texts.render(message.key, union=programme.union, unit=unit, date=date)


def _depends_on_unit(programme: Programme, message: Message, slot: datetime) -> bool:
    return _render(programme, message, slot, "甲") != _render(programme, message, slot, "乙")


def _quiet_by_channel(programme: Programme, schedule: Schedule) -> dict[str, str]:
    """A channel's own quiet hours count first (the sandbox has none), then the schedule's, then the union's."""
    own = schedule.when.quiet_hours
    fallback = programme.quiet_hours if own is None else own
    return {name: fallback if quiet is None else quiet for name, quiet in programme.channel_quiet.items()}
