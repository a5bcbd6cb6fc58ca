"""关联: a stranger's words find their household, the account is remembered, and a wrong link can be mended."""

import pytest

from bot.actions.staff import directory
from bot.models import Audit, HelpRequest, Household, Identity, Member, Relief
from tests import people
from tests.people import CHAIR, DEPUTY, FAMILY_GROUP, LIU, NEED, STRANGER, URGENT, VOLUNTEER, WORKERS_GROUP
from tests.room import Room


@pytest.fixture
async def room(database: str) -> Room:
    await people.settle()
    room = Room()
    said = await room.say(URGENT, STRANGER, FAMILY_GROUP, nickname="老马")
    alert = next(one.text for one in said if one.purpose == "alert")
    assert alert.splitlines()[-1] == "知道是哪一户，再回：关联 1 H0123"
    return room


async def owner(user_id: str = STRANGER) -> tuple[str, str] | None:
    row = await Identity.get_or_none(user_id=user_id).select_related("member__household")
    return (row.member.household.code, row.member.name) if row is not None and row.member is not None else None


async def test_it_finds_its_household_and_is_remembered(room: Room) -> None:
    [said] = await room.say("关联 1 H0124", CHAIR)
    assert said.text.splitlines() == [
        "1 号是 H0124 的了。",
        "这个账号记在“老马”名下，以后一看就知道是哪一户。",
        "关联错了，再写一次“关联 1 户编号”。",
    ]
    request = await HelpRequest.get().select_related("household")
    assert request.household is not None and request.household.code == "H0124"
    assert await owner() == ("H0124", "老马"), "a contact of the household, not the old man himself"
    speaker = directory.speaker("qq", STRANGER)
    assert speaker is not None and speaker.role == "family"
    later = await room.say(NEED, STRANGER)
    assert later[-1].text.startswith("您补充的情况记下了"), "what they write next joins the request of their household"
    assert await Audit.filter(action="help.linked").count() == 1


@pytest.mark.parametrize(("name", "known"), [("吴德顺", True), ("吴小妹", False)])
async def test_who_of_them_it_was(room: Room, name: str, known: bool) -> None:
    before = await Member.all().count()
    await room.say(f"关联 1 h124 {name}", CHAIR)
    assert await owner() == ("H0124", name)
    assert await Member.all().count() == before + (not known)


async def test_a_wrong_link_is_mended(room: Room) -> None:
    await room.say("派 1 陈小满 米10斤", CHAIR)
    await room.say("关联 1 H0123", CHAIR)
    assert "已经是 H0123 的了" in (await room.say("关联 1 123", DEPUTY))[0].text
    [said] = await room.say("关联 1 H0124", CHAIR)
    assert said.text.startswith("1 号是 H0124 的了，原来是 H0123。")
    assert await owner() == ("H0124", "老马")
    household = await Household.get(code="H0124")
    assert {row.household_id for row in await Relief.all()} == {household.id}


async def test_another_request_of_the_household_is_named(room: Room) -> None:
    await room.say(NEED, LIU)
    [said] = await room.say("关联 1 H0123", CHAIR)
    assert "还有没办完的：2 号。重复的写“办结 1 重复 2 号”。" in said.text
    assert "办结：重复（和 2 号）" in (await room.say("办结 1 重复 2 号", CHAIR))[0].text


async def test_what_a_family_wrote_itself_stays_theirs(room: Room) -> None:
    await room.say(NEED, LIU)
    await room.say("代报 H0124 缺药", VOLUNTEER)
    for line in ("关联 3 H0123", "关联 2 H0124"):
        assert "不能改到别的户" in (await room.say(line, CHAIR))[0].text
    assert await owner(LIU) == ("H0123", "刘桂芳")


async def test_only_households_of_ones_own_unit(room: Room) -> None:
    real, none = [(await room.say(f"关联 1 {code}", CHAIR))[0].text for code in ("H0201", "H0999")]
    assert real.replace("H0201", "H0999") == none == "没找到 H0999 这一户，请核对户编号。"
    assert await owner() is None
    assert "请写成：关联 1 H0123" in (await room.say("关联 1", CHAIR))[0].text


async def test_a_family_that_is_on_no_roster_is_opened(room: Room) -> None:
    for line, says in (("新户 马春花", "类别请写其中一个"), ("新户 马春花 有钱人", "类别请写其中一个")):
        assert says in (await room.say(f"关联 1 {line}", CHAIR))[0].text
    [said] = await room.say("关联 1 新户 马春花 孤寡老人", CHAIR)
    assert said.text.startswith("1 号是 H0202 的了（新建的户，请补上电话和地址）。")
    house = await Household.get(code="H0202").select_related("unit")
    assert (house.category, house.unit.code) == ("孤寡老人", "M1")
    assert await owner() == ("H0202", "马春花")


async def test_a_stranger_of_another_mine_is_not_for_this_chair(room: Room) -> None:
    await room.say(URGENT, "33000009", WORKERS_GROUP)
    assert "没有 2 号" in (await room.say("关联 2 H0123", CHAIR))[0].text
