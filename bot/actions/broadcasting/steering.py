"""What a person does with a broadcast that is under way: stop it, send some rows again, pass it on to more groups.

Stopped is stopped: rows that wait expire in the same transaction, the sender asks once more when it claims, and
nothing of it can be sent again. What is on its way at that moment ends as it ends.
"""

from collections.abc import Collection, Sequence

from bot import clock
from bot.actions.broadcasting import programme
from bot.actions.broadcasting.broadcasts import one_road
from bot.actions.broadcasting.programme import Programme
from bot.actions.delivery import outbox, resending
from bot.actions.privacy import audit
from bot.actions.staff import people
from bot.actions.staff.directory import Place
from bot.errors import BadInput, Conflict, NotFound
from bot.events import Chat, Part
from bot.models import Broadcast, Delivery, Group, db
from bot.models.fields import to_ms

EDITORS = ("editor",)
STOPPED = "这次播发已经叫停了，要再发请重新排一次"
UNSENT = ("queued", "held")


async def stop(broadcast_id: int, *, by: int) -> int:
    """No further group gets it. Returns how many were spared; Conflict when it was stopped before."""
    async with db.transaction():
        row = await _locked(broadcast_id)
        await _may_steer(by, row)
        if row.stopped_at is not None:
            raise Conflict("已经有人叫停了")
        now = clock.now()
        await Broadcast.filter(id=row.id).update(stopped_at=now, stopped_by_id=by)
        spared = await db.fetch(
            "UPDATE delivery SET status = 'expired', reason = 'stopped', settled_at = ?"
            f" WHERE broadcast_id = ? AND status IN ({db.marks(UNSENT)}) RETURNING id",
            to_ms(now),
            row.id,
            *UNSENT,
        )
        await audit.note("broadcast.stop", "broadcast", row.id, staff_id=by, spared=len(spared))
    return len(spared)


async def resend(broadcast_id: int, delivery_ids: Sequence[int], *, by: int) -> int:
    """Send these rows of it again, those that are in doubt or did not go. Returns how many are queued now."""
    async with db.transaction():
        row = await _locked(broadcast_id)
        if row.stopped_at is not None:
            raise Conflict(STOPPED)
        if not delivery_ids:
            raise BadInput("请先勾选要重发的群")
        found = await db.fetch(
            "SELECT d.id, g.unit_id FROM delivery d JOIN chat_group g ON g.id = d.group_id"
            f" WHERE d.broadcast_id = ? AND d.id IN ({db.marks(delivery_ids)})",
            row.id,
            *delivery_ids,
        )
        await _may_reach(by, [one["unit_id"] for one in found])
        done = await resending.resend([one["id"] for one in found])
        await audit.note("broadcast.resend", "broadcast", row.id, staff_id=by, rows=done)
    return done


async def resend_of(channel: str, delivery_ids: Sequence[int], *, by: int) -> int:
    """The same for rows of one account, whatever they belong to; of a lower unit those of its groups alone."""
    async with db.transaction():
        staff = await people.act_as(by)
        rows = Delivery.filter(id__in=list(delivery_ids), channel=channel)
        if staff.unit.path.count("/") > 2:
            rows = rows.filter(group__unit__path__startswith=staff.unit.path)
        done = await resending.resend([one.id for one in await rows])
        await audit.note("outbox.resend", "channel", staff_id=by, channel=channel, rows=done)
    return done


async def forward(broadcast_id: int, group_ids: Collection[int], files: Programme, *, by: int) -> int:
    """To more groups. One that has it already, by whichever account, gets nothing twice. Returns how many are new."""
    async with db.transaction():
        row = await _locked(broadcast_id)
        if row.stopped_at is not None:
            raise Conflict(STOPPED)
        if row.outcome != "fired":
            raise BadInput("这一次没有发，没有可转发的")
        groups = await Group.filter(id__in=list(group_ids), enabled=True).select_related("unit")
        if not groups:
            raise BadInput("请先勾选要转发的群")
        await _may_reach(by, [group.unit_id for group in groups])
        before = await _rows(row.id)
        await _spread(row, groups, await programme.at_once(files))
        new = await _rows(row.id) - before
        await audit.note("broadcast.forward", "broadcast", row.id, staff_id=by, groups=new)
    return new


async def _spread(row: Broadcast, groups: Sequence[Group], now: Programme) -> None:
    plan = now.schedules.get(row.schedule_key)
    quiet = now.quiet_by_channel(plan.when.quiet_hours if plan is not None else None)
    mark, expires_at = f"b:{row.schedule_key}:{to_ms(row.slot)}:", clock.now() + now.expire
    had = await _who_has(row.id)
    chosen = {one.group_id for one in one_road([_place(group) for group in groups], quiet) if one.root not in had}
    drafts = [
        outbox.Draft(
            key=f"{mark}{group.same_as_id or group.id}",
            purpose="tip",
            channel=group.channel,
            chat=Chat("group", group.chat_id),
            parts=None if row.body else _said(row, now, group.unit.name if group.unit is not None else ""),
            broadcast_id=row.id,
            group_id=group.id,
            quiet_hours=quiet.get(group.channel, ""),
            expires_at=expires_at,
        )
        for group in groups
        if group.id in chosen
    ]
    await outbox.enqueue(drafts)


def _said(row: Broadcast, now: Programme, unit: str) -> tuple[Part, ...]:
    """The words for one unit: a text that names the unit has no body that is the same for all."""
    if row.message_key not in now.texts.messages:
        raise BadInput("这条文案已经不用了，不能再转发")
    return now.say(str(row.message_key), row.slot, unit)


def _place(group: Group) -> Place:
    root = group.same_as_id or group.id
    return Place(group.id, group.name, group.unit_id, frozenset(group.tags), group.channel, root, group.rank)


async def _who_has(broadcast_id: int) -> set[int]:
    """By the root that their groups have today: two groups may have become one since it was fired."""
    rows = await db.fetch(
        "SELECT coalesce(g.same_as_id, g.id) AS root FROM delivery d JOIN chat_group g ON g.id = d.group_id"
        " WHERE d.broadcast_id = ?",
        broadcast_id,
    )
    return {row["root"] for row in rows}


async def _rows(broadcast_id: int) -> int:
    found = await db.fetch("SELECT count(*) AS n FROM delivery WHERE broadcast_id = ?", broadcast_id)
    return int(found[0]["n"])


async def _locked(broadcast_id: int) -> Broadcast:
    """The row, and nobody else at it until the transaction ends."""
    row = await Broadcast.select_for_update().get_or_none(id=broadcast_id)
    if row is None:
        raise NotFound("没有这次播发，请刷新页面")
    return row


async def _may_steer(by: int, row: Broadcast) -> None:
    """Whoever answers for every group that it goes to; for the whole union that is somebody of a top unit."""
    units = await db.fetch(
        "SELECT DISTINCT g.unit_id FROM delivery d JOIN chat_group g ON g.id = d.group_id WHERE d.broadcast_id = ?",
        row.id,
    )
    await _may_reach(by, [one["unit_id"] for one in units])


async def _may_reach(by: int, units: Sequence[int | None]) -> None:
    for unit_id in set(units) or {people.ANYWHERE}:
        await people.act_as(by, EDITORS, unit_id)
