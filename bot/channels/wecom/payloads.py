"""From the parts of a delivery to the messages that a robot sends, each of them one call.

Limits from 群机器人配置说明 (developer.work.weixin.qq.com, 91770): text 2048 bytes, pictures 2 MB as JPG or PNG, files
20 MB. Words go as plain text: in markdown a family's asterisk would be an instruction, and WeChat does not show it.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from bot.channels.common.text import clean
from bot.errors import Permanent
from bot.events import File, Image, Limits, Link, Mention, Part

MIB = 1024 * 1024
LIMITS = Limits(
    2048,
    "bytes",
    frozenset({"text", "image", "file", "link", "mention"}),
    most=5,
    private=False,
    image_max=2 * MIB,
    images=frozenset({".jpg", ".jpeg", ".png"}),
    file_max=20 * MIB,
)
_PHONE = re.compile(r"1\d{10}")


class Words(Struct, frozen=True):
    """A text, and whom it calls."""

    text: str
    mentions: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        phones = [who for who in self.mentions if _PHONE.fullmatch(who)]
        people = [who for who in self.mentions if who not in phones]
        called = {"mentioned_list": people, "mentioned_mobile_list": phones}
        return {"msgtype": "text", "text": {"content": self.text} | {key: who for key, who in called.items() if who}}


Message = Words | Image | File | Link


def messages(parts: Sequence[Part]) -> list[Message]:
    """What is sent, in order. Raises Permanent for what a robot cannot carry."""
    found: list[Message] = []
    waiting: tuple[str, ...] = ()
    for part in parts:
        if isinstance(part, Mention):
            waiting += (part.user_id,)
        elif isinstance(part, Image | File | Link):
            found.append(part)
        elif text := clean(part.text).strip():
            found.append(Words(text, waiting))
            waiting = ()
    if waiting:
        found.append(Words("请看", waiting))
    _check(found)
    return found


def _check(found: list[Message]) -> None:
    if not found:
        raise Permanent("empty")
    longest = max((len(one.text.encode()) for one in found if isinstance(one, Words)), default=0)
    if longest > LIMITS.text_max or len(found) > LIMITS.most:
        raise Permanent("too_long")
    if any(PurePosixPath(one.path).suffix.lower() not in LIMITS.images for one in found if isinstance(one, Image)):
        raise Permanent("bad_media", "图片只能是 JPG 或 PNG")


def image_body(content: str) -> dict[str, Any]:
    """`content` is base64."""
    md5 = hashlib.md5(base64.b64decode(content), usedforsecurity=False).hexdigest()
    return {"msgtype": "image", "image": {"base64": content, "md5": md5}}


def file_body(media_id: str) -> dict[str, Any]:
    return {"msgtype": "file", "file": {"media_id": media_id}}


def link_body(link: Link) -> dict[str, Any]:
    """A card; its title has 128 bytes at most."""
    title = (link.title or link.url).encode()[:128].decode(errors="ignore")
    return {"msgtype": "news", "news": {"articles": [{"title": title, "url": link.url}]}}
