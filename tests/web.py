"""The pages without a browser: a real server on a port, and any of the people of tests/people.py signed in.

async with console(database) as site:
    page = await site.get("/calls", as_=people.VOLUNTEER)
    page = await site.post("/calls/H0123", {"outcome": "well"}, as_=people.VOLUNTEER)
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from typing import Any, NamedTuple

from aiohttp import ClientSession, FormData, web

from bot.actions.staff import sessions
from bot.app import building
from bot.config import Config
from bot.metrics import Metrics
from bot.models import db
from bot.web.app import build
from bot.web.gate import COOKIE, COOKIE_TLS
from bot.web.site import Site
from bot.web.visit import TOKEN_HEADER, Visit
from tests import people
from tests.room import ROOT, SETTINGS

Data = Mapping[str, object] | list[tuple[str, str]] | FormData | bytes


class Page(NamedTuple):
    """One answer. `text` has its entities resolved, so that Chinese and quotes are found as they are read."""

    status: int
    html: str
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return unescape(re.sub(r"<[^>]*>", " ", self.html))

    @property
    def location(self) -> str:
        """Where a redirect leads, plain or of htmx."""
        return self.headers.get("Location") or self.headers.get("HX-Redirect", "")


class Console:
    """`as_` is an account of tests/people.py, "" for nobody; `hx` asks as htmx does."""

    def __init__(self, site: Site, http: ClientSession, runner: web.AppRunner) -> None:
        self.site = site
        self._runner = runner
        self._http = http
        self._tokens: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.site.pages.port}"

    async def token(self, who: str) -> str:
        """The session of one of the people, begun at the first call."""
        if who not in self._tokens:
            async with db.transaction():
                self._tokens[who] = await sessions.start(await people.staff_id(who), "Chrome", self.site.span, "test")
        return self._tokens[who]

    async def close(self) -> None:
        """Stop the server while its pages are still open."""
        await self._runner.cleanup()

    def forget(self, who: str) -> None:
        """Their session is at an end; the next request begins another."""
        self._tokens.pop(who, None)

    async def get(
        self, path: str, *, as_: str = "", hx: bool = False, headers: Mapping[str, str] | None = None
    ) -> Page:
        return await self._ask("GET", path, await self._headers(as_, hx, headers), None)

    async def post(
        self,
        path: str,
        data: Data | None = None,
        *,
        as_: str = "",
        hx: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> Page:
        """As the page itself would send it: same origin, and the form token of the session."""
        sent = {"Origin": self.address, "Sec-Fetch-Site": "same-origin"} | await self._headers(as_, hx, headers)
        if as_:
            sent[TOKEN_HEADER] = form_token(self._tokens[as_])
        kept = {name: value for name, value in (sent | dict(headers or {})).items() if value}
        return await self._ask("POST", path, kept, data or {})

    async def _headers(self, as_: str, hx: bool, more: Mapping[str, str] | None) -> dict[str, str]:
        secure = self.site.host and dict(more or {}).get("Host") == self.site.host
        cookie = {"Cookie": f"{COOKIE_TLS if secure else COOKIE}={await self.token(as_)}"} if as_ else {}
        return cookie | ({"HX-Request": "true"} if hx else {}) | dict(more or {})

    async def _ask(self, method: str, path: str, headers: Mapping[str, str], data: Any) -> Page:
        options: dict[str, Any] = {"headers": headers, "data": data, "allow_redirects": False}
        async with self._http.request(method, self.address + path, **options) as answer:
            endless = answer.content_type == "text/event-stream"
            text = "" if endless else await answer.text(errors="replace")
            return Page(answer.status, text, answer.headers.copy())


class _Whose(Visit):
    def __init__(self, token: str) -> None:
        self._token = token
        self.who = sessions.Me(0, "", "", False, 0, "", "", 0)


def form_token(session: str) -> str:
    """The form token of a session, as its pages carry it."""
    return _Whose(session).form_token


@asynccontextmanager
async def console(database: str, *, settle: bool = True, **changes: Any) -> AsyncIterator[Console]:
    """The pages on the open `database`, with the people in it; `changes` are fields of the Site."""
    if settle:
        await people.settle()
    site = quiet_site(**changes)
    runner = web.AppRunner(build(site), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.pages.port = runner.addresses[0][1]
    try:
        async with ClientSession() as http:
            yield Console(site, http, runner)
    finally:
        await runner.cleanup()


def quiet_site(**changes: Any) -> Site:
    """What the pages are told of a bot that has one QQ channel and nothing to say; `changes` are fields of the Site."""
    config = Config.model_validate(SETTINGS).at(ROOT)
    return replace(building.site(config, building.desk(config, building.texts(config)), _Quiet()), **changes)


class _Quiet:
    """A bot whose channels say nothing."""

    metrics = Metrics()

    def health(self) -> dict[str, Any]:
        return {}

    def resting(self) -> dict[str, float]:
        return {}

    def login_code(self, channel: str) -> str:
        return ""

    def troubles(self) -> list[str]:
        return []
