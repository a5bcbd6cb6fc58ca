"""What a family asked of us is noted by whom it concerns, and by nobody else."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot import clock
from bot.actions.households import consents, wishes
from bot.actions.households import dates as household_dates
from bot.errors import BadInput, NotFound
from bot.models import Audit, Household, HouseholdDate, Member
from tests import people as cast


@pytest.fixture
async def house(database: str) -> Household:
    await cast.settle()
    return await Household.get(code="H0123")


async def actions() -> list[str]:
    return [row.action for row in await Audit.all().order_by("id") if row.action.split(".")[0] in OURS]


OURS = {"wish", "date", "consent", "member"}


async def test_no_more_calls_until_a_chair_says_why(house: Household) -> None:
    volunteer, chair = await cast.staff_id(cast.VOLUNTEER), await cast.staff_id(cast.CHAIR)
    assert await wishes.do_not_call(house.id, by=volunteer)
    assert not await wishes.do_not_call(house.id, by=volunteer)
    with pytest.raises(NotFound):
        await wishes.may_call_again(house.id, "家里说可以再打", by=volunteer)
    with pytest.raises(BadInput, match="为什么"):
        await wishes.may_call_again(house.id, "行", by=chair)
    assert (await Household.get(id=house.id)).do_not_call
    assert await wishes.may_call_again(house.id, "家里说可以再打", by=chair)
    assert not (await Household.get(id=house.id)).do_not_call
    assert await actions() == ["wish.do_not_call", "wish.may_call"]


async def test_times_and_confidants(house: Household) -> None:
    assert await wishes.best_time(house.id, "  晚上 七点以后 ")
    assert not await wishes.best_time(house.id, "晚上 七点以后")
    assert await wishes.may_tell(house.id, "女儿")
    with pytest.raises(BadInput, match="40"):
        await wishes.best_time(house.id, "晚" * 41)
    found = await Household.get(id=house.id)
    assert (found.best_time, found.may_tell) == ("晚上 七点以后", "女儿")
    assert await wishes.may_tell(house.id, "")
    assert (await Household.get(id=house.id)).may_tell is None


async def test_days(house: Household) -> None:
    chair = await cast.staff_id(cast.CHAIR)
    made = await household_dates.add(house.id, "avoid", 3, 12, "忌日", by=chair)
    assert (await household_dates.add(house.id, "avoid", 3, 12, "忌日")).id == made.id
    for wrong in ((house.id, "avoid", 2, 30), (house.id, "often", 3, 1), (house.id, "avoid", 3, 1, "3-1；")):
        with pytest.raises(BadInput):
            await household_dates.add(*wrong)
    await household_dates.remove(made.id, by=chair)
    assert not await HouseholdDate.exists()
    with pytest.raises(NotFound):
        await household_dates.remove(made.id, by=chair)
    assert await actions() == ["date.add", "date.remove"]


async def test_consents_are_kept_even_when_withdrawn(house: Household) -> None:
    member, stranger = await Member.get(household_id=house.id), await Member.get(name="马素英")
    given = await consents.give(house.id, member.id, "登记和回访", "同意")
    assert [one.id for one in await consents.holding(house.id, "登记和回访")] == [given.id]
    assert await consents.withdraw(given.id) and not await consents.withdraw(given.id)
    assert await consents.holding(house.id) == []
    with pytest.raises(NotFound):
        await consents.give(house.id, stranger.id, "登记和回访")
    with pytest.raises(BadInput):
        await consents.give(house.id, member.id, "")
    with pytest.raises(BadInput, match="还没到"):
        await consents.give(house.id, member.id, "回访", given_at=clock.now() + timedelta(days=1))
    assert await actions() == ["consent.give", "consent.withdraw"]


async def test_a_child_has_a_grown_up_guardian_of_the_family(house: Household) -> None:
    child = await Member.create(household_id=house.id, name="小刘")
    mother, stranger = await Member.get(name="刘桂芳"), await Member.get(name="马素英")
    for wrong in (None, child.id, stranger.id):
        with pytest.raises(BadInput):
            await wishes.guardian(child.id, wrong, under_14=True)
    assert await wishes.guardian(child.id, mother.id, under_14=True)
    assert not await wishes.guardian(child.id, mother.id)
    with pytest.raises(BadInput, match="14"):
        await wishes.guardian(mother.id, child.id)
    assert await actions() == ["member.guardian"]


async def test_an_outsider_hears_the_same_as_of_a_household_that_is_not_there(house: Household) -> None:
    outsider = await cast.staff_id(cast.OUTSIDER)
    member = await Member.get(household_id=house.id)
    given = await consents.give(house.id, member.id, "回访")
    day = await household_dates.add(house.id, "avoid", 3, 12)
    tries: list[tuple[Callable[[int], Awaitable[object]], int]] = [
        (lambda at: wishes.do_not_call(at, by=outsider), house.id),
        (lambda at: wishes.may_call_again(at, "家里说可以再打", by=outsider), house.id),
        (lambda at: wishes.best_time(at, "早上", by=outsider), house.id),
        (lambda at: wishes.may_tell(at, "邻居", by=outsider), house.id),
        (lambda at: wishes.guardian(at, None, by=outsider), member.id),
        (lambda at: household_dates.add(at, "avoid", 1, 1, by=outsider), house.id),
        (lambda at: household_dates.remove(at, by=outsider), day.id),
        (lambda at: consents.give(at, member.id, "回访", by=outsider), house.id),
        (lambda at: consents.withdraw(at, by=outsider), given.id),
    ]
    before = await Audit.all().count()
    for attempt, there in tries:
        said = []
        for at in (there, 999_999):
            with pytest.raises(NotFound) as caught:
                await attempt(at)
            said.append(str(caught.value))
        assert said[0] == said[1]
    assert await Audit.all().count() == before
