"""Texts as editors see them: those of the files, those of the pages, and how each network would carry one."""

from collections.abc import Iterable
from typing import NamedTuple

from bot import clock
from bot.actions.broadcasting import approvers, composing, programme
from bot.actions.broadcasting.programme import Programme
from bot.actions.staff import people
from bot.actions.staff.sessions import Me
from bot.content import Library, Message, degrade, length
from bot.errors import NotAllowed, NotFound, ProblemsFound
from bot.events import Image, Limits, Part, Text
from bot.models import OwnText, Picture

SHOWN = 200
KINDS = ("tips", "letters", "notices", "scripts", "replies", "alerts")


class Listed(NamedTuple):
    """A text in use. `origin`: file, own, or before (an own one that stands in front of a file)."""

    message: Message
    origin: str
    row_id: int  # of an own one, else 0


class Carried(NamedTuple):
    """One text on networks that carry it alike: their names, the parts as sent, and its length in their unit."""

    channels: tuple[str, ...]
    parts: tuple[Part, ...]
    used: int
    most: int
    unit: str

    @property
    def over(self) -> bool:
        return self.used > self.most


async def in_use(files: Programme, kind: str, words: str) -> list[Listed]:
    """Of a kind, in the order of keys; with `words`, only those that have them in their title, topic or key."""
    now = await programme.current(files)
    own = {row.key: row.id for row in await OwnText.filter(state="approved")}
    found = []
    for message in now.texts.messages.values():
        if message.kind != kind or words.lower() not in f"{message.title} {message.topic} {message.key}".lower():
            continue
        row_id = own.get(message.key, 0)
        origin = "file" if not row_id else "before" if message.key in files.texts.messages else "own"
        found.append(Listed(message, origin, row_id))
    return found[:SHOWN]


async def under_way(me: Me) -> list[OwnText]:
    """What is being written or waits for a second person, newest first, as far as the person may see it."""
    rows = (
        await OwnText.filter(state__in=composing.OPEN).order_by("-id").limit(SHOWN).select_related("written_by__unit")
    )
    return [row for row in rows if _may_see(me, row)]


def _may_see(me: Me, row: OwnText) -> bool:
    if row.key.partition("/")[0] in approvers.EVERYWHERE:
        return me.unit_path.count("/") == 2
    return row.written_by.unit.path.startswith(me.unit_path)


async def own(me: Me, text_id: int) -> OwnText:
    """One of the pages. What is in use may be seen by all who work with texts, the rest only within the unit."""
    row = await OwnText.get_or_none(id=text_id).select_related("written_by__unit", "approved_by")
    if row is None:
        raise NotFound("没有这条文案，请刷新页面")
    if row.state != "approved" and not _may_see(me, row):
        raise NotAllowed(people.MAY_NOT)
    return row


async def of_key(files: Programme, key: str) -> Message:
    """A text in use; NotFound when there is none of that key."""
    found = (await programme.current(files)).texts.messages.get(key)
    if found is None:
        raise NotFound("没有这条文案，请刷新页面")
    return found


async def open_of(key: str) -> OwnText | None:
    """Somebody's unfinished change of a text."""
    return await OwnText.get_or_none(key=key, state__in=composing.OPEN).select_related("written_by")


def source_of(files: Programme, message: Message) -> str:
    """The body of a file as it was written, variables and all."""
    text = (files.base / message.file).read_text("utf-8-sig")
    return "\n".join(text.splitlines()[message.body_line - 1 :]).strip()


def carried(files: Programme, message: Message, unit: str) -> list[Carried]:
    """How each network would carry it in a group of `unit`, alike ones together; [] when it cannot be filled in."""
    alone = files._replace(texts=Library({message.key: message}))
    try:
        parts = alone.say(message.key, clock.now(), unit)
    except ProblemsFound:
        return []
    alike: dict[tuple[int, str, frozenset[str]], list[str]] = {}
    for name, limits in files.limits.items():
        alike.setdefault((limits.text_max * limits.most, limits.unit, frozenset(limits.parts)), []).append(name)
    return [_carried(names, parts, files.limits[names[0]]) for names in alike.values()]


def _carried(names: Iterable[str], parts: tuple[Part, ...], limits: Limits) -> Carried:
    shown = degrade(parts, limits)
    used = sum(length(part.text, limits) for part in shown if isinstance(part, Text))
    return Carried(tuple(names), shown, used, limits.text_max * limits.most, limits.unit)


def pictures_of(library: Library) -> frozenset[str]:
    """Pictures that texts of files show: those may be looked at, and no other file of the machine."""
    chunks = (chunk for message in library.messages.values() for chunk in message.chunks)
    return frozenset(chunk.part.path for chunk in chunks if isinstance(chunk.part, Image))


async def picture(path: str) -> Picture | None:
    return await Picture.get_or_none(digest=path.rpartition("/")[2].partition(".")[0])
