"""The body of a message: split into parts, and what becomes of parts that a network cannot carry.

Splitting is done on the template, before any variable is filled in: words of a user can only ever be text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.events import File, Image, Limits, Link, Mention, Part, Text

_ALONE = re.compile(r"(!?)\[([^\]]*)\]\(([^)]+)\)")
_VARIABLE = re.compile(r"\{[{%#]")


@dataclass(frozen=True)
class Chunk:
    """A piece of a body and the line (from 1, in the body) where it starts. `Text` chunks are templates."""

    line: int
    part: Text | Image | File | Link


@dataclass(frozen=True)
class Flaw:
    """Something wrong in a body."""

    line: int
    what: str
    remedy: str


def split(body: str) -> tuple[list[Chunk], list[Flaw]]:
    """Lines that stand alone become images, links and files; what lies between them becomes text."""
    chunks: list[Chunk] = []
    flaws: list[Flaw] = []
    text: list[tuple[int, str]] = []
    for number, row in enumerate(body.splitlines(), 1):
        found = _ALONE.fullmatch(row.strip())
        if not found:
            text.append((number, row.rstrip()))
            continue
        part = _part(found[1] == "!", found[2].strip(), found[3].strip())
        if _VARIABLE.search(row) or part is None:
            flaws.append(_flaw(number, part is None))
            continue
        chunks += [*_text(text), Chunk(number, part)]
        text = []
    return chunks + _text(text), flaws


def _part(picture: bool, name: str, target: str) -> Image | File | Link | None:
    if "://" in target:
        return Link(target, name) if target.startswith("https://") and not picture else None
    return Image(target, name) if picture else File(target, name)


def _flaw(line: int, address: bool) -> Flaw:
    if address:
        return Flaw(line, "图片和链接的地址写法不对", "图片写 messages/ 下的文件，链接写 https:// 开头的网址")
    return Flaw(line, "图片、链接、文件这一行里不能用变量", "把变量写到别的行里")


def _text(rows: list[tuple[int, str]]) -> list[Chunk]:
    while rows and not rows[0][1]:
        rows = rows[1:]
    text = "\n".join(row for _, row in rows).strip()
    return [Chunk(rows[0][0], Text(text))] if text else []


def degrade(parts: Iterable[Part], limits: Limits) -> tuple[Part, ...]:
    """What the network cannot carry becomes text; neighbouring texts become one, a line each.

    Where a delivery may be several messages, a text that is too long for one is cut.
    """
    done: list[Part] = []
    for part in parts:
        if not isinstance(part, Text) and part.__struct_config__.tag not in limits.parts:
            part = Text(as_text(part))
        if isinstance(part, Text) and done and isinstance(done[-1], Text):
            part = Text(f"{done.pop().text}\n{part.text}")  # type: ignore[union-attr]
        done.append(part)
    if limits.most == 1:
        return tuple(done)
    return tuple(piece for part in done for piece in _cut(part, limits))


def _cut(part: Part, limits: Limits) -> list[Part]:
    return [Text(piece) for piece in cut(part.text, limits)] if isinstance(part, Text) else [part]


def cut(text: str, limits: Limits) -> list[str]:
    """Pieces that fit: cut between lines or sentences if that leaves a piece half full, else between letters."""
    pieces = []
    while length(text, limits) > limits.text_max:
        head = _fitting(text, limits)
        ends = [head.rfind("\n"), max(head.rfind(mark) for mark in "。！？；") + 1, len(head)]
        at = next(end for end in ends if end >= len(head) // 2)
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*pieces, text] if text or not pieces else pieces


def _fitting(text: str, limits: Limits) -> str:
    """As much of the beginning as one message holds."""
    if limits.unit == "chars":
        return text[: limits.text_max]
    return text.encode()[: limits.text_max].decode(errors="ignore")


def as_text(part: Part) -> str:
    """A part in words."""
    match part:
        case Text(text=text):
            return text
        case Image(alt=alt):
            return f"〔图：{alt}〕" if alt else "〔图〕"
        case File(path=path, name=name):
            return f"〔文件：{name or path.rpartition('/')[2]}，请向工会索取〕"
        case Link(url=url, title=title):
            return f"{title}\n{url}" if title else url
        case Mention(user_id=user_id, name=name):
            return f"@{name or user_id}"


def length(text: str, limits: Limits) -> int:
    """In the network's own unit."""
    return len(text.encode()) if limits.unit == "bytes" else len(text)
