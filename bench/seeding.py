"""A union to measure with: ten mines with a chair each, households with an account each, groups switched on."""

from bench import chat
from bot import clock
from bot.actions.staff import directory
from bot.models import Group, Household, Identity, Member, Staff, Unit, db

MINES = 10


async def seed(channel: str, households: int, groups: int) -> None:
    """Fill an open, empty database."""
    async with db.transaction():
        mines = await _units()
        await _chairs(channel, mines)
        await _families(channel, mines, households)
        now = clock.now()
        rows = [
            Group(
                channel=channel,
                chat_id=str(row["group_id"]),
                name=row["group_name"],
                unit_id=mines[at % MINES].id,
                tags=["family"],
                enabled=True,
                learnt_at=now,
            )
            for at, row in enumerate(chat.groups(groups))
        ]
        await Group.bulk_create(rows, batch_size=500)
        await directory.changed()


async def _units() -> list[Unit]:
    top = await Unit.create(code="TOP", name="测试集团", path="/1/")
    mines = []
    for number in range(1, MINES + 1):
        mine = await Unit.create(code=f"M{number}", name=f"{number}号矿", parent_id=top.id)
        mine.path = f"/{top.id}/{mine.id}/"
        await mine.save()
        mines.append(mine)
    return mines


async def _chairs(channel: str, mines: list[Unit]) -> None:
    for at, mine in enumerate(mines):
        chair = await Staff.create(name=f"测试主席{at + 1}", role="chair", unit_id=mine.id)
        user = str(chat.FIRST_CHAIR + at)
        await Identity.create(channel=channel, user_id=user, staff_id=chair.id, bound_at=clock.now())


async def _families(channel: str, mines: list[Unit], count: int) -> None:
    now = clock.now()
    for at in range(count):
        unit = mines[at % MINES].id
        home = await Household.create(code=chat.household(at), unit_id=unit, category="困难职工")
        member = await Member.create(household_id=home.id, name=f"测试户{at + 1}", phone=f"138000{at:05d}")
        user = str(chat.FIRST_FAMILY + at)
        await Identity.create(channel=channel, user_id=user, member_id=member.id, bound_at=now)
