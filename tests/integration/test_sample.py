"""The sample union goes in whole, once, and only where there is nothing yet."""

from bot.actions.roster import sample
from bot.actions.staff import directory, people
from bot.models import Group, Household, Identity, Member, Staff, Unit, keys
from bot.sample import load


async def test_everyone_of_the_sample_is_there_and_speaks(database: str) -> None:
    world = load()
    assert await sample.create(world, "sandbox")
    await directory.refresh_if_forgotten()
    assert await Unit.all().count() == len(world.units)
    assert await Household.all().count() == len(world.households)
    for one in world.staff:
        speaker = directory.speaker("sandbox", one.user_id)
        assert speaker is not None and (speaker.role, speaker.name) == (one.role, one.name)
    for family in world.households:
        member = await Member.get(household__code=family.code)
        assert member.phone == family.phone and member.phone_index == keys.current().index(family.phone)
        if family.user_id:
            speaker = directory.speaker("sandbox", family.user_id)
            assert speaker is not None and (speaker.role, speaker.household_id) == ("family", member.household_id)
    for group in world.groups:
        place = directory.place("sandbox", group.id)
        assert place is not None and place.tags == set(group.tags)
    top = await people.unit_by_code("G")
    assert all(unit.path.startswith(f"/{top.id}/") for unit in await Unit.all())
    assert await Staff.filter(deputy=True).count() == 1


async def test_a_second_time_changes_nothing(database: str) -> None:
    assert await sample.create(load(), "sandbox")
    before = [await model.all().count() for model in (Unit, Staff, Household, Member, Identity, Group)]
    assert not await sample.create(load(), "sandbox")
    assert before == [await model.all().count() for model in (Unit, Staff, Household, Member, Identity, Group)]


async def test_a_real_union_is_left_alone(database: str) -> None:
    await people.add_unit("REAL", "真的单位")
    assert not await sample.create(load(), "sandbox")
    assert await Unit.all().count() == 1 and not await Household.exists()
