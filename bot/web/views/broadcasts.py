"""/broadcasts: what became of each, group by group; stop it, send doubtful rows again, pass it on."""

from aiohttp.web import StreamResponse

from bot.actions.broadcasting import steering
from bot.actions.delivery import reasons
from bot.errors import ActionError, NotFound
from bot.web.languages import N_
from bot.web.reads import broadcasts
from bot.web.routing import EDITORS, form, fragment, page
from bot.web.visit import LARGEST, Form, Visit

SKIPPED = {
    "missed": N_("错过了时间，没有补发"),
    "nothing to send": N_("没有可发的文案"),
    "left out": N_("有人要求跳过这一次"),
}


async def listed(visit: Visit) -> StreamResponse:
    lines, older = await broadcasts.listed(visit.asked_number("before"))
    return visit.render("broadcasts/list.html", lines=lines, older=older, skipped=SKIPPED)


async def one(visit: Visit) -> StreamResponse:
    return visit.render("broadcasts/one.html", await _story(visit))


async def now(visit: Visit) -> StreamResponse:
    return visit.render("broadcasts/_state.html", await _story(visit))


async def stop(visit: Visit) -> StreamResponse:
    number = visit.number("id")
    try:
        await steering.stop(number, by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, _template(visit), await _story(visit))
    return (
        visit.render("broadcasts/_state.html", await _story(visit)) if visit.hx else visit.go(f"/broadcasts/{number}")
    )


async def resend(visit: Visit) -> StreamResponse:
    sent, number = await visit.form(), visit.number("id")
    try:
        done = await steering.resend(number, _ids(sent, "delivery"), by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "broadcasts/one.html", await _story(visit))
    return visit.go(f"/broadcasts/{number}?queued={done}")


async def forward(visit: Visit) -> StreamResponse:
    sent, number = await visit.form(), visit.number("id")
    try:
        groups = [one for one in _ids(sent, "group") if one <= LARGEST]
        done = await steering.forward(number, groups, visit.site.programme, by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "broadcasts/one.html", await _story(visit))
    return visit.go(f"/broadcasts/{number}?queued={done}")


def _ids(sent: Form, name: str) -> list[int]:
    return [int(one) for one in sent.all(name) if one.isascii() and one.isdecimal() and len(one) < 19]


def _template(visit: Visit) -> str:
    return "broadcasts/_state.html" if visit.hx else "broadcasts/one.html"


async def _story(visit: Visit) -> dict[str, object]:
    status = visit.asked("status", 10)
    wanted = status if status in (*broadcasts.STATUSES, "doubtful") else ""
    return {
        "story": await broadcasts.story(visit.me, visit.number("id"), wanted, visit.asked_number("after")),
        "status": wanted,
        "queued": visit.asked_number("queued", -1) if visit.asked("queued") else -1,
        "why": reasons.explain,
        "skipped": SKIPPED,
        "statuses": broadcasts.STATUSES,
    }


ROUTES = [
    page("/broadcasts", listed, EDITORS),
    page("/broadcasts/{id}", one, EDITORS),
    fragment("/broadcasts/{id}/state", now, EDITORS),
    form("/broadcasts/{id}/stop", stop, EDITORS),
    form("/broadcasts/{id}/resend", resend, EDITORS),
    form("/broadcasts/{id}/forward", forward, EDITORS),
]
