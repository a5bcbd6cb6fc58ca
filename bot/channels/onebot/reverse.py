"""Reverse mode: the implementation dials us. The token is looked at before anything else of a request."""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from typing import Literal

from aiohttp import web

from bot.channels.common.condition import Condition
from bot.channels.onebot.forward import WRONG_TOKEN
from bot.channels.onebot.link import MAX_MESSAGE, Link, Socket
from bot.channels.onebot.timing import Timing
from bot.config import OneBot
from bot.events import Line

_RELAYED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class Reverse:
    """The door at /onebot/<name>. `admit` says whether an account may come in; `serve` lives the line."""

    def __init__(
        self,
        config: OneBot,
        timing: Timing,
        condition: Condition,
        admit: Callable[[str], bool],
        serve: Callable[[Socket], Awaitable[Link]],
    ) -> None:
        self._config = config
        self._timing = timing
        self._condition = condition
        self._admit = admit
        self._serve = serve

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if not token_matches(request, self._config.token):
            if self._condition.state in (Line.CONNECTING, Line.OFFLINE):  # a good line is not disturbed
                self._condition.report(Line.REFUSED, WRONG_TOKEN)
            raise web.HTTPUnauthorized
        if not self._may_enter(request):
            raise web.HTTPForbidden
        if request.headers.get("X-Client-Role", "Universal").casefold() != "universal":
            raise web.HTTPBadRequest(text="X-Client-Role: Universal only")
        if not self._admit(request.headers.get("X-Self-ID", "")):
            raise web.HTTPForbidden
        socket: web.WebSocketResponse[Literal[False]] = web.WebSocketResponse(
            heartbeat=self._timing.ping, max_msg_size=MAX_MESSAGE, compress=False, decode_text=False
        )
        await socket.prepare(request)
        await self._serve(socket)
        return socket

    def _may_enter(self, request: web.Request) -> bool:
        if not self._config.token and "Origin" in request.headers:
            return False  # a browser: any web page could dial a door without a token
        return self._config.allow_from == "anywhere" or is_local(request)


def token_matches(request: web.Request, token: str) -> bool:
    """Compare in constant time; NapCat without a token sends "Bearer " with nothing behind it."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != "bearer":
        given = request.query.get("access_token", "")
    return hmac.compare_digest(_bytes(given.strip()), _bytes(token.strip()))


def is_local(request: web.Request) -> bool:
    """From this machine, and not relayed by a proxy on it for somebody outside."""
    if any(header in request.headers for header in _RELAYED):
        return False
    try:
        address = ipaddress.ip_address(request.remote or "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
