"""Texts that are written on the pages: drafted, looked at by a second person, used, and taken back.

    draft ──submit──> waiting ──approve──> approved ──> withdrawn (taken back, or a newer one was approved)
      └──<─ any change ─┘ └─ send_back ─> sent_back ─> draft …

A text in use is never changed: a change is a new row of the same key, and the old one is used until the new one is
approved. Each change raises `version`, so of two editors the second is told instead of overwriting the first.
"""

import secrets
from typing import NamedTuple

from bot import clock
from bot.actions.broadcasting import approvers, pictures, programme
from bot.actions.broadcasting.programme import Programme
from bot.actions.privacy import audit
from bot.actions.requests.alerts import Rules
from bot.actions.staff import people
from bot.content.check import too_long
from bot.content.messages import SEASONS, SENT, Library, Message
from bot.content.parts import split
from bot.content.templates import too_clever
from bot.errors import BadInput, Conflict, NotAllowed, NotFound, Problem
from bot.events import Text
from bot.models import OwnText, db

EDITORS = ("editor",)
OPEN = ("draft", "waiting", "sent_back")
BODY_MAX, TITLE_MAX, TOPIC_MAX, SOURCE_MAX, REMARK_MAX = 4000, 60, 40, 200, 200


class Words(NamedTuple):
    """What an editor fills in. `seasons`: the names of some, none for all of them."""

    kind: str
    title: str
    topic: str = ""
    seasons: tuple[str, ...] = ()
    source: str = ""
    body: str = ""


async def begin(words: Words, files: Programme, *, key: str = "", by: int) -> OwnText:
    """A new text; with `key`, one that is to stand in front of that file, or of that text in use.

    Raises BadInput, NotAllowed, NotFound, and Conflict when somebody is at work on that key already.
    """
    _fits(words)
    async with db.transaction():
        await programme.touch()
        if key and key not in files.texts.messages and not await OwnText.filter(key=key, state="approved").exists():
            raise NotFound("没有这条文案，请刷新页面")
        await _may_write(by, key.partition("/")[0] or words.kind)
        other = await OwnText.get_or_none(key=key, state__in=OPEN).select_related("written_by") if key else None
        if other is not None:
            raise Conflict(f"{other.written_by.name}已经在改这条，请打开那一份接着改")
        row = OwnText(key=key or f"{words.kind}/own-{secrets.token_hex(4)}", written_by_id=by, hands=[by])
        return await _put(row, words, by)


async def change(text_id: int, words: Words, *, version: int, by: int) -> OwnText:
    """Change a text that is not in use yet; it is a draft again. Conflict when it is not what was looked at."""
    _fits(words)
    async with db.transaction():
        row = await _take(text_id, version, OPEN)
        await _may_touch(by, row, EDITORS)
        row.hands = sorted({*row.hands, by})
        row.version += 1
        return await _put(row, words, by)


async def _put(row: OwnText, words: Words, by: int) -> OwnText:
    row.title, row.topic, row.source, row.body = words.title, words.topic, words.source, words.body
    row.season = ",".join(words.seasons) or "all"
    row.state, row.remark, row.written_at = "draft", "", clock.now()
    await row.save()
    await audit.note("text.write", "text", row.id, staff_id=by, key=row.key, version=row.version)
    return row


async def submit(text_id: int, files: Programme, rules: Rules, *, version: int, by: int) -> OwnText:
    """Hand it in: who may say yes is told. Where no second person is asked for, it is in use at once.

    BadInput names what is wrong with it.
    """
    async with db.transaction():
        row = await _take(text_id, version, ("draft", "sent_back"))
        await _may_touch(by, row, EDITORS)
        await _in_order(row, files)
        if files.approval:
            await approvers.tell(row, by, rules)
        await audit.note("text.submit", "text", row.id, staff_id=by, version=row.version)
        if not files.approval:
            return await _use(row, None)
        row.state = "waiting"
        await row.save(update_fields=["state"])
    return row


async def approve(text_id: int, files: Programme, *, version: int, by: int) -> OwnText:
    """A second person says yes. NotAllowed for everybody who had a hand in it."""
    async with db.transaction():
        row = await _take(text_id, version, ("waiting",))
        await _may_touch(by, row, approvers.ROLES)
        if by in row.hands:
            raise NotAllowed("自己写过的文案要请另一个人审")
        await _in_order(row, files)
        await audit.note("text.approve", "text", row.id, staff_id=by, version=row.version)
        return await _use(row, by)


