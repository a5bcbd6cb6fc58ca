"""The chat network: a OneBot v11 implementation on a real websocket that is much faster than who it talks to.

Frames leave ready-made and in bulk. It answers every call at once and remembers nothing but what a load
(see `loads`) wants counted. `python -m bench.peer --groups 10000` prints its port, then obeys orders.
"""

import argparse
import asyncio
import time
from typing import Any

import msgspec
from aiohttp import web
from msgspec import Raw, Struct

from bench import chat, orders
from bench.loads import LOADS, Call, Load

FULL = 1 << 20  # bytes on their way before a flood waits for the other side


class _Params(Struct):
    user_id: int | str | None = None
    group_id: int | str | None = None
    message: Raw = Raw()


class _Asked(Struct):
    action: str
    params: _Params
    echo: Raw = Raw(b"null")


_decode = msgspec.json.Decoder(_Asked).decode


def framed(payload: bytes) -> bytes:
    """A whole text frame of RFC 6455 as a server sends it (unmasked)."""
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


class Account:
    """The account, and the one connection to whoever is measured."""

    def __init__(self, groups: int) -> None:
        self.connected = asyncio.Event()
        self.connected_at = 0.0
        self.load: Load | None = None
        self._groups = msgspec.json.encode(chat.groups(groups))
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._number = 0

    async def accept(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        transport = request.transport
        assert transport is not None
        transport.set_write_buffer_limits(FULL)
        self._transport, self.connected_at = transport, time.monotonic()
        meta = {"time": int(time.time()), "self_id": chat.SELF_ID, "post_type": "meta_event"}
        self.push(msgspec.json.encode({**meta, "meta_event_type": "lifecycle", "sub_type": "connect"}))
        self.connected.set()
        async for message in socket:
            if message.type is web.WSMsgType.TEXT:
                self._take(message.data)
        self._transport = None
        self.connected.clear()
        return socket

    def push(self, payload: bytes) -> None:
        """Send with all else of this turn of the loop in one write."""
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(framed(payload))

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None:
            self._transport.write(b"".join(out))

    async def flood(self, frames: list[bytes], count: int) -> None:
        """Write `count` ready-made frames as fast as the other side reads."""
        transport = self._transport
        assert transport is not None
        for start in range(0, count, 64):
            while transport.get_write_buffer_size() > FULL:  # noqa: ASYNC110
                await asyncio.sleep(0.0005)
            at = start % len(frames)
            transport.write(b"".join(frames[at : at + min(64, count - start)]))
        while transport.get_write_buffer_size():  # noqa: ASYNC110
            await asyncio.sleep(0.0005)

    def _take(self, data: str) -> None:
        asked = _decode(data)
        match asked.action:
            case "get_login_info":
                found = b'{"user_id":%d,"nickname":"bench"}' % chat.SELF_ID
            case "get_group_list":
                found = self._groups
            case "get_status":
                found = b'{"online":true,"good":true}'
            case _:
                self._number += 1
                found = b'{"message_id":%d}' % self._number
        self.push(b'{"status":"ok","retcode":0,"data":%b,"echo":%b}' % (found, bytes(asked.echo)))
        if self.load is not None and asked.action.startswith("send_"):
            params = asked.params
            self.load.called(Call(int(params.user_id or 0), int(params.group_id or 0), bytes(params.message)))

    async def obey(self, order: orders.Order) -> orders.Order:
        verb = order.pop("do")
        if verb == "connected":
            await self.connected.wait()
            return {"at": self.connected_at}
        await self.connected.wait()
        if verb == "result":
            assert self.load is not None
            return await self.load.result()
        self.load = LOADS[verb](self, **order)
        started = time.monotonic()
        await self.load.start()
        return {"started": started} if order.get("later") else {"started": started, **await self.load.result()}


async def serve(groups: int) -> None:
    account = Account(groups)
    app = web.Application()
    app.add_routes([web.get("/", account.accept)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    orders.say({"port": runner.addresses[0][1]})
    await orders.obey(account.obey)
    await runner.cleanup()


def options() -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=10)
    return vars(parser.parse_args())


if __name__ == "__main__":
    asyncio.run(serve(**options()))
