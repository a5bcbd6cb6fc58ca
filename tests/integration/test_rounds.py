"""Rounds: which households they take, who gets them, and that one is with one volunteer at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from tortoise.exceptions import IntegrityError

from bot import clock
from bot.actions.outreach import assignments, rounds
from bot.actions.outreach.rounds import Plan, Segment
from bot.actions.staff import people
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.models import Assignment, Audit, FollowUp, Household, Staff
from tests import people as cast
from tests.people import CHAIR, OUTSIDER, VOLUNTEER, staff_id
from tests.rounds import held, households, opened, second_volunteer, sound

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
CODES = ("H0301", "H0302", "H0303", "H0304")


@pytest.fixture(autouse=True)
async def union(database: str) -> None:
    clock.use(lambda: NOON)
    await cast.settle()


async def called(code: str, outcome: str, days_ago: int = 0, by: str = VOLUNTEER) -> None:
    household = await Household.get(code=code)
    at = NOON - timedelta(days=days_ago)
    await FollowUp.create(household=household, staff_id=await staff_id(by), outcome=outcome, at=at)


async def codes_of(segment: Segment, unit: str = "M1") -> list[str]:
    chosen = await rounds.select(await people.unit_by_code(unit), segment)
    return [one.code for one in await Household.filter(id__in=chosen).order_by("code")]


async def test_a_segment(database: str) -> None:
    await called("H0123", "well", days_ago=30)
    await called("H0124", "no_answer", days_ago=1)
    assert await codes_of(Segment(), "G") == ["H0123", "H0124", "H0201"]
    assert await codes_of(Segment()) == ["H0123", "H0124"]
    assert await codes_of(Segment(categories=["孤寡老人"])) == ["H0124"]
    assert await codes_of(Segment(outcomes=["no_answer"])) == ["H0124"]
    assert await codes_of(Segment(outcomes=["never"]), "G") == ["H0201"]
    assert await codes_of(Segment(silent_days=14)) == ["H0123", "H0124"], "never reached is silent as well"
    assert await codes_of(Segment(silent_days=31)) == ["H0124"]
    await Household.filter(code="H0124").update(do_not_call=True, grade="深度")
    assert await codes_of(Segment(grades=["深度"])) == []


async def test_an_undone_call_never_happened(database: str) -> None:
    await called("H0123", "well")
    await FollowUp.all().update(undone_at=NOON)
    assert await codes_of(Segment(outcomes=["never"])) == ["H0123", "H0124"]


@pytest.mark.parametrize(
    "plan",
    [
        Plan("", "M1"),
        Plan("冬季", "M1", Segment(categories=["外星人"])),
        Plan("冬季", "M1", Segment(outcomes=["fine"])),
        Plan("冬季", "M1", Segment(categories=["留守儿童"])),  # nobody there
        Plan("冬季", "M1", cap_per_day=-1),
        Plan("冬季", "M1", ends_at=NOON - timedelta(days=1)),
    ],
)
async def test_a_round_that_makes_no_sense(plan: Plan) -> None:
    with pytest.raises(BadInput):
        await rounds.create(plan)
    assert await Assignment.all().count() == 0


async def test_only_the_chair_of_the_unit_opens_and_closes(database: str) -> None:
    plan = Plan("冬季回访", "M1")
    for who in (VOLUNTEER, OUTSIDER):
        with pytest.raises(NotAllowed):
            await rounds.create(plan, by=await staff_id(who))
    made = await rounds.create(plan, by=await staff_id(CHAIR))
    outsider = await staff_id(OUTSIDER)
    for number in (made.round.id, 999):
        with pytest.raises(NotFound, match=f"没有第 {number} 轮"):
            await rounds.close(number, by=outsider)
        with pytest.raises(NotFound, match=f"没有第 {number} 轮"):
            await assignments.assign(number, by=outsider)
    assert await rounds.overview(by=outsider) == []
    assert await rounds.close(made.round.id, by=await staff_id(CHAIR)) == 2
    with pytest.raises(Conflict):
        await rounds.close(made.round.id)


async def test_the_same_volunteer_as_last_time_then_balance(database: str) -> None:
    await second_volunteer()
    await households(*CODES)
    for code in CODES[:3]:
        await called(code, "well", days_ago=90)
    standing = await opened()
    assert (standing.total, standing.free, standing.held) == (6, 0, 6)
    with_whom = await held()
    assert {with_whom[code] for code in CODES[:3]} == {"陈小满"}
    assert sorted(with_whom.values()) == ["何家宁"] * 3 + ["陈小满"] * 3
    await sound()


async def test_by_unit(database: str) -> None:
    await households("H0401", unit="M2")
    standing = await opened("G")
    assert standing.free == 2 and set((await held()).values()) == {"陈小满"}, "nobody calls for the other mine"
    staff = await people.add_staff("刘一", "volunteer", "G")
    await assignments.assign(standing.round.id)
    assert (await held())["H0401"] == "刘一"
    assert await Assignment.filter(staff_id=staff.id).count() == 2


async def test_a_household_is_with_one_volunteer_at_a_time(database: str) -> None:
    await opened()
    before = await held()
    second = await opened()
    assert (second.free, second.held, await held()) == (2, 0, before)
    household = await Household.get(code="H0123")
    row = await Assignment.get(round_id=second.round.id, household=household)
    row.staff_id, row.held_household_id = await staff_id(CHAIR), household.id
    with pytest.raises(IntegrityError):
        await row.save()


async def test_moving_everything_to_others(database: str) -> None:
    other = await second_volunteer()
    mine = await staff_id(VOLUNTEER)
    await opened(to=(mine,))
    with pytest.raises(NotAllowed):
        await assignments.move(mine, by=await staff_id(OUTSIDER))
    given = await assignments.move(mine, by=await staff_id(CHAIR))
    assert (list(given.counts.values()), given.left) == ([2], 0)
    assert set((await held()).values()) == {"何家宁"}
    assert await Audit.filter(action="assignment.moved", subject_id=other).count() == 1
    with pytest.raises(BadInput):
        await assignments.move(other, [other])
    await sound()


async def test_with_nobody_to_take_them_they_stay(database: str) -> None:
    mine = await staff_id(VOLUNTEER)
    await opened()
    given = await assignments.move(mine)
    assert (given.counts, given.left, set((await held()).values())) == ({}, 2, {"陈小满"})


async def test_what_a_volunteer_leaves_untouched_goes_back(database: str) -> None:
    await opened()
    await Household.filter(code="H0124").update(next_call_at=NOON + timedelta(days=2))
    clock.use(lambda: NOON + timedelta(days=4))
    assert await assignments.release(0) == 0
    assert await assignments.release(3) == 1
    assert list(await held()) == ["H0124"], "a later call was agreed on"
    clock.use(lambda: NOON + timedelta(days=6))
    assert await assignments.release(3) == 1
    assert await Audit.filter(action="assignment.released").count() == 2
    await sound()


async def test_who_left_and_who_is_not_to_be_called_are_let_go_at_once(database: str) -> None:
    await opened()
    await Household.filter(code="H0124").update(do_not_call=True)
    assert await assignments.release(3) == 1
    assert await Assignment.filter(state="done").count() == 1
    await people.deactivate(await staff_id(VOLUNTEER))
    assert await assignments.release(3) == 1 and await held() == {}
    assert await Staff.filter(active=True, role="volunteer").count() == 0


async def test_a_round_ends_by_itself(database: str) -> None:
    made = await rounds.create(Plan("短", "M1", ends_at=NOON + timedelta(days=1)))
    await assignments.assign(made.round.id)
    assert await rounds.close_ended() == 0
    clock.use(lambda: NOON + timedelta(days=1))
    assert await rounds.close_ended() == 1 and await held() == {}
    assert await rounds.overview() == [] and len(await rounds.overview(closed=True)) == 1
    with pytest.raises(Conflict):
        await assignments.assign(made.round.id)
