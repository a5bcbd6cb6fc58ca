"""Seeing in clear what is masked everywhere else. It takes a reason, and the audit row is in the same transaction.

For chat, pages and lists alike: whoever shows a phone number, an address or a note has asked `look`, or has called
`note` in the transaction that read it. No row, no view. Who looks at very many families in a day is told of to an
admin: a roster copied one by one is a leak.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot import clock
from bot.actions.households import lookup, members
from bot.actions.outreach import calling, calllists
from bot.actions.privacy import audit
from bot.actions.requests import notices
from bot.actions.requests.alerts import Rules
from bot.actions.requests.reaching import reach
from bot.actions.staff import people
from bot.errors import BadInput, NotAllowed, NotFound
from bot.models import HelpRequest, Household, Member, Staff, db
from bot.models.fields import to_ms

log = logging.getLogger(__name__)

CLEAR = "view.clear"  # the audit actions: a family's data in clear, a list with names, a file or a whole list
LISTED, OPENED = "view.list", "view.open"
WHAT = {"phone": "电话", "address": "住址", "note": "备注"}
CODES = {"call": "打电话", "print": "打印名单"}  # reasons that go without words: one tap must do
LEAST, MOST = 2, 100


class Seen(NamedTuple):
    """For the person who asked, alone. `others`: names in the household that have a number of their own."""

    code: str
    name: str
    relation: str
    what: str
    text: str
    others: tuple[str, ...] = ()


async def look(
    what: str,
    reason: str,
    staff_id: int,
    rules: Rules,
    *,
    who: str = "",
    number: int = 0,
    code: str = "",
    member_id: int = 0,
) -> Seen:
    """Show one thing of a household (`who`: code, name, phone ending) or of the one that a request `number` is of.

    `what` is a key of WHAT. `reason` is in the person's words; a page that calls or prints gives a `code` of CODES
    instead. `member_id`, or a reason that begins with a member's name, asks for that member's phone.
    Raises BadInput without a reason, NotFound, Unclear, NotAllowed for a volunteer who has nothing to do with it.
    """
    async with db.transaction():
        household, staff = await (_of_request(number, staff_id, what) if number else in_hand(who, staff_id))
        reason = " ".join(reason.split())
        named, reason = await (_member(household, member_id, reason) if member_id else _named(household, reason, what))
        if named is None and number and what == "phone":
            named = await _who_wrote(number)
        _check(what, reason, code, who or str(number))
        seen = await _value(household, what, named)
        await note(household.id, [what], staff, rules, reason=reason, code=code, number=number)
    return seen


async def note(
    household_id: int,
    what: Iterable[str],
    staff: Staff,
    rules: Rules,
    *,
    reason: str = "",
    code: str = "",
    number: int = 0,
) -> None:
    """Leave the row of a look, in the transaction of the caller, who has asked for the right."""
    detail: dict[str, object] = {"what": list(what)}
    detail |= {"code": code} if code else {}
    detail |= {"request": number} if number else {}
    await audit.note(CLEAR, "household", household_id, staff_id=staff.id, reason=reason, **detail)
    await _watch(staff, rules)


async def listed(staff_id: int, what: str, codes: Sequence[str]) -> None:
    """Names of several households stood in an answer to this person. One row a look."""
    if codes:
        async with db.transaction():
            ids = await Household.filter(code__in=list(codes)).order_by("id").values_list("id", flat=True)
            await audit.note(LISTED, "staff", staff_id, staff_id=staff_id, list=what, households=list(ids))


async def opened(what: str, unit_code: str | None = None, *, by: int | None = None) -> None:
    """A list or file of everything in a unit and below was made, in which households can be told apart."""
    async with db.transaction():
        scope = "/" if unit_code is None else (await people.unit_by_code(unit_code)).path
        await audit.note(OPENED, "roster", staff_id=by, list=what, scope=scope)


async def contact(household_id: int) -> tuple[Member | None, str]:
    """Whom to ask for, and their number. Never a child under 14: their guardian."""
    known = Member.filter(household_id=household_id, erased_at=None).order_by("id")
    chosen = contact_of(await known.select_related("guardian"))
    return chosen, (chosen.phone or "") if chosen is not None else ""


def contact_of(members: Sequence[Member]) -> Member | None:
    """The one of a household whom one asks for; its members in order, each with the guardian."""
    adults = [one.guardian if one.under_14 and one.guardian is not None else one for one in members]
    adults = [one for one in adults if not one.under_14]
    with_phone = next((one for one in adults if one.phone), None)
    return with_phone or (adults[0] if adults else None)


async def in_hand(who: str, staff_id: int) -> tuple[Household, Staff]:
    """The household that `who` means, for who may see more of it than that it is there. Raises as `look` does."""
    household = await lookup.find(who, staff_id)
    staff = await people.act_as(staff_id, lookup.CALLERS, household.unit_id)
    if staff.role == "volunteer" and not await _has_to_do(staff, household):
        raise NotAllowed(f"{household.code} 不在您手上，请和主席说。")
    return household, staff


async def _has_to_do(staff: Staff, household: Household) -> bool:
    """It is on their list of calls or of visits, or they bring something there."""
    if await HelpRequest.filter(household_id=household.id, assigned_to_id=staff.id).exclude(state="closed").exists():
        return True
    if any(entry.household_id == household.id for entry in await calllists.mine(staff.id)):
        return True
    return any(visit.household_id == household.id for visit in await calllists.visits(staff.id))


async def _of_request(number: int, staff_id: int, what: str) -> tuple[Household, Staff]:
    staff, request, leads, _ = await reach(number, staff_id, carry=True)
    if request.state == "closed" and not leads:
        raise NotAllowed(f"{number} 号已经办结了，要看请和主席说。")
    household = await Household.get_or_none(id=request.household_id) if request.household_id else None
    if household is None:
        raise NotFound(f"{number} 号还不知道是哪一户，没有{WHAT[what]}可看。主席写“关联 {number} 户编号”就有了。")
    return household, staff


async def _named(household: Household, reason: str, what: str) -> tuple[Member | None, str]:
    """A member whose name the reason begins with, and the rest of it."""
    name, _, rest = reason.partition(" ")
    if what != "phone" or not name:
        return None, reason
    member = await Member.filter(household_id=household.id, name=name, erased_at=None).order_by("id").first()
    return (member, rest) if member is not None else (None, reason)


async def _who_wrote(number: int) -> Member | None:
    """The one whom the alert named, if they can be called."""
    member = await members.writer(await HelpRequest.get(id=number))
    return member if member is not None and member.phone and not member.under_14 else None


async def _member(household: Household, member_id: int, reason: str) -> tuple[Member | None, str]:
    member = await Member.get_or_none(id=member_id, household_id=household.id, erased_at=None)
    if member is None:
        raise NotFound(f"{household.code} 没有这个人，请刷新页面。")
    return member, reason


def _check(what: str, reason: str, code: str, who: str) -> None:
    if code in CODES or (sum(map(str.isalnum, reason)) >= LEAST and len(reason) <= MOST and not reason.isdecimal()):
        return
    raise BadInput(
        f"为什么要看？请把原因写在后面，{LEAST} 到 {MOST} 个字，例如：看{WHAT[what]} {who} 送米要联系。看了会记下来。"
    )


async def _value(household: Household, what: str, named: Member | None) -> Seen:
    member, phone = await contact(household.id)
    if named is not None:
        member, phone = named, named.phone or ""
        if named.under_14:
            raise BadInput(f"{named.name}不满 14 岁，请打给监护人：看电话 {household.code} 原因。")
    name, relation = (member.name, member.relation) if member is not None else ("", "")
    told = f"可以告诉谁：{household.may_tell}" if household.may_tell else ""
    texts = {
        "phone": phone,
        "address": household.address or "",
        "note": "\n".join(filter(None, (household.note, told))),
    }
    if not texts[what]:
        whose = f"{household.code} {named.name}" if named is not None else household.code
        raise NotFound(f"名册上没有 {whose} 的{WHAT[what]}。")
    others = await _others(household, member) if what == "phone" else ()
    return Seen(household.code, name, relation, what, texts[what], others)


async def _others(household: Household, shown: Member | None) -> tuple[str, ...]:
    adults = Member.filter(household_id=household.id, erased_at=None, under_14=False, phone_index__not_isnull=True)
    return tuple(one.name for one in await adults.order_by("id") if shown is None or one.id != shown.id)


async def _watch(staff: Staff, rules: Rules) -> None:
    """Tell an admin, naming no family, when one person has seen very many in a day; again at twice as many."""
    rows = await db.fetch(
        "SELECT count(DISTINCT subject_id) AS n FROM audit WHERE staff_id = ? AND at >= ? AND action = ?",
        staff.id,
        to_ms(calling.start_of_today()),
        CLEAR,
    )
    seen = int(rows[0]["n"])
    if not rules.views_a_day or seen <= rules.views_a_day:
        return
    parts = rules.texts.render("replies/many-views", name=staff.name, count=seen)
    mark = f"views:{staff.id}:{clock.local(clock.now()).date()}:{(seen - 1) // rules.views_a_day}"
    told = await notices.tell(await notices.accounts(await people.overseers(staff)), parts, "normal", mark, rules)
    if not told:
        log.warning("staff %d has seen %d households in clear today, and no admin can be told", staff.id, seen)
