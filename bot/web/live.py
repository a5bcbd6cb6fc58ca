"""/live: an open line to each page, on which it hears that something changed, and nothing else.

What changed it asks for itself, with its own rights. The line ends with the session and at a stop of the bot.
"""

import asyncio
from contextlib import suppress

from aiohttp import ClientConnectionError, web

from bot.actions.staff import sessions
from bot.actions.upkeep import news
from bot.web import gate
from bot.web.routing import SIGNED_IN, Route
from bot.web.visit import Visit

BEAT_SECONDS = 20.0
LINES_MAX = 8  # of one session; more tabs than that look again once a minute


class Live:
    """All open lines."""

    def __init__(self) -> None:
        self._open: dict[asyncio.Event, int] = {}  # what wakes a line, and the session it belongs to
        self._closing = False

    def lines(self, session_id: int) -> int:
        return list(self._open.values()).count(session_id)

    async def serve(self, visit: Visit) -> web.StreamResponse:
        """Stay until the page goes away, the session ends or the bot stops."""
        if self._closing or self.lines(visit.me.session_id) >= LINES_MAX:
            return web.Response(status=204)  # which tells a browser not to come again
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(visit.request)
        wake, waiting = asyncio.Event(), dict[str, None]()
        self._open[wake] = visit.me.session_id

        def heard(topic: str) -> None:
            waiting[topic] = None
            wake.set()

        try:
            with news.listening(heard), suppress(ClientConnectionError, ConnectionResetError):
                await self._write(visit, response, wake, waiting)
        finally:
            del self._open[wake]
        return response

    async def _write(
        self, visit: Visit, response: web.StreamResponse, wake: asyncio.Event, waiting: dict[str, None]
    ) -> None:
        await response.write(b"retry: 2000\n\n: welcome\n\n")
        while not self._closing:
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), BEAT_SECONDS)
            wake.clear()
            if not await _still_in(visit):
                return
            topics = list(waiting)
            waiting.clear()
            await response.write("".join(f"data: {topic}\n\n" for topic in topics).encode() or b": beat\n\n")

    async def close(self) -> None:
        """Let all lines end, so that no open page delays a stop."""
        self._closing = True
        for wake in self._open:
            wake.set()


LIVE: web.AppKey[Live] = web.AppKey("live", Live)


async def _still_in(visit: Visit) -> bool:
    token = visit.request.cookies.get(gate.cookie_name(visit.request), "")
    return await sessions.known(token, visit.site.span) is not None


async def live(visit: Visit) -> web.StreamResponse:
    return await visit.request.app[LIVE].serve(visit)


ROUTES = [Route("GET", "/live", live, SIGNED_IN, "api")]
