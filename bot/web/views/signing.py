"""/sign-in: the way in by the link that the bot wrote, and out again."""

from aiohttp.web import StreamResponse

from bot.actions.staff import sessions, signin
from bot.errors import ActionError
from bot.web import gate
from bot.web.devices import named
from bot.web.routing import PUBLIC, SIGNED_IN, form, page
from bot.web.visit import Visit


async def how(visit: Visit) -> StreamResponse:
    """How does one come in?"""
    if visit.who is not None:
        return visit.go("/")
    return visit.render("sign-in.html")


async def ask(visit: Visit) -> StreamResponse:
    """The link was opened: by the person, or by a chat program that wants to show what it leads to."""
    token = visit.word("token")
    try:
        name = await signin.look(token)
    except ActionError as error:
        return visit.refuse(error, "sign-in.html")
    return visit.render("enter.html", name=name, token=token)


async def enter(visit: Visit) -> StreamResponse:
    device = named(visit.request.headers.get("User-Agent", ""))
    try:
        session = await signin.enter(visit.word("token"), device, visit.site.span)
    except ActionError as error:
        return visit.refuse(error, "sign-in.html")
    if visit.who is not None:  # whoever was here before is out: one browser, one person
        await sessions.end(visit.who.session_id, by=visit.who.id)
    answer = visit.go("/")
    gate.keep(visit.request, answer, session)
    return answer


async def leave(visit: Visit) -> StreamResponse:
    await sessions.end(visit.me.session_id, by=visit.me.id)
    answer = visit.go("/")
    gate.forget(visit.request, answer)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'  # what a phone kept of today's calls goes too
    return answer


ROUTES = [
    page("/sign-in", how, PUBLIC),
    page("/sign-in/{token}", ask, PUBLIC),
    form("/sign-in/{token}", enter, PUBLIC),
    form("/sign-out", leave, SIGNED_IN),
]
