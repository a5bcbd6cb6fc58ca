"""Who of a household is named to those who help: the one who wrote, and the one whose words made it an emergency."""

import pytest

from bot import clock
from bot.actions.staff import directory
from bot.models import Household, Identity, Member, keys
from tests import people
from tests.people import CHAIR, CHANNEL, LIFE, LIU, NEED, STRANGER, VOLUNTEER
from tests.room import Room, Said

DAUGHTER, PHONE = "32000011", "13800000901"


@pytest.fixture
async def room(database: str) -> Room:
    await people.settle()
    household = await Household.get(code="H0123")
    index = keys.current().index(PHONE)
    daughter = await Member.create(household=household, name="李娟", relation="女儿", phone=PHONE, phone_index=index)
    await Identity.create(channel=CHANNEL, user_id=DAUGHTER, member=daughter, bound_at=clock.now())
    await directory.changed()
    await directory.refresh()
    return Room()


def alert(said: list[Said]) -> str:
    return next(one.text for one in said if (one.purpose, one.chat) == ("alert", CHAIR))


async def test_the_one_who_wrote_is_named_all_the_way(room: Room) -> None:
    assert "H0123 李娟，工伤残职工" in alert(await room.say(NEED, DAUGHTER))
    assert "1 号交给您了：H0123 李娟。" in (await room.say("收到 1", CHAIR))[0].text
    told = await room.say("派 1 陈小满", CHAIR)
    assert "H0123 李娟，工伤残职工" in next(one.text for one in told if one.chat == VOLUNTEER)
    assert "H0123 李娟，工伤残职工" in (await room.say("详情 1", CHAIR))[0].text
    shown = (await room.say("看电话 1 送米要联系", VOLUNTEER))[0].text
    assert shown.splitlines()[:2] == ["H0123 李娟（女儿）的电话：", PHONE] and "家里还有电话的：刘桂芳" in shown


async def test_worse_words_of_another_one_name_that_one(room: Room) -> None:
    assert "H0123 刘桂芳" in alert(await room.say(NEED, LIU))
    assert "H0123 李娟" in alert(await room.say(LIFE, DAUGHTER)), "she is the one to look for"


async def test_who_spoke_for_them_or_is_gone_is_not_named(room: Room) -> None:
    assert "H0123 刘桂芳" in alert(await room.say("代报 H0123 缺米", VOLUNTEER))
    await room.say("办结 1", CHAIR)
    await room.say(NEED, DAUGHTER)
    await Member.filter(name="李娟").update(erased_at=clock.now())
    assert "李娟" not in (await room.say("收到 2", CHAIR))[0].text


async def test_a_child_is_named_and_its_guardian_is_called(room: Room) -> None:
    await Member.filter(name="李娟").update(under_14=True)
    assert "H0123 李娟" in alert(await room.say(NEED, DAUGHTER))
    assert "刘桂芳" in (await room.say("看电话 1 孩子来求助", CHAIR))[0].text
    assert "名册外：" in alert(await room.say(NEED, STRANGER, people.FAMILY_GROUP))
