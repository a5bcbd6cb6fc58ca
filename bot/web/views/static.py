"""/static: style sheets, scripts and icons, the same for everybody."""

from aiohttp.web import StreamResponse

from bot.web import assets
from bot.web.routing import PUBLIC, Route
from bot.web.visit import Visit


async def serve(visit: Visit) -> StreamResponse:
    return assets.answer(visit.word("name"), visit.asked("v"))


ROUTES = [Route("GET", "/static/{name:.+}", serve, PUBLIC, "static")]
