"""/roster/CODE: a family whole; what it wished and agreed to; phone, address and note in clear for a reason."""

from collections.abc import Awaitable, Callable

from aiohttp.web import StreamResponse

from bot.actions.households import consents, optout, viewing, wishes
from bot.actions.households import dates as household_dates
from bot.actions.privacy import access
from bot.actions.staff import people
from bot.errors import ActionError, BadInput, Conflict, NotFound
from bot.models import Household
from bot.web import words
from bot.web.reads import household as reads
from bot.web.routing import CHAIRS, form, page
from bot.web.visit import Form, Visit

WORDS_MOST = 500
Deed = Callable[[Visit, Household, Form], Awaitable[object]]


async def show(visit: Visit) -> StreamResponse:
    return visit.render("roster/one.html", await _one(visit))


async def _one(visit: Visit) -> dict[str, object]:
    return {
        "house": await reads.whole(visit.word("code"), visit.me.id),
        "words": words,
        "typed": {},
        "wrong": "",
        "code": "",
        "person": "",
        "hours": int(people.LIFETIME.total_seconds() // 3600),
    }


async def look(visit: Visit) -> StreamResponse:
    """In clear: by POST, never in an address, and with its audit row."""
    household, sent = await reads.reach(visit.word("code"), visit.me.id), await visit.form()
    template = "roster/_seen.html" if visit.hx else "roster/seen.html"
    what, _, member = sent.text("what", 20).partition(":")
    try:
        if what not in viewing.WHAT:
            raise BadInput("要看什么？请选一样。")
        seen = await viewing.look(
            what,
            sent.text("reason", WORDS_MOST),
            visit.me.id,
            visit.site.rules,
            who=household.code,
            member_id=int(member) if member.isdecimal() and len(member) < 10 else 0,
        )
    except ActionError as error:
        return visit.refuse(error, template, seen=None, code=household.code)
    return visit.render(template, seen=seen, code=household.code)


async def do(visit: Visit) -> StreamResponse:
    """One of DEEDS. What an action refuses is shown at its form, with what was typed."""
    household, sent = await reads.reach(visit.word("code"), visit.me.id), await visit.form()
    name = visit.word("deed")
    if name not in DEEDS:
        raise NotFound("没有这一页，请核对网址。")
    try:
        await DEEDS[name](visit, household, sent)
    except ActionError as error:
        typed = {} if isinstance(error, Conflict) else sent.typed()
        return visit.refuse(error, "roster/one.html", await _one(visit), wrong=name, typed=typed)
    return visit.go(f"/roster/{household.code}#{name.partition('-')[0]}")


async def _calls(visit: Visit, household: Household, sent: Form) -> None:
    if sent.text("may") == "no":
        await wishes.do_not_call(household.id, by=visit.me.id)
    else:
        await wishes.may_call_again(household.id, sent.text("reason", WORDS_MOST), by=visit.me.id)


async def _messages(visit: Visit, household: Household, sent: Form) -> None:
    put = optout.messages_off if sent.text("may") == "no" else optout.messages_on
    await put(household.id, by=visit.me.id)


async def _best_time(visit: Visit, household: Household, sent: Form) -> None:
    await wishes.best_time(household.id, sent.text("words", WORDS_MOST), by=visit.me.id, seen=sent.text("seen", 100))


async def _may_tell(visit: Visit, household: Household, sent: Form) -> None:
    await wishes.may_tell(household.id, sent.text("words", 1000), by=visit.me.id, seen=sent.text("seen", 100))


async def _guardian(visit: Visit, household: Household, sent: Form) -> None:
    member, guardian = sent.number("member"), sent.number("guardian") if sent.text("guardian") else None
    whole = await reads.whole(household.code, visit.me.id)
    if member not in {one.id for one in whole.persons}:
        raise NotFound("这一户里没有这个人，请刷新页面。")
    await wishes.guardian(member, guardian, under_14=sent.on("under_14"), by=visit.me.id)


async def _add_date(visit: Visit, household: Household, sent: Form) -> None:
    month, day = sent.number("month", "月份"), sent.number("day", "日子")
    await household_dates.add(household.id, sent.text("kind"), month, day, sent.text("title", 100), by=visit.me.id)


async def _remove_date(visit: Visit, household: Household, sent: Form) -> None:
    await household_dates.remove(sent.number("id", "编号"), by=visit.me.id)


async def _agree(visit: Visit, household: Household, sent: Form) -> None:
    purpose, said = sent.text("purpose", 200), sent.text("words", 1000)
    await consents.give(household.id, sent.number("member", "成员"), purpose, said, by=visit.me.id)


async def _withdraw(visit: Visit, household: Household, sent: Form) -> None:
    await consents.withdraw(sent.number("id", "编号"), by=visit.me.id)


async def _unbind(visit: Visit, household: Household, sent: Form) -> None:
    identity = await reads.account(household, sent.number("id", "编号"))
    await people.unbind(identity.channel, identity.user_id, by=visit.me.id)


DEEDS: dict[str, Deed] = {
    "calls": _calls,
    "messages": _messages,
    "time": _best_time,
    "tell": _may_tell,
    "people-guardian": _guardian,
    "dates-add": _add_date,
    "dates-remove": _remove_date,
    "consents-give": _agree,
    "consents-withdraw": _withdraw,
    "people-unbind": _unbind,
}


async def code(visit: Visit) -> StreamResponse:
    """A member's bind code, shown once, on the answer itself."""
    household, sent = await reads.reach(visit.word("code"), visit.me.id), await visit.form()
    shown = await _one(visit)
    house = shown["house"]
    assert isinstance(house, reads.Whole)
    try:
        person = next((one for one in house.persons if one.id == sent.number("member", "成员")), None)
        if person is None:
            raise NotFound(f"{household.code} 没有这个人，请刷新页面。")
        made = await people.issue_member_code(person.id, by=visit.me.id)
    except ActionError as error:
        return visit.refuse(error, "roster/one.html", shown, wrong="people")
    return visit.render("roster/one.html", shown, code=made, person=person.name)


async def watched(visit: Visit) -> StreamResponse:
    """Who saw or changed what is kept about the family."""
    household = await reads.reach(visit.word("code"), visit.me.id)
    return visit.render("roster/access.html", report=await access.report(household.code, by=visit.me.id))


ROUTES = [
    page("/roster/{code}", show, CHAIRS),
    page("/roster/{code}/access", watched, CHAIRS),
    form("/roster/{code}/look", look, CHAIRS),
    form("/roster/{code}/code", code, CHAIRS),
    form("/roster/{code}/{deed}", do, CHAIRS),
]
