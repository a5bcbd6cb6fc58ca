"""/me: one's own sessions, language, and the way out."""

from aiohttp.web import StreamResponse

from bot.actions.staff import sessions
from bot.web import languages
from bot.web.routing import SIGNED_IN, form, page
from bot.web.visit import Visit


async def me(visit: Visit) -> StreamResponse:
    mine = await sessions.mine(visit.me.id, visit.site.span)
    return visit.render("me.html", sessions=mine, languages=languages.NAMES.items())


async def end(visit: Visit) -> StreamResponse:
    number = visit.number("id")
    await sessions.end(number, by=visit.me.id)
    return visit.go("/" if number == visit.me.session_id else "/me")


async def end_others(visit: Visit) -> StreamResponse:
    await sessions.end_others(visit.me.session_id, by=visit.me.id)
    return visit.go("/me")


ROUTES = [
    page("/me", me, SIGNED_IN),
    form("/me/sessions/{id}/end", end, SIGNED_IN),
    form("/me/sessions/end-others", end_others, SIGNED_IN),
]
