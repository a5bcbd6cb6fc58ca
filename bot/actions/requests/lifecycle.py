"""A help request on its way from 收到 to 办结: assigned, brought, closed, opened again. Each step is one transaction.

Whoever comes second learns what the first one did: every change is an UPDATE on the state that was read.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot import clock
from bot.actions.households import lookup
from bot.actions.households.families import family_of
from bot.actions.privacy import audit
from bot.actions.requests import help, labels, notices, relief, steps
from bot.actions.requests.alerts import Rules
from bot.actions.requests.reaching import CLOSED_AS, happened, move, reach
from bot.actions.staff import colleagues
from bot.errors import BadInput, Conflict
from bot.models import HelpRequest, Staff, db
from bot.quantities import Gift, shown_all

NOT_YET = ("open", "review")
UNTIL_BROUGHT = (*NOT_YET, "acknowledged", "assigned")


class Assigned(NamedTuple):
    """Who brings it now, who was to before, and whether we could tell them."""

    number: int
    household: str
    person: str
    before: str
    told: bool
    gifts: list[Gift]


class Delivered(NamedTuple):
    """What was brought, and what is still only promised."""

    number: int
    household: str
    gifts: list[Gift]
    left: str


async def assign(number: int, staff_id: int, who: str, gifts: Sequence[Gift], rules: Rules) -> Assigned:
    """A chair gives a request to somebody, with what they are to bring (that is a promise to the family)."""
    async with db.transaction():
        staff, request, _, _ = await reach(number, staff_id, lead=True)
        if request.state not in UNTIL_BROUGHT:
            raise await happened(number)
        person = await colleagues.find(who, staff, request)
        if request.assigned_to_id == person.id and not gifts:
            raise await happened(number)
        before = await Staff.get_or_none(id=request.assigned_to_id) if request.assigned_to_id else None
        await move(request, state="assigned", **_taken_by(request, staff), **_given_to(person))
        promised = await relief.promise(request, staff.id, gifts, rules.cash_by_grade) if gifts else []
        step = await steps.note(number, "assigned", staff_id=staff.id, words=f"{person.name} {shown_all(promised)}")
        await audit.note("help.assigned", "request", number, staff_id=staff.id, to=person.id)
        family = await family_of(request)
        told = await hand_task(request, person, family.code, step.id, rules) if person.id != staff.id else 1
    moved = before.name if before is not None and before.id != person.id else ""
    return Assigned(number, family.code, person.name, moved, bool(told), promised)


def _taken_by(request: HelpRequest, staff: Staff) -> Mapping[str, object]:
    if request.acknowledged_at is not None:
        return {}
    return {"acknowledged_at": clock.now(), "acknowledged_by_id": staff.id}


def _given_to(person: Staff) -> Mapping[str, object]:
    return {"assigned_to_id": person.id, "assigned_at": clock.now()}


async def hand_task(request: HelpRequest, person: Staff, code: str, mark: int, rules: Rules) -> int:
    """Tell somebody that the request is theirs now, once for each `mark`; returns how many accounts heard it."""
    family = await family_of(request)
    waiting = [row for row in await relief.standing(request.id) if row.state in ("promised", "not_received")]
    promised = relief.words_of(waiting)
    parts = rules.texts.render("replies/task", **family.shown(request), number=request.id, gifts=promised)
    return await notices.tell(await notices.accounts([person.id]), parts, request.urgency, str(mark), rules)


async def deliver(number: int, staff_id: int, gifts: Sequence[Gift], rules: Rules, *, more: bool = False) -> Delivered:
    """It was brought. Without gifts: what was promised. The same things twice within a day only with `more`."""
    async with db.transaction():
        staff, request, _, _ = await reach(number, staff_id, carry=True)
        if request.state == "closed":
            raise await happened(number)
        if not more:
            await _not_twice(request, gifts)
        changes: dict[str, object] = {"state": "delivering", "delivered_at": clock.now(), "confirm_asked_at": None}
        if request.assigned_to_id is None:
            changes |= _given_to(staff)
        await move(request, **changes, **_taken_by(request, staff))
        brought = await relief.hand_over(request, staff.id, gifts, rules.cash_by_grade)
        if not brought:
            chat = f"请写上，例如：送达 {number} 米10斤 油1桶 186元；帮了忙写：送达 {number} 服务 陪诊。"
            raise BadInput("送了什么？", chat)
        await steps.note(number, "delivered", staff_id=staff.id, words=shown_all(brought))
        await audit.note("help.delivered", "request", number, staff_id=staff.id)
        left = [row for row in await relief.standing(number) if row.state == "promised"]
        family = await family_of(request)
    return Delivered(number, family.code, brought, relief.words_of(left))


async def _not_twice(request: HelpRequest, gifts: Sequence[Gift]) -> None:
    """Two people who both write down the same errand must not double it."""
    if request.state != "delivering":
        return
    rows = [row for row in await relief.standing(request.id) if row.state == "delivered"]
    known = [relief.gift_of(row) for row in rows]
    open_ = any(row.state == "promised" for row in await relief.standing(request.id))
    if (not gifts and not open_) or (gifts and all(gift in known for gift in gifts)):
        said = await happened(request.id)
        chat = f"真的又送了一趟，就写“送达 {request.id} 又 …”；写错了，就写“更正 {request.id} …”。"
        raise Conflict(said.sentence, chat)


async def correct(
    number: int, staff_id: int, gifts: Sequence[Gift], rules: Rules
) -> tuple[str, list[Gift], list[Gift]]:
    """The last lot was written down wrong. Returns (household, what stood, what stands now)."""
    async with db.transaction():
        staff, request, _, _ = await reach(number, staff_id, carry=True)
        was, now = await relief.correct(request, staff.id, gifts, rules.cash_by_grade)
        if not was:
            raise Conflict(f"{number} 号还没有记过送了什么，不用更正。")
        await _nothing_came(request)
        await steps.note(number, "corrected", staff_id=staff.id, words=f"{shown_all(was)} → {shown_all(now) or '没有'}")
        await audit.note("help.corrected", "request", number, staff_id=staff.id)
        family = await family_of(request)
    return family.code, was, now


async def _nothing_came(request: HelpRequest) -> None:
    """It turned out that nothing was brought: whoever brings it still has to."""
    if request.state == "delivering" and not any(
        row.state in relief.GIVEN for row in await relief.standing(request.id)
    ):
        await move(request, state="assigned", assigned_at=clock.now(), delivered_at=None, confirm_asked_at=None)


async def close(number: int, staff_id: int, how: str, words: str, rules: Rules, *, same_as: int | None = None) -> str:
    """A chair closes it: helped, no_need, referred, duplicate, unreachable, mistaken. Returns the household's code.

    As helped only when nothing is left hanging: what was promised is brought, what was brought has been answered.
    """
    async with db.transaction():
        staff, request, _, _ = await reach(number, staff_id, lead=True)
        if request.state == "closed":
            raise await happened(number)
        if same_as is not None:
            await _is_another(number, same_as, staff_id)
        if how == "helped":
            await _nothing_left(number)
        if how == "mistaken":
            await _nothing_given(number)
            await labels.keep(request, rules, ask=False)
        await move(request, state="closed", closed_as=how, closed_at=clock.now(), **_taken_by(request, staff))
        await relief.drop_promises(request, staff.id)
        said = " ".join(part for part in (CLOSED_AS[how], f"{same_as} 号" if same_as else "", words) if part)
        step = await steps.note(number, "closed", staff_id=staff.id, words=said)
        await audit.note("help.closed", "request", number, staff_id=staff.id, how=how, same_as=same_as)
        family = await family_of(request)
        parts = rules.texts.render(
            "replies/ended", number=number, household=family.code, how=CLOSED_AS[how], by=staff.name
        )
        to = [request.assigned_to_id] if request.assigned_to_id != staff.id else []
        await notices.tell(await notices.accounts(to), parts, "normal", str(step.id), rules)
    return family.code


async def _is_another(number: int, same_as: int, staff_id: int) -> None:
    if same_as == number:
        raise BadInput(f"{number} 号不能和自己重复，请写另一个号码。")
    await reach(same_as, staff_id)


async def _nothing_left(number: int) -> None:
    rows = await relief.standing(number)
    promised = relief.words_of(row for row in rows if row.state == "promised")
    if promised:
        raise Conflict(
            f"{number} 号还有答应了没送到的：{promised}。",
            f"送到了写“送达 {number}”，不送了写“更正 {number} 无”。",
        )
    missing = relief.words_of(row for row in rows if row.state == "not_received")
    if missing:
        raise Conflict(f"{number} 号家属说没收到：{missing}。请先查清。", f"收到了写“回访确认 {number}”。")
    if any(row.state == "delivered" for row in rows):
        chat = f"问过了就写“回访确认 {number}”，确认后自动办结。"
        raise Conflict(f"{number} 号家属还没说收到，请先问过。", chat)


async def _nothing_given(number: int) -> None:
    given = relief.words_of(row for row in await relief.standing(number) if row.state in relief.GIVEN)
    if given:
        chat = f"没送的话，先写“更正 {number} 无”。"
        raise Conflict(f"{number} 号已经送过：{given}，不能算误报。", chat)


async def reopen(number: int, staff_id: int, words: str, rules: Rules) -> tuple[str, str]:
    """A closed request is taken up again by the chair who says so. Returns (household, who brings it)."""
    async with db.transaction():
        staff, request, _, _ = await reach(number, staff_id, lead=True)
        if request.state != "closed":
            raise await happened(number)
        person = await Staff.get_or_none(id=request.assigned_to_id, active=True) if request.assigned_to_id else None
        changes: dict[str, object] = {"closed_as": None, "closed_at": None, "confirm_asked_at": None}
        changes |= {"state": "assigned", **_given_to(person)} if person is not None else {"state": "acknowledged"}
        changes |= {"acknowledged_at": clock.now(), "acknowledged_by_id": staff.id}
        await move(request, **changes)
        step = await steps.note(number, "reopened", staff_id=staff.id, words=words)
        await audit.note("help.reopened", "request", number, staff_id=staff.id)
        family = await family_of(request)
        if person is not None and person.id != staff.id:
            await hand_task(request, person, family.code, step.id, rules)
    return family.code, person.name if person is not None else ""


async def behalf(
    who: str, words: str, kinds: Sequence[str], urgency: str, staff_id: int, rules: Rules
) -> tuple[HelpRequest, bool]:
    """Staff speak for a household (by code, name or phone ending) that cannot write. Returns (request, is it new)."""
    async with db.transaction():
        household = await lookup.find(who, staff_id)
        need = help.Need("behalf", kinds, urgency, words, household.unit_id, household.id)
        request, new = await help.raise_request(need, rules)
        if new:
            request.reported_by_id = staff_id
            await request.save(update_fields=["reported_by_id"])
        await audit.note("help.behalf", "request", request.id, staff_id=staff_id)
    return request, new
