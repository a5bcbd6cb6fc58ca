"""Frames -> events of ours. Own messages never become `Incoming`: the bot must not answer itself."""

from datetime import UTC, datetime
from functools import lru_cache

from msgspec import Raw, Struct

from bot.channels.common.text import clean
from bot.channels.onebot.frames import BadFrame, Frame, decode_as, ident, message_ident
from bot.channels.onebot.segments import read
from bot.events import Chat, GroupInfo, Incoming, OwnMessage, Sender

_NO_TIME = datetime.fromtimestamp(0, UTC)
_YEAR_2100 = 4_102_444_800


class _GroupRow(Struct):
    group_id: int | str | None = None
    group_name: str | None = None
    member_count: int | None = None


class _Login(Struct):
    user_id: int | str | None = None


class _Sent(Struct):
    message_id: int | str | None = None


def message(channel: str, self_id: str, frame: Frame) -> Incoming | OwnMessage:
    """What somebody wrote, or our own message come back; raises BadFrame for anything else."""
    if frame.message is None:
        raise BadFrame("malformed")
    user = ident(frame.user_id)
    number = message_ident(frame.message_id)
    words = read(frame.message, self_id)
    at = _instant(frame.time)
    if frame.post_type == "message_sent" or user == self_id:
        return OwnMessage(_target(frame, self_id), words.text, number, at)
    return Incoming(
        channel=channel,
        # Ids begin anew when the implementation loses its table; with the time they stay unique,
        # and a replay of the same event still carries both.
        message_id=f"{int(frame.time or 0)}-{number}",
        at=at,
        chat=_chat(frame, user),
        sender=Sender(user, _nickname(frame)),
        text=words.text,
        quoted=words.quoted,
        mentions_me=words.mentions_me,
    )


def glance(channel: str, self_id: str, frame: Frame) -> Incoming | None:
    """The words of a message and where they stand, for asking whether anybody wants them; None for our own.

    Most chat is wanted by nobody: its time, number and nickname are never looked at. Raises BadFrame.
    """
    if frame.message is None:
        raise BadFrame("malformed")
    user = ident(frame.user_id)
    if user == self_id or frame.post_type != "message":
        return None
    words = read(frame.message, self_id)
    return Incoming(
        channel, "", _NO_TIME, _chat(frame, user), Sender(user), words.text, words.quoted, words.mentions_me
    )


def groups(data: Raw) -> list[GroupInfo]:
    """The account's groups from the answer to get_group_list; raises BadFrame."""
    rows = decode_as(data, list[_GroupRow])
    return [GroupInfo(ident(row.group_id), clean(row.group_name or ""), row.member_count) for row in rows]


def login(data: Raw) -> str:
    """The account's own number from the answer to get_login_info; raises BadFrame."""
    return ident(decode_as(data, _Login).user_id)


def sent_ident(data: Raw) -> str | None:
    """The id of a message that was accepted; an answer without one is success all the same."""
    try:
        return message_ident(decode_as(data, _Sent).message_id)
    except BadFrame:
        return None


def _chat(frame: Frame, user: str) -> Chat:
    if frame.message_type == "group":
        return _group(frame.group_id)
    if frame.message_type == "private":
        return Chat("direct", user)
    raise BadFrame("malformed")


@lru_cache(maxsize=4096)
def _group(number: int | str | None) -> Chat:
    """A few groups come again and again; a group's number says nothing of what is written there."""
    return Chat("group", ident(number))


def _target(frame: Frame, self_id: str) -> Chat:
    """Where we wrote. In a direct talk only `target_id` says it: `user_id` is ourselves."""
    if frame.message_type == "private":
        return Chat("direct", ident(frame.target_id))
    return _chat(frame, self_id)


def _nickname(frame: Frame) -> str:
    sender = frame.sender
    return "" if sender is None else clean(sender.card or sender.nickname or "")[:64]


def _instant(seconds: int | float | None) -> datetime:
    if seconds is None or not 0 < seconds < _YEAR_2100:
        raise BadFrame("bad_time")
    return datetime.fromtimestamp(seconds, UTC)
