"""看电话, 看地址, 看备注: nobody sees a family's data in clear without a right, a reason and an audit row."""

from datetime import timedelta

import pytest

from bot import clock
from bot.actions.households import viewing
from bot.actions.households.viewing import CLEAR
from bot.actions.outreach import assignments, rounds
from bot.actions.outreach.rounds import Plan
from bot.actions.privacy import audit
from bot.errors import BadInput, NotAllowed
from bot.models import Audit, Delivery, Household, Member, Unit, db, keys
from tests.asked import NOON, one_family_has_asked
from tests.people import (
    ADMIN,
    CHAIR,
    EDITOR,
    FAMILY_GROUP,
    LIU,
    OUTSIDER,
    STAFF_GROUP,
    STRANGER,
    TOP_CHAIR,
    VOLUNTEER,
    WU,
    staff_id,
)
from tests.room import Room

PHONE, ADDRESS, NOTE = "13800000100", "向阳小区3号楼", "腿脚不好"
WHY = "送米要联系"


@pytest.fixture
async def room(database: str) -> Room:
    room = await one_family_has_asked()
    house = await Household.get(code="H0123")
    house.address, house.note, house.may_tell = ADDRESS, NOTE, "儿子"
    await house.save()
    return room


async def say(room: Room, text: str, who: str = CHAIR, group: str | None = None) -> str:
    """The one answer, which goes to nobody but the person who asked."""
    [said] = await room.say(text, who, group)
    assert (said.kind, said.chat) == ("direct", who)
    return said.text


async def looks() -> list[tuple[int | None, str | None, dict[str, object]]]:
    return [(row.staff_id, row.reason, row.detail) for row in await Audit.filter(action=CLEAR).order_by("id")]


async def test_a_chair_gives_a_reason_and_sees(room: Room) -> None:
    said = await say(room, f"看电话 H0123 {WHY}")
    assert said.splitlines()[:2] == ["H0123 刘桂芳（本人）的电话：", PHONE]
    assert ADDRESS not in said and NOTE not in said
    assert (await say(room, f"看地址H0123，{WHY}")).splitlines()[1] == ADDRESS
    assert (await say(room, f"看备注 刘桂芳 {WHY}")).splitlines()[1:3] == [NOTE, "可以告诉谁：儿子"]
    chair = await staff_id(CHAIR)
    assert await looks() == [(chair, WHY, {"what": [what]}) for what in ("phone", "address", "note")]
    rows = await Audit.filter(action=CLEAR)
    assert {(row.subject, row.subject_id) for row in rows} == {("household", (await Household.get(code="H0123")).id)}


@pytest.mark.parametrize(
    "line", ["看电话 H0123", "看电话 H0123 嗯", "看电话 1", "看地址 H0123 。。。", "看备注 H0123 12"]
)
async def test_without_a_reason_it_asks_for_one(room: Room, line: str) -> None:
    said = await say(room, line)
    assert said.startswith("为什么要看？请把原因写在后面") and "送米要联系" in said
    assert await looks() == [] and PHONE not in said


async def test_without_a_household_it_says_how(room: Room) -> None:
    assert "请写上户编号或求助单号码" in await say(room, "看电话")
    assert "没找到 H0999" in await say(room, f"看电话 H0999 {WHY}")


async def test_the_number_of_a_request_will_do(room: Room) -> None:
    assert PHONE in await say(room, f"看电话 1 {WHY}")
    assert (await looks())[0][2] == {"what": ["phone"], "request": 1}


async def test_after_taking_and_giving_the_answer_names_the_command(room: Room) -> None:
    assert "看电话 1 问问情况" in await say(room, "收到 1")
    task, _ = await room.say("派 1 陈小满", CHAIR)
    assert "看电话 1 送去以前问一声" in task.text and PHONE not in task.text


async def test_whoever_brings_help_sees_until_it_is_done(room: Room) -> None:
    assert "不是派给您的" in await say(room, f"看电话 1 {WHY}", VOLUNTEER)
    assert "H0123 不在您手上" in await say(room, f"看电话 H0123 {WHY}", VOLUNTEER)
    await room.say("派 1 陈小满", CHAIR)
    for whose in ("1", "H0123"):
        assert PHONE in await say(room, f"看电话 {whose} {WHY}", VOLUNTEER)
    assert "H0124 不在您手上" in await say(room, f"看电话 H0124 {WHY}", VOLUNTEER)
    await room.say("办结 1 不需要", CHAIR)
    await room.news()
    assert "已经办结了" in await say(room, f"看电话 1 {WHY}", VOLUNTEER)
    assert "不在您手上" in await say(room, f"看电话 H0123 {WHY}", VOLUNTEER)
    assert PHONE in await say(room, f"看电话 1 {WHY}")
    assert len(await looks()) == 3


async def test_a_volunteer_sees_what_is_on_their_list(room: Room) -> None:
    made = await rounds.create(Plan("冬季回访", "M1"))
    await assignments.assign(made.round.id)
    assert PHONE in await say(room, f"看电话 H0123 {WHY}", VOLUNTEER)


@pytest.mark.parametrize("who", [OUTSIDER, EDITOR, STRANGER, LIU, WU])
async def test_others_learn_nothing(room: Room, who: str) -> None:
    for line in (
        f"看电话 H0123 {WHY}",
        f"看地址 H0123 {WHY}",
        f"看备注 1 {WHY}",
        f"看电话 刘桂芳 {WHY}",
        "看电话 H0123",
    ):
        for one in await room.say(line, who):
            assert not {PHONE, ADDRESS, NOTE} & set(one.text.split("\n")) and "刘桂芳，" not in one.text
            missing = line.replace("H0123", "H0888").replace(" 1 ", " 8 ").replace("刘桂芳", "刘秀芳")
            [other] = await room.say(missing, who)
            same = other.text.replace("H0888", "H0123").replace("8 号", "1 号").replace("刘秀芳", "刘桂芳")
            known = who == EDITOR and "1 号" in one.text  # of their own unit: they may know that there is one
            assert known or one.text == same, "one of another unit is as one that is not there"
    assert await looks() == []


