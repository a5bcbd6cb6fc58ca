"""登录 in chat: staff get a link for themselves alone; a group sees one neutral line, and others nothing at all."""

import re

import pytest

from bot.actions.staff import signin
from bot.models import SignInLink
from tests import people
from tests.room import Room, incoming

LINK = re.compile(r"(https?://\S+)/sign-in/([\w-]{43,})")


@pytest.mark.parametrize("word", ["登录", "登陆", "登录。"])
async def test_staff_get_a_link_that_works(database: str, word: str) -> None:
    await people.settle()
    [said] = await Room().say(word, people.VOLUNTEER)
    found = LINK.search(said.text)
    assert (said.kind, said.chat) == ("direct", people.VOLUNTEER) and found
    assert found[1] == "http://127.0.0.1:8420" and "只能在装送暖的那台电脑上打开" in said.text
    assert await signin.look(found[2]) == "陈小满"


async def test_with_a_public_address_the_link_is_for_everywhere(database: str) -> None:
    await people.settle()
    room = Room(web={"public_url": "https://nuan.example.cn/"})
    [said] = await room.say("登录", people.CHAIR)
    found = LINK.search(said.text)
    assert found and found[1] == "https://nuan.example.cn" and "那台电脑" not in said.text


async def test_in_a_group_the_link_goes_to_the_person_alone(database: str) -> None:
    await people.settle()
    here, alone = await Room().say("登录", people.CHAIR, people.FAMILY_GROUP)
    assert here.chat == people.FAMILY_GROUP and "sign-in" not in here.text and "王秀兰" not in here.text
    assert (alone.kind, alone.chat) == ("direct", people.CHAIR) and LINK.search(alone.text)


async def test_others_get_no_link(database: str) -> None:
    await people.settle()
    room = Room()
    for who in (people.LIU, people.STRANGER):
        [said] = await room.say("登录", who)
        assert "sign-in" not in said.text and "0450-0000000" in said.text
        assert await room.say("登录", who, people.FAMILY_GROUP) == []
    assert await room.say("登录", people.CHAIR, people.SILENT_GROUP) == []
    assert await room.say("登录不上医保了怎么办", people.LIU, people.FAMILY_GROUP) == []
    assert await SignInLink.all().count() == 0


async def test_a_replayed_message_makes_no_second_link(database: str) -> None:
    await people.settle()
    room, message = Room(), incoming("登录", people.CHAIR)
    for _ in range(3):
        await room.reception.received(message)
    assert len(await room.news()) == 1 and await SignInLink.all().count() == 1
