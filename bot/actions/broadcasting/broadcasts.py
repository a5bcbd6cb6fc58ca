"""Turns a due slot into a broadcast and its deliveries, together with the schedule's next slot: one transaction."""

import functools
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tortoise.exceptions import IntegrityError

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.staff.directory import Place
from bot.content import Schedule, Workdays, next_slot
from bot.events import Chat, Part
from bot.models import Broadcast, Group, ScheduleState, db
from bot.models.fields import to_ms

LEFT_OUT = "left out"  # why a broadcast was skipped: a person asked for it
Render = Callable[[str], tuple[Part, ...]]  # unit name -> what is said there


class Firing(NamedTuple):
    """A slot that is due, with everything that was decided about it. `message_key` None: nothing to send."""

    schedule_key: str
    slot: datetime
    next_slot: datetime | None
    message_key: str | None
    title: str
    render: Render | None
    per_unit: bool  # the text differs from unit to unit
    expires_at: datetime
    reason: str = ""  # why it is skipped, or that it is late


class _Fired(Exception):
    """Another process was first with this slot."""


class _Off(Exception):
    """A person paused the schedule, cancelled it, moved it or left this slot out, since it was found due."""


async def fire(firing: Firing, audience: Sequence[Place], quiet_hours: Mapping[str, str]) -> Broadcast | None:
    """Write the broadcast, a delivery for each group, and the next slot. None: it was fired before, or is off.

    `quiet_hours` is by channel. The unique keys (schedule, slot) and (schedule, slot, group) make a
    second run, here or on another machine, harmless.
    """
    try:
        async with db.transaction():
            await _still_on(firing)
            broadcast = await _broadcast(firing)
            if firing.render is not None and firing.message_key is not None:
                await _deliveries(firing, broadcast, one_road(audience, quiet_hours), quiet_hours)
            await _advance(firing, sent=firing.message_key is not None)
    except _Fired:
        # Usually the other one moved the schedule on. Not so when it was planned again for a slot of its
        # past (the clock was set back, and the file edited): then it would stand here for ever.
        await _advance(firing, sent=False)
        return None
    except _Off:
        return None
    return broadcast


async def _still_on(firing: Firing) -> None:
    lock = "" if db.on_sqlite() else " FOR UPDATE"
    found = "SELECT next_slot, paused, skipped_slot FROM schedule_state WHERE key = ?"
    for row in await db.fetch(found + lock, firing.schedule_key):
        slot, left_out = to_ms(firing.slot), firing.reason == LEFT_OUT
        if row["paused"] or row["next_slot"] != slot or (row["skipped_slot"] == slot) != left_out:
            raise _Off


async def _broadcast(firing: Firing) -> Broadcast:
    sends = firing.render is not None and firing.message_key is not None
    body = outbox.encode(firing.render("")) if firing.render is not None and not firing.per_unit else ""
    row = Broadcast(
        schedule_key=firing.schedule_key,
        slot=firing.slot,
        message_key=firing.message_key,
        title=firing.title,
        body=body,
        outcome="fired" if sends else "skipped",
        reason=firing.reason,
        fired_at=clock.now(),
    )
    try:
        await row.save(force_create=True)
    except IntegrityError:
        raise _Fired from None
    return row


def one_road(audience: Sequence[Place], channels: Collection[str]) -> list[Place]:
    """Of groups that are the same people, the first that a working account reaches: nobody reads a tip twice."""
    best: dict[int, Place] = {}
    for place in sorted(audience, key=lambda place: (place.channel not in channels, place.rank, place.group_id)):
        best.setdefault(place.root or place.group_id, place)
    return sorted(best.values(), key=lambda place: place.group_id)


