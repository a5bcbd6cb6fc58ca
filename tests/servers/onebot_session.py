"""One connection of the QQ peer: reads calls in bursts, writes the ledger, then the answers."""

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import ClientError, WSMsgType
from msgspec import Struct

from tests.servers import onebot_wire as wire
from tests.servers.onebot_faults import UNDELIVERED

if TYPE_CHECKING:
    from tests.servers.onebot_peer import OneBotPeer


class Params(Struct):
    group_id: int | str | None = None
    user_id: int | str | None = None
    message: Any = None


class Call(Struct):
    action: str
    params: Params
    echo: Any = None


_decode = msgspec.json.Decoder(Call).decode
_encode = msgspec.json.Encoder().encode


class Session:
    """Lives as long as its socket. No task for a single call: a broadcast to 10,000 groups must not stall here."""

    def __init__(self, peer: "OneBotPeer", socket: Any, transport: asyncio.Transport | None) -> None:
        self.peer = peer
        self._socket = socket
        assert transport is not None
        self._transport = transport
        self._out: list[tuple[bytes, WSMsgType]] = []
        self._wake = asyncio.Event()
        self._cut = False

    async def run(self) -> None:
        self._queue(wire.lifecycle(self.peer.self_id))
        tasks = [asyncio.create_task(work()) for work in (self._read, self._write, self._beat)]
        self.peer.sessions.add(self)
        await self.peer.notify()
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.peer.sessions.discard(self)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if not self._cut:
                await self._socket.close()
            await self.peer.notify()

    def abort(self) -> None:
        """Cut the connection without a word, as a killed process does."""
        self._cut = True
        self._transport.abort()

    def pause(self) -> None:
        self._transport.pause_reading()

    def resume(self) -> None:
        self._transport.resume_reading()

    async def push(self, data: bytes, *, binary: bool = False) -> None:
        self._out.append((data, WSMsgType.BINARY if binary else WSMsgType.TEXT))
        self._wake.set()

    def _queue(self, frame: dict[str, Any]) -> None:
        self._out.append((_encode(frame), WSMsgType.TEXT))
        self._wake.set()

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self._take(message.data)

    async def _write(self) -> None:
        """Whatever one burst brought: first the ledger, then the answers."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.peer.faults.moving.wait()
            burst, self._out = self._out, []
            self.peer.ledger.flush()
            try:
                for data, kind in burst:
                    await self._socket.send_frame(data, kind)
            except (ClientError, OSError):
                return
            await self.peer.notify()

    async def _beat(self) -> None:
        faults = self.peer.faults
        while True:
            await asyncio.sleep(faults.heartbeat or 0.05)
            if faults.heartbeat and not faults.frozen:
                self._queue(wire.heartbeat(self.peer.self_id, online=faults.online, interval=faults.heartbeat))
                self.peer.beats += 1

    def _take(self, data: bytes) -> None:
        try:
            call = _decode(data)
        except (msgspec.MsgspecError, UnicodeError):
            self._queue(wire.failure(None, 1400, "json解析失败,请检查数据格式"))
            return
        self.peer.calls.append(call.action)
        if call.action.startswith("send_"):
            self._send(call)
        else:
            self._answer(self._ask(call))

    def _ask(self, call: Call) -> dict[str, Any]:
        peer = self.peer
        match call.action:
            case "get_login_info":
                return wire.answer(
                    call.echo, {"user_id": int(peer.faults.login_as or peer.self_id), "nickname": "送暖"}
                )
            case "get_group_list" if not peer.faults.groups_fail:
                return wire.answer(call.echo, peer.groups)
            case "get_status":
                return wire.answer(call.echo, {"online": peer.faults.online, "good": True})
            case _:
                return wire.failure(call.echo, 1404, f"不支持的Api {call.action}")

    def _send(self, call: Call) -> None:
        peer, params = self.peer, call.params
        group = str(params.group_id) if call.action == "send_group_msg" else ""
        if not isinstance(params.message, list):
            # A CQ string would be parsed for codes here; nobody who cares sends one.
            self._queue(wire.failure(call.echo, 1400, "segments only"))
            return
        kind = peer.faults.next(group)
        if group and group not in peer.group_ids:
            kind = "removed"
        if kind in UNDELIVERED:
            self._refuse(kind, call)
            return
        chat = f"group:{group}" if group else f"direct:{params.user_id}"
        sent = peer.ledger.accept(call.action, chat, str(call.echo), params.message)
        self._wake.set()
        if peer.faults.report_self:
            self._queue(wire.own_message(peer.self_id, sent.message_id, chat, params.message))
        if kind == "late":
            peer.faults.held.append(sent)
        elif kind == "drop":
            peer.ledger.flush()
            self.abort()
        elif kind != "silent":
            self._answer(self._delivered(kind, call.echo, sent.message_id))

    def _refuse(self, kind: str, call: Call) -> None:
        frame = self.peer.faults.undelivered(kind, call.echo)
        if frame is not None:
            self._answer(frame)

    def _delivered(self, kind: str, echo: Any, message_id: int) -> dict[str, Any]:
        if kind == "async":
            return {"status": "async", "retcode": 1, "data": None, "message": "", "wording": "", "echo": echo}
        return wire.timed_out(echo) if kind == "timeout_1200" else wire.answer(echo, {"message_id": message_id})

    def _answer(self, frame: dict[str, Any]) -> None:
        if self.peer.faults.delay:
            asyncio.get_running_loop().call_later(self.peer.faults.delay, self._queue, frame)
        else:
            self._queue(frame)
