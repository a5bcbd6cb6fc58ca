"""What we compare with: a bare aiohttp websocket client and the stdlib's json, and nothing else.

`python -m bench.bare --port N` counts frames, answers each direct message, and can call 10,000 groups with
64 calls in flight. No checks, no order, no database, no second try: the least that Python code can do.
"""

import argparse
import asyncio
import json
import time
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

from bench import chat, orders

TIP = "天冷路滑，下井前请检查自救器；井下不脱岗、不串岗，家里人等您平安回来。" * 3


class Bare:
    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._seen = 0
        self._wanted = (0, asyncio.Event())
        self._at = 0.0
        self._open: dict[str, asyncio.Future[Any]] = {}

    async def run(self) -> None:
        async for message in self._socket:
            frame = json.loads(message.data)
            if "echo" in frame:
                if future := self._open.pop(frame["echo"] or "", None):
                    future.set_result(frame)
                continue
            if frame.get("message_type") == "private":
                await self._answer(frame)
            self._seen += 1
            if self._seen == self._wanted[0]:
                self._at = time.monotonic()
                self._wanted[1].set()

    async def _answer(self, frame: dict[str, Any]) -> None:
        params = {"user_id": frame["user_id"], "message": frame["message"]}
        await self._socket.send_str(json.dumps({"action": "send_private_msg", "params": params, "echo": None}))

    async def obey(self, order: orders.Order) -> orders.Order:
        match order["do"]:
            case "counters":
                return {"received": self._seen}
            case "received":
                return await self._received(order["count"])
            case "broadcast":
                return await self._broadcast(order["groups"])
        raise ValueError(order["do"])

    async def _received(self, count: int) -> orders.Order:
        if self._seen < count:
            self._wanted = (count, asyncio.Event())
            await self._wanted[1].wait()
        return {"at": self._at}

    async def _broadcast(self, groups: int) -> orders.Order:
        window = asyncio.Semaphore(64)
        started = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for at in range(groups):
                await window.acquire()
                tasks.create_task(self._call(chat.FIRST_GROUP + at, str(at), window))
        return {"started": started, "ended": time.monotonic()}

    async def _call(self, group: int, echo: str, window: asyncio.Semaphore) -> None:
        answer = self._open[echo] = asyncio.get_running_loop().create_future()
        message = [{"type": "text", "data": {"text": TIP}}]
        call = {"action": "send_group_msg", "params": {"group_id": group, "message": message}, "echo": echo}
        await self._socket.send_str(json.dumps(call))
        assert (await answer)["status"] == "ok"
        window.release()


async def drain(port: int) -> None:
    """Only reads bytes: how fast the network itself can write."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = "AAAAAAAAAAAAAAAAAAAAAA=="
    lines = ("GET / HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade")
    writer.write("\r\n".join([*lines, "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "", ""]).encode())
    await reader.readuntil(b"\r\n\r\n")
    orders.say({"ready": True})
    while await reader.read(1 << 20):
        pass


async def serve(port: int) -> None:
    async with ClientSession() as session, session.ws_connect(f"ws://127.0.0.1:{port}/", max_msg_size=0) as socket:
        bare = Bare(socket)
        reading = asyncio.create_task(bare.run())
        orders.say({"ready": True})
        await orders.obey(bare.obey)
        reading.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--drain", action="store_true")
    given = parser.parse_args()
    asyncio.run(drain(given.port) if given.drain else serve(given.port))
