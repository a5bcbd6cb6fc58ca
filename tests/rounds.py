"""More households and volunteers than tests/people.py has, for rounds of call-backs."""

from bot import clock
from bot.actions.households import phones
from bot.actions.outreach import assignments, rounds
from bot.actions.outreach.rounds import Plan, Standing
from bot.actions.staff import directory
from bot.models import Assignment, Household, Identity, Member, Staff, Unit, db
from tests.people import CHANNEL

SECOND = "31000008"  # 何家宁, another volunteer of M1
PHONE = 13800000200


async def households(*codes: str, unit: str = "M1", category: str = "困难职工", name: str = "张秀英") -> None:
    """Each with one member of that name, and a phone that ends in the number of the code."""
    unit_id = (await Unit.get(code=unit)).id
    for code in codes:
        made = await Household.create(code=code, unit_id=unit_id, category=category)
        await member(made, name, f"1380000{code[-4:]}")


async def member(household: Household, name: str, phone: str = "", relation: str = "本人") -> Member:
    made = Member(household=household, name=name, relation=relation, phone=phone or None)
    if phone:
        made.phone_index, made.phone_ending = phones.index(phone), phones.ending_index(phone)
    await made.save()
    return made


async def second_volunteer() -> int:
    async with db.transaction():
        unit = await Unit.get(code="M1")
        staff = await Staff.create(name="何家宁", role="volunteer", unit=unit)
        await Identity.create(channel=CHANNEL, user_id=SECOND, staff=staff, bound_at=clock.now())
        await directory.changed()
    await directory.refresh()
    return staff.id


async def opened(unit: str = "M1", cap: int = 0, to: tuple[int, ...] = ()) -> Standing:
    """A round that is given out."""
    made = await rounds.create(Plan("冬季回访", unit, cap_per_day=cap))
    await assignments.assign(made.round.id, to)
    return (await rounds.standings([made.round]))[0]


async def held() -> dict[str, str]:
    """Which household is with whom."""
    rows = await Assignment.exclude(held_household_id=None).select_related("household", "staff")
    return {row.household.code: row.staff.name for row in rows if row.staff is not None}


async def state_of(code: str) -> tuple[str, int]:
    row = await Assignment.filter(household__code=code).order_by("-id").first()
    assert row is not None
    return row.state, row.attempts


async def sound() -> None:
    """What must hold whatever anybody does: one owner a household, no state left out, every change in the audit."""
    for row in await Assignment.all().select_related("round", "staff", "household"):
        assert row.state in ("waiting", "done", "visit", "roster_fix")
        assert row.attempts >= 0
        if row.held_household_id is not None:
            assert row.held_household_id == row.household_id and row.state == "waiting"
            assert row.staff is not None and row.staff.active and row.round.closed_at is None
    held_ids = [row.held_household_id for row in await Assignment.exclude(held_household_id=None)]
    assert len(held_ids) == len(set(held_ids))
