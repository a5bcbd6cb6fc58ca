"""When what goes out, decided on the pages: a schedule of one's own, another one before a file, skip, pause, cancel.

The rules are those of the files (`songnuan check`). Each change also moves the schedule's next slot in its own
transaction, so the running bot needs no restart and nothing goes out that was cancelled a moment ago.
"""

import secrets
from typing import Any

from bot import clock
from bot.actions.broadcasting import broadcasts, programme
from bot.actions.broadcasting.composing import sentence
from bot.actions.broadcasting.programme import Programme
from bot.actions.privacy import audit
from bot.actions.staff import people
from bot.content import Schedule, next_slot
from bot.content.check import schedule_problems
from bot.content.schedules import read_spec
from bot.errors import BadInput, Conflict, NotFound
from bot.models import Group, OwnSchedule, ScheduleState, Unit, db

EDITORS = ("editor",)
GONE = "没有这个排期，或者刚才有人取消了，请刷新页面"
CHANGED = "刚才有人改过这个排期，请看过现在的样子再改"
SHOWN = "这个排期"


async def plan(spec: dict[str, Any], files: Programme, *, by: int) -> OwnSchedule:
    """A new schedule; `spec` is what a file of schedules/ would hold. BadInput says what is wrong with it."""
    async with db.transaction():
        await programme.touch()
        key = f"own-{secrets.token_hex(4)}"
        schedule = await _sound(spec, key, files)
        await _may(by, schedule)
        row = await OwnSchedule.create(key=key, spec=spec, made_by_id=by, made_at=clock.now())
        await audit.note("schedule.plan", "schedule", row.id, staff_id=by, key=key)
        await _set_out(schedule, files)
    return row


async def change(key: str, spec: dict[str, Any], files: Programme, *, version: int, by: int) -> OwnSchedule:
    """Another plan under the same key; for one of a file, `version` 0, a plan that stands in front of the file.

    Rights are asked for the groups it had and for those it gets. Conflict when it is not what was looked at.
    """
    async with db.transaction():
        await programme.touch()
        await _may(by, await _present(key, files))
        schedule = await _sound(spec, key, files)
        await _may(by, schedule)
        row = await OwnSchedule.get_or_none(key=key)
        standing = row is not None and row.state == "active"
        if (row.version if row is not None and standing else 0) != version:
            raise Conflict(CHANGED)
        row = row or OwnSchedule(key=key, version=0)
        row.spec, row.state, row.version = spec, "active", row.version + 1
        row.made_by_id, row.made_at = by, clock.now()
        await row.save()
        await audit.note("schedule.change", "schedule", row.id, staff_id=by, key=key, version=row.version)
        await _set_out(schedule, files)
    return row


async def cancel(key: str, files: Programme, *, by: int) -> None:
    """It goes out no more. Where it stood in front of a file, the file's plan is back."""
    async with db.transaction():
        await programme.touch()
        await _may(by, await _present(key, files))
        row = await OwnSchedule.get_or_none(key=key, state="active")
        if row is None:
            raise BadInput("这个排期写在文件里，网页上可以停用，不能取消")
        file = files.schedules.get(key)
        row.state = "cancelled" if file is None else "withdrawn"
        row.version += 1
        await row.save(update_fields=["state", "version"])
        await audit.note("schedule.cancel", "schedule", row.id, staff_id=by, key=key)
        if file is None:
            await broadcasts.forget([key])
        else:
            await _set_out(file, files)


async def skip(key: str, slot_ms: int, files: Programme, *, skipped: bool, by: int) -> None:
    """Leave out the next slot, or leave it in again. Conflict when the next one is another by now."""
    async with db.transaction():
        await programme.touch()
        await _may(by, await _present(key, files))
        rows = await db.fetch(
            "UPDATE schedule_state SET skipped_slot = ? WHERE key = ? AND next_slot = ? RETURNING key",
            slot_ms if skipped else None,
            key,
            slot_ms,
        )
        if not rows:
            raise Conflict("这一次已经发了，或者刚才有人改了时间，请看现在的下一次")
        await audit.note("schedule.skip", "schedule", None, staff_id=by, key=key, skipped=skipped)


async def pause(key: str, files: Programme, *, paused: bool, by: int) -> None:
    """Nothing of it goes out until it is resumed; what fell into the pause is not made up for."""
    async with db.transaction():
        await programme.touch()
        schedule = await _present(key, files)
        await _may(by, schedule)
        await broadcasts.settle_slot(schedule, (await broadcasts.states()).get(key), files.workdays)
        state = await ScheduleState.get(key=key)
        following = next_slot(schedule, clock.now(), files.workdays) if state.paused and not paused else state.next_slot
        await ScheduleState.filter(key=key).update(paused=paused, next_slot=following)
        await audit.note("schedule.pause", "schedule", None, staff_id=by, key=key, paused=paused)


async def _present(key: str, files: Programme) -> Schedule:
    found = (await programme.at_once(files)).schedules.get(key)
    if found is None:
        raise NotFound(GONE)
    return found


async def _sound(spec: dict[str, Any], key: str, files: Programme) -> Schedule:
    draft, problems = read_spec(spec, key, SHOWN)
    texts = (await programme.at_once(files)).texts
    tags = {tag for group in await Group.all() for tag in group.tags}
    units = {unit.code for unit in await Unit.all()}
    problems += schedule_problems(draft, texts, files.workdays, clock.zone(), tags, units)
    if problems or draft.schedule is None:
        raise BadInput(sentence(problems[0]))
    return draft.schedule


async def _set_out(schedule: Schedule, files: Programme) -> None:
    await broadcasts.settle_slot(schedule, (await broadcasts.states()).get(schedule.key), files.workdays)


async def _may(by: int, schedule: Schedule) -> None:
    """Only for groups below one's own unit; a schedule for all groups belongs to the top unit."""
    known = {unit.code: unit.id for unit in await Unit.filter(code__in=schedule.audience.units)}
    for unit_id in {known.get(code) for code in schedule.audience.units} or {None}:
        await people.act_as(by, EDITORS, unit_id)
