"""WeCom's side of the group robots, with the rules that it keeps: keys, bytes, twenty a minute, and its error codes.

Like the real one it answers 200 to everything. `fault` makes the next calls go wrong in the ways that networks do.
"""

import asyncio
import base64
import hashlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from aiohttp import BodyPartReader, web

A_MINUTE = 20
MIB = 1024 * 1024
SIGNS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
Fault = Literal[
    "swallow", "hang", "502", "busy", "nonsense", "pieces"
]  # swallow: take the message, then hang up without a word
HINT = "hint: [1700000000000000], from ip: 127.0.0.1, more info at https://open.work.weixin.qq.com/devtool/query"


@dataclass
class Taken:
    """A message that stands in a group now."""

    robot: str
    kind: str
    text: str
    mentions: list[str] = field(default_factory=list)


class WeComServer:
    """`robots`: key -> name. `minute` is how long a minute lasts here."""

    def __init__(self, robots: Mapping[str, str], minute: float = 60.0) -> None:
        self.robots = dict(robots)
        self.minute = minute
        self.taken: list[Taken] = []
        self.refused: list[int] = []
        self.fault: deque[Fault] = deque()
        self.port = 0
        self.probes = 0
        self._calls: dict[str, deque[float]] = {}
        self._media: dict[tuple[str, str], bytes] = {}
        self._numbers = count(1)
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Also after `stop`, on the same port."""
        app = web.Application(client_max_size=64 * MIB)
        app.router.add_post("/cgi-bin/webhook/send", self._send)
        app.router.add_post("/cgi-bin/webhook/upload_media", self._upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def until(self, number: int) -> None:
        """Wait until so many messages stand in groups."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: len(self.taken) >= number)

    def texts(self, robot: str) -> list[str]:
        return [one.text for one in self.taken if one.robot == robot]

    async def _send(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        key = request.query.get("key", "")
        if not key:
            self.probes += 1
            return self._answer(93000, "invalid webhook url")
        fault = self.fault.popleft() if self.fault else None
        if fault == "502":
            return web.Response(status=502, text="<html>bad gateway</html>")
        if fault == "busy":
            return self._answer(-1, "system busy")
        code, words = self._judged(key, body)
        if code == 0:
            await self._take(key, body)
        if fault == "swallow":
            assert request.transport is not None
            request.transport.close()
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault == "pieces":
            return await _in_pieces(request, json.dumps({"errcode": code, "errmsg": words}).encode())
        if fault == "nonsense":
            return web.Response(text="ok")
        return self._answer(code, words)

    def _judged(self, key: str, body: dict[str, Any]) -> tuple[int, str]:
        if key not in self.robots:
            return 93000, "invalid webhook url"
        calls, now = self._calls.setdefault(key, deque()), time.monotonic()
        while calls and calls[0] <= now - self.minute:
            calls.popleft()
        if len(calls) >= A_MINUTE:
            return 45009, f"api freq out of limit, {HINT}"
        calls.append(now)
        kind = body.get("msgtype")
        check = {"text": _text, "markdown": _markdown, "image": _image, "news": _news, "file": self._file}.get(
            str(kind)
        )
        return check(body.get(str(kind)) or {}, key) if check else (40008, "invalid message type")

    def _file(self, content: dict[str, Any], key: str) -> tuple[int, str]:
        known = (key, content.get("media_id")) in self._media
        return (0, "ok") if known else (40007, "invalid media_id")

    async def _take(self, key: str, body: dict[str, Any]) -> None:
        kind = body["msgtype"]
        content = body[kind]
        mentions = [*content.get("mentioned_list", []), *content.get("mentioned_mobile_list", [])]
        words = content.get("content") or json.dumps(content.get("articles") or [], ensure_ascii=False)
        async with self._changed:
            self.taken.append(Taken(self.robots[key], kind, words, mentions))
            self._changed.notify_all()

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        key = request.query.get("key", "")
        if self.fault:
            assert request.transport is not None
            self.fault.popleft()
            request.transport.close()
        if key not in self.robots:
            return self._answer(93000, "invalid webhook url")
        part = await (await request.multipart()).next()
        assert isinstance(part, BodyPartReader) and part.name == "media"
        content = await part.read()
        if not 5 < len(content) <= 20 * MIB:
            return self._answer(40006, "invalid file size")
        media_id = f"media-{next(self._numbers)}"
        self._media[key, media_id] = bytes(content)
        return web.json_response({"errcode": 0, "errmsg": "ok", "type": "file", "media_id": media_id})

    def _answer(self, code: int, words: str) -> web.Response:
        if code:
            self.refused.append(code)
        return web.json_response({"errcode": code, "errmsg": words})


async def _in_pieces(request: web.Request, body: bytes) -> web.StreamResponse:
    """An answer that arrives in two packets."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(body[:9])
    await asyncio.sleep(0.05)
    await response.write(body[9:])
    return response


def _text(content: dict[str, Any], key: str) -> tuple[int, str]:
    return _words(content, 2048)


def _markdown(content: dict[str, Any], key: str) -> tuple[int, str]:
    return _words(content, 4096)


def _words(content: dict[str, Any], most: int) -> tuple[int, str]:
    text = content.get("content")
    if not text:
        return 44004, "empty content"
    if len(text.encode()) > most:
        return 40058, f"content exceed max length {most}. invalid Request Parameter, {HINT}"
    return 0, "ok"


def _image(content: dict[str, Any], key: str) -> tuple[int, str]:
    raw = base64.b64decode(content["base64"], validate=True)
    if len(raw) > 2 * MIB:
        return 40009, "invalid image size"
    if hashlib.md5(raw, usedforsecurity=False).hexdigest() != content["md5"]:
        return 301019, "invalid file md5"
    return (0, "ok") if raw.startswith(SIGNS) else (40004, "invalid file type")


def _news(content: dict[str, Any], key: str) -> tuple[int, str]:
    articles = content.get("articles") or []
    right = 1 <= len(articles) <= 8 and all(
        one.get("url") and 0 < len(one.get("title", "").encode()) <= 128 for one in articles
    )
    return (0, "ok") if right else (40058, f"invalid Request Parameter, {HINT}")


@asynccontextmanager
async def wecom(robots: Mapping[str, str], minute: float = 60.0) -> AsyncIterator[WeComServer]:
    server = WeComServer(robots, minute)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
