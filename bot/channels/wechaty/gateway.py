"""The calls to a Wechaty gateway: its own Python client, less what would harm a bot that shares the gateway.

As it comes, the client writes the token into its log, may ask a public server where to dial, holds up the loop while
it knocks, restarts the gateway's puppet when it starts and stops it when it stops. None of that is left here. Every
call is bounded in time by whoever makes it (`line`).
"""

import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from grpclib.client import Channel
from grpclib.config import Configuration
from msgspec import Struct

from bot.channels.wechaty import wire
from bot.channels.wechaty.compat import (
    EventRequest,
    MessagePayloadRequest,
    Puppet,
    PuppetOptions,
    PuppetService,
    PuppetStub,
)
from bot.config import Wechaty

HEARTBEAT, MESSAGE, DONG = 1, 2, 3
ROOM_INVITE, ROOM_JOIN, ROOM_LEAVE, ROOM_TOPIC = 18, 19, 20, 21
SCAN, LOGIN, LOGOUT = 22, 25, 26
_BASE64 = 1  # kinds of file-box; gateways before its version 1.0 read it under another name


class Event(Struct, frozen=True):
    """One event of the gateway's stream; `data` is the gateway's own JSON."""

    type: int
    data: dict[str, Any]


def trust(config: Wechaty, base: Path) -> ssl.SSLContext | None:
    """Whom we believe to be the gateway; None without TLS. Raises OSError or ValueError for a CA that is unreadable."""
    if not config.tls:
        return None
    context = ssl.create_default_context(cafile=base / config.ca_file if config.ca_file else None)
    # Small CAs, the gateway's own among them, lack extensions that Python 3.13 began to insist on.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["h2"])
    return context


class Gateway(PuppetService):
    """One connection; not connected before the first call, closed for good by `stop`."""

    def __init__(self, config: Wechaty, context: ssl.SSLContext | None) -> None:
        # Not PuppetService's own: it writes the token to the log and looks for others in the environment.
        options = PuppetOptions()
        options.token, options.end_point = config.token, config.endpoint
        Puppet.__init__(self, options, "songnuan")
        self._config = config
        self._context = context
        self.channel = None
        self._puppet_stub = None
        self.login_user_id = None
        self._init_puppet()

    def _init_puppet(self) -> None:
        parts = urlsplit(f"//{self._config.endpoint}")
        name = self._config.server_name or None
        config = Configuration(ssl_target_name_override=name) if self._context else Configuration()
        self.channel = Channel(host=parts.hostname, port=parts.port, ssl=self._context, config=config)
        self.channel._authority = self._config.token  # where gateways look for the token: not our idea
        self._puppet_stub = PuppetStub(self.channel, metadata={"authorization": f"Wechaty {self._config.token}"})

    async def start(self) -> None:
        """Start the gateway's puppet if it is not running; one that runs is left in peace."""
        await self.puppet_stub.start()

    async def stop(self) -> None:
        """Hang up; the gateway and its puppet stay as they are."""
        self.close()

    def close(self) -> None:
        if self.channel is not None:
            self.channel.close()
            self.channel = None

    async def events(self) -> AsyncIterator[Event]:
        """What happens over there, until the connection ends; an event that is no JSON object is passed over."""
        async for response in self.puppet_stub._unary_stream(wire.EVENT, EventRequest(), wire.RawEvent):
            try:
                data = json.loads(response.payload or b"{}")
            except (ValueError, RecursionError):
                continue
            if isinstance(data, dict):
                yield Event(response.type, data)

    async def message(self, message_id: str) -> wire.RawMessage:
        """The message as the gateway has it. (Their own `message_payload` fails at kinds that it does not know.)"""
        request = MessagePayloadRequest(id=message_id)
        found: wire.RawMessage = await self.puppet_stub._unary_unary(wire.MESSAGE_PAYLOAD, request, wire.RawMessage)
        return found

    async def say(self, chat_id: str, text: str, mentions: list[str]) -> str | None:
        """The id that the network gave it; many gateways name none."""
        return await self.message_send_text(chat_id, text, mentions) or None

    async def hand_over(self, chat_id: str, name: str, base64: str) -> str | None:
        """A picture or a file as a file-box, the npm package's JSON; what it is, the other side tells by its name."""
        box = json.dumps({"type": _BASE64, "boxType": _BASE64, "name": name, "base64": base64, "metadata": {}})
        return (await self.puppet_stub.message_send_file(conversation_id=chat_id, filebox=box)).id or None
