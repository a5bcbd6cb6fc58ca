"""Puts the sample union into an empty database, so that a first look needs no roster and no network."""

from bot import clock
from bot.actions.households import phones
from bot.actions.privacy import audit
from bot.actions.staff import directory
from bot.actions.upkeep import settings
from bot.models import Group, Household, Identity, Member, Staff, Unit, db
from bot.sample import World

SAMPLE = "sample"  # the setting that says so; its value is the channel its people are on


async def create(world: World, channel: str) -> bool:
    """Everyone in the sample union, with their accounts on `channel`. Only when there are no units yet."""
    async with db.transaction():
        if await Unit.exists():
            return False
        units = await _units(world)
        await _staff(world, channel, units)
        await _households(world, channel, units)
        now = clock.now()
        for group in world.groups:
            await Group.create(
                channel=channel,
                chat_id=group.id,
                name=group.name,
                unit_id=units[group.unit],
                tags=list(group.tags),
                enabled=True,
                learnt_at=now,
            )
        await settings.put(SAMPLE, channel)
        await audit.note("sample.create", "unit", households=len(world.households), staff=len(world.staff))
        await directory.changed()
    return True


async def _units(world: World) -> dict[str, int]:
    """Unit codes and their ids. A parent comes before its children in the sample file."""
    made: dict[str, Unit] = {}
    for one in world.units:
        parent = made[one.parent] if one.parent else None
        unit = await Unit.create(code=one.code, name=one.name, parent=parent)
        unit.path = f"{parent.path if parent else '/'}{unit.id}/"
        await unit.save(update_fields=["path"])
        made[one.code] = unit
    return {code: unit.id for code, unit in made.items()}


async def _staff(world: World, channel: str, units: dict[str, int]) -> None:
    for one in world.staff:
        staff = await Staff.create(name=one.name, role=one.role, unit_id=units[one.unit], deputy=one.deputy)
        await Identity.create(channel=channel, user_id=one.user_id, staff=staff, bound_at=clock.now())


async def _households(world: World, channel: str, units: dict[str, int]) -> None:
    for one in world.households:
        household = await Household.create(code=one.code, unit_id=units[one.unit], category=one.category)
        member = await Member.create(
            household=household,
            name=one.name,
            relation=one.relation,
            phone=one.phone,
            phone_index=phones.index(one.phone),
            phone_ending=phones.ending_index(one.phone),
        )
        if one.user_id:
            await Identity.create(channel=channel, user_id=one.user_id, member=member, bound_at=clock.now())
