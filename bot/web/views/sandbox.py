"""The page /sandbox: a chat app over the sandbox channel. The words come over its websocket, not from here."""

from aiohttp.web import StreamResponse

from bot import clock
from bot.web.languages import CHINESE
from bot.web.visit import Visit


async def page(visit: Visit) -> StreamResponse:
    visit.language = CHINESE  # what families and the bot say there is Chinese, and so is the page
    return visit.render("sandbox.html", zone=str(clock.zone()))
