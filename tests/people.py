"""The people that tests talk about: one small union, on a QQ-like channel, with a standing outsider.

集团 G        高建军 chair, 周文静 admin, 林晓雨 editor
└ 向阳 M1     王秀兰 chair, 赵志强 deputy, 陈小满 volunteer; 刘桂芳 (H0123), 吴德顺 (H0124)
└ 清河 M2     孙立新 chair: the standing outsider, who may know nothing of M1; 马素英 (H0201)
└ 松岭 M3     nobody: its requests climb to the group company
on no roster: 老马 (`STRANGER`), who also sits in the family group
"""

from collections.abc import Iterable
from typing import NamedTuple

from bot import clock
from bot.actions.staff import directory, people
from bot.models import Group, Household, Identity, Member, Staff, Unit, db, keys

CHANNEL = "qq"
CHAIR, DEPUTY, TOP_CHAIR, ADMIN = "31000001", "31000002", "31000003", "31000004"
VOLUNTEER, EDITOR, OUTSIDER = "31000005", "31000006", "31000007"
LIU, WU, MA = "32000001", "32000002", "32000003"
STRANGER = "33000001"

FAMILY_GROUP, WORKERS_GROUP, STAFF_GROUP, SILENT_GROUP = "700000001", "700000002", "700000003", "700000004"
ALL_GROUPS = 4

# Words whose meaning nobody doubts, so that tests of what follows do not depend on the finer points of triage.
NEED, URGENT, LIFE = "家里没米了，谁能帮帮我们", "救命，我家断粮了，没人管", "我不想活了"
OTHER_NEED = "孩子发烧了，家里没药"

UNITS = [("G", "北岭集团", None), ("M1", "向阳煤矿", "G"), ("M2", "清河煤矿", "G"), ("M3", "松岭煤矿", "G")]


class Worker(NamedTuple):
    user_id: str
    name: str
    role: str
    unit: str
    deputy: bool = False


class Family(NamedTuple):
    user_id: str
    name: str
    code: str
    unit: str
    category: str


WORKERS = [
    Worker(CHAIR, "王秀兰", "chair", "M1"),
    Worker(DEPUTY, "赵志强", "chair", "M1", deputy=True),
    Worker(TOP_CHAIR, "高建军", "chair", "G"),
    Worker(ADMIN, "周文静", "admin", "G"),
    Worker(VOLUNTEER, "陈小满", "volunteer", "M1"),
    Worker(EDITOR, "林晓雨", "editor", "G"),
    Worker(OUTSIDER, "孙立新", "chair", "M2"),
]
FAMILIES = [
    Family(LIU, "刘桂芳", "H0123", "M1", "工伤残职工"),
    Family(WU, "吴德顺", "H0124", "M1", "孤寡老人"),
    Family(MA, "马素英", "H0201", "M2", "留守儿童"),
]
GROUPS = [
    (FAMILY_GROUP, "向阳家属群", "M1", ["family"], True),
    (WORKERS_GROUP, "松岭职工群", "M3", ["workers"], True),
    (STAFF_GROUP, "集团工作群", "G", ["staff"], True),
    (SILENT_GROUP, "还没打开的群", "M1", ["family"], False),
]


async def settle(*, without: Iterable[str] = ()) -> None:
    """Write them all into the open database; `without` names accounts that are not bound to anyone."""
    async with db.transaction():
        for code, name, parent in UNITS:
            await people.add_unit(code, name, parent)
        units = {unit.code: unit.id for unit in await Unit.all()}
        for worker in WORKERS:
            staff = await Staff.create(
                name=worker.name, role=worker.role, unit_id=units[worker.unit], deputy=worker.deputy
            )
            if worker.user_id not in without:
                await Identity.create(channel=CHANNEL, user_id=worker.user_id, staff=staff, bound_at=clock.now())
        for number, family in enumerate(FAMILIES):
            await _family(family, units[family.unit], f"{13800000100 + number}", bound=family.user_id not in without)
        for chat_id, name, unit, tags, enabled in GROUPS:
            await Group.create(
                channel=CHANNEL,
                chat_id=chat_id,
                name=name,
                unit_id=units[unit],
                tags=tags,
                enabled=enabled,
                learnt_at=clock.now(),
            )
        await directory.changed()
    await directory.refresh()


async def _family(family: Family, unit_id: int, phone: str, *, bound: bool) -> None:
    household = await Household.create(code=family.code, unit_id=unit_id, category=family.category)
    index = keys.current().index(phone)
    member = await Member.create(household=household, name=family.name, relation="本人", phone=phone, phone_index=index)
    if bound:
        await Identity.create(channel=CHANNEL, user_id=family.user_id, member=member, bound_at=clock.now())


async def staff_id(user_id: str) -> int:
    """Of a bound account."""
    identity = await Identity.get(channel=CHANNEL, user_id=user_id)
    assert identity.staff_id is not None
    return identity.staff_id
