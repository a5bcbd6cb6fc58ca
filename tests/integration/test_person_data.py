"""A person's data: a copy that is whole and readable, no way back by an old sheet, and a family that may ask."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot import clock
from bot.actions.households import lookup
from bot.actions.privacy import erasing, forgotten, personal_export, retention
from bot.actions.roster import importing as roster
from bot.actions.roster.exporting import export_roster
from bot.errors import BadInput, NotAllowed, NotFound
from bot.models import Audit, Household, Member
from tests.kept import ADDRESS, NOTE, PHONE, SECRETS, WORDS, lived
from tests.people import ADMIN, CHAIR, LIU, OUTSIDER, VOLUNTEER, WU, settle, staff_id
from tests.room import Room

HEAD = "户编号,姓名,关系,电话,单位,类别,地址\n"
OLD_SHEET = (
    HEAD
    + f"H0123,刘桂芳,本人,{PHONE},M1,工伤残职工,{ADDRESS}\n"
    + "H0123,刘小兵,儿子,13800000555,M1,工伤残职工,\n"
    + "H0124,吴德顺,本人,13800000101,M1,孤寡老人,\n"
)


async def brought(folder: Path, text: str) -> roster.Report:
    path = folder / "roster.csv"
    await asyncio.to_thread(path.write_text, text, "utf-8")
    return await roster.import_roster(path)


async def test_everything_in_words_that_can_be_read(database: str, tmp_path: Path) -> None:
    await lived()
    path = tmp_path / "liu.zip"
    await personal_export.export_person(path, "h0123", "本人来要", by=await staff_id(CHAIR))
    with ZipFile(path) as packed:
        sheet, plain = json.loads(packed.read("资料.json")), packed.read("资料.txt").decode("utf-8-sig")
    for secret in [*SECRETS, "186.5 元", "老伴忌日", "可以打电话", "陈小满", "接通-平安"]:
        assert secret in json.dumps(sheet, ensure_ascii=False) and secret in plain
    assert "吴德顺" not in plain and "13800000101" not in plain
    [request] = sheet["求助单"]
    assert [step["事情"] for step in request["经过"]][:3] == ["求助", "收到", "派人"] and len(request["救助"]) == 2
    assert [one["谁打的"] for one in sheet["回访"]] == ["陈小满"] and sheet["发给本人的消息"]
    note = await Audit.get(action="person.export")
    assert (note.staff_id, note.reason) == (await staff_id(CHAIR), "本人来要")


async def test_of_one_member_only_theirs(database: str, tmp_path: Path) -> None:
    await lived()
    house = await Household.get(code="H0123")
    await Member.create(household=house, name="刘小兵", relation="儿子", phone="13800000555")
    path = tmp_path / "son.json"
    await personal_export.export_person(path, "H0123", "本人来要", member="刘小兵")
    said = await asyncio.to_thread(path.read_text, "utf-8")
    assert "刘小兵" in said and "13800000555" in said
    assert [secret for secret in [*SECRETS, PHONE] if secret in said] == []


async def test_no_file_without_a_right_and_a_reason(database: str, tmp_path: Path) -> None:
    await settle()
    path = tmp_path / "liu.json"
    for who in (OUTSIDER, VOLUNTEER):
        with pytest.raises(NotAllowed):
            await personal_export.export_person(path, "H0123", "本人来要", by=await staff_id(who))
    for code, reason, name in (("H0123", "", "liu.json"), ("H0123", "本人来要", "liu.pdf")):
        with pytest.raises(BadInput):
            await personal_export.export_person(tmp_path / name, code, reason)
    with pytest.raises(NotFound):
        await personal_export.export_person(path, "H9999", "本人来要")
    assert [*await asyncio.to_thread(lambda: list(tmp_path.glob("liu*")))] == []


async def test_an_old_sheet_does_not_bring_them_back(database: str, tmp_path: Path) -> None:
    await lived()
    await erasing.erase("H0123", "本人来电要求")
    report = await brought(tmp_path, OLD_SHEET)
    assert report.refused == [(2, forgotten.REFUSED), (3, forgotten.REFUSED)] and report.created == 0
    report = await brought(
        tmp_path, f"姓名,电话,单位,类别\n刘桂芳,{PHONE},M1,工伤残职工\n郑一,13800000777,M1,孤寡老人\n"
    )
    assert report.refused == [(2, forgotten.REFUSED)] and report.created == 1
    assert not await Member.filter(name="刘桂芳").exists()


async def test_only_the_one_who_asked_is_refused(database: str, tmp_path: Path) -> None:
    await settle()
    await brought(tmp_path, OLD_SHEET)
    await erasing.erase("H0123", "本人来电要求", member="刘桂芳")
    report = await brought(tmp_path, OLD_SHEET)
    assert report.refused == [(2, forgotten.REFUSED)]
    assert await Member.filter(household__code="H0123", name="刘小兵").exists()


async def test_their_code_is_not_given_to_another_family(database: str, tmp_path: Path) -> None:
    await settle()
    await erasing.erase("H0201", "本人来电要求")
    await brought(tmp_path, "姓名,电话,单位,类别\n郑一,13800000777,M1,孤寡老人\n")
    room = Room()
    await room.say("家里没米了，谁能帮帮我们", "33000009")
    await room.say("收到 1", ADMIN)
    await room.say("关联 1 新户 郑二 孤寡老人", ADMIN)
    codes = sorted([one.code for one in await Household.filter(code__startswith="H")])
    assert len(codes) == 4 and "H0201" not in codes


async def test_nobody_finds_them_any_more(database: str, tmp_path: Path) -> None:
    await lived()
    done = await erasing.erase("H0123", "本人来电要求")
    for who in (done.code, "H0123", "刘桂芳", erasing.NAME, PHONE, PHONE[-4:]):
        with pytest.raises((NotFound, BadInput)) as caught:
            await lookup.find(who, await staff_id(CHAIR))
        assert not isinstance(caught.value, lookup.Unclear) or done.code not in str(caught.value)
    path = tmp_path / "all.csv"
    await export_roster(path, reason="核对名册用")
    said = await asyncio.to_thread(path.read_text, "utf-8-sig")
    assert done.code not in said and erasing.NAME not in said and "吴德顺" in said


@pytest.mark.parametrize(("said", "wish"), [("删除我的资料", "删除家里的资料"), ("导出我的资料", "要一份家里的资料")])
async def test_a_family_may_ask(database: str, said: str, wish: str) -> None:
    await settle()
    room = Room()
    answers = await room.say(said, LIU)
    assert [one.chat for one in answers] == [CHAIR, LIU]
    assert "H0123" in answers[0].text and wish in answers[0].text and "songnuan person" in answers[0].text
    assert "刘桂芳" not in answers[0].text and "已经告诉工会主席" in answers[1].text
    again = await room.say(said, LIU)
    assert [one.chat for one in again] == [LIU]  # the chair hears it once a day
    assert (await Household.get(code="H0123")).erased_at is None
    assert await room.say(said, WU, "700000001") == []  # not in a group: neighbours read it


async def test_a_family_that_nobody_hears_is_told_so(database: str) -> None:
    await settle(without=[CHAIR, "31000002", "31000003", ADMIN])
    [answer] = await Room().say("删除我的资料", LIU)
    assert "没能找到主席" in answer.text and "0450-0000000" in answer.text


async def test_what_was_let_go_is_not_in_the_copy(database: str, tmp_path: Path) -> None:
    await lived()
    now = clock.now()
    clock.use(lambda: now + timedelta(days=800))
    await retention.sweep(
        {kind.keep: 24 if kind.keep.endswith("months") else 30 for kind in retention.KINDS} | {"audit_months": 0}
    )
    path = tmp_path / "liu.json"
    await personal_export.export_person(path, "H0123", "本人来要")
    said = await asyncio.to_thread(path.read_text, "utf-8")
    assert WORDS not in said and NOTE not in said and "186.5" in said