async def test_not_in_any_group(room: Room) -> None:
    for group in (STAFF_GROUP, FAMILY_GROUP):
        assert await say(room, f"看电话 H0123 {WHY}", CHAIR, group) == "这件事请私聊我，群里不方便。"
    assert await looks() == []


async def test_a_child_is_never_called(room: Room) -> None:
    house = await Household.get(code="H0123")
    child = await Member.create(household=house, name="刘小宝", relation="孙子", phone="13800000109", under_14=True)
    aunt = await _relative(house, "刘桂英", "13800000108")
    said = await say(room, f"看电话 H0123 {WHY}")
    assert PHONE in said and "家里还有电话的：刘桂英。" in said and child.name not in said
    assert "13800000108" in await say(room, f"看电话 H0123 {aunt.name} {WHY}")
    assert "不满 14 岁，请打给监护人" in await say(room, f"看电话 H0123 {child.name} {WHY}")
    assert "为什么要看" in await say(room, f"看电话 H0123 {aunt.name}"), "a name is no reason"
    assert len(await looks()) == 2


async def _relative(house: Household, name: str, phone: str) -> Member:
    index = keys.current().index(phone)
    return await Member.create(household=house, name=name, relation="妹妹", phone=phone, phone_index=index)


async def test_what_is_not_there_leaves_no_row(room: Room) -> None:
    assert await say(room, f"看地址 H0124 {WHY}") == "名册上没有 H0124 的住址。"
    await room.say("我家断粮了，帮帮我", STRANGER)
    await room.news()
    assert "还不知道是哪一户" in await say(room, f"看电话 2 {WHY}", TOP_CHAIR)
    assert await looks() == []


async def test_no_row_no_view(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(audit, "note", fails)
    with pytest.raises(RuntimeError):
        await viewing.look("phone", WHY, await staff_id(CHAIR), room.rules, who="H0123")
    monkeypatch.undo()
    assert await looks() == [] and not [one for one in await Delivery.all() if PHONE in (one.body or "")]


async def test_a_page_gives_a_code_instead_of_words(room: Room) -> None:
    chair = await staff_id(CHAIR)
    seen = await viewing.look("phone", "", chair, room.rules, who="H0123", code="call")
    assert (seen.text, seen.code, seen.name) == (PHONE, "H0123", "刘桂芳")
    assert await looks() == [(chair, None, {"what": ["phone"], "code": "call"})]
    with pytest.raises(BadInput):
        await viewing.look("phone", "", chair, room.rules, who="H0123", code="curious")
    with pytest.raises(NotAllowed):
        await viewing.look("phone", "", await staff_id(VOLUNTEER), room.rules, who="H0123", code="call")


async def _roster(number: int) -> list[str]:
    unit = await Unit.get(code="M1")
    async with db.transaction():
        houses = [await Household.create(code=f"H1{n:03d}", unit=unit, category="孤寡老人") for n in range(number)]
        for n, house in enumerate(houses):
            await Member.create(household=house, name=f"王{n}", phone=f"{13800001000 + n}")
    return [house.code for house in houses]


async def test_a_roster_that_is_copied_one_by_one_is_told_of(database: str) -> None:
    await one_family_has_asked()
    room = Room(privacy={"views_a_day": 3})
    await room.news()
    codes = await _roster(7)
    for code in [*codes[:3], codes[0], codes[1]]:
        await say(room, f"看电话 {code} {WHY}")
    alert, _ = await room.say(f"看电话 {codes[3]} {WHY}", CHAIR)
    assert alert.chat == ADMIN and alert.text.startswith("王秀兰 今天看了 4 户的电话、地址或备注，比平常多。")
    assert "138" not in alert.text and "H1" not in alert.text
    for code in codes[4:6]:
        await say(room, f"看电话 {code} {WHY}")
    alert, _ = await room.say(f"看电话 {codes[6]} {WHY}", CHAIR)
    assert alert.chat == ADMIN and "看了 7 户" in alert.text
    clock.use(lambda: NOON + timedelta(days=1))
    await say(room, f"看电话 {codes[0]} {WHY}")


async def test_of_an_admin_the_chairs_above_hear(database: str) -> None:
    await one_family_has_asked()
    room = Room(privacy={"views_a_day": 1})
    await room.news()
    await say(room, f"看电话 H0123 {WHY}", ADMIN)
    alert, said = await room.say(f"看电话 H0124 {WHY}", ADMIN)
    assert (alert.chat, said.chat) == (TOP_CHAIR, ADMIN) and alert.text.startswith("周文静 今天看了 2 户")


async def test_lists_with_names_leave_one_row_a_look(room: Room) -> None:
    made = await rounds.create(Plan("冬季回访", "M1"))
    await assignments.assign(made.round.id)
    await room.say("我的回访", VOLUNTEER)
    [row] = await Audit.filter(action=viewing.LISTED)
    ids = [house.id for house in await Household.filter(code__in=["H0123", "H0124"]).order_by("id")]
    assert (row.staff_id, row.detail) == (await staff_id(VOLUNTEER), {"list": "calls", "households": ids})
    await Member.filter(name="吴德顺").update(name="刘桂芳")
    await room.say("回访 刘桂芳 平安", VOLUNTEER)
    assert (await Audit.filter(action=viewing.LISTED).order_by("-id"))[0].detail == {"list": "which", "households": ids}
