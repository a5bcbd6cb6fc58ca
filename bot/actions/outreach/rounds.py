"""A round of call-backs: which part of the roster it takes, with which script, from when to when; opened and closed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.outreach.outcomes import OUTCOMES, REACHED
from bot.actions.privacy import audit
from bot.actions.roster.values import CATEGORIES, GRADES
from bot.actions.staff.people import act_as, unit_by_code
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.models import Assignment, Round, Unit, db
from bot.models.fields import to_ms

LEADERS = ("chair",)
NAME_MAX, CAP_MAX, DAYS_MAX = 60, 500, 3650
NEVER = "never"  # as an outcome of the segment: nobody has called yet

# The latest outcome of each household, and when it was last reached. Undone call-backs never happened.
LATEST = """
(SELECT f.outcome FROM follow_up f WHERE f.household_id = h.id AND f.undone_at IS NULL
 ORDER BY f.at DESC, f.id DESC LIMIT 1)"""
REACHED_AT = f"""
(SELECT max(f.at) FROM follow_up f WHERE f.household_id = h.id AND f.undone_at IS NULL
 AND f.outcome IN ({", ".join(f"'{code}'" for code in REACHED)}))"""


class Segment(NamedTuple):
    """Which households of the unit: an empty list means all."""

    categories: Sequence[str] = ()
    grades: Sequence[str] = ()
    outcomes: Sequence[str] = ()  # of the latest call-back; NEVER: there was none
    silent_days: int = 0  # not reached for so long, or never


class Plan(NamedTuple):
    """A round as somebody wants it."""

    name: str
    unit_code: str
    segment: Segment = Segment()
    script_key: str = ""
    cap_per_day: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Standing(NamedTuple):
    """A round in numbers; `free` wait for a volunteer, `held` are with one."""

    round: Round
    unit: str
    total: int
    free: int
    held: int
    done: int
    visit: int
    roster_fix: int


async def create(plan: Plan, *, by: int | None = None) -> Standing:
    """Open a round over the households that the segment means today. Whoever asked not to be called is left out."""
    _check(plan)
    async with db.transaction():
        unit = await unit_by_code(plan.unit_code)
        if by is not None:
            await act_as(by, LEADERS, unit.id)
        made = await Round.create(
            name=" ".join(plan.name.split()),
            unit=unit,
            script_key=plan.script_key,
            segment={name: value for name, value in plan.segment._asdict().items() if value},
            starts_at=plan.starts_at or clock.now(),
            ends_at=plan.ends_at,
            cap_per_day=plan.cap_per_day,
        )
        households = await select(unit, plan.segment)
        if not households:
            raise BadInput("没有一户符合这些条件，请放宽一些。")
        await db.execute_many(
            "INSERT INTO assignment (round_id, household_id, state, attempts) VALUES (?, ?, 'waiting', 0)",
            [(made.id, household) for household in households],
        )
        await audit.note("round.created", "round", made.id, staff_id=by, households=len(households))
    return (await standings([made]))[0]


async def count(plan: Plan, *, by: int | None = None) -> int:
    """How many households the plan means today. Raises as `create` does, but for a segment that means nobody."""
    _check(plan)
    unit = await unit_by_code(plan.unit_code)
    if by is not None:
        await act_as(by, LEADERS, unit.id)
    return len(await select(unit, plan.segment))


def _check(plan: Plan) -> None:
    segment = plan.segment
    if not 0 < len(" ".join(plan.name.split())) <= NAME_MAX:
        raise BadInput(f"请给这一轮起个名字，最多 {NAME_MAX} 个字。")
    for said, known, what in (
        (segment.categories, CATEGORIES, "类别"),
        (segment.grades, GRADES, "困难等级"),
        (segment.outcomes, (*OUTCOMES, NEVER), "上次结果"),
    ):
        wrong = [one for one in said if one not in known]
        if wrong:
            raise BadInput(f"没有“{wrong[0][:20]}”这个{what}，能写的有：{'、'.join(known)}。")
    if not 0 <= plan.cap_per_day <= CAP_MAX:
        raise BadInput(f"每人每天最多打几户，请写 0 到 {CAP_MAX}，0 是不限。")
    if not 0 <= segment.silent_days <= DAYS_MAX:
        raise BadInput("多少天没联系上，请写一个不太大的天数。")
    if plan.ends_at is not None and plan.ends_at <= (plan.starts_at or clock.now()):
        raise BadInput("结束的日子要在开始以后。")


async def select(unit: Unit, segment: Segment) -> list[int]:
    """The households that a segment means, in the order of their codes."""
    where, values = ["u.path LIKE ?", "NOT h.do_not_call"], [f"{unit.path}%"]
    for column, wanted in (("h.category", segment.categories), ("h.grade", segment.grades)):
        if wanted:
            where.append(f"{column} IN ({db.marks(wanted)})")
            values += wanted
    if segment.outcomes:
        where.append(f"coalesce({LATEST}, '{NEVER}') IN ({db.marks(segment.outcomes)})")
        values += segment.outcomes
    numbers: list[int] = []
    if segment.silent_days:
        where.append(f"coalesce({REACHED_AT}, 0) < ?")
        numbers.append(to_ms(clock.now() - timedelta(days=segment.silent_days)))
    condition = " AND ".join(where)
    statement = f"SELECT h.id FROM household h JOIN unit u ON u.id = h.unit_id WHERE {condition} ORDER BY h.code"
    return [row["id"] for row in await db.fetch(statement, *values, *numbers)]


async def close(round_id: int, *, by: int | None = None) -> int:
    """No more calls for this round: what is still with a volunteer is let go. Returns how many were left over."""
    async with db.transaction():
        found = await reach(round_id, by)
        if not await Round.filter(id=found.id, closed_at=None).update(closed_at=clock.now()):
            raise Conflict(f"第 {round_id} 轮已经结束了。")
        left = await Assignment.filter(round_id=found.id, state="waiting").update(held_household_id=None)
        await audit.note("round.closed", "round", found.id, staff_id=by, left=left)
    return left


async def reach(round_id: int, by: int | None) -> Round:
    """The round, for its leader (None: the command line); NotFound for one of another unit, as for none."""
    found = await Round.get_or_none(id=round_id) if 0 < round_id < 2**31 else None
    unknown = NotFound(f"没有第 {round_id} 轮回访，请核对编号。")
    if found is None:
        raise unknown
    if by is not None:
        try:
            await act_as(by, LEADERS, found.unit_id)
        except NotAllowed:
            raise unknown from None
    return found


async def close_ended() -> int:
    """Rounds whose last day is over; returns how many were closed."""
    ended = await Round.filter(closed_at=None, ends_at__lte=clock.now()).order_by("id")
    for one in ended:
        await close(one.id)
    return len(ended)


async def overview(*, by: int | None = None, closed: bool = False) -> list[Standing]:
    """The rounds that are open, with `closed` all, of the person's units."""
    rows = Round.all().order_by("id") if closed else Round.filter(closed_at=None).order_by("id")
    if by is not None:
        staff = await act_as(by, LEADERS)
        rows = rows.filter(unit__path__startswith=staff.unit.path)
    return await standings(await rows)


async def standings(rounds: Sequence[Round]) -> list[Standing]:
    if not rounds:
        return []
    ids = [one.id for one in rounds]
    counted = await db.fetch(
        "SELECT round_id, state, CASE WHEN held_household_id IS NULL THEN 0 ELSE 1 END AS held, count(*) AS n"
        f" FROM assignment WHERE round_id IN ({db.marks(ids)}) GROUP BY 1, 2, 3",
        *ids,
    )
    units = {unit.id: unit.name for unit in await Unit.filter(id__in=[one.unit_id for one in rounds])}
    numbers = {(row["round_id"], row["state"], row["held"]): row["n"] for row in counted}
    return [_standing(one, units[one.unit_id], numbers) for one in rounds]


def _standing(one: Round, unit: str, numbers: dict[tuple[int, str, int], int]) -> Standing:
    total = sum(n for (round_id, _, _), n in numbers.items() if round_id == one.id)
    free, held = (numbers.get((one.id, "waiting", with_one), 0) for with_one in (0, 1))
    done, visit, fix = (numbers.get((one.id, state, 0), 0) for state in ("done", "visit", "roster_fix"))
    return Standing(one, unit, total, free, held, done, visit, fix)
