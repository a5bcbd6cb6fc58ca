"""Settings that were changed on a page: they lie over those of config.toml from the next start on.

Kept in the table of settings, so that every machine of one database lives by them, and a backup holds them.
"""

import json
from collections.abc import Callable, Mapping

from bot.actions.privacy import audit
from bot.actions.staff import people
from bot.actions.upkeep import settings
from bot.errors import BadInput, Conflict
from bot.models import Setting, db

START = "set:"
LONGEST = 200  # of the column
CHANGED = "这一项刚才被别人改过，请看过再改。"

Check = Callable[[Mapping[str, object]], None]  # raises BadInput for a value that the setting does not take


async def stored() -> dict[str, object]:
    """By path, for example "escalation.remind_minutes"."""
    rows = await Setting.filter(key__startswith=START).order_by("key")
    return {row.key.removeprefix(START): json.loads(row.value) for row in rows}


async def put(values: Mapping[str, object], seen: Mapping[str, object], check: Check, *, by: int) -> list[str]:
    """Change some settings of the whole union, all or none; None means the file's value again. Returns which changed.

    `seen` is what was stored when the person opened the page; Conflict when it is something else by now.
    """
    check({path: value for path, value in values.items() if value is not None})
    async with db.transaction():
        await people.act_as(by, (), None)
        await _alone()
        now = await stored()
        changed = [path for path, value in values.items() if now.get(path) != value]
        if any(now.get(path) != seen.get(path) for path in changed):
            raise Conflict(CHANGED)
        for path in changed:
            await _store(path, values[path])
            await audit.note("setting.put", "setting", staff_id=by, key=path, before=now.get(path), after=values[path])
    return changed


async def _alone() -> None:
    """Of two who change settings at once, the second waits here and then sees what the first one did."""
    await settings.put("set", "")
    await Setting.filter(key="set").select_for_update().get()


async def _store(path: str, value: object) -> None:
    if value is None:
        await Setting.filter(key=START + path).delete()
        return
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > LONGEST:
        raise BadInput(f"写得太长了，最多 {LONGEST} 个字。")
    await settings.put(START + path, text)
