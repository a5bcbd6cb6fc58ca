"""What travels over the sandbox's websocket and lies in its journal. Unknown or oversized input is refused here."""

from typing import Annotated

from msgspec import DecodeError, Meta, Struct, ValidationError
from msgspec.json import Decoder, Encoder

from bot.events import Chat, Part
from bot.sample import Group, Person

TEXT_MAX = 2000
FRAME_MAX = 64 * 1024  # 2000 characters, each escaped in the longest way JSON knows, and some room

# Networks do not carry control characters either, and a database may refuse NUL.
_UNPRINTABLE = {code: None for code in range(32) if chr(code) not in "\n\t"} | {127: None}


class Said(Struct, frozen=True, tag_field="type", tag="message"):
    """One message in a chat; `by` is empty for the bot. `seq` grows, also over restarts."""

    seq: int
    id: str
    chat: Chat
    by: str
    parts: tuple[Part, ...]
    ref: str = ""

    @property
    def at_ms(self) -> int:
        return self.seq // 1000


class Hello(Struct, frozen=True, tag_field="type", tag="hello"):
    """What a page gets first, and again when it could not keep up: everyone, and the latest of every chat."""

    bot: str
    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    messages: tuple[Said, ...]


class Accepted(Struct, frozen=True, tag_field="type", tag="accepted"):
    """The network took what the page said under this nonce."""

    nonce: str
    id: str


class Refused(Struct, frozen=True, tag_field="type", tag="error"):
    """It did not; `text` is for people."""

    code: str
    text: str
    nonce: str = ""


class Say(Struct, frozen=True, tag_field="do", tag="say", rename={"persona": "as"}, forbid_unknown_fields=True):
    """A page speaks as one of the people. `quoted`: as a quotation or forward, to try what the bot makes of it."""

    persona: Annotated[str, Meta(min_length=1, max_length=64)]
    chat: Chat
    text: Annotated[str, Meta(max_length=FRAME_MAX)]
    nonce: Annotated[str, Meta(max_length=64)] = ""
    quoted: bool = False


encode = Encoder().encode
_say = Decoder(Say).decode


def parse(raw: str) -> Say | Refused:
    """Read a page's frame; whatever is wrong with it becomes the answer."""
    try:
        said = _say(raw)
    except (DecodeError, ValidationError, UnicodeError):
        return Refused("bad_frame", "看不懂这条消息")
    text = said.text.translate(_UNPRINTABLE).strip()
    if not text:
        return Refused("empty", "还没有写内容", said.nonce)
    if len(text) > TEXT_MAX:
        return Refused("too_long", f"一条最多 {TEXT_MAX} 字，请分成几条", said.nonce)
    return Say(said.persona, said.chat, text, said.nonce, said.quoted)
