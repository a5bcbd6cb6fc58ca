"""Conversations without a network: messages go in as channels hand them over, what the outbox holds comes out."""

from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from bot import clock
from bot.actions.delivery import claiming, outbox
from bot.actions.delivery.claiming import Lane
from bot.app import building
from bot.app.reception import Reception
from bot.config import Config
from bot.content.parts import as_text
from bot.events import Chat, Incoming, Link, Mention, Receipt, Sender, Text
from bot.handlers import build
from bot.metrics import Metrics
from bot.models import Delivery
from tests.people import CHANNEL

ROOT = Path(__file__).parents[1]
SETTINGS = {
    "union": {"phone": "0450-0000000"},
    "channels": {CHANNEL: {"type": "onebot", "token": "warm-token", "quiet_hours": ""}},
}
_numbers = count(1)


class Said(NamedTuple):
    """One delivery in words."""

    purpose: str
    kind: str
    chat: str
    text: str


class Room:
    """The bot's ears and outbox on the open database. `say` returns what is newly queued because of it."""

    def __init__(self, **sections: Any) -> None:
        config = Config.model_validate(SETTINGS | sections).at(ROOT)
        library = building.texts(config)
        self.desk = building.desk(config, library)
        self.rules = self.desk.rules
        self.reception = Reception(build(self.desk), Metrics())
        self._last = 0

    async def say(self, text: str, who: str, group: str | None = None, **extra: Any) -> list[Said]:
        await self.reception.received(incoming(text, who, group, **extra))
        return await self.news()

    async def news(self) -> list[Said]:
        """What came into the outbox since the last look."""
        rows = await Delivery.filter(id__gt=self._last).order_by("id")
        self._last = max([self._last, *(row.id for row in rows)])
        return [_said(row.purpose, Chat(row.chat_kind, row.chat_id), row.body) for row in rows]  # type: ignore[arg-type]

    async def deliver(self) -> list[Said]:
        """Send everything that may go now, the way a sender does; returns it."""
        lane = Lane(CHANNEL, 0, 9, "room", timedelta(minutes=5))
        gone: list[Said] = []
        while ready := await claiming.claim(lane, 50):
            done = [outbox.Outcome(one.id, one.purpose, one.attempts, Receipt(None, clock.now())) for one in ready]
            await outbox.record(done)
            gone += [_said(one.purpose, one.chat, outbox.encode(one.parts)) for one in ready]
        return gone


def incoming(
    text: str,
    who: str,
    group: str | None = None,
    *,
    nickname: str = "小赵",
    number: str = "",
    at: datetime | None = None,
    quoted: bool = False,
    mentions_me: bool = False,
) -> Incoming:
    """A message as a channel hands it over; without a number it is a new one."""
    return Incoming(
        channel=CHANNEL,
        message_id=number or f"m{next(_numbers)}",
        at=at or clock.now(),
        chat=Chat("group", group) if group else Chat("direct", who),
        sender=Sender(who, nickname),
        text=text,
        quoted=quoted,
        mentions_me=mentions_me,
    )


def _said(purpose: str, chat: Chat, body: str | None) -> Said:
    parts = outbox.decode(body or "[]")
    assert all(isinstance(part, Text | Mention | Link) for part in parts), parts
    words = [as_text(part) for part in parts if not isinstance(part, Mention)]
    return Said(purpose, chat.kind, chat.id, "\n".join(words))
