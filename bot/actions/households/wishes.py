"""What a family asked of us: no more calls, a good time to call, who may be told, who stands in for a child."""

from collections.abc import Collection

from bot.actions.households import phones
from bot.actions.privacy import audit
from bot.actions.staff import people
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.models import Household, Member, db, keys

CALLERS, CHAIRS = ("chair", "volunteer"), ("chair",)
UNKNOWN = "名册上没有这一户，请核对户编号。"
REASON_LEAST, REASON_MOST = 4, 100
BEST_TIME_MAX, MAY_TELL_MAX = 40, 500


async def household_of(household_id: int, by: int | None, roles: Collection[str] = CALLERS) -> Household:
    """Within the person's unit; NotFound outside it, as for one that is not there. Call it in a transaction."""
    household = await Household.filter(id=household_id, erased_at=None).select_for_update().get_or_none()
    if household is None:
        raise NotFound(UNKNOWN)
    if by is not None:
        try:
            await people.act_as(by, roles, household.unit_id)
        except NotAllowed:
            raise NotFound(UNKNOWN) from None
    return household


async def do_not_call(household_id: int, *, by: int | None = None) -> bool:
    """They want no more calls. Returns False when that was known."""
    async with db.transaction():
        household = await household_of(household_id, by)
        if household.do_not_call:
            return False
        household.do_not_call = True
        await household.save(update_fields=["do_not_call"])
        await audit.note("wish.do_not_call", "household", household.id, staff_id=by)
    return True


async def may_call_again(household_id: int, reason: str, *, by: int | None = None) -> bool:
    """They changed their mind: a chair says why. Returns False when calls were welcome anyway."""
    reason = " ".join(reason.split())
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        raise BadInput(f"请写明为什么可以再打电话，{REASON_LEAST} 到 {REASON_MOST} 个字")
    async with db.transaction():
        household = await household_of(household_id, by, CHAIRS)
        if not household.do_not_call:
            return False
        household.do_not_call = False
        await household.save(update_fields=["do_not_call"])
        await audit.note("wish.may_call", "household", household.id, staff_id=by, reason=reason)
    return True


async def best_time(household_id: int, words: str, *, by: int | None = None, seen: str | None = None) -> bool:
    """When they like to be called, as they said it; empty: they said nothing. Returns whether it changed.

    `seen` is the `mark` of what the person had before them; Conflict when it is something else by now.
    """
    if phones.hidden_in(words):
        raise BadInput("方便的时间里不要写号码：这一栏不加密，号码请写进名册的电话一栏。")
    return await _say(household_id, "best_time", _short(words, BEST_TIME_MAX), by, seen)


async def may_tell(household_id: int, words: str, *, by: int | None = None, seen: str | None = None) -> bool:
    """Who else may hear why we call; empty: nobody. Returns whether it changed. `seen` as of `best_time`."""
    return await _say(household_id, "may_tell", _short(words, MAY_TELL_MAX) or None, by, seen)


def mark(words: str | None) -> str:
    """Stands for a text that a page need not show; without the key nothing can be guessed from it."""
    return keys.current().index(f"wish:{words}") if words else ""


async def _say(household_id: int, field: str, said: str | None, by: int | None, seen: str | None) -> bool:
    async with db.transaction():
        household = await household_of(household_id, by)
        if getattr(household, field) == said:
            return False
        if seen is not None and seen != mark(getattr(household, field)):
            raise Conflict(f"{household.code} 的这一项刚才被别人改过，请看过再改。")
        setattr(household, field, said)
        await household.save(update_fields=[field])
        await audit.note(f"wish.{field}", "household", household.id, staff_id=by)
    return True


async def guardian(
    member_id: int, guardian_id: int | None, *, under_14: bool | None = None, by: int | None = None
) -> bool:
    """Who stands in for a member, of the same household; a child under 14 must have one. Says whether it changed."""
    async with db.transaction():
        member = await Member.get_or_none(id=member_id)
        household = await household_of(0 if member is None else member.household_id, by)
        assert member is not None
        young = member.under_14 if under_14 is None else under_14
        await _check_guardian(member, guardian_id, household.id, young)
        if (member.guardian_id, member.under_14) == (guardian_id, young):
            return False
        member.guardian_id, member.under_14 = guardian_id, young
        await member.save(update_fields=["guardian_id", "under_14"])
        guardian = guardian_id or 0
        await audit.note("member.guardian", "member", member.id, staff_id=by, guardian=guardian, under_14=young)
    return True


async def _check_guardian(member: Member, guardian_id: int | None, household_id: int, young: bool) -> None:
    if guardian_id is None:
        if young:
            raise BadInput("未满14岁的孩子要有监护人，请写上是家里哪一位")
        return
    other = await Member.get_or_none(id=guardian_id, household_id=household_id, erased_at=None)
    if other is None or other.id == member.id:
        raise BadInput("监护人要是同一户里的另一个人")
    if other.under_14:
        raise BadInput("监护人要年满14岁")


def _short(words: str, longest: int) -> str:
    words = " ".join(words.split())
    if len(words) > longest:
        raise BadInput(f"写得太长了，最多 {longest} 个字")
    return words
