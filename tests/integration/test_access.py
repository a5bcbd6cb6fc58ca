"""`songnuan access`: a family hears who saw or changed what of theirs, when and why, and nothing is left out."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest

from bot import clock
from bot.actions.households import viewing
from bot.actions.outreach import assignments, rounds
from bot.actions.outreach.rounds import Plan
from bot.actions.privacy import access
from bot.actions.privacy.access import Line
from bot.actions.privacy.access_words import NAMES
from bot.actions.roster import exporting
from bot.errors import BadInput, NotAllowed, NotFound
from bot.models import Audit, Household
from tests.asked import NOON, one_family_has_asked
from tests.people import ADMIN, CHAIR, LIU, OUTSIDER, TOP_CHAIR, VOLUNTEER, WU, staff_id
from tests.room import Room

ROOT = Path(__file__).parents[2]
WHY = "送米要联系"


@pytest.fixture
async def room(database: str) -> Room:
    return await one_family_has_asked()


def told(lines: list[Line]) -> list[tuple[str, str, str, int | None]]:
    return [(one.who, one.what, one.why, one.request) for one in lines]


async def test_everything_that_was_seen_and_done_in_order(room: Room, tmp_path: Path) -> None:
    made = await rounds.create(Plan("冬季回访", "M1"))
    await assignments.assign(made.round.id)
    for minute, (text, who) in enumerate(
        [
            ("收到 1", CHAIR),
            ("派 1 陈小满", CHAIR),
            ("详情 1", VOLUNTEER),
            (f"看电话 1 {WHY}", VOLUNTEER),
            ("我的回访", VOLUNTEER),
            ("下一户", VOLUNTEER),
            ("平安", VOLUNTEER),
            ("改类 1 药品", CHAIR),
            ("看地址 H0124 路上要问", CHAIR),
        ],
        1,
    ):
        clock.use(lambda minute=minute: NOON + timedelta(minutes=minute))  # type: ignore[misc]
        await room.say(text, who)
    admin = await staff_id(ADMIN)
    await exporting.export_roster(tmp_path / "a.csv", admin, unit_code="M1", reason="上门慰问核对地址")
    await exporting.export_roster(tmp_path / "b.csv", admin, unit_code="M2")
    found = await access.report("H0123")
    assert (found.code, found.people) == ("H0123", ["刘桂芳"])
    assert told(found.lines) == [
        ("机器人", "记下求助", "", 1),
        ("命令行", "分给 陈小满 回访", "", None),
        ("王秀兰", "收到求助", "", 1),
        ("王秀兰", "派给 陈小满 ", "", 1),
        ("陈小满", "看了求助的原话和经过", "", 1),
        ("陈小满", "看了完整的电话", WHY, 1),
        ("陈小满", "看了带姓名的名单", "", None),
        ("陈小满", "看了完整的电话", "打电话", None),
        ("陈小满", "登记回访：接通-平安", "", None),
        ("王秀兰", "改了求助的类别", "", 1),
        ("周文静", "导出名册（电话和地址完整），包含这一户", "上门慰问核对地址", None),
    ]
    assert [one.at for one in found.lines] == sorted(one.at for one in found.lines)
    assert found.lines[5].unit == "向阳煤矿" and (found.alerts, found.messages) == (1, 1)
    assert told((await access.report("H0123")).lines)[-1] == ("命令行", "查了谁看过这一户的资料", "", None)
    assert "路上要问" not in str((await access.report("H0123")).lines)


async def test_of_one_person_without_what_is_only_another_s(room: Room) -> None:
    house = await Household.get(code="H0123")
    member = await house.members.all().first()
    assert member is not None
    await room.say(f"看电话 H0123 {WHY}", CHAIR)
    found = await access.report("H0123", member="刘桂芳")
    assert "看了完整的电话" in [one.what for one in found.lines]
    with pytest.raises(BadInput):
        await access.report("H0123", member="吴德顺")
    assert (await Audit.filter(action="access.report").order_by("-id"))[0].subject_id == member.id


async def test_who_may_ask(room: Room) -> None:
    for who in (CHAIR, TOP_CHAIR, ADMIN):
        assert await access.report("h0123 ", by=await staff_id(who))
    for who in (OUTSIDER, VOLUNTEER):
        with pytest.raises(NotAllowed):
            await access.report("H0123", by=await staff_id(who))
    with pytest.raises(NotFound):
        await access.report("H0999")


async def test_what_touches_every_household_is_counted(room: Room) -> None:
    await Audit.create(at=NOON, action="backup.write", subject="backup")
    await Audit.create(at=NOON + timedelta(days=1), action="backup.write", subject="backup")
    [backups] = (await access.report("H0124")).whole
    assert backups == ("backup.write", 2, NOON, NOON + timedelta(days=1))


async def test_what_one_colleague_looked_at(room: Room) -> None:
    await room.say(f"看电话 H0123 {WHY}", CHAIR)
    await room.say("详情 1", CHAIR)
    await room.say("看电话 H0124 问药", TOP_CHAIR)
    chair = await staff_id(CHAIR)
    lines = await access.looks_of(chair)
    assert [(one.household, one.what, one.why) for one in lines] == [
        ("H0123", "看了完整的电话", WHY),
        ("H0123", "看了求助的原话和经过", ""),
    ]
    day = clock.local(NOON).date()
    assert len(await access.looks_of(chair, day, day)) == 2
    assert await access.looks_of(chair, day + timedelta(days=1)) == []
    assert await Audit.filter(action="access.of_staff", subject_id=chair).count() == 3


async def test_families_are_not_told_of_by_chat(room: Room) -> None:
    for who in (LIU, WU):
        assert not [one for one in await room.say("看电话 H0123 想看看", who) if "138" in one.text]
    assert await Audit.filter(action=viewing.CLEAR).count() == 0


def test_every_deed_about_a_family_has_its_words() -> None:
    """Each `audit.note("action", "household" …)` in bot/ is named in the report; so is whatever is added."""
    found = {
        str(call.args[0].value)
        for path in (ROOT / "bot").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit.note" and len(call.args) > 1
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[1], ast.Constant)
        if call.args[1].value in ("household", "member", "request")
    }
    assert len(found) > 20
    assert sorted(found - set(NAMES)) == [], "name them in bot/actions/privacy/access_words.py"
