"""Finds schedules that are due and turns each slot into a broadcast, or records why it is skipped."""

import logging
from datetime import datetime, timedelta
from functools import partial

from bot import clock
from bot.actions.broadcasting import broadcasts, programme
from bot.actions.broadcasting.broadcasts import Due, Firing
from bot.actions.broadcasting.programme import Programme
from bot.actions.staff import directory
from bot.actions.upkeep import settings
from bot.content import Message, Schedule, late_policy, next_slot, pick, slots

log = logging.getLogger(__name__)

MISSED_SHOWN = 20
ON_TIME = timedelta(minutes=5)


fingerprint = broadcasts.fingerprint


async def tick(files: Programme) -> int:
    """Fire every slot that is due; returns how many were. Harmless to run twice, on one machine or on two."""
    await directory.refresh()
    if await settings.get(settings.HOLD):
        return 0
    now, fired = await programme.current(files), 0
    for _ in range(MISSED_SHOWN + 1):
        due = [one for one in await broadcasts.due() if one.key in now.schedules]
        for one in due:
            fired += await _fire(now, now.schedules[one.key], one)
        if not due:
            break
    return fired


async def _fire(programme: Programme, schedule: Schedule, due: Due) -> int:
    firing = _decide(programme, schedule, due)
    audience = directory.groups_for(schedule.audience.units, schedule.audience.tags)
    done = await broadcasts.fire(firing, audience, programme.quiet_by_channel(schedule.when.quiet_hours))
    if done is None:
        return 0
    log.info("schedule %s: %s %s to %d groups", schedule.key, done.outcome, done.reason, len(audience))
    return 1


async def arrange(files: Programme) -> None:
    """Give new, edited and released schedules their next slot, and let those that are gone rest."""
    now = await programme.current(files)
    known = await broadcasts.states()
    for key, schedule in now.schedules.items():
        await broadcasts.settle_slot(schedule, known.get(key), now.workdays)
    gone = [key for key, state in known.items() if key not in now.schedules and state.next_slot is not None]
    await broadcasts.forget(gone)


def _decide(programme: Programme, schedule: Schedule, due: Due) -> Firing:
    now, slot = clock.now(), due.slot
    message = pick(schedule, programme.texts, slot, due.cursor)
    late = now - slot > ON_TIME
    following = _following(programme, schedule, slot)
    # Of several missed slots only the newest may be made up for: all of them would be a flood.
    overtaken = following is not None and following <= now
    missed = late and (overtaken or late_policy(schedule, slot, now) == "skip")
    reason = "missed" if missed else "nothing to send" if message is None else "late" if late else ""
    reason = broadcasts.LEFT_OUT if due.left_out else reason
    wanted = None if missed or due.left_out else message
    return Firing(
        schedule_key=schedule.key,
        slot=slot,
        next_slot=following,
        message_key=None if wanted is None else wanted.key,
        title="" if message is None else message.title,
        render=None if wanted is None else partial(programme.say, wanted.key, slot),
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


def _depends_on_unit(programme: Programme, message: Message, slot: datetime) -> bool:
    return programme.say(message.key, slot, "甲") != programme.say(message.key, slot, "乙")