async def _use(row: OwnText, by: int | None) -> OwnText:
    await OwnText.filter(key=row.key, state="approved").update(state="withdrawn")
    row.state, row.approved_by_id, row.approved_at = "approved", by, clock.now()
    await row.save(update_fields=["state", "approved_by_id", "approved_at"])
    return row


async def send_back(text_id: int, remark: str, *, version: int, by: int) -> OwnText:
    """The second person says what should be different."""
    async with db.transaction():
        row = await _take(text_id, version, ("waiting",))
        await _may_touch(by, row, approvers.ROLES)
        if not remark or len(remark) > REMARK_MAX:
            raise BadInput(f"请写一句哪里要改，不超过 {REMARK_MAX} 个字")
        row.state, row.remark = "sent_back", remark
        await row.save(update_fields=["state", "remark"])
        await audit.note("text.send_back", "text", row.id, staff_id=by, version=row.version)
    return row


async def withdraw(text_id: int, files: Programme, *, version: int, by: int) -> OwnText:
    """Throw a draft away, or take a text out of use: where it stood in front of a file, the file is used again."""
    async with db.transaction():
        row = await _take(text_id, version, (*OPEN, "approved"))
        await _may_touch(by, row, EDITORS)
        if row.state == "approved" and row.key not in files.texts.messages:
            await _not_planned(row.key, files)
        row.state = "withdrawn"
        await row.save(update_fields=["state"])
        await audit.note("text.withdraw", "text", row.id, staff_id=by, key=row.key)
    return row


async def _not_planned(key: str, files: Programme) -> None:
    now = await programme.at_once(files)
    users = [one.name for one in now.schedules.values() if key in one.send.messages]
    if users:
        raise BadInput(f"排期“{users[0]}”还要发这条，先取消那个排期")


async def _take(text_id: int, version: int, states: tuple[str, ...]) -> OwnText:
    """The row as it was looked at, and nobody else at it until the transaction ends."""
    await programme.touch()
    row = await OwnText.get_or_none(id=text_id).select_related("written_by")
    if row is None:
        raise NotFound("没有这条文案，请刷新页面")
    if row.version != version or row.state not in states:
        raise Conflict("刚才有人动过这条文案，下面是现在的样子，请看过再决定")
    return row


async def _may_write(by: int, kind: str) -> None:
    await people.act_as(by, EDITORS, *([None] if kind in approvers.EVERYWHERE else []))


async def _may_touch(by: int, row: OwnText, roles: tuple[str, ...]) -> None:
    await people.act_as(by, roles, approvers.unit_of(row))


def _fits(words: Words) -> None:
    """What the table can hold; whether the text is in order is asked when it is handed in."""
    if words.kind not in SENT:
        raise BadInput("请选文案的类别")
    if not words.title or len(words.title) > TITLE_MAX:
        raise BadInput(f"请写标题，不超过 {TITLE_MAX} 个字")
    lengths = ((words.topic, TOPIC_MAX, "主题"), (words.source, SOURCE_MAX, "出处"), (words.body, BODY_MAX, "正文"))
    for text, longest, what in lengths:
        if len(text) > longest:
            raise BadInput(f"{what}太长了，最多 {longest} 个字")
    if not set(words.seasons) <= set(SEASONS):
        raise BadInput("季节请从列出的里面选")


async def _in_order(row: OwnText, files: Programme) -> None:
    _, problems = await examine(row, files)
    if problems:
        raise BadInput(sentence(problems[0]))


def sentence(problem: Problem) -> str:
    where = f"正文第 {problem.line} 行：" if problem.line else ""
    return f"{where}{problem.what}" + (f"，{problem.remedy}" if problem.remedy else "")


async def examine(row: OwnText, files: Programme) -> tuple[Message | None, list[Problem]]:
    """The message that a text would be, and everything that is wrong with it, as `songnuan check` sees files."""
    for chunk in split(row.body)[0]:
        if isinstance(chunk.part, Text) and (flaw := too_clever(chunk.part.text)):
            line = chunk.line + flaw.line - 1
            return None, [Problem(programme.SHOWN, line, flaw.what, flaw.remedy)]
    message, problems = programme.read(row, files, await pictures.known())
    if message is not None and not problems:
        problems = list(too_long(message, Library({message.key: message}), files.union, files.limits))
    return message, problems
