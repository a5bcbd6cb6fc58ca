"""Bytes from the socket -> one small typed frame; whatever is wrong with them becomes `BadFrame`.

Only the fields that we act upon are decoded; msgspec skips the rest without building objects, which is
what makes reading busy groups cheap; no value can point back at its frame, so the collector of cycles need not
look at them (`gc=False`). Implementations write null or leave out what they do not know, so
every field is optional here and each reader says what it needs.
"""

import re
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from bot.errors import SongnuanError

MAX_EVENT = 1 << 20  # nothing that a person writes in a chat comes near this
MAX_ANSWER = 16 << 20  # the list of ten thousand groups does exceed it

T = TypeVar("T")

_ID = re.compile(r"[1-9][0-9]{0,19}")
_ID_LIMIT = 10**20  # twenty digits
_MESSAGE_ID = re.compile(r"-?[0-9A-Za-z_]{1,64}")
# An escape pair first, so that the halves of a proper surrogate pair and an escaped backslash stay whole.
_ESCAPE = re.compile(
    rb"\\u[dD][89aAbB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\.", re.DOTALL
)
_ESCAPED_HALF = 6  # len(rb"\ud800")


class BadFrame(SongnuanError):
    """A frame that cannot be used. `reason` is a short word for the counter, never content."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class SegmentData(Struct, gc=False):
    """The two values that we read; `Any`, because an odd value must not cost us the whole message."""

    text: Any = None
    qq: Any = None


class Segment(Struct, gc=False):
    type: str = ""
    data: SegmentData | None = None


class SenderInfo(Struct, gc=False):
    card: str | None = None
    nickname: str | None = None


class Status(Struct):
    online: bool | None = None


class Frame(Struct, gc=False):
    """An event (`post_type` is set) or an answer to a call of ours (`echo`, `status`, `retcode`)."""

    # In the order in which NapCat writes a message: msgspec looks for a field behind the last one first.
    self_id: int | str | None = None
    user_id: int | str | None = None
    time: int | float | None = None
    message_id: int | str | None = None
    message_type: str | None = None
    group_id: int | str | None = None
    sender: SenderInfo | None = None
    message: str | list[Segment] | None = None
    post_type: str | None = None
    meta_event_type: str | None = None
    notice_type: str | None = None
    target_id: int | str | None = None
    interval: int | float | None = None
    status: str | Status | None = None
    retcode: int | None = None
    wording: str | None = None
    data: Raw = Raw()
    echo: Any = None


_decode = msgspec.json.Decoder(Frame).decode


def decode(data: bytes) -> Frame:
    """Read one frame; raises BadFrame and nothing else."""
    if len(data) > MAX_ANSWER:
        raise BadFrame("oversized")
    try:
        return _decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _decode_repaired(data)


def decode_as(data: Raw, kind: type[T]) -> T:
    """Read the `data` of an answer as `kind`; raises BadFrame and nothing else."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadFrame("malformed") from None


def ident(value: int | str | None) -> str:
    """A QQ number as text; some implementations write numbers as strings, anything else is forged."""
    if type(value) is int and 0 < value < _ID_LIMIT:
        return str(value)
    text = str(value)
    if not _ID.fullmatch(text):
        raise BadFrame("bad_id")
    return text


def message_ident(value: int | str | None) -> str:
    """A message id; it may be negative, and None is no id."""
    if type(value) is int:
        return str(value)
    text = str(value)
    if value is None or not _MESSAGE_ID.fullmatch(text):
        raise BadFrame("bad_id")
    return text


def _decode_repaired(data: bytes) -> Frame:
    """Second try: half surrogates and stray bytes become U+FFFD, so that odd emoji do not lose a message."""
    try:
        whole = data.decode("utf-8", "replace").encode()
        return _decode(_ESCAPE.sub(_mend, whole))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise BadFrame("malformed") from None


def _mend(match: re.Match[bytes]) -> bytes:
    found = match[0]
    return rb"\ufffd" if len(found) == _ESCAPED_HALF else found
