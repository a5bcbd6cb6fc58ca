"""All that is kept about a family, or one person of it, in words they can read: PIPL article 45."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.figures.reports import STATES
from bot.actions.outreach.outcomes import OUTCOMES
from bot.actions.privacy import audit
from bot.actions.privacy.erasing import checked
from bot.actions.privacy.tracing import Traces, trace
from bot.actions.requests import steps
from bot.actions.requests.alerts import KIND_NAMES, URGENCY_NAMES
from bot.actions.requests.reaching import CLOSED_AS
from bot.actions.requests.relief import gift_of
from bot.actions.staff import people
from bot.errors import BadInput
from bot.events import Text
from bot.models import Delivery, HelpRequest, Staff, Unit, db
from bot.quantities import shown_all, yuan

ENDINGS = (".json", ".zip")
Sheet = dict[str, Any]


async def export_person(
    path: Path, code: str, reason: str, *, member: str | None = None, by: int | None = None
) -> Traces:
    """Write a .json, or a .zip with the same as JSON and as text. Who took it out is noted before the file is there.

    Raises NotFound, BadInput, and NotAllowed for who is no chair or admin of the unit.
    """
    if path.suffix.lower() not in ENDINGS:
        raise BadInput("文件名请以 .json 或 .zip 结尾。")
    reason = checked(reason)
    async with db.transaction():
        found = await trace(code, member)
        if by is not None:
            await people.act_as(by, ("chair",), found.household.unit_id)
        sheet = await _sheet(found)
        subject = ("household", found.household.id) if member is None else ("member", found.members[0].id)
        await audit.note("person.export", *subject, staff_id=by, reason=reason, requests=len(found.requests))
    _write(path, sheet)
    return found


def _write(path: Path, sheet: Sheet) -> None:
    text = json.dumps(sheet, ensure_ascii=False, indent=2) + "\n"
    if path.suffix.lower() == ".json":
        path.write_text(text, "utf-8")
        return
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        packed.writestr("资料.json", text)
        packed.writestr("资料.txt", "\ufeff" + "\r\n".join(_lines(sheet)) + "\r\n")  # the mark is for Notepad


def _lines(value: Any, depth: int = 0) -> Iterable[str]:
    """The same for people who know nothing of JSON: one line a fact, set in under its heading."""
    margin = "　" * depth
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield f"{margin}{name}："
            yield from _lines(inner, depth + 1)
        elif isinstance(inner, list) and inner and isinstance(inner[0], dict):
            for number, one in enumerate(inner, 1):
                yield f"{margin}{name} {number}："
                yield from _lines(one, depth + 1)
        else:
            yield f"{margin}{name}：{'、'.join(inner) if isinstance(inner, list) else inner}"


async def _sheet(found: Traces) -> Sheet:
    staff = {one.id: one.name for one in await Staff.all()}
    names = {one.id: one.name for one in found.members}
    sheet: Sheet = {"导出时间": _at(clock.now())}
    if found.member is None:
        sheet["户"] = await _household(found)
    sheet["家庭成员"] = [_member(found, one) for one in found.members]
    sheet["绑定的账号"] = [f"{channel} {user}" for channel, user in found.accounts]
    sheet["同意记录"] = [
        _filled(
            谁=names.get(one.member_id or 0), 事项=one.purpose, 原话=one.words, 时间=one.given_at, 撤回=one.withdrawn_at
        )
        for one in found.consents
    ]
    sheet["要记住的日子"] = [
        _filled(日子=f"{one.month:02d}-{one.day:02d}", 说明=one.title, 用途="避开" if one.kind == "avoid" else "记着")
        for one in found.dates
    ]
    sheet["求助单"] = [_request(found, one, staff) for one in found.requests]
    sheet["回访"] = [
        _filled(
            时间=one.at,
            谁打的=staff.get(one.staff_id),
            结果=OUTCOMES[one.outcome].said(one.visited),
            备注=one.note,
        )
        for one in found.calls
    ]
    sheet["分派给谁回访"] = sorted({staff[one.staff_id] for one in found.assignments if one.staff_id in staff})
    sheet["发给本人的消息"] = await _messages(found)
    return sheet


def _at(moment: datetime) -> str:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M")


def _filled(**facts: object) -> Sheet:
    """Only what is known, moments in the union's time."""
    return {name: _at(fact) if isinstance(fact, datetime) else fact for name, fact in facts.items() if fact}


async def _household(found: Traces) -> Sheet:
    house = found.household
    unit = await Unit.get(id=house.unit_id)
    return _filled(
        户编号=house.code,
        单位=unit.name,
        类别=house.category,
        困难等级=house.grade,
        地址=house.address,
        备注=house.note,
        什么时候打电话好=house.best_time,
        可以告诉谁=house.may_tell,
        不收消息="是" if house.messages_off else "",
        不要打电话="是" if house.do_not_call else "",
        下次回访=house.next_call_at,
    )


def _member(found: Traces, one: Any) -> Sheet:
    guardians = {other.id: other.name for other in found.members}
    return _filled(
        姓名=one.name,
        关系=one.relation,
        电话=one.phone,
        未满14岁="是" if one.under_14 else "",
        监护人=guardians.get(one.guardian_id or 0),
    )


def _request(found: Traces, one: HelpRequest, staff: dict[int, str]) -> Sheet:
    state = CLOSED_AS.get(one.closed_as or "") if one.state == "closed" else STATES[one.state]
    reliefs = [relief for relief in found.reliefs if relief.request_id == one.id and relief.state != "void"]
    return _filled(
        编号=one.id,
        时间=one.opened_at,
        说的话=one.words,
        昵称=one.nickname,
        账号=f"{one.channel} {one.sender_id}".strip() if one.sender_id else "",
        判断依据=one.why,
        需要=[KIND_NAMES.get(kind, kind) for kind in one.kinds],
        缓急=URGENCY_NAMES[one.urgency],
        状态=state,
        经过=[
            _filled(
                时间=step.at,
                事情=steps.NAMES.get(step.step, step.step),
                谁=staff.get(step.staff_id or 0),
                话=step.words,
            )
            for step in found.steps
            if step.request_id == one.id
        ],
        救助=[
            _filled(
                时间=relief.at,
                东西=shown_all([gift_of(relief)]),
                价值=f"{yuan(relief.value_fen)} 元" if relief.value_fen else "",
                状态=STATES[relief.state],
                备注=relief.note,
            )
            for relief in reliefs
        ],
    )


async def _messages(found: Traces) -> list[Sheet]:
    chats = {*found.accounts, *((one.channel, one.sender_id) for one in found.requests if one.sender_id)}
    users = sorted({user for _, user in chats})
    rows = await Delivery.filter(chat_kind="direct", chat_id__in=users).order_by("id")
    return [
        _filled(时间=row.settled_at or row.created_at, 内容=_words(row))
        for row in rows
        if (row.channel, row.chat_id) in chats
    ]


def _words(row: Delivery) -> str:
    if row.body is None:
        return "（公开的提示或已到期清空）"
    return "\n".join(part.text for part in outbox.decode(row.body) if isinstance(part, Text))
