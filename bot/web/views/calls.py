"""/calls: a volunteer's list for one hand and a phone: whom to call, the number on a tap, how it went in one more."""

from typing import Any
from uuid import uuid4

from aiohttp.web import StreamResponse

from bot import clock
from bot.actions.outreach import callbacks, from_phone, nextcall
from bot.actions.outreach.calllists import FLAGGED, NEVER, PROMISED, SILENT
from bot.actions.outreach.from_phone import Taken
from bot.actions.outreach.outcomes import NEXT_STEPS, OUTCOMES
from bot.errors import ActionError
from bot.models import FollowUp
from bot.models.fields import to_ms
from bot.web import callform, words
from bot.web.languages import N_
from bot.web.reads import calls as reads
from bot.web.reads import callstory
from bot.web.routing import CALLERS, api, form, page
from bot.web.visit import Visit, status_of

KEEP_UNTIL = "X-Keep-Until"  # for the worker on the phone: how long this answer may be kept there
COMMON = ("well", "no_answer", "needs_help", "call_later")  # big on the card; the others are behind “别的结果”
RARE = tuple(code for code in OUTCOMES if code not in COMMON)
PHONE_ONLY = ("busy", "off", "wrong_number")  # nobody finds these at a door
# These end all calls to a family, so they are asked about once more.
GRAVE = callbacks.NEVER_AGAIN
WHEN = (
    ("1小时后", N_("1 小时后")),
    ("今晚7点", N_("今晚 7 点")),
    ("明天上午", N_("明天上午")),
    ("明天晚上7点", N_("明晚 7 点")),
    ("后天上午", N_("后天上午")),
)
WHY = {
    PROMISED: (N_("答应的"), "warn"),
    FLAGGED: (N_("有求助没办完"), "info"),
    NEVER: (N_("还没打通过"), ""),
    SILENT: (N_("好久没联系"), ""),
}
AFTER = {
    "核对电话": N_("请核对电话。"),
    "核对电话和地址": N_("请核对电话和地址。"),
    "由主席决定是否再联系": N_("由主席决定是否再联系。"),
    "已停止电话回访": N_("以后不再打电话。"),
    "请主席登门看望家人": N_("请主席登门看望家人。"),
    "请上门看看": N_("打了几次没有结果，请上门看看。"),
}


async def show(visit: Visit) -> StreamResponse:
    """The whole day. A phone may keep it until midnight, to be opened without a network."""
    answer = visit.render("calls/list.html", **await _context(visit))
    answer.enable_compression()  # the cards are alike, so little is left of them; nothing in it is an attacker's choice
    answer.headers[KEEP_UNTIL] = str(to_ms(reads.midnight()))
    return answer


async def _context(visit: Visit, code: str = "", typed: dict[str, str] | None = None) -> dict[str, Any]:
    mine = await reads.mine(visit.me.id, visit.site.texts)
    return {
        "mine": mine,
        "first": _first(code or visit.asked("at", 20), mine),
        "wrong": code,
        "until": to_ms(reads.midnight()),
        "why": WHY,
        "promised": PROMISED,
        "latest": _latest(visit, mine.latest),
        "open_hours": visit.site.calling.open(clock.now()),
        "hours": visit.site.calling.hours,
        **_form(visit, typed),
    }


def _form(visit: Visit, typed: dict[str, str] | None) -> dict[str, Any]:
    """What the form of a call is made of."""
    return {
        "typed": typed or {},
        "key": lambda: str(uuid4()),
        "words": words,
        "rare": RARE,
        "grave": GRAVE,
        "phone_only": PHONE_ONLY,
        "when": WHEN,
        "kinds": [(code, visit._(label)) for code, label in words.KINDS.items()],
        "urgencies": [(code, visit._(words.URGENCY[code][0])) for code in callform.URGENCIES],
    }


def _first(code: str, mine: reads.Mine) -> str:
    """The card in hand: the one that was asked for, if it is there."""
    codes = [card.code for card in mine.cards]
    return code if code in codes or not codes else codes[0]


def _latest(visit: Visit, call: FollowUp | None) -> dict[str, object] | None:
    if call is None:
        return None
    name = visit._(words.outcome(call.outcome, call.visited))
    said = visit._("%(code)s 已记：%(outcome)s。", code=call.household.code, outcome=name)
    return {"id": call.id, "code": call.household.code, "said": said}


async def story(visit: Visit) -> StreamResponse:
    code = visit.word("code")
    await callbacks.reachable(code, visit.me.id)
    return visit.render("calls/story.html", **await _history(visit, code))


async def _history(visit: Visit, code: str, typed: dict[str, str] | None = None) -> dict[str, Any]:
    """Of a household that is on no list it takes the result as well: where calls were in vain, somebody went there."""
    return {"story": await callstory.story(code, visit.me.id), "mistaken": typed is not None, **_form(visit, typed)}


