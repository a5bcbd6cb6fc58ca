"""/requests/12: one request whole, and each step of its way as a form in place.

A deed is done only if the request still is as the page showed it; else the page comes back fresh, with a sentence on
what happened meanwhile and with what was typed.
"""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp.web import StreamResponse

from bot.actions.households import linking, viewing
from bot.actions.households.lookup import Unclear
from bot.actions.requests import as_seen, confirming, correcting, help, lifecycle, relief
from bot.actions.roster.values import CATEGORIES
from bot.errors import ActionError, BadInput, Conflict, NotFound
from bot.web import giftform, words
from bot.web.reads import request as reads
from bot.web.routing import CALLERS, form, fragment, page
from bot.web.visit import Form, Visit

WORDS_MOST = 200
HOW = ("helped", "no_need", "unreachable", "duplicate", "mistaken")
Deed = Callable[[Visit, int, Form], Awaitable[str]]


async def show(visit: Visit) -> StreamResponse:
    return visit.render("requests/one.html", await _context(visit, visit.number("id")))


async def fresh(visit: Visit) -> StreamResponse:
    return visit.render("requests/_one.html", await _context(visit, visit.number("id")))


async def news(visit: Visit) -> StreamResponse:
    """Asked for when anything changed: says so if it was this request, so that nobody's typing is overwritten."""
    number = visit.number("id")
    await reads.reachable(number, visit.me.id)
    changed = await as_seen.last_step(number) != visit.asked_number("seen")
    return visit.render("requests/_news.html", number=number, changed=changed)


async def look(visit: Visit) -> StreamResponse:
    """Phone, address or note in clear: the reason and the look are written down in one transaction."""
    number, typed = visit.number("id"), await visit.form()
    what = typed.text("what", 10)
    context: dict[str, object] = {"number": number, "typed": typed.typed(), "shown": None}
    try:
        if what not in viewing.WHAT:
            raise BadInput("要看什么？请选电话、住址或备注。")
        shown = await viewing.look(what, typed.text("reason", WORDS_MOST), visit.me.id, visit.site.rules, number=number)
    except BadInput as error:
        await reads.reachable(number, visit.me.id)
        return visit.refuse(error, "requests/_look.html", context)
    return visit.render("requests/_look.html", context | {"shown": shown})


async def _context(visit: Visit, number: int) -> dict[str, object]:
    sheet = await reads.sheet(number, visit.me.id)
    promised = [row for row in sheet.reliefs if row.state in ("promised", "not_received")]
    return {
        "allowed": _allowed(sheet),
        "relief_lines": [(row, relief.words_of([row])) for row in sheet.reliefs],
        "promised_words": relief.words_of(promised),
        "how_options": [(how, visit._(words.CLOSED_AS[how])) for how in HOW],
        "kind_options": words.options(visit, words.KINDS),
        "urgency_options": words.options(visit, words.URGENCY),
        "category_options": [(one, one) for one in CATEGORIES],
        "sheet": sheet,
        "one": sheet.request,
        "typed": {},
        "rows": [giftform.EMPTY],
        "chosen": [],
        "deed": "",
        "done": "",
        "words": words,
        "measures": giftform.MEASURES,
        "ago": lambda at: words.ago(visit, at),
    }


def _allowed(sheet: reads.Sheet) -> list[str]:
    """The deeds that make sense now for this person; whether they may is asked again by the action."""
    state, given = sheet.request.state, bool(sheet.reliefs)
    carries = sheet.leads or sheet.carries
    rules = {
        "acknowledge": sheet.may_take,
        "assign": sheet.leads and state in lifecycle.UNTIL_BROUGHT,
        "deliver": carries and state != "closed",
        "confirm": carries and given and state in ("acknowledged", "assigned", "delivering"),
        "correct": carries and given,
        "refer": sheet.leads and state != "closed",
        "close": sheet.leads and state != "closed",
        "kinds": sheet.leads and state != "closed",
        "urgency": sheet.leads and state != "closed",
        "link": sheet.leads and (sheet.house is None or sheet.linked),
        "reopen": sheet.leads and state == "closed",
    }
    return [name for name, may in rules.items() if may]


def _deed(name: str, work: Deed) -> Callable[[Visit], Awaitable[StreamResponse]]:
    async def handler(visit: Visit) -> StreamResponse:
        number, typed = visit.number("id"), await visit.form()
        seen = typed.text("seen", 20)
        try:
            said = await as_seen.unless_changed(
                number, visit.me.id, int(seen) if seen.isdecimal() else 0, lambda: work(visit, number, typed)
            )
        except (BadInput, Conflict, NotFound) as error:  # a request that is not found is not found again by `_refused`
            return await _refused(visit, number, name, typed, error)
        if not visit.hx:
            return visit.go(f"/requests/{number}")
        return visit.render("requests/_one.html", await _context(visit, number) | {"done": said, "deed": name})

    return handler


async def _refused(visit: Visit, number: int, name: str, typed: Form, error: ActionError) -> StreamResponse:
    again = {"typed": typed.typed(), "rows": giftform.rows(typed) or [giftform.EMPTY], "chosen": typed.all("kinds")}
    template = "requests/_one.html" if visit.hx else "requests/one.html"
    candidates = error.candidates if isinstance(error, Unclear) else []
    await viewing.listed(visit.me.id, "which", [one.code for one in candidates])
    context = await _context(visit, number)
    return visit.refuse(error, template, context | again | {"deed": name, "candidates": candidates})


