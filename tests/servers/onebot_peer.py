"""A stand-in for NapCat: a real OneBot v11 program on a real websocket, with faults that can be switched.

In a test: `peer = OneBotPeer(token="t"); await peer.start()`. On its own:
`python -m tests.servers.onebot_peer --port 0 --groups 2000 --ledger FILE` prints one JSON line with its port
and is steered by POST /_control. It serves forward websockets at /, /api and /event, and in reverse mode
dials `dial` instead. Every accepted message is in the ledger before its answer leaves.
"""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientError, ClientSession, web

from tests.servers import onebot_wire as wire
from tests.servers.onebot_control import control_routes
from tests.servers.onebot_faults import Faults
from tests.servers.onebot_ledger import Ledger, Sent
from tests.servers.onebot_session import Session

REFUSAL = "token验证失败"


class OneBotPeer:
    """One account. Faults may be changed at any time through `faults` or the methods below."""

    def __init__(
        self,
        *,
        mode: str = "forward",
        token: str = "",
        self_id: str = "10000001",
        groups: int = 3,
        ledger: Path | None = None,
        dial: str = "",
        heartbeat: float = 0.0,
        redial: float = 3.0,
    ) -> None:
        self.mode, self.token, self.self_id, self.dial, self.redial = mode, token, self_id, dial, redial
        self.port = 0
        self.faults = Faults(heartbeat=heartbeat)
        self.groups = wire.group_list(groups)
        self.group_ids = {str(row["group_id"]) for row in self.groups}
        self.calls: list[str] = []  # names of all actions asked for, in order
        self.dials: list[int] = []  # reverse mode: HTTP status of each attempt, 101 for success
        self.beats = 0  # heartbeats sent
        self.refusals = 0  # forward mode: connections with a wrong token
        self.ledger = Ledger(ledger)
        self.sessions: set[Session] = set()
        self.changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._dialler: asyncio.Task[None] | None = None
        self._said = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def sent(self) -> list[Sent]:
        return self.ledger.sent

    async def start(self) -> None:
        """Listen (on the same port again after `stop`), and dial in reverse mode."""
        app = web.Application()
        app.add_routes([web.get(path, self._accept) for path in ("/", "/api", "/event")])
        app.add_routes(control_routes(self))
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        if self.mode == "reverse":
            self._dialler = asyncio.create_task(self._keep_dialling())

    async def stop(self) -> None:
        """Die: sockets are cut without a closing handshake, nothing listens any more. `start` revives."""
        if self._dialler is not None:
            self._dialler.cancel()
            await asyncio.gather(self._dialler, return_exceptions=True)
            self._dialler = None
        self.thaw()
        self.kill_connections()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self.ledger.flush()

    async def close(self) -> None:
        await self.stop()
        self.ledger.close()

    def kill_connections(self) -> None:
        for session in list(self.sessions):
            session.abort()

    def freeze(self) -> None:
        """Stop reading, answering and pinging; the sockets stay open, as with a stopped process."""
        self.faults.moving.clear()
        for session in self.sessions:
            session.pause()

    def thaw(self) -> None:
        self.faults.moving.set()
        for session in self.sessions:
            session.resume()

    # what happens at the account

    async def say(
        self,
        text: str,
        *,
        user: str = "20000001",
        group: str | None = None,
        nickname: str = "小赵",
        string: bool = False,
    ) -> int:
        """Somebody writes; returns the message id."""
        content = wire.text_message(text, string)
        return await self.say_segments(content, user=user, group=group, nickname=nickname)

    async def say_segments(
        self, content: Any, *, user: str = "20000001", group: str | None = None, nickname: str = "小赵"
    ) -> int:
        self._said += 1
        await self.push(wire.message(self.self_id, self._said, user, nickname, content, group))
        return self._said

    async def push(self, frame: dict[str, Any]) -> None:
        """Any event, or any JSON."""
        await self.raw(msgspec.json.encode(frame))

    async def raw(self, data: bytes, *, binary: bool = False) -> None:
        """Any bytes, as a text or a binary frame, to every connection."""
        for session in list(self.sessions):
            await session.push(data, binary=binary)

    async def set_online(self, online: bool) -> None:
        """Log the account in or out, told by a heartbeat at once."""
        self.faults.online = online
        interval = self.faults.heartbeat or 30.0
        await self.push(wire.heartbeat(self.self_id, online=online, interval=interval))

    async def release(self, *, status: str = "ok") -> int:
        """Send the answers that `late` held back, on the connections there are now; returns how many."""
        held, self.faults.held = self.faults.held, []
        for sent in held:
            ok = wire.answer(sent.echo, {"message_id": sent.message_id})
            await self.push(ok if status == "ok" else wire.failure(sent.echo, 1404, "late failure"))
        return len(held)

    # what tests wait for

    async def connected(self, count: int = 1) -> None:
        await self.wait_for(lambda: len(self.sessions) >= count)

    async def wait_sent(self, count: int) -> None:
        await self.wait_for(lambda: len(self.sent) >= count)

    async def wait_for(self, condition: Any) -> None:
        async with asyncio.timeout(20), self.changed:
            await self.changed.wait_for(condition)

    async def notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    # connections

    async def _accept(self, request: web.Request) -> web.StreamResponse:
        await self.faults.moving.wait()
        socket: web.WebSocketResponse[Any] = web.WebSocketResponse(
            compress=False, decode_text=False, max_msg_size=0, timeout=0.2
        )
        await socket.prepare(request)
        given = request.headers.get("Authorization", "").partition(" ")[2] or request.query.get("access_token", "")
        if given.strip() != self.token:
            self.refusals += 1
            await socket.send_frame(msgspec.json.encode(wire.failure(None, 1403, REFUSAL)), web.WSMsgType.TEXT)
            await socket.close()
            await self.notify()
            return socket
        await Session(self, socket, request.transport).run()
        return socket

    async def _keep_dialling(self) -> None:
        async with ClientSession() as http:
            while True:
                await self._dial(http)
                await asyncio.sleep(self.redial)

    async def _dial(self, http: ClientSession) -> None:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "X-Self-ID": self.self_id,
            "X-Client-Role": "Universal",
            "User-Agent": "OneBot/11",
        }
        try:
            socket = await http.ws_connect(self.dial, headers=headers, decode_text=False, max_msg_size=0)
        except ClientError as error:
            self.dials.append(getattr(error, "status", 0))
            await self.notify()
            return
        self.dials.append(101)
        line = socket._response.connection
        await Session(self, socket, line.transport if line else None).run()


if __name__ == "__main__":
    from tests.servers.onebot_control import main

    main(OneBotPeer)
