"""/texts: every text there is, with its origin; writing one with a preview for each network; a second person's yes."""

import asyncio
import mimetypes
import re
from collections.abc import Awaitable
from typing import Protocol

from aiohttp.web import Response, StreamResponse

from bot.actions import composing, pictures
from bot.actions.composing import Words
from bot.actions.programme import Programme
from bot.content.messages import SEASONS
from bot.errors import ActionError, BadInput, NotFound
from bot.models import OwnText
from bot.web.languages import N_
from bot.web.reads import texts
from bot.web.rendering import SECURITY_HEADERS
from bot.web.routing import EDITORS, file, form, page
from bot.web.visit import Form, Visit

READERS = frozenset({"admin", "editor", "chair"})
UPLOAD_BYTES = 6 << 20
SHOWABLE = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
KIND_NAMES = {
    "tips": N_("提示"),
    "letters": N_("信"),
    "notices": N_("通知"),
    "scripts": N_("话术"),
    "replies": N_("回话"),
    "alerts": N_("提醒"),
}
STATES = {
    "draft": (N_("草稿"), ""),
    "waiting": (N_("等人审"), "warn"),
    "sent_back": (N_("退回了"), "bad"),
    "approved": (N_("在用"), "good"),
    "withdrawn": (N_("已收回"), ""),
}
ORIGINS = {"file": (N_("文件"), ""), "own": (N_("网页"), "info"), "before": (N_("网页改过"), "warn")}


async def listed(visit: Visit) -> StreamResponse:
    kind = visit.asked("kind") or "tips"
    if kind not in KIND_NAMES:
        raise NotFound("没有这一类文案")
    found = await texts.in_use(visit.site.programme, kind, visit.asked("q"))
    return visit.render(
        "texts/list.html",
        _names(),
        found=found,
        under_way=await texts.under_way(visit.me),
        kind=kind,
        asked=visit.asked("q"),
    )


async def of_file(visit: Visit) -> StreamResponse:
    files, key = visit.site.programme, visit.asked("key")
    message = await texts.of_key(files, key)
    row = await OwnText.filter(key=key, state="approved").first()
    if row is not None:
        return visit.go(f"/texts/{row.id}")
    return visit.render(
        "texts/file.html",
        _names(),
        message=message,
        carried=texts.carried(files, message),
        open=await texts.open_of(key),
        body=await asyncio.to_thread(texts.source_of, files, message),
        sent=message.kind in composing.SENT,
    )


async def one(visit: Visit) -> StreamResponse:
    return visit.render("texts/one.html", await _one(visit))


async def blank(visit: Visit) -> StreamResponse:
    """A new text, or one that begins as the text in use with `key`."""
    key = visit.asked("key")
    typed = await _beginning(visit, key) if key else {"kind": "notices"}
    return visit.render("texts/write.html", _writing(visit, typed, key=key))


async def begin(visit: Visit) -> StreamResponse:
    sent = await visit.form()
    key = sent.text("key", 100)
    try:
        if sent.text("then") == "picture":
            return visit.render("texts/write.html", _writing(visit, await _with_picture(visit, sent), key=key))
        row = await composing.begin(_words(sent), visit.site.programme, key=key, by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "texts/write.html", _writing(visit, sent.typed() | _lists(sent), key=key))
    return await _onward(visit, sent, row)


async def edit(visit: Visit) -> StreamResponse:
    row = await texts.own(visit.me, visit.number("id"))
    if row.state == "approved":
        return visit.go(f"/texts/new?key={row.key}")
    return visit.render("texts/write.html", _writing(visit, _typed(row), row=row))