async def dial(visit: Visit) -> StreamResponse:
    """The number in clear. It is asked for by POST, leaves its audit row, and is kept nowhere."""
    try:
        number = await nextcall.dial(visit.word("code"), visit.me.id, visit.site.calling, visit.site.rules)
    except ActionError as error:
        template = "calls/_number.html" if visit.hx else "calls/number.html"
        return visit.refuse(error, template, number=None, code=visit.word("code"))
    template = "calls/_number.html" if visit.hx else "calls/number.html"
    return visit.render(template, number=number, code=number.code)


async def record(visit: Visit) -> StreamResponse:
    """By a browser without scripts; phones with them send to /calls/record, and again until they are answered."""
    code = visit.word("code")
    typed = await visit.form()
    await callbacks.reachable(code, visit.me.id)
    try:
        told = callform.read(typed)
        await _taken(visit, code, told)
    except ActionError as error:
        if typed.on("history"):
            return visit.refuse(error, "calls/story.html", **await _history(visit, code, typed.typed()))
        return visit.refuse(error, "calls/list.html", **await _context(visit, code, typed.typed()))
    return visit.go("/calls")


async def record_queued(visit: Visit) -> StreamResponse:
    """One call from a phone's queue. What an action refuses is answered as JSON, so that the phone can tell."""
    try:
        typed = await visit.form()
        told = callform.read(typed)
        taken = await _taken(visit, typed.text("code", 20), told)
    except ActionError as error:
        return visit.json({"refused": error.sentence}, status_of(error))
    now = await reads.state(visit.me.id)
    call = taken.recorded
    return visit.json(
        {
            "id": call.follow_up.id,
            "code": call.household.code,
            "said": _said(visit, taken),
            "today": now.today,
            "codes": now.codes,
        }
    )


async def _taken(visit: Visit, code: str, told: callform.Told) -> Taken:
    rules, times = visit.site.rules, visit.site.calling
    return await from_phone.record(code, told.call, visit.me.id, rules, times, key=told.key, at=told.at, seen=told.seen)


def _said(visit: Visit, taken: Taken) -> str:
    """What came of it, in a few short sentences; by code, without a name."""
    done, _ = taken.recorded, visit._
    outcome = _(words.outcome(done.outcome.code, done.follow_up.visited))
    said = [_("%(code)s 已记：%(outcome)s。", code=done.household.code, outcome=outcome)]
    following = done.household.next_call_at
    if following is not None and not done.outcome.final and not done.step:
        said.append(_("下次：%(at)s 以后。", at=clock.local(following).strftime("%m-%d %H:%M")))
    if done.request is not None:
        said.append(_("已提醒主席，求助单 %(n)s 号。", n=done.request.id))
    after = AFTER.get(done.step or done.outcome.after)
    if after and done.follow_up.visited and done.step == NEXT_STEPS["visit"]:
        said.append(_("请改天再上门看看。"))
    elif after:
        said.append(_(after))
    if done.holder:
        said.append(_("这一户在%(name)s名下。", name=done.holder))
    for one in taken.others:
        at, theirs = clock.local(one.at).strftime("%H:%M"), _(words.outcome(one.outcome, one.visited))
        said.append(_("%(name)s %(at)s 也打过（%(outcome)s），两条都留着。", name=one.name, at=at, outcome=theirs))
    return "".join(said) if visit.language == "zh" else " ".join(said)


async def undo(visit: Visit) -> StreamResponse:
    typed = await visit.form()
    try:
        done = await callbacks.undo(visit.me.id, visit.site.rules, typed.number("id", "编号"))
    except ActionError as error:
        if typed.on("json"):
            return visit.json({"refused": error.sentence}, status_of(error))
        return visit.refuse(error, "calls/list.html", **await _context(visit))
    if typed.on("json"):
        return visit.json({"code": done.household.code})
    return visit.go("/calls")


async def hand_back(visit: Visit) -> StreamResponse:
    code = visit.word("code")
    await callbacks.reachable(code, visit.me.id)
    await callbacks.hand_back(code, visit.me.id)
    return visit.go("/calls")


async def take(visit: Visit) -> StreamResponse:
    try:
        await nextcall.take(visit.me.id, visit.site.calling)
    except ActionError as error:
        return visit.refuse(error, "calls/list.html", **await _context(visit))
    return visit.go("/calls")


async def state(visit: Visit) -> StreamResponse:
    """Is the open page still right, and who is signed in on this phone now?"""
    now = await reads.state(visit.me.id)
    return visit.json({"staff": visit.me.id, "token": visit.form_token, "today": now.today, "codes": now.codes})


ROUTES = [
    page("/calls", show, CALLERS),
    api("GET", "/calls/state", state, CALLERS),
    api("POST", "/calls/record", record_queued, CALLERS),
    form("/calls/undo", undo, CALLERS),
    form("/calls/take", take, CALLERS),
    page("/calls/{code}", story, CALLERS),
    form("/calls/{code}", record, CALLERS),
    form("/calls/{code}/dial", dial, CALLERS),
    form("/calls/{code}/back", hand_back, CALLERS),
]
