"""Message segments, both ways: what people wrote -> plain text; our parts -> segments.

User text leaves in `text` segments only and never as a CQ string, because there a bracket would become a
command. Incoming CQ strings are still read: `message_format = string` is a common setting.
"""

import re

from msgspec import Struct

from bot.channels.common.text import clean
from bot.channels.onebot.frames import Segment, SegmentData
from bot.events import File, Image, Link, Mention, Part, Text

# Cards and forwards carry somebody else's words; nothing beside them may be taken as a command.
_OTHERS_WORDS = frozenset({"forward", "node", "json", "xml", "share"})
# Brackets inside a code are always escaped, so both classes stop at the next one: linear on any input.
_CQ = re.compile(r"\[CQ:([A-Za-z0-9_.-]{1,32})((?:,[^\[\]]*)?)\]")
_NUMBER = re.compile(r"[1-9][0-9]{4,19}")

Sent = dict[str, str | dict[str, str]]


class Words(Struct, frozen=True):
    """What a message says, once pictures and markup are gone."""

    text: str
    quoted: bool
    mentions_me: bool


def read(message: str | list[Segment], self_id: str) -> Words:
    """The sender's own words. A reply segment only points at a message: the text stays their own."""
    segments = parse_cq(message) if isinstance(message, str) else message
    if len(segments) == 1 and segments[0].type == "text":  # nearly every message
        only = segments[0].data
        return Words(only.text.strip() if only is not None and isinstance(only.text, str) else "", False, False)
    texts: list[str] = []
    quoted = mentions = False
    for segment in segments:
        data = segment.data
        if segment.type == "text":
            if data is not None and isinstance(data.text, str):
                texts.append(data.text)
        elif segment.type == "at":
            mentions = mentions or (data is not None and bool(self_id) and str(data.qq) == self_id)
        elif segment.type in _OTHERS_WORDS:
            quoted = True
    return Words("".join(texts).strip(), quoted, mentions)


def parse_cq(message: str) -> list[Segment]:
    """A CQ string as segments; what is not a well-formed code is text."""
    pieces = _CQ.split(message)
    segments = []
    for at in range(0, len(pieces), 3):
        if pieces[at]:
            segments.append(Segment("text", SegmentData(text=_unescape(pieces[at]))))
        if at + 1 < len(pieces):
            segments.append(Segment(pieces[at + 1], _code_data(pieces[at + 2])))
    return segments


def _code_data(params: str) -> SegmentData:
    pairs = dict(pair.partition("=")[::2] for pair in params.split(",") if pair)
    qq = pairs.get("qq")
    return SegmentData(text=None, qq=_unescape(qq) if qq is not None else None)


def _unescape(text: str) -> str:
    """`&amp;` last: otherwise `&amp;#91;`, which somebody typed, would turn into a bracket."""
    if "&" not in text:
        return text
    return text.replace("&#91;", "[").replace("&#93;", "]").replace("&#44;", ",").replace("&amp;", "&")


def write(parts: tuple[Part, ...], *, direct: bool, images: dict[str, str]) -> list[Sent]:
    """Parts as a segment array; `images` maps an image's path to its base64 text."""
    segments: list[Sent] = []
    for part in parts:
        if isinstance(part, Image):
            segments.append(_segment("image", file="base64://" + images[part.path]))
        elif isinstance(part, Mention) and not direct and _NUMBER.fullmatch(part.user_id):
            segments.append(_segment("at", qq=part.user_id))
        else:
            _add_text(segments, clean(_as_text(part)), own_line=isinstance(part, Link | File))
    return segments


def _as_text(part: Text | File | Link | Mention) -> str:
    match part:
        case Text():
            return part.text
        case Link():
            return f"{part.title}\n{part.url}" if part.title else part.url
        case File():
            return f"文件《{part.name or part.path.rsplit('/', 1)[-1]}》，需要的请向工会索取"
        case Mention():
            return f"@{part.name or part.user_id} "


def _add_text(segments: list[Sent], text: str, *, own_line: bool) -> None:
    """One segment for each text; what was a card or a file begins on a line of its own."""
    if text:
        segments.append(_segment("text", text="\n" + text if own_line and segments else text))


def _segment(kind: str, **data: str) -> Sent:
    return {"type": kind, "data": dict(data)}
