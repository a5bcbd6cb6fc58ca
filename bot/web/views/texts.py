"""/texts: every text there is, with its origin and how each network carries it; a second person's yes."""

import asyncio
import mimetypes
from collections.abc import Awaitable
from typing import Protocol

from aiohttp.web import Response, StreamResponse

from bot.actions.broadcasting import composing
from bot.actions.broadcasting.programme import Programme
from bot.content.messages import SENT
from bot.errors import ActionError, NotFound
from bot.models import OwnText
from bot.web.languages import N_
from bot.web.reads import texts
from bot.web.rendering import SECURITY_HEADERS
from bot.web.routing import EDITORS, file, form, page
from bot.web.visit import Visit

READERS = frozenset({"admin", "editor", "chair"})
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
        carried=texts.carried(files, message, visit.me.unit_name),
        open=await texts.open_of(key),
        body=await asyncio.to_thread(texts.source_of, files, message),
        sent=message.kind in SENT,
    )


async def one(visit: Visit) -> StreamResponse:
    return visit.render("texts/one.html", await _one(visit))


async def submit(visit: Visit) -> StreamResponse:
    async def submit(text_id: int, files: Programme, *, version: int, by: int) -> OwnText:
        return await composing.submit(text_id, files, visit.site.rules, version=version, by=by)

    return await _step(visit, submit)


async def approve(visit: Visit) -> StreamResponse:
    return await _step(visit, composing.approve)


async def withdraw(visit: Visit) -> StreamResponse:
    return await _step(visit, composing.withdraw)


async def send_back(visit: Visit) -> StreamResponse:
    sent, number = await visit.form(), visit.number("id")
    try:
        remark, version = sent.text("remark"), sent.number("version", "版本")
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
        "carried": texts.carried(files, message, visit.me.unit_name) if message is not None else [],
        "wrong": [composing.sentence(problem) for problem in problems],
        "may_write": may_write,
        "may_approve": visit.me.id not in row.hands,
        "before_file": row.key in files.texts.messages,
        "approval": files.approval,
        "open": await texts.open_of(row.key) if row.state == "approved" else None,
        **_names(),
    }


ROUTES = [
    page("/texts", listed, READERS),
    page("/texts/file", of_file, READERS),
    file("/texts/image", image, READERS),
    page("/texts/{id}", one, READERS),
    form("/texts/{id}/submit", submit, EDITORS),
    form("/texts/{id}/approve", approve, READERS),
    form("/texts/{id}/send-back", send_back, READERS),
    form("/texts/{id}/withdraw", withdraw, EDITORS),
]
