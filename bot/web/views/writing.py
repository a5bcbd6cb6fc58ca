"""/texts/new: writing a text, with pictures, and while it is written how each network would carry it."""

import asyncio
import re

from aiohttp.web import StreamResponse

from bot.actions.broadcasting import composing, pictures
from bot.actions.broadcasting.composing import Words
from bot.content.messages import SEASONS, SENT
from bot.errors import ActionError, BadInput, NotFound
from bot.models import OwnText
from bot.web.reads import texts
from bot.web.routing import EDITORS, form, page
from bot.web.views.texts import KIND_NAMES
from bot.web.visit import Form, Visit

UPLOAD_BYTES = 6 << 20


async def blank(visit: Visit) -> StreamResponse:
    """A new text, or one that begins as the text in use with `key`."""
    key = visit.asked("key")
    typed: dict[str, object] = {"kind": "notices"}
    if key:
        typed = await _beginning(visit, key)
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
            await composing.submit(row.id, visit.site.programme, visit.site.rules, version=row.version, by=visit.me.id)
        except ActionError as error:
            return visit.refuse(error, "texts/write.html", _writing(visit, _typed(row), row=row))
    return visit.go(f"/texts/{row.id}")


async def preview(visit: Visit) -> StreamResponse:
    """While somebody writes: as each network would carry it, and what is wrong so far."""
    words = _words(await visit.form())
    kind = words.kind if words.kind in SENT else "notices"
    row = OwnText(
        key=f"{kind}/preview",
        title=words.title or "…",
        topic=words.topic or "…",
        source=words.source or "…",
        body=words.body[: composing.BODY_MAX],
        season="all",
    )
    message, problems = await composing.examine(row, visit.site.programme)
    carried = texts.carried(visit.site.programme, message, visit.me.unit_name) if message is not None else []
    wrong = [composing.sentence(problem) for problem in problems] if words.body else []
    return visit.render("texts/_preview.html", carried=carried, wrong=wrong)


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
    page("/texts/new", blank, EDITORS),
    form("/texts/new", begin, EDITORS, most_bytes=UPLOAD_BYTES),
    form("/texts/preview", preview, EDITORS),
    page("/texts/{id}/edit", edit, EDITORS),
    form("/texts/{id}/edit", change, EDITORS, most_bytes=UPLOAD_BYTES),
]