async def change(visit: Visit) -> StreamResponse:
    sent, row = await visit.form(), await texts.own(visit.me, visit.number("id"))
    version = sent.number("version", "版本")
    try:
        if sent.text("then") == "picture":
            return visit.render("texts/write.html", _writing(visit, await _with_picture(visit, sent), row=row))
        row = await composing.change(row.id, _words(sent), version=version, by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        row = await texts.own(visit.me, row.id)
        theirs = row if row.version != version else None
        typed = sent.typed() | _lists(sent)
        return visit.refuse(error, "texts/write.html", _writing(visit, typed, row=row, theirs=theirs))
    return await _onward(visit, sent, row)


async def _onward(visit: Visit, sent: Form, row: OwnText) -> StreamResponse:
    """After it is kept: hand it in if that was asked for; what is wrong with it is shown beside it."""
    if sent.text("then") == "submit":
        try:
            await composing.submit(row.id, visit.site.programme, version=row.version, by=visit.me.id)
        except ActionError as error:
            return visit.refuse(error, "texts/write.html", _writing(visit, _typed(row), row=row))
    return visit.go(f"/texts/{row.id}")


async def preview(visit: Visit) -> StreamResponse:
    """While somebody writes: as each network would carry it, and what is wrong so far."""
    words = _words(await visit.form())
    kind = words.kind if words.kind in composing.SENT else "notices"
    row = OwnText(
        key=f"{kind}/preview",
        title=words.title or "…",
        topic=words.topic or "…",
        source=words.source or "…",
        body=words.body[: composing.BODY_MAX],
        season="all",
    )
    message, problems = await composing.examine(row, visit.site.programme)
    carried = texts.carried(visit.site.programme, message) if message is not None else []
    wrong = [composing.sentence(problem) for problem in problems] if words.body else []
    return visit.render("texts/_preview.html", carried=carried, wrong=wrong)


async def submit(visit: Visit) -> StreamResponse:
    return await _step(visit, composing.submit)


async def approve(visit: Visit) -> StreamResponse:
    return await _step(visit, composing.approve)


async def withdraw(visit: Visit) -> StreamResponse:
    return await _step(visit, composing.withdraw)


async def send_back(visit: Visit) -> StreamResponse:
    sent, number = await visit.form(), visit.number("id")
    remark, version = sent.text("remark"), sent.number("version", "版本")
    try:
        await composing.send_back(number, remark, version=version, by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "texts/one.html", await _one(visit))
    return visit.go(f"/texts/{number}")


class Step(Protocol):
    """What is done to a text as it was looked at."""

    def __call__(self, text_id: int, files: Programme, *, version: int, by: int) -> Awaitable[OwnText]: ...


async def _step(visit: Visit, action: Step) -> StreamResponse:
    sent, number = await visit.form(), visit.number("id")
    try:
        await action(number, visit.site.programme, version=sent.number("version", "版本"), by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "texts/one.html", await _one(visit))
    return visit.go(f"/texts/{number}")


async def image(visit: Visit) -> StreamResponse:
    """A picture that a text shows: an uploaded one, or one that a file of messages/ names."""
    path, files = visit.asked("path"), visit.site.programme
    found = await texts.picture(path)
    if found is not None:
        body, media_type = bytes(found.data), found.media_type
    elif path in texts.pictures_of(files.texts):
        body = await asyncio.to_thread((files.base / "messages" / path).read_bytes)
        media_type = mimetypes.guess_type(path)[0] or ""
    else:
        raise NotFound("没有这张图片")
    if media_type not in SHOWABLE:
        raise NotFound("没有这张图片")
    return Response(body=body, content_type=media_type, headers=SECURITY_HEADERS)


# --- what the templates need ----------------------------------------------------------------------------------------


def _names() -> dict[str, object]:
    return {"kinds": KIND_NAMES, "states": STATES, "origins": ORIGINS}


async def _one(visit: Visit) -> dict[str, object]:
    files, row = visit.site.programme, await texts.own(visit.me, visit.number("id"))
    message, problems = await composing.examine(row, files)
    may_write = visit.me.role in ("admin", "editor")
    return {
        "row": row,
        "carried": texts.carried(files, message) if message is not None else [],
        "wrong": [composing.sentence(problem) for problem in problems],
        "may_write": may_write,
        "may_approve": visit.me.id not in row.hands,
        "before_file": row.key in files.texts.messages,
        "approval": files.approval,
        "open": await texts.open_of(row.key) if row.state == "approved" else None,
        **_names(),
    }


async def _beginning(visit: Visit, key: str) -> dict[str, object]:
    files = visit.site.programme
    row = await OwnText.filter(key=key, state="approved").first()
    if row is not None:
        return _typed(row)
    message = await texts.of_key(files, key)
    seasons = [] if len(message.seasons) == len(SEASONS) else sorted(message.seasons)
    body = await asyncio.to_thread(texts.source_of, files, message)
    return {
        "kind": message.kind, "title": message.title, "topic": message.topic, "season": seasons,
        "source": message.source, "body": body,
    }  # fmt: skip


def _typed(row: OwnText) -> dict[str, object]:
    seasons = [] if row.season == "all" else row.season.split(",")
    return {
        "kind": row.key.partition("/")[0], "title": row.title, "topic": row.topic, "season": seasons,
        "source": row.source, "body": row.body,
    }  # fmt: skip


def _lists(sent: Form) -> dict[str, object]:
    return {"season": sent.all("season")}


def _writing(
    visit: Visit, typed: dict[str, object], *, key: str = "", row: OwnText | None = None, theirs: OwnText | None = None
) -> dict[str, object]:
    kinds = [(kind, visit._(KIND_NAMES[kind])) for kind in ("notices", "tips", "letters")]
    fixed = key or (row.key if row is not None else "")
    return {
        "typed": {"kind": "", "title": "", "topic": "", "season": [], "source": "", "body": ""} | typed,
        "key": key,
        "row": row,
        "theirs": theirs,
        "choices": [one for one in kinds if not fixed or one[0] == fixed.partition("/")[0]],
        "approval": visit.site.programme.approval,
    }


async def _with_picture(visit: Visit, sent: Form) -> dict[str, object]:
    """What was typed, with the uploaded picture on a line of its own at its end."""
    given = sent.file("picture")
    if given is None:
        raise BadInput("请先选一张图片")
    path = await pictures.add(given[1], by=visit.me.id)
    words = re.sub(r"[\[\](){}%\n]", "", sent.text("alt", 60)) or "图"
    return sent.typed() | _lists(sent) | {"body": f"{sent.text('body')}\n![{words}]({path})".strip()}


def _words(sent: Form) -> Words:
    return Words(
        kind=sent.text("kind", 20),
        title=" ".join(sent.text("title").split()),
        topic=sent.text("topic"),
        seasons=tuple(season for season in SEASONS if season in sent.all("season")),
        source=sent.text("source"),
        body=sent.text("body", 20_000),
    )


ROUTES = [
    page("/texts", listed, READERS),
    page("/texts/file", of_file, READERS),
    page("/texts/new", blank, EDITORS),
    form("/texts/new", begin, EDITORS, most_bytes=UPLOAD_BYTES),
    form("/texts/preview", preview, EDITORS),
    file("/texts/image", image, READERS),
    page("/texts/{id}", one, READERS),
    page("/texts/{id}/edit", edit, EDITORS),
    form("/texts/{id}/edit", change, EDITORS, most_bytes=UPLOAD_BYTES),
    form("/texts/{id}/submit", submit, EDITORS),
    form("/texts/{id}/approve", approve, READERS),
    form("/texts/{id}/send-back", send_back, READERS),
    form("/texts/{id}/withdraw", withdraw, EDITORS),
]
