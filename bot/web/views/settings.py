"""/settings: the few that an office changes now and then; the rest stays in config.toml, with whoever runs the bot."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from aiohttp.web import StreamResponse

from bot.actions.upkeep import adjusting
from bot.errors import ActionError, BadInput
from bot.web.languages import N_
from bot.web.routing import ADMINS, form, page
from bot.web.visit import Form, Visit


class Field(NamedTuple):
    """`path` is that of config.toml; kind: hours (08:30-20:00), clock, number, yes."""

    path: str
    label: str
    kind: str
    hint: str = ""
    unit: str = ""


class Part(NamedTuple):
    key: str
    title: str
    fields: list[Field]


PARTS = [
    Part(
        "help",
        N_("求助没人应"),
        [
            Field("escalation.remind_minutes", N_("一般的，多久提醒下一次"), "number", "", N_("分钟")),
            Field("escalation.urgent_minutes", N_("紧急的，多久提醒下一次"), "number", "", N_("分钟")),
            Field("escalation.times_each", N_("每人提醒几次再报上一级"), "number", "", N_("次")),
            Field("escalation.digest_at", N_("每天几点汇总一次"), "clock", N_("例如 08:30")),
        ],
    ),
    Part(
        "calls",
        N_("回访"),
        [
            Field("callbacks.hours", N_("几点到几点打电话"), "hours", N_("例如 08:30-20:00，空着就是不限")),
            Field("callbacks.release_days", N_("志愿者几天没动的户收回"), "number", N_("0 为不收"), N_("天")),
            Field("callbacks.silent_days", N_("几天没联系上就列出来"), "number", "", N_("天")),
        ],
    ),
    Part(
        "send",
        N_("播发"),
        [
            Field("broadcasts.quiet_hours", N_("安静时段，不播发"), "hours", N_("例如 21:30-07:00，空着就是没有")),
            Field("broadcasts.approval", N_("网页上写的文案要另一个人看过才能用"), "yes"),
        ],
    ),
    Part(
        "cash",
        N_("现金救助最多多少"),
        [
            Field("relief.cash_by_grade.深度", N_("深度困难"), "number", "", N_("元")),
            Field("relief.cash_by_grade.意外致困", N_("意外致困"), "number", "", N_("元")),
            Field("relief.cash_by_grade.相对", N_("相对困难"), "number", "", N_("元")),
            Field("relief.cash_by_grade.其他", N_("没有等级的户"), "number", "", N_("元")),
        ],
    ),
    Part(
        "privacy",
        N_("谁看了什么"),
        [
            Field("privacy.views_a_day", N_("一人一天看了超过几户就告诉管理员"), "number", N_("0 为不说"), N_("户")),
        ],
    ),
]


class Shown(NamedTuple):
    """One setting: as it is from the next start on, in the file, and as the running bot has it."""

    field: Field
    value: object
    file: object
    here: bool
    waits: bool
    seen: str


async def show(visit: Visit) -> StreamResponse:
    return visit.render("settings.html", await _context(visit))


async def _context(visit: Visit) -> dict[str, object]:
    stored = await adjusting.stored()
    file, running = visit.site.config_file, visit.site.config
    parts = [(part, [_shown(one, stored, file, running) for one in part.fields]) for part in PARTS]
    waits = any(one.waits for _, shown in parts for one in shown)
    may = visit.me.unit_path.count("/") == 2
    return {"parts": parts, "waits": waits, "may": may, "wrong": "", "typed": {}}


def _shown(one: Field, stored: Mapping[str, object], file: Any, running: Any) -> Shown:
    here = one.path in stored
    value = stored[one.path] if here else _of(file, one.path)
    waits = value != _of(running, one.path)
    return Shown(one, value, _of(file, one.path), here, waits, _as_text(stored.get(one.path)))


def _of(config: Any, path: str) -> object:
    found: Any = config
    for step in path.split("."):
        found = found.get(step, 0) if isinstance(found, Mapping) else getattr(found, step)
    return found


def _as_text(value: object) -> str:
    """For a hidden field: "" is nothing stored."""
    return "" if value is None else f"{type(value).__name__}:{value}"


async def save(visit: Visit) -> StreamResponse:
    """All of one card; or with `back` one setting as it is in the file."""
    sent = await visit.form()
    part = next((one for one in PARTS if one.key == sent.text("part", 20)), None)
    if part is None:
        raise BadInput("没有这一组设置，请刷新页面。")
    try:
        stored = await adjusting.stored()
        seen = {one.path: _seen(one.path, sent, stored) for one in part.fields}
        values = _values(visit, part, sent, stored)
        await adjusting.put(values, seen, lambda some: _check(visit, some), by=visit.me.id)
    except ActionError as error:
        return visit.refuse(error, "settings.html", await _context(visit) | {"wrong": part.key, "typed": sent.typed()})
    return visit.go(f"/settings#{part.key}")


def _seen(path: str, sent: Form, stored: Mapping[str, object]) -> object:
    """What the person had before them: the stored value, or something that is not it."""
    same = sent.text(f"seen:{path}", 300) == _as_text(stored.get(path))
    return stored.get(path) if same else object()


def _values(visit: Visit, part: Part, sent: Form, stored: Mapping[str, object]) -> dict[str, object]:
    """What is as in the file is not kept here, so that a later change of the file still counts."""
    back = sent.text("back", 100)
    if back:
        return {one.path: None for one in part.fields if one.path == back}
    read = {one.path: _read(visit, one, sent) for one in part.fields}
    file = visit.site.config_file
    return {path: None if value == _of(file, path) and path not in stored else value for path, value in read.items()}


def _read(visit: Visit, one: Field, sent: Form) -> object:
    if one.kind == "yes":
        return sent.on(one.path)
    if one.kind == "number":
        return sent.number(one.path, visit._(one.label))
    return sent.text(one.path, 100).replace("：", ":").replace("—", "-").replace("－", "-")


def _check(visit: Visit, values: Mapping[str, object]) -> None:
    for path, value in values.items():
        wrong = visit.site.adjusted({path: value})
        if wrong:
            label = next(one.label for part in PARTS for one in part.fields if one.path == path)
            raise BadInput(f"“{visit._(label)}”不对：{wrong}")


ROUTES = [page("/settings", show, ADMINS), form("/settings", save, ADMINS)]
