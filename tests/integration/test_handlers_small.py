"""帮助, 绑定, 退订 and 订阅: the menu fits who asks, a code makes a person, and a family decides what it receives."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.staff import people as acts
from bot.models import Household, Identity, Seen
from bot.triage import judge
from tests import people
from tests.people import ADMIN, CHAIR, EDITOR, FAMILY_GROUP, LIU, NEED, STAFF_GROUP, STRANGER, VOLUNTEER
from tests.room import Room

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)


@pytest.fixture
async def room(database: str) -> Room:
    await people.settle()
    return Room()


@pytest.mark.parametrize(
    ("who", "there", "not_there"),
    [
        (CHAIR, ["王秀兰，您好", "收到 12", "回访 H0123 平安"], ["退订"]),
        (VOLUNTEER, ["陈小满，您好", "回访 H0123 未接", "撤销"], ["收到 12", "退订"]),
        (EDITOR, ["林晓雨，您好", "messages"], ["退订", "回访"]),
        (ADMIN, ["周文静，您好", "收到 12"], ["退订"]),
        (LIU, ["有难处直接写给我", "退订", "0450-0000000"], ["收到", "回访", "绑定"]),
        (STRANGER, ["有难处直接写给我", "绑定"], ["收到 12", "回访", "退订"]),
    ],
)
async def test_the_menu_fits_who_asks(room: Room, who: str, there: list[str], not_there: list[str]) -> None:
    for words in ("帮助", "菜单", "?", "？", "帮助？"):
        [said] = await room.say(words, who)
        assert [word for word in there if word not in said.text] == []
        assert [word for word in not_there if word in said.text] == []


async def test_in_a_group_the_menu_is_for_who_calls_the_bot(room: Room) -> None:
    assert await room.say("帮助", LIU, FAMILY_GROUP) == []
    assert len(await room.say("帮助", LIU, FAMILY_GROUP, mentions_me=True)) == 1
    assert len(await room.say("帮助", CHAIR, STAFF_GROUP)) == 1
    assert await room.say("？", CHAIR, STAFF_GROUP) == [], "a lone question mark among colleagues is small talk"


@pytest.mark.parametrize(
    ("who", "there"),
    [
        (CHAIR, "王秀兰，您好，我在呢。\n还没办完的，写“求助”；今天的数，写“今天”。"),
        (ADMIN, "周文静，您好，我在呢。\n还没办完的，写“求助”"),
        (VOLUNTEER, "陈小满，您好，我在呢。\n要打电话，写“下一户”"),
        (EDITOR, "林晓雨，您好，我在呢。\n要到网页上，写“登录”"),
        (LIU, "刘桂芳，您好，我在呢。\n家里有难处，直接写给我就行"),
    ],
)
async def test_a_greeting_is_answered(room: Room, who: str, there: str) -> None:
    for words in ("你好", "在吗？", "您好呀，在不在", "Hi", "送暖，在吗", "晚上好"):
        [said] = await room.say(words, who)
        assert said.text.startswith(there) and said.kind == "direct"


async def test_a_stranger_is_greeted_once_a_day_and_forgotten(room: Room) -> None:
    clock.use(lambda: NOON)
    [said] = await room.say("你好", STRANGER)
    assert said.text.startswith("您好，我是送暖") and "直接写给我" in said.text and "0450-0000000" in said.text
    seen = await Seen.all().count()
    assert await room.say("在吗", STRANGER) == [] and await Seen.all().count() == seen, "not a row is left of it"
    assert len(await room.say("你好", "33000002")) == 1, "another one"
    clock.use(lambda: NOON + timedelta(days=1))
    assert len(await room.say("在吗", STRANGER)) == 1


async def test_a_greeting_among_others_or_before_a_need_is_none(room: Room) -> None:
    for group in (FAMILY_GROUP, STAFF_GROUP):
        assert await room.say("你好", LIU, group, mentions_me=True) == await room.say("在吗", CHAIR, group) == []
    assert await room.say("你好", LIU, quoted=True) == []
    said = await room.say(f"你好，在吗，{NEED}", LIU)
    assert [one.purpose for one in said] == ["alert", "reply"]
    assert "alert" not in {judge(words).decision for words in ("你好", "在吗", "有人吗", "有人在吗", "hello")}


async def test_a_cry_for_help_is_not_answered_with_a_menu(room: Room) -> None:
    said = await room.say(f"帮助我，{NEED}", LIU)
    assert [one.purpose for one in said] == ["alert", "reply"]


async def test_a_code_binds_and_the_rights_are_there_at_once(room: Room) -> None:
    code = await acts.issue_code(await people.staff_id(CHAIR))
    [said] = await room.say(f"绑定{code[:4].lower()} {code[4:]}", STRANGER)
    assert said.text == "绑定好了：王秀兰（主席）。\n写“帮助”看看能做什么。"
    assert (await room.say("帮助", STRANGER))[0].text.startswith("王秀兰，您好")
    assert "绑定码不对" in (await room.say(f"绑定 {code}", "33000002"))[0].text, "a code works once"


@pytest.mark.parametrize("words", ["绑定", "绑定 ABCDEFGH", "绑定 王秀兰", "绑定 ' OR 1=1 --", "绑定 " + "A" * 5000])
async def test_a_wrong_code_says_what_to_do(room: Room, words: str) -> None:
    before = await Identity.all().count()
    [said] = await room.say(words, STRANGER)
    assert "请向管理员要一个新的" in said.text and await Identity.all().count() == before


async def test_a_code_is_not_read_in_a_group(room: Room) -> None:
    code = await acts.issue_code(await people.staff_id(CHAIR))
    [said] = await room.say(f"绑定 {code}", STRANGER, FAMILY_GROUP)
    assert said.text == "这件事请私聊我，群里不方便。"
    assert (await room.say(f"绑定 {code}", STRANGER))[0].text.startswith("绑定好了"), "it was not used up"


async def test_a_family_member_cannot_become_staff_by_a_code(room: Room) -> None:
    code = await acts.issue_code(await people.staff_id(CHAIR))
    [said] = await room.say(f"绑定 {code}", LIU)
    assert "已经绑定了别人" in said.text


async def test_a_family_leaves_and_comes_back(room: Room) -> None:
    assert (await room.say("退订", LIU))[0].text.startswith("已退订，我不再主动给您发消息。")
    assert (await Household.get(code="H0123")).messages_off
    assert (await room.say("退订", LIU))[0].text.startswith("您已经退订过了。")
    assert len(await room.say(NEED, LIU)) == 2, "a need is heard all the same, and answered"
    assert (await room.say("订阅", LIU))[0].text.startswith("好，有消息我会告诉您。")
    assert (await room.say("订阅", LIU))[0].text.startswith("您本来就收得到。")
    assert not (await Household.get(code="H0123")).messages_off
