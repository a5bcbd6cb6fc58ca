"""HTTP to the robots: the one place that knows their addresses, and lets none of them out in an error.

Each call has a connection of its own. One that is kept may be closed by the other side in the very moment that we
write on it, and then nobody could say whether the message was taken.
"""

import asyncio
import json
import ssl
from typing import Any

import aiohttp

from bot.channels.wecom.outcomes import judge
from bot.errors import Permanent, Retryable, SendError, Unknown

SEND, UPLOAD = "/cgi-bin/webhook/send", "/cgi-bin/webhook/upload_media"
ANSWER_BYTES = 65536
_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, ssl.SSLError)


class Calls:
    """`open`, then any of the calls, then `close`."""

    def __init__(self, base: str, timeout: float) -> None:
        self._base = base.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout, connect=timeout / 2)
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        connector = aiohttp.TCPConnector(force_close=True, limit=32)
        self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout)

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, key: str, body: dict[str, Any]) -> None:
        """One message; raises SendError when it is not known to have been taken."""
        answer = await self._post(SEND, {"key": key}, json=body)
        if error := judge(answer):
            raise error

    async def upload(self, key: str, name: str, content: bytes) -> str:
        """The id of a file that may be sent now. In the group nothing is seen of it: every doubt may be tried again."""
        form = aiohttp.FormData()
        form.add_field("media", content, filename=name, content_type="application/octet-stream")
        try:
            answer = await self._post(UPLOAD, {"key": key, "type": "file"}, data=form)
            error = judge(answer)
        except Unknown:
            error = Unknown("offline")
        if isinstance(error, Unknown):
            raise Retryable("offline", "文件没有传上去")
        if error:
            raise error
        media = answer.get("media_id")
        if not isinstance(media, str):
            raise Permanent("bad_media", "文件没有传上去")
        return media

    async def probe(self) -> None:
        """Does somebody answer there? Asked without a key, so that no robot says anything. Raises SendError."""
        answer = await self._post(SEND, {}, json={})
        if isinstance(judge(answer), Unknown) and not (isinstance(answer, dict) and "errcode" in answer):
            raise Retryable("offline", "回答的不是企业微信")

    async def _post(self, path: str, query: dict[str, str], **what: Any) -> Any:
        if self._session is None:
            raise Retryable("not_started")
        try:
            async with self._session.post(self._base + path, params=query, allow_redirects=False, **what) as response:
                return _answer(response.status, await _content(response))
        except _NEVER_LEFT:
            raise Retryable("offline", "没有连接") from None
        except TimeoutError:
            raise Unknown("timeout", "等不到回应，可能已经发出") from None
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError):
            raise Unknown("dropped", "发出时连接断了，可能已经发出") from None


async def _content(response: aiohttp.ClientResponse) -> bytes:
    """All of an answer; of an endless one only the beginning, which nobody will understand."""
    content = b""
    async for piece in response.content.iter_any():
        content += piece
        if len(content) > ANSWER_BYTES:
            break
    return content


def _answer(status: int, content: bytes) -> Any:
    if status != 200:
        raise _refused(status)
    try:
        return json.loads(content)
    except ValueError:
        return None


def _refused(status: int) -> SendError:
    """The gate before the robots spoke: only what it certainly did not hand on is certain."""
    if status == 429:
        return Retryable("too_often", retry_after=60.0)
    if status == 413:
        return Permanent("too_long")
    return Unknown(f"failed_http_{status}")
