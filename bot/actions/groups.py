"""Which groups there are, and which of them may hear from us: silent until a person says otherwise."""

from collections.abc import Iterable, Sequence

from bot import clock
from bot.actions import audit, directory, people
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
        group = await Group.get_or_none(channel=channel, chat_id=chat_id)
        if group is None:
            raise NotFound("没有这个群：先把机器人的账号拉进群里，它上线后会自己认出来")
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
        detail = {"enabled": enabled, "unit": group.unit_id, "tags": len(group.tags)}
        await audit.note("group.switch", "group", group.id, staff_id=by, **detail)
        await directory.changed()
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
