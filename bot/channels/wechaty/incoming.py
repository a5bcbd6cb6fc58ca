"""Messages of the gateway -> events of ours. Own messages never become `Incoming`: the bot must not answer itself."""

import re
from datetime import UTC, datetime
from typing import Protocol

from bot import clock
from bot.channels.common.text import clean
from bot.events import Chat, Incoming, OwnMessage, Sender

TEXT = 7  # wechaty-puppet's own numbers, which go over the wire as they are: text; pictures, cards … have others
MAX_TEXT = 100_000
_IDENT = re.compile(r"[\x21-\x7e]{1,128}")
_YEAR_2100 = 4_102_444_800
# WeChat writes a mention as @name and a narrow blank, and a quote as 「name：words」, a line of dashes, the answer.
_MENTION = re.compile("@[^@\u2005\n]{1,64}\u2005")
_QUOTE = re.compile(r"\A「[^\n]{0,64}[:：].*?」\n(?:- ?){6,}\n", re.DOTALL)


class BadMessage(Exception):
    """It cannot be used; `reason` is short and stable."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Payload(Protocol):
    """A message as the gateway answers for its id (`wire.RawMessage`)."""

    id: str
    timestamp: int
    type: int
    from_id: str
    room_id: str
    to_id: str
    mention_ids: list[str]

    @property
    def text(self) -> str: ...


def ident(value: object) -> str:
    """An id as WeChat makes them: printable, without blanks. Raises BadMessage."""
    if not isinstance(value, str) or not _IDENT.fullmatch(value):
        raise BadMessage("bad_id")
    return value


def message(channel: str, me: str, payload: Payload) -> Incoming | OwnMessage:
    """What somebody wrote, or our own message come back; raises BadMessage for what is no text, or not to be used."""
    if int(payload.type) != TEXT:
        raise BadMessage("no_text")
    if len(payload.text) > MAX_TEXT:
        raise BadMessage("oversized")
    sender, number = ident(payload.from_id), ident(payload.id)
    at = _instant(payload.timestamp)
    if sender == me:
        return OwnMessage(_chat(payload, payload.to_id), payload.text, number, at)
    return Incoming(
        channel=channel,
        message_id=number,
        at=at,
        chat=_chat(payload, sender),
        sender=Sender(sender),
        text=_own_words(payload.text),
        mentions_me=me in payload.mention_ids,
    )


def _chat(payload: Payload, person: str) -> Chat:
    return Chat("group", ident(payload.room_id)) if payload.room_id else Chat("direct", ident(person))


def _own_words(text: str) -> str:
    """What they wrote themselves: without whom they call, and without what they quote."""
    return _MENTION.sub("", _QUOTE.sub("", clean(text), count=1)).strip()


def _instant(moment: int) -> datetime:
    """Gateways count in seconds or in milliseconds; one that names no time means now."""
    if not moment:
        return clock.now()
    seconds = moment / 1000 if moment > _YEAR_2100 else moment
    if not 0 < seconds < _YEAR_2100:
        raise BadMessage("bad_time")
    return datetime.fromtimestamp(seconds, UTC)
