"""Which groups there are, and which of them may hear from us: silent until a person says otherwise."""

from collections.abc import Iterable, Sequence

from tortoise.expressions import Q

from bot import clock
from bot.actions.privacy import audit
from bot.actions.staff import directory, people
from bot.errors import BadInput, NotFound
from bot.events import GroupInfo
from bot.models import Group, db

NAME_MAX = 200
TAG_MAX = 20


async def learnt(channel: str, found: Sequence[GroupInfo]) -> None:
    """Keep the names of groups that the account is in; a group seen for the first time is switched off."""
    names = {info.id: _clean(info.name) for info in found}
    async with db.transaction():
        known = {group.chat_id: group for group in await Group.filter(channel=channel)}
        new = [chat_id for chat_id in names if chat_id not in known]
        renamed = [group for id_, group in known.items() if names.get(id_) and names[id_] != group.name]
        if not new and not renamed:
            return  # the usual case, at each reconnection: no write at all
        now = clock.now()
        rows = [Group(channel=channel, chat_id=id_, name=names[id_], tags=[], learnt_at=now) for id_ in new]
        await Group.bulk_create(rows, ignore_conflicts=True)
        for group in renamed:
            group.name = names[group.chat_id]
            await group.save(update_fields=["name"])
        await audit.note("group.learn", "channel", channel=channel, new=len(new), renamed=len(renamed))
        await directory.changed()


async def switch(
    channel: str,
    chat_id: str,
    enabled: bool,
    unit_code: str | None = None,
    tags: Iterable[str] | None = None,
    *,
    by: int | None = None,
) -> Group:
    """Switch a group on or off; `unit_code` and `tags` of None stay as they are."""
    async with db.transaction():
        group = await _known(channel, chat_id)
        await _may_switch(group, by)
        if unit_code is not None:
            group.unit_id = (await people.unit_by_code(unit_code)).id
            await _may_switch(group, by)
        if enabled and group.unit_id is None:
            raise BadInput("打开之前请先写明这个群属于哪个单位")
        if tags is not None:
            group.tags = _tidy(tags)
        group.enabled = enabled
        await group.save(update_fields=["unit_id", "tags", "enabled"])
        unit, number = group.unit_id, len(group.tags)
        await audit.note("group.switch", "group", group.id, staff_id=by, enabled=enabled, unit=unit, tags=number)
        await directory.changed()
    return group


async def settle(
    group_id: int, enabled: bool, unit_code: str | None, tags: Iterable[str], first_id: int | None, *, by: int
) -> Group:
    """Everything that a person decides about a group, all or nothing; `first_id` is whom it stands in for."""
    async with db.transaction():
        group, first = await _by_id(group_id), None if first_id is None else await _by_id(first_id)
        await switch(group.channel, group.chat_id, enabled, unit_code, tags, by=by)
        if first_id != group.same_as_id:
            at = None if first is None else (first.channel, first.chat_id)
            await stand_in((group.channel, group.chat_id), at, by=by)
        return await _by_id(group_id)


async def _by_id(group_id: int) -> Group:
    group = await Group.get_or_none(id=group_id)
    if group is None:
        raise NotFound("没有这个群，请刷新页面")
    return group


async def stand_in(group: tuple[str, str], first: tuple[str, str] | None, *, by: int | None = None) -> Group:
    """`group` is the same people as `first`, by another account: it is used when that one cannot deliver.

    Both are (channel, chat id). None: it stands for itself again. Raises BadInput for a group of the same account.
    """
    async with db.transaction():
        row = await _known(*group)
        await _may_switch(row, by)
        if await Group.filter(same_as_id=row.id).exists():
            raise BadInput("已经有别的群在替补这个群了，请先解开它们")
        row.same_as_id, row.rank = None, 0
        if first is not None:
            row.same_as_id, row.rank = await _behind(row, await _known(*first), by)
        await row.save(update_fields=["same_as_id", "rank"])
        await audit.note("group.stand_in", "group", row.id, staff_id=by, first=row.same_as_id, rank=row.rank)
        await directory.changed()
    return row


async def _behind(row: Group, first: Group, by: int | None) -> tuple[int, int]:
    await _may_switch(first, by)
    root = first.same_as_id or first.id
    circle = await Group.filter(Q(id=root) | Q(same_as_id=root)).exclude(id=row.id)
    if row.id == root or row.channel in {one.channel for one in circle}:
        raise BadInput("替补要用另一个渠道的群：同一个账号发不出去，换个群也一样")
    return root, max(one.rank for one in circle) + 1


async def _known(channel: str, chat_id: str) -> Group:
    group = await Group.get_or_none(channel=channel, chat_id=chat_id)
    if group is None:
        raise NotFound("没有这个群：先把机器人的账号拉进群里，它上线后会自己认出来")
    return group


async def _may_switch(group: Group, by: int | None) -> None:
    """A group without a unit is nobody's yet, so any chair may claim it for their own."""
    if by is not None:
        await people.act_as(by, ("chair",), people.ANYWHERE if group.unit_id is None else group.unit_id)


def _tidy(tags: Iterable[str]) -> list[str]:
    tidy = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    if any(len(tag) > TAG_MAX for tag in tidy):
        raise BadInput(f"标签最多 {TAG_MAX} 个字")
    return tidy


def _clean(name: str) -> str:
    """PostgreSQL stores no NUL, and a network may send anything."""
    return name.replace("\0", "").strip()[:NAME_MAX]
