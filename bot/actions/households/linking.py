"""A request of somebody unknown finds its household; whose account it was is remembered from then on."""

from itertools import count
from typing import NamedTuple

from tortoise.exceptions import IntegrityError

from bot import clock
from bot.actions.households import lookup, phones
from bot.actions.households.lookup import NUMBERED
from bot.actions.privacy import audit, forgotten
from bot.actions.requests import steps
from bot.actions.requests.reaching import Reached, reach
from bot.actions.roster.values import CATEGORIES
from bot.actions.staff import directory, people
from bot.errors import BadInput, Conflict
from bot.models import HelpRequest, Household, Identity, Member, Relief, RequestStep, db

OPEN = ("review", "open", "acknowledged", "assigned", "delivering")
CONTACT = "联系人"  # the relation of whoever wrote, until somebody knows better
LONGEST_CODES = 6


class Linked(NamedTuple):
    """The household, the one that it was thought to be before, and other requests of it that are still open."""

    number: int
    household: str
    before: str
    member: str  # whose account the sender's is taken for
    others: list[int]


async def link(number: int, who: str, name: str, staff_id: int) -> Linked:
    """The request is of this household. `name`: who of it wrote; without it a new contact of theirs."""
    async with db.transaction():
        reached = await reach(number, staff_id, lead=True)
        household = await lookup.find(who, staff_id)
        return await _link(reached, household, name)


async def open_family(number: int, name: str, category: str, staff_id: int) -> Linked:
    """The request is of a family that is on no roster yet: it gets a code of its own, in the request's unit."""
    if category not in CATEGORIES:
        raise BadInput(f"类别请写其中一个：{'、'.join(CATEGORIES)}。")
    if not 0 < len(name) <= 40:
        raise BadInput("姓名太长或没写，请写成：关联 12 新户 张秀英 孤寡老人。")
    async with db.transaction():
        reached = await reach(number, staff_id, lead=True)
        unit_id = reached.request.unit_id or reached.staff.unit_id
        household = await _create(unit_id, category)
        await Member.create(household_id=household.id, name=name, relation="本人")
        await audit.note("household.create", "household", household.id, staff_id=staff_id)
        return await _link(reached, household, name)


async def _create(unit_id: int, category: str) -> Household:
    code = await _free_code()
    try:
        async with db.transaction():
            return await Household.create(code=code, unit_id=unit_id, category=category)
    except IntegrityError:  # somebody opened another one a moment ago
        raise Conflict("刚才有人也在建户，请再发一次。") from None


async def _free_code() -> str:
    taken = {one.code for one in await Household.filter(code__startswith="H").only("code")}
    found = (NUMBERED.fullmatch(code) for code in taken)
    numbers = [int(hit[1]) for hit in found if hit and len(hit[1]) <= LONGEST_CODES]
    marks = await forgotten.read()
    free = (code for n in count(max(numbers, default=0) + 1) if (code := f"H{n:04d}") not in taken)
    return next(code for code in free if marks is None or not marks.has(forgotten.Row(code, "", "")))


async def _link(reached: Reached, household: Household, name: str) -> Linked:
    staff, request = reached.staff, reached.request
    before = await Household.get_or_none(id=request.household_id) if request.household_id else None
    if before is not None and before.id == household.id:
        raise Conflict(f"{request.id} 号已经是 {household.code} 的了。")
    if before is not None and not await RequestStep.filter(request_id=request.id, step="linked").exists():
        raise Conflict(f"{request.id} 号本来就是 {before.code} 的，不能改到别的户。")  # theirs, not a stranger's
    member = await _remember(request, household, before, name)
    changed = await HelpRequest.filter(id=request.id, household_id=request.household_id).update(
        household_id=household.id, unit_id=household.unit_id
    )
    if not changed:
        raise Conflict(f"{request.id} 号刚才有人关联过了。", f"写“详情 {request.id}”看看。")
    await Relief.filter(request_id=request.id).update(household_id=household.id, unit_id=household.unit_id)
    await steps.note(request.id, "linked", staff_id=staff.id, words=f"{household.code} {member}".strip())
    await audit.note("help.linked", "request", request.id, staff_id=staff.id, household=household.id)
    others = await HelpRequest.filter(household_id=household.id, state__in=OPEN).exclude(id=request.id).order_by("id")
    code = before.code if before is not None else ""
    return Linked(request.id, household.code, code, member, [one.id for one in others])


async def _remember(request: HelpRequest, household: Household, before: Household | None, name: str) -> str:
    """Tie the account that wrote to a member; an account of staff or of yet another household stays what it is."""
    if request.source != "message" or not request.sender_id:
        return ""
    known = await Identity.get_or_none(channel=request.channel, user_id=request.sender_id).select_related("member")
    if known is not None:
        if known.member is None or before is None or known.member.household_id != before.id:
            return ""
        await people.unbind(request.channel, request.sender_id)
    member = await _member(request, household, name)
    await Identity.create(channel=request.channel, user_id=request.sender_id, member_id=member.id, bound_at=clock.now())
    await audit.note("identity.bind", "member", member.id, channel=request.channel)
    await directory.changed()
    return member.name


async def _member(request: HelpRequest, household: Household, name: str) -> Member:
    """Of that name; without one a contact under the nickname: a neighbour who writes is not the old man himself."""
    if phones.hidden_in(name):
        raise BadInput("名字里不要写号码：名字不加密，号码写进名册的电话一栏。")
    called = name or phones.without((request.nickname or "").partition("（")[0])[:40] or CONTACT
    known = await Member.filter(household_id=household.id, name=called).order_by("id").first()
    if known is not None:
        return known
    member = await Member.create(household_id=household.id, name=called, relation=CONTACT)
    await audit.note("member.create", "member", member.id)
    return member
