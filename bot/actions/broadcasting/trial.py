"""A test message to one group: does this account really reach it? It goes through the outbox like everything else."""

from uuid import uuid4

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.privacy import audit
from bot.actions.staff import people
from bot.errors import BadInput, NotFound
from bot.events import Chat, Part
from bot.models import Delivery, Group, db


async def send(group_id: int, parts: tuple[Part, ...], *, by: int) -> int:
    """Queue it and return the delivery's id. Raises NotFound, NotAllowed, and BadInput for a group that is off."""
    async with db.transaction():
        group = await Group.get_or_none(id=group_id)
        if group is None:
            raise NotFound("没有这个群，请刷新页面")
        await people.act_as(by, (), group.unit_id)
        if not group.enabled:
            raise BadInput("这个群还没打开，先打开再试")
        key = f"trial:{group.id}:{uuid4().hex}"
        chat = Chat("group", group.chat_id)
        life = clock.now() + outbox.TRIAL_LIFE
        await outbox.enqueue(
            [outbox.Draft(key, "reply", group.channel, chat, parts, group_id=group.id, expires_at=life)]
        )
        await audit.note("group.trial", "group", group.id, staff_id=by)
        row = await Delivery.get(key=key)
        return int(row.id)


async def outcome(delivery_id: int, *, by: int) -> tuple[str, str]:
    """(status, reason) of a test message. Raises NotFound for anything else, NotAllowed outside one's unit."""
    row = await Delivery.get_or_none(id=delivery_id, key__startswith="trial:").select_related("group")
    if row is None or row.group is None:
        raise NotFound("没有这条试发")
    await people.act_as(by, (), row.group.unit_id)
    return row.status, row.reason