async def _deliveries(
    firing: Firing, broadcast: Broadcast, audience: Sequence[Place], quiet_hours: Mapping[str, str]
) -> None:
    mark = f"b:{firing.schedule_key}:{to_ms(firing.slot)}:"
    if not firing.per_unit:
        by_channel: dict[str, list[int]] = {}
        for place in audience:
            by_channel.setdefault(place.channel, []).append(place.group_id)
        for channel, groups in sorted(by_channel.items()):
            quiet = quiet_hours.get(channel, "")
            await outbox.fan_out(mark, broadcast.id, channel, sorted(groups), quiet, firing.expires_at)
        return
    assert firing.render is not None
    ids = {place.group_id for place in audience}
    rows = await Group.filter(enabled=True).order_by("id").select_related("unit")
    render = functools.cache(firing.render)
    await outbox.enqueue(
        [
            outbox.Draft(
                key=f"{mark}{group.same_as_id or group.id}",
                purpose="tip",
                channel=group.channel,
                chat=Chat("group", group.chat_id),
                parts=render(group.unit.name if group.unit is not None else ""),
                broadcast_id=broadcast.id,
                group_id=group.id,
                quiet_hours=quiet_hours.get(group.channel, ""),
                expires_at=firing.expires_at,
            )
            for group in rows
            if group.id in ids  # asked again: it may have been switched off since the directory was read
        ]
    )


async def _advance(firing: Firing, *, sent: bool) -> None:
    """Move the schedule on, if it still stands at this slot."""
    await db.fetch(
        "UPDATE schedule_state SET next_slot = ?, cursor = cursor + ? WHERE key = ? AND next_slot = ? RETURNING key",
        None if firing.next_slot is None else to_ms(firing.next_slot),
        int(sent),
        firing.schedule_key,
        to_ms(firing.slot),
    )


class State(NamedTuple):
    """What is remembered of a schedule."""

    next_slot: datetime | None
    cursor: int
    fingerprint: str


async def states() -> dict[str, State]:
    """Every schedule that was ever planned, by key."""
    return {row.key: State(row.next_slot, row.cursor, row.fingerprint) for row in await ScheduleState.all()}


class Due(NamedTuple):
    """A slot whose time has come. `left_out`: a person asked that this one be skipped."""

    key: str
    slot: datetime
    cursor: int
    left_out: bool


async def due() -> list[Due]:
    """Every slot whose time has come, oldest first."""
    rows = await ScheduleState.filter(next_slot__lte=clock.now(), paused=False).order_by("next_slot", "key")
    return [
        Due(row.key, row.next_slot, row.cursor, row.skipped_slot == row.next_slot)
        for row in rows
        if row.next_slot is not None
    ]


def fingerprint(schedule: Schedule) -> str:
    """Changes when the times of a schedule do."""
    return hashlib.sha256(schedule.when.model_dump_json().encode()).hexdigest()


async def settle_slot(schedule: Schedule, state: State | None, workdays: Workdays) -> None:
    """Give a schedule its next slot when it is new, was edited, or has none.

    An unchanged one keeps the slot it was waiting for, so that a slot missed while the bot was off is found by the
    job and treated as the schedule says.
    """
    mark = fingerprint(schedule)
    if state is None or state.fingerprint != mark or state.next_slot is None:
        following = next_slot(schedule, clock.now(), workdays)
        if state is None or (state.next_slot, state.fingerprint) != (following, mark):
            await plan(schedule.key, mark, following)


async def plan(key: str, fingerprint: str, next_slot: datetime | None) -> None:
    """Remember when a schedule is next due; called when it is new or its times were edited."""
    await db.fetch(
        "INSERT INTO schedule_state (key, next_slot, cursor, paused, fingerprint) VALUES (?, ?, 0, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET next_slot = excluded.next_slot, fingerprint = excluded.fingerprint"
        " RETURNING key",
        key,
        None if next_slot is None else to_ms(next_slot),
        False,
        fingerprint,
    )


async def forget(keys: Sequence[str]) -> None:
    """Schedules whose file is gone fire no more; what they sent stays on record."""
    async with db.transaction():
        await ScheduleState.filter(key__in=list(keys)).update(next_slot=None, fingerprint="")
