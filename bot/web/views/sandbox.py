"""The page /sandbox: a chat app over the sandbox channel. The words come over its websocket, not from here."""

from aiohttp.web import AbstractRouteDef, Request, Response, get

from bot import clock
from bot.web.views import render


async def page(request: Request) -> Response:
    return render("sandbox.html", zone=str(clock.zone()))


def routes() -> list[AbstractRouteDef]:
    return [get("/sandbox", page)]
