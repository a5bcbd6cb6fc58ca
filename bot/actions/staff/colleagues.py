"""Which colleague is meant by a name in a chat line, and is it somebody whom this chair may send?"""

from difflib import get_close_matches

from bot.errors import BadInput, NotFound
from bot.models import HelpRequest, Staff, Unit

SENT = ("volunteer", "chair", "admin")
MYSELF = ("我", "我自己", "自己")


async def find(who: str, by: Staff, request: HelpRequest) -> Staff:
    """By name or number, below the chair's unit or above the request's. Says what else could have been meant."""
    who = who.strip().removeprefix("给").strip()
    if who in MYSELF:
        return by
    people = await near(by, request)
    number = who.removeprefix("#").removesuffix("号")
    same = [one for one in people if one.name == who or (number.isascii() and number == str(one.id))]
    if len(same) == 1:
        return same[0]
    if same:
        names = "；".join(f"{one.name}（{one.unit.name}）写 {one.id}" for one in same)
        raise BadInput(f"有 {len(same)} 位叫“{who}”的，请写编号：{names}。")
    close = get_close_matches(who, sorted({one.name for one in people}), n=3, cutoff=0.5)
    hint = f"是不是：{'、'.join(close)}？" if close else "请核对姓名，或先让管理员添加。"
    raise NotFound(f"没找到“{who[:20]}”这位工作人员，{hint}" if who else "派给谁？请写上姓名。")


async def near(by: Staff, request: HelpRequest) -> list[Staff]:
    """Whom this person may send with this request, each with the unit."""
    mine = await Unit.get(id=by.unit_id)
    theirs = await Unit.get_or_none(id=request.unit_id) if request.unit_id else None
    people = await Staff.filter(active=True, role__in=SENT).order_by("id").select_related("unit")
    return [
        one
        for one in people
        if one.unit.path.startswith(mine.path) or (theirs is not None and theirs.path.startswith(one.unit.path))
    ]