async def _acknowledge(visit: Visit, number: int, typed: Form) -> str:
    taken = await help.acknowledge(number, visit.me.id, visit.site.rules)
    return visit._("收到了，不会再催。家属等了%(span)s。", span=words.span(visit, taken.waited))


async def _assign(visit: Visit, number: int, typed: Form) -> str:
    who = typed.text("name", 40) or typed.text("who", 20)
    done = await lifecycle.assign(number, visit.me.id, who, giftform.read(typed), visit.site.rules)
    if not done.told:
        return visit._("派给%(name)s了。这位同事没有绑定账号，请当面或打电话说一声。", name=done.person)
    return visit._("派给%(name)s了，已经通知。", name=done.person)


async def _deliver(visit: Visit, number: int, typed: Form) -> str:
    done = await lifecycle.deliver(number, visit.me.id, giftform.read(typed), visit.site.rules, more=typed.on("more"))
    if done.left:
        return visit._("记下了。还没送到的：%(left)s。", left=done.left)
    return visit._("记下了。明天会问家属收到没有。")


async def _correct(visit: Visit, number: int, typed: Form) -> str:
    gifts = [] if typed.on("nothing") else giftform.read(typed)
    if not gifts and not typed.on("nothing"):
        raise BadInput("改成什么？请写上；其实没有送，就勾“其实没送”。")
    await lifecycle.correct(number, visit.me.id, gifts, visit.site.rules)
    return visit._("更正了，原来记的留在经过里。")


async def _confirm(visit: Visit, number: int, typed: Form) -> str:
    verdict = typed.text("verdict", 20)
    if verdict not in confirming.VERDICTS:
        raise BadInput("家属怎么说？请选一个。")
    done = await confirming.by_staff(number, visit.me.id, verdict, typed.text("words", WORDS_MOST), visit.site.rules)
    return visit._("家属确认了，这一单办结。") if done.closed else visit._("记下了，这一单还没完。")


async def _refer(visit: Visit, number: int, typed: Form) -> str:
    where = typed.text("words", WORDS_MOST)
    if not where:
        raise BadInput("转到哪里？请写上，例如：民政。")
    await lifecycle.close(number, visit.me.id, "referred", where, visit.site.rules)
    return visit._("转出去了，这一单办结。")


async def _close(visit: Visit, number: int, typed: Form) -> str:
    how, same_as = typed.text("how", 20), None
    if how not in HOW:
        raise BadInput("结果是什么？请选一个。")
    if how == "duplicate":
        same_as = typed.number("same_as", "重复的号码")
    await lifecycle.close(number, visit.me.id, how, typed.text("words", WORDS_MOST), visit.site.rules, same_as=same_as)
    return visit._("办结了。")


async def _reopen(visit: Visit, number: int, typed: Form) -> str:
    await lifecycle.reopen(number, visit.me.id, typed.text("words", WORDS_MOST), visit.site.rules)
    return visit._("重新打开了。")


async def _kinds(visit: Visit, number: int, typed: Form) -> str:
    chosen = [kind for kind in words.KINDS if kind in typed.all("kinds")]
    if not chosen:
        raise BadInput("缺什么？请至少选一类。")
    await correcting.kinds(number, visit.me.id, chosen, visit.site.rules)
    return visit._("改过来了。")


async def _urgency(visit: Visit, number: int, typed: Form) -> str:
    wanted = typed.text("urgency", 20)
    if wanted not in words.URGENCY:
        raise BadInput("有多急？请选一个。")
    await correcting.urgency(number, visit.me.id, wanted, visit.site.rules)
    return visit._("改过来了。")


async def _link(visit: Visit, number: int, typed: Form) -> str:
    who = typed.text("who", 40)
    if not who:
        raise BadInput("是哪一户？请写户编号、姓名或者手机尾号。")
    done = await linking.link(number, who, typed.text("name", 40), visit.me.id)
    return _linked(visit, done)


async def _open_family(visit: Visit, number: int, typed: Form) -> str:
    done = await linking.open_family(number, typed.text("name", 40), typed.text("category", 20), visit.me.id)
    return _linked(visit, done)


def _linked(visit: Visit, done: linking.Linked) -> str:
    if done.others:
        others = "、".join(map(str, done.others))
        return visit._("是 %(code)s 的了。这一户还有没办结的求助：%(others)s 号。", code=done.household, others=others)
    return visit._("是 %(code)s 的了。", code=done.household)


DEEDS: Mapping[str, Deed] = {
    "acknowledge": _acknowledge,
    "assign": _assign,
    "deliver": _deliver,
    "correct": _correct,
    "confirm": _confirm,
    "refer": _refer,
    "close": _close,
    "reopen": _reopen,
    "kinds": _kinds,
    "urgency": _urgency,
    "link": _link,
    "open-family": _open_family,
}

ROUTES = [
    page("/requests/{id}", show, CALLERS),
    fragment("/requests/{id}/fresh", fresh, CALLERS),
    fragment("/requests/{id}/news", news, CALLERS),
    form("/requests/{id}/look", look, CALLERS),
    *(form(f"/requests/{{id}}/{name}", _deed(name, work), CALLERS) for name, work in DEEDS.items()),
]
