"""Staff, units and groups as an admin sees them: their own unit and all below it."""

from typing import NamedTuple

from bot.actions.staff import people
from bot.actions.staff.sessions import Me
from bot.errors import NotFound
from bot.models import Group, Identity, Staff, Unit


class Worker(NamedTuple):
    staff: Staff
    unit: str
    accounts: list[str]  # channels


async def units(me: Me) -> list[Unit]:
    """In the order of the tree, by the codes on the way down."""
    rows = await Unit.filter(path__startswith=me.unit_path)
    codes = {unit.id: unit.code for unit in rows}
    return sorted(rows, key=lambda unit: [codes.get(int(step), "") for step in unit.path.strip("/").split("/")])


async def workers(me: Me) -> list[Worker]:
    """Who works here, by unit, chairs first."""
    ranks = {"chair": 0, "editor": 1, "volunteer": 2, "admin": 3}
    order = {unit.id: n for n, unit in enumerate(await units(me))}
    rows = await Staff.filter(active=True, unit__path__startswith=me.unit_path).select_related("unit")
    accounts: dict[int | None, list[str]] = {}
    for identity in await Identity.filter(staff_id__in=[row.id for row in rows]).order_by("id"):
        accounts.setdefault(identity.staff_id, []).append(identity.channel)
    rows.sort(key=lambda row: (order[row.unit_id], ranks.get(row.role, 9), row.deputy, row.id))
    return [Worker(row, row.unit.name, accounts.get(row.id, [])) for row in rows]


async def worker(me: Me, staff_id: int) -> tuple[Staff, list[Identity]]:
    """One of them with their accounts; NotFound for somebody of another unit, as for nobody."""
    staff = await Staff.get_or_none(id=staff_id, active=True, unit__path__startswith=me.unit_path)
    if staff is None:
        raise NotFound("没有这位工作人员，或者已经停用")
    await staff.fetch_related("unit")
    return staff, await Identity.filter(staff_id=staff.id).order_by("id")


async def groups(me: Me) -> list[Group]:
    """Those of one's units, and for a top unit also those that nobody has claimed. Switched-off ones last."""
    rows = await Group.all().order_by("-enabled", "channel", "name", "id").select_related("unit")
    top = me.unit_path.count("/") == 2
    return [row for row in rows if (top if row.unit is None else row.unit.path.startswith(me.unit_path))]


async def group(me: Me, group_id: int) -> Group:
    """One group; NotFound outside one's unit."""
    row = await Group.get_or_none(id=group_id).select_related("unit")
    if row is None:
        raise NotFound("没有这个群，请刷新页面")
    await people.act_as(me.id, (), row.unit_id)
    return row
