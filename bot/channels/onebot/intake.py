"""Decides what a frame is and where it goes: an answer to its call, an event to its chat's lane.

Frames that are malformed, forged or not for this account are counted and dropped; the socket stays open,
because one odd frame must not cost the next family its message.
"""

import logging
from collections import Counter
from collections.abc import Awaitable
from typing import Protocol

from msgspec import Struct

from bot.channels.common.lanes import Lanes
from bot.channels.onebot import incoming
from bot.channels.onebot.calls import Echoes
from bot.channels.onebot.frames import MAX_EVENT, BadFrame, Frame, Status
from bot.channels.onebot.link import Link
from bot.channels.onebot.outcomes import REFUSED, judge
from bot.errors import SendError, Unknown
from bot.events import Incoming, OwnMessage, Receipt

_log = logging.getLogger(__name__)


class Late(Struct, frozen=True):
    """An answer that came after we had stopped waiting for it."""

    ref: str
    outcome: Receipt | SendError


News = Incoming | OwnMessage | Late


class Account(Protocol):
    """What the intake tells the channel about its account."""

    def is_me(self, self_id: int | str | None) -> bool: ...

    def concerns(self, message: Incoming) -> bool: ...

    def logged_in(self, link: Link, yes: bool) -> None: ...

    def groups_changed(self, link: Link) -> None: ...


class Intake:
    """Takes the frames of all links of one channel."""

    def __init__(self, name: str, account: Account, echoes: Echoes, lanes: Lanes[News]) -> None:
        self.dropped: Counter[str] = Counter()
        self._name = name
        self._account = account
        self._echoes = echoes
        self._lanes = lanes

    def take(self, link: Link, frame: Frame, size: int) -> Awaitable[None] | None:
        """Handle one frame; the awaitable, if any, holds the reader back. Raises BadFrame."""
        if frame.post_type is None:
            return self._answer(link, frame)
        if size > MAX_EVENT:
            raise BadFrame("oversized")
        if not self._account.is_me(frame.self_id):
            raise BadFrame("wrong_self")
        if frame.post_type == "message" or frame.post_type == "message_sent":
            me = str(frame.self_id)
            seen = incoming.glance(self._name, me, frame)
            if seen is not None and not self._account.concerns(seen):
                return None
            news = incoming.message(self._name, me, frame)
            if isinstance(news, Incoming):
                return self._lanes.put(news.chat.id, news, news.sender.id, news.message_id)
            return self._lanes.put(news.chat.id, news)
        if frame.post_type == "meta_event":
            self._meta(link, frame)
        elif frame.post_type == "notice":
            self._notice(link, frame)
        return None

    def drop(self, reason: str) -> None:
        self.dropped[reason] += 1
        count = self.dropped[reason]
        if count & (count - 1) == 0:  # 1, 2, 4, 8 …: a flood of bad frames must not become a flood of lines
            _log.warning("%s: frame dropped, %s, %d so far", self._name, reason, count)

    def _answer(self, link: Link, frame: Frame) -> Awaitable[None] | None:
        if link.calls.settle(frame):
            self._echoes.answered(frame.echo)
            return None
        if frame.retcode in REFUSED and not link.ready:
            # A wrong token: NapCat and LLBot open the socket, say so without our echo, and close.
            link.refused = True
            link.drop()
            return None
        ref = self._echoes.late_ref(frame.echo)
        if ref is None:
            raise BadFrame("unknown_echo")
        outcome = judge(frame)
        return None if isinstance(outcome, Unknown) else self._lanes.put(ref, Late(ref, outcome))

    def _meta(self, link: Link, frame: Frame) -> None:
        if frame.meta_event_type != "heartbeat":
            return
        if frame.interval is not None and frame.interval > 0:
            link.watch(frame.interval / 1000)
        if isinstance(frame.status, Status) and frame.status.online is not None:
            self._account.logged_in(link, frame.status.online)

    def _notice(self, link: Link, frame: Frame) -> None:
        if frame.notice_type == "bot_offline":
            self._account.logged_in(link, False)
        elif frame.notice_type in ("group_increase", "group_decrease"):
            self._account.groups_changed(link)
