"""/calendar: what went and what will go, by month and by week; /schedules: the plans behind it, and changing them."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from aiohttp.web import StreamResponse

from bot import clock
from bot.actions.broadcasting import programme, scheduling
from bot.content.messages import SENT
from bot.errors import ActionError, BadInput, NotFound
from bot.models import Group
from bot.models.fields import to_ms
from bot.web import scheduleform
from bot.web.languages import N_
from bot.web.reads import planned, workers
from bot.web.routing import EDITORS, form, page
from bot.web.visit import Visit

WEEK = 7
STATES = {
    "sent": (N_("已发"), "good"),
    "sending": (N_("在发"), "info"),
    "doubtful": (N_("有没发到的"), "warn"),
    "stopped": (N_("叫停了"), "bad"),
    "skipped": (N_("没发"), ""),
    "planned": (N_("要发"), "info"),
    "left_out": (N_("跳过"), ""),
    "empty": (N_("没有可发的"), "warn"),
}
ORIGINS = {"file": (N_("文件"), ""), "own": (N_("网页"), "info"), "before": (N_("网页改过"), "warn")}
PICKS = (
    ("fixed", N_("每次都发这一条")),
    ("rotate", N_("轮着发")),
    ("season", N_("只挑当季的轮着发")),
    ("sequence", N_("按顺序，发完为止")),
)
TAGS = {"family": N_("家属"), "workers": N_("职工"), "staff": N_("工作人员")}


async def calendar(visit: Visit) -> StreamResponse:
    """A month, filled up to whole weeks, or with `week` the seven days from its Monday on."""
    today = clock.local(clock.now()).date()
    week, month = visit.asked_day("week"), _month(visit.asked("month"), today)
    if week is not None:
        first, number = week - timedelta(days=week.weekday()), WEEK
        around = [f"/calendar?week={first + timedelta(days=n)}" for n in (-WEEK, WEEK)]
        middle = first
    else:
        first = month - timedelta(days=month.weekday())
        number = -(-((_after(month) - first).days) // WEEK) * WEEK
        around = [f"/calendar?month={one:%Y-%m}" for one in (month - timedelta(days=1), _after(month))]
        middle = month
    days = await planned.days(visit.site.programme, first, number)
    shown_week = week or (today if month <= today < _after(month) else month)
    return visit.render(
        "calendar/calendar.html",
        days=days, by_week=week is not None, month=middle, today=today, before=around[0], after=around[1],
        week_link=f"/calendar?week={shown_week}", month_link=f"/calendar?month={middle:%Y-%m}", states=STATES,
        end=first + timedelta(days=number - 1), names=scheduleform.DAY_NAMES,
    )  # fmt: skip


def _month(text: str, today: date) -> date:
    try:
        return date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        raise BadInput("月份要写成 2026-12 这样") from None


def _after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


async def listed(visit: Visit) -> StreamResponse:
    plans = await planned.plans(visit.site.programme)
    return visit.render("schedules/list.html", plans=plans, origins=ORIGINS, words=_in_words(visit))


async def one(visit: Visit) -> StreamResponse:
    return visit.render("schedules/one.html", await _one(visit))


async def blank(visit: Visit) -> StreamResponse:
    typed = scheduleform.BLANK | {"message": visit.asked("text", 100)}
    return visit.render("schedules/write.html", await _writing(visit, typed))


async def begin(visit: Visit) -> StreamResponse:
    sent = await visit.form()
    try:
        row = await scheduling.plan(scheduleform.spec_of(sent), visit.site.programme, by=visit.me.id)
    except ActionError as error:
        return visit.refuse(error, "schedules/write.html", await _writing(visit, await _typed(visit)))
    return visit.go(f"/schedules/{row.key}")


async def edit(visit: Visit) -> StreamResponse:
    plan, _ = await planned.plan(visit.site.programme, visit.word("key"))
    typed = scheduleform.typed_of(plan.schedule)
    return visit.render("schedules/write.html", await _writing(visit, typed, plan))


async def change(visit: Visit) -> StreamResponse:
    sent, key = await visit.form(), visit.word("key")
    plan, _ = await planned.plan(visit.site.programme, key)
    try:
        version, spec = sent.number("version", "版本"), scheduleform.spec_of(sent)
        await scheduling.change(key, spec, visit.site.programme, version=version, by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        plan, _ = await planned.plan(visit.site.programme, key)
        return visit.refuse(error, "schedules/write.html", await _writing(visit, await _typed(visit), plan))
    return visit.go(f"/schedules/{key}")


async def skip(visit: Visit) -> StreamResponse:
    """`slot` is what the page showed as the next one, so that nobody leaves out another than they saw."""
    sent = await visit.form()
    slot, skipped = sent.text("slot", 20), not sent.on("again")
    number = int(slot) if slot.isdecimal() else 0
    return await _step(
        visit, lambda key: scheduling.skip(key, number, visit.site.programme, skipped=skipped, by=visit.me.id)
    )


async def pause(visit: Visit) -> StreamResponse:
    paused = not (await visit.form()).on("again")
    return await _step(visit, lambda key: scheduling.pause(key, visit.site.programme, paused=paused, by=visit.me.id))


async def cancel(visit: Visit) -> StreamResponse:
    files = visit.site.programme
    step = await _step(visit, lambda key: scheduling.cancel(key, files, by=visit.me.id))
    gone = step.status in (204, 303) and visit.word("key") not in files.schedules
    return visit.go("/schedules") if gone else step


async def _step(visit: Visit, action: Callable[[str], Awaitable[None]]) -> StreamResponse:
    key = visit.word("key")
    try:
        await action(key)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "schedules/one.html", await _one(visit))
    return visit.go(f"/schedules/{key}")


# --- what the templates need ----------------------------------------------------------------------------------------


def _in_words(visit: Visit) -> dict[str, object]:
    return {"when": lambda schedule: scheduleform.in_words(visit, schedule.when), "tags": TAGS}


async def _one(visit: Visit) -> dict[str, object]:
    files = visit.site.programme
    plan, coming = await planned.plan(files, visit.word("key"))
    now = await programme.current(files)
    return {
        "plan": plan,
        "coming": coming,
        "slot": to_ms(plan.next_slot) if plan.next_slot is not None else 0,
        "texts": now.texts.match(plan.schedule.send.messages),
        "picks": dict(PICKS),
        "origins": ORIGINS,
        "states": STATES,
        "words": _in_words(visit),
    }


async def _typed(visit: Visit) -> dict[str, object]:
    sent = await visit.form()
    lists = {name: sent.all(name) for name in ("weekday", "unit", "tag")}
    return scheduleform.BLANK | sent.typed() | lists | {"workdays_only": sent.on("workdays_only")}


async def _writing(visit: Visit, typed: dict[str, object], plan: planned.Plan | None = None) -> dict[str, object]:
    now = await programme.current(visit.site.programme)
    tags = {tag for group in await Group.all() for tag in group.tags}
    return {
        "typed": typed,
        "plan": plan,
        "units": [(unit.code, unit.name) for unit in await workers.units(visit.me)],
        "tags": [(tag, visit._(TAGS[tag]) if tag in TAGS else tag) for tag in sorted(tags)],
        "picks": [(pick, visit._(words)) for pick, words in PICKS],
        "weekdays": [(day, visit._(name)) for day, name in zip(scheduleform.DAYS, scheduleform.DAY_NAMES, strict=True)],
        "texts": _choices(now),
        "today": clock.local(clock.now()).date(),
    }


def _choices(now: programme.Programme) -> list[tuple[str, str]]:
    """Notices first: they are written to be planned, tips and letters mostly go by themselves."""
    order = {"notices": 0, "letters": 1, "tips": 2}
    sent = [message for message in now.texts.messages.values() if message.kind in SENT]
    return [(one.key, f"{one.title}（{one.key}）") for one in sorted(sent, key=lambda one: (order[one.kind], one.key))]


ROUTES = [
    page("/calendar", calendar, EDITORS),
    page("/schedules", listed, EDITORS),
    page("/schedules/new", blank, EDITORS),
    form("/schedules/new", begin, EDITORS),
    page("/schedules/{key}", one, EDITORS),
    page("/schedules/{key}/edit", edit, EDITORS),
    form("/schedules/{key}/edit", change, EDITORS),
    form("/schedules/{key}/skip", skip, EDITORS),
    form("/schedules/{key}/pause", pause, EDITORS),
    form("/schedules/{key}/cancel", cancel, EDITORS),
]
