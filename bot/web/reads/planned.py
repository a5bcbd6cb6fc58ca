"""The calendar: what went, with what became of it, and what will go, by the same plan as `songnuan preview`."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.broadcasting import programme
from bot.actions.broadcasting.programme import Programme
from bot.actions.staff import directory
from bot.content import Schedule
from bot.content.preview import Planned, preview
from bot.errors import NotFound
from bot.models import Broadcast, OwnSchedule, ScheduleState, db

FARTHEST = timedelta(days=100)  # how far ahead the plan is worked out
MOST = 1000  # broadcasts a view
NEXT = 5


class Slot(NamedTuple):
    """One entry of a day. `state`: sent, sending, doubtful, stopped, skipped; planned, left_out, empty."""

    at: datetime
    title: str
    name: str
    link: str
    state: str
    groups: int


class Day(NamedTuple):
    day: date
    workday: bool
    known: bool  # False: nobody has said yet whether that day is a holiday
    slots: list[Slot]


class Plan(NamedTuple):
    """A schedule as a list shows it. `origin`: file, own, or before (own, in front of a file)."""

    schedule: Schedule
    origin: str
    next_slot: datetime | None
    paused: bool
    skipped: bool
    groups: int
    version: int


async def days(files: Programme, first: date, number: int) -> list[Day]:
    """`number` days from `first` on."""
    now = await programme.current(files)
    start, end = _midnight(first), _midnight(first + timedelta(days=number))
    found = [*await _went(now, start, min(end, clock.now())), *await _will_go(now, start, end)]
    every = [first + timedelta(days=n) for n in range(number)]
    by_day: dict[date, list[Slot]] = {day: [] for day in every}
    for slot in found:
        by_day[clock.local(slot.at).date()].append(slot)
    return [Day(day, now.workdays.is_workday(day), now.workdays.known(day), by_day[day]) for day in every]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.zone())


async def _went(now: Programme, start: datetime, end: datetime) -> list[Slot]:
    rows = await Broadcast.filter(slot__gte=start, slot__lt=end).order_by("slot", "id").limit(MOST)
    counted = await counts([row.id for row in rows])
    return [
        Slot(
            row.slot, row.title, _name(now, row.schedule_key), f"/broadcasts/{row.id}", _state(row, known), _all(known)
        )
        for row in rows
        for known in [counted.get(row.id, {})]
    ]


def _all(known: dict[str, int]) -> int:
    return sum(known.values())


def _name(now: Programme, key: str) -> str:
    return now.schedules[key].name if key in now.schedules else ""


def _state(row: Broadcast, known: dict[str, int]) -> str:
    if row.stopped_at is not None:
        return "stopped"
    if row.outcome != "fired":
        return "skipped"
    if any(known.get(status) for status in ("unknown", "failed", "held")):
        return "doubtful"
    return "sending" if known.get("queued") or known.get("sending") else "sent"


async def counts(broadcast_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Deliveries by status, of each broadcast."""
    if not broadcast_ids:
        return {}
    rows = await db.fetch(
        "SELECT broadcast_id, status, count(*) AS n FROM delivery"
        f" WHERE broadcast_id IN ({db.marks(broadcast_ids)}) GROUP BY broadcast_id, status",
        *broadcast_ids,
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["broadcast_id"], {})[row["status"]] = row["n"]
    return found


async def _will_go(now: Programme, start: datetime, end: datetime) -> list[Slot]:
    here = clock.now()
    until = min(end, here + FARTHEST)
    if until <= here:
        return []
    await directory.refresh()
    return [_planned(one) for one in await ahead(now, until) if one.at >= start]


async def ahead(now: Programme, until: datetime) -> list[Planned]:
    """The plan from now on; the job counts the messages of a schedule from now, so it begins here whatever is shown."""
    known = await programme.states()
    return preview(
        now.schedules, now.texts, now.workdays, clock.now(), until, known.cursors, known.paused, known.skipped
    )


def _planned(one: Planned) -> Slot:
    audience = one.schedule.audience
    groups = len(directory.groups_for(audience.units, audience.tags))
    state = "left_out" if one.skipped else "planned" if one.message else "empty"
    title = one.message.title if one.message else ""
    return Slot(one.at, title, one.schedule.name, f"/schedules/{one.schedule.key}", state, groups)


async def plans(files: Programme) -> list[Plan]:
    """Every schedule there is, those with a next slot first and in its order."""
    now = await programme.current(files)
    await directory.refresh()
    states = {state.key: state for state in await ScheduleState.all()}
    versions = {row.key: row.version for row in await OwnSchedule.filter(state="active")}
    found = [_plan(one, files, states.get(one.key), versions.get(one.key, 0)) for one in now.schedules.values()]
    far = datetime.max.replace(tzinfo=clock.zone())
    return sorted(found, key=lambda plan: (plan.paused, plan.next_slot or far, plan.schedule.key))


def _plan(schedule: Schedule, files: Programme, state: ScheduleState | None, version: int) -> Plan:
    origin = "file" if not version else "before" if schedule.key in files.schedules else "own"
    following = state.next_slot if state is not None else None
    return Plan(
        schedule,
        origin,
        following,
        state is not None and state.paused,
        following is not None and state is not None and state.skipped_slot == following,
        len(directory.groups_for(schedule.audience.units, schedule.audience.tags)),
        version,
    )


async def plan(files: Programme, key: str) -> tuple[Plan, list[Planned]]:
    """One schedule and its next slots; NotFound when there is none."""
    found = next((one for one in await plans(files) if one.schedule.key == key), None)
    if found is None:
        raise NotFound("没有这个排期，或者刚才有人取消了")
    now = await programme.current(files)
    coming = await ahead(now._replace(schedules={key: found.schedule}), clock.now() + FARTHEST)
    return found, coming[:NEXT]
