"""/rounds: campaigns of call-backs; opened over a part of the roster, given out, moved to others, closed."""

from datetime import date, datetime, time, timedelta

from aiohttp.web import StreamResponse

from bot import clock
from bot.actions.outreach import assignments
from bot.actions.outreach import rounds as acting
from bot.actions.outreach.rounds import NEVER, Plan, Segment
from bot.actions.staff.scope import scope
from bot.errors import ActionError, BadInput, NotFound
from bot.web import words
from bot.web.languages import N_
from bot.web.reads import rounds as reads
from bot.web.routing import CHAIRS, form, page
from bot.web.visit import Form, Visit

LISTS = [
    ("promised", N_("答应了没打"), N_("说好再打，时间已经过了")),
    ("never", N_("从没打通"), N_("一次都没有联系上")),
    ("silent", N_("很久没联系上"), N_("打通过，但好些天没消息了")),
]


async def listing(visit: Visit) -> StreamResponse:
    """Those that are open; with ?closed=1 those that are over."""
    over = bool(visit.asked("closed"))
    ended, before = await reads.closed(visit.me.id, visit.asked_number("before")) if over else ([], 0)
    found = [] if over else (await acting.overview(by=visit.me.id))[::-1]
    older = f"/rounds?closed=1&before={before}" if before else ""
    lists = [(key, visit._(label), visit._(hint)) for key, label, hint in LISTS]
    return visit.render(
        "rounds/list.html", rounds=found, ended=ended, over=over, older=older, lists=lists, now=clock.now()
    )


async def new(visit: Visit) -> StreamResponse:
    return visit.render("rounds/new.html", await _choices(visit), typed={}, picked={}, count=None)


async def count(visit: Visit) -> StreamResponse:
    """How many households it would be; changes nothing, but what was typed belongs in no address."""
    try:
        plan = _plan(visit, await visit.form())
        number = await acting.count(plan._replace(name=plan.name or "?"), by=visit.me.id)
    except ActionError as error:
        return visit.refuse(error, "rounds/_count.html", count=None)
    return visit.render("rounds/_count.html", count=number)


async def create(visit: Visit) -> StreamResponse:
    sent = await visit.form()
    try:
        made = await acting.create(_plan(visit, sent), by=visit.me.id)
    except ActionError as error:
        picked = {name: sent.all(name) for name in ("category", "grade", "outcome")}
        return visit.refuse(
            error, "rounds/new.html", await _choices(visit), typed=sent.typed(), picked=picked, count=None
        )
    return visit.go(f"/rounds/{made.round.id}")


def _plan(visit: Visit, sent: Form) -> Plan:
    script = sent.text("script", 100)
    if script and (not script.startswith("scripts/") or script not in visit.site.texts.messages):
        raise BadInput("没有这份说法，请刷新页面再选。")
    starts, ends = _day(sent, "starts", "开始"), _day(sent, "ends", "结束")
    silent = sent.number("silent", "多少天") if sent.text("silent") else 0
    cap = sent.number("cap", "每天最多打几户") if sent.text("cap") else 0
    segment = Segment(sent.all("category"), sent.all("grade"), sent.all("outcome"), silent)
    return Plan(
        sent.text("name", 200),
        sent.text("unit", 20),
        segment,
        script,
        cap,
        _midnight(starts) if starts is not None and starts > clock.local(clock.now()).date() else None,
        _midnight(ends + timedelta(days=1)) if ends is not None else None,
    )


def _day(sent: Form, name: str, what: str) -> date | None:
    text = sent.text(name, 20)
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        found = None
    if text and (found is None or not 2000 <= found.year <= 2100):
        raise BadInput(f"{what}的日子要写成 2026-12-01 这样。")
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.zone())


async def _choices(visit: Visit) -> dict[str, object]:
    texts = visit.site.texts.messages
    outcomes = [(NEVER, visit._("没打过")), *words.options(visit, words.OUTCOMES)]
    return {
        "units": await scope(visit.me.id, CHAIRS),
        "words": words,
        "categories": words.options(visit, words.CATEGORIES),
        "grades": words.options(visit, words.GRADES),
        "outcomes": [one for one in outcomes if one[0] != "do_not_call"],
        "scripts": [(key, texts[key].title) for key in sorted(texts) if key.startswith("scripts/")],
    }


async def one(visit: Visit) -> StreamResponse:
    return visit.render("rounds/one.html", await _one(visit))


async def _one(visit: Visit) -> dict[str, object]:
    standing, holders = await reads.one(visit.number("id"), visit.me.id)
    segment = Segment(**standing.round.segment)
    wanted = [*segment.categories, *segment.grades]
    wanted += [visit._("没打过") if one == NEVER else visit._(words.OUTCOMES[one]) for one in segment.outcomes]
    wanted += [visit._("%(n)s 天没联系上", n=segment.silent_days)] if segment.silent_days else []
    key = standing.round.script_key
    script = visit.site.texts.messages.get(key)
    return {
        "standing": standing,
        "holders": holders,
        "wanted": [visit._(one) for one in wanted],
        "script": script.title if script is not None else key,
        "now": clock.now(),
        "given": None,
        "moved": False,
        "wrong": "",
    }


async def assign(visit: Visit) -> StreamResponse:
    sent = await visit.form()
    try:
        given = await assignments.assign(visit.number("id"), _people(sent), by=visit.me.id)
    except NotFound:
        await acting.reach(visit.number("id"), visit.me.id)
        return visit.refuse(BadInput(NOBODY), "rounds/one.html", await _one(visit), wrong="assign")
    except ActionError as error:
        return visit.refuse(error, "rounds/one.html", await _one(visit), wrong="assign")
    return visit.render("rounds/one.html", await _one(visit), given=given)


NOBODY = "没有能打电话的志愿者，请先请管理员在“人员”里添加。"


async def move(visit: Visit) -> StreamResponse:
    """Everything that somebody has in hand, of every round, goes to others."""
    sent = await visit.form()
    await acting.reach(visit.number("id"), visit.me.id)
    try:
        given = await assignments.move(sent.number("from", "从谁那里"), _people(sent), by=visit.me.id)
    except ActionError as error:
        return visit.refuse(error, "rounds/one.html", await _one(visit), wrong="move")
    return visit.render("rounds/one.html", await _one(visit), given=given, moved=True)


def _people(sent: Form) -> list[int]:
    return [int(one) for one in sent.all("to") if one.isascii() and one.isdecimal() and len(one) < 10]


async def close(visit: Visit) -> StreamResponse:
    try:
        await acting.close(visit.number("id"), by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "rounds/one.html", await _one(visit), wrong="close")
    return visit.go(f"/rounds/{visit.number('id')}")


ROUTES = [
    page("/rounds", listing, CHAIRS),
    page("/rounds/new", new, CHAIRS),
    form("/rounds/new", create, CHAIRS),
    form("/rounds/count", count, CHAIRS),
    page("/rounds/{id}", one, CHAIRS),
    form("/rounds/{id}/assign", assign, CHAIRS),
    form("/rounds/{id}/move", move, CHAIRS),
    form("/rounds/{id}/close", close, CHAIRS),
]
