"""回访 and 撤销: one line a call, what follows from it, and that taking it back never takes a family's own words."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.models import FollowUp, HelpRequest, Household
from tests import people
from tests.people import CHAIR, EDITOR, FAMILY_GROUP, LIU, NEED, OUTSIDER, STAFF_GROUP, STRANGER, VOLUNTEER
from tests.room import Room

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
NEEDS = "回访 H0123 需帮助 米 降压药 老人一个人"


@pytest.fixture
async def room(database: str) -> Room:
    clock.use(lambda: NOON)
    await people.settle()
    return Room()


async def test_a_need_becomes_a_request_and_an_alert(room: Room) -> None:
    said = await room.say(NEEDS, VOLUNTEER)
    alert, reply = said
    assert (alert.purpose, alert.chat) == ("alert", CHAIR) and "回访时说：米 降压药 老人一个人" in alert.text
    assert "需要：米面粮油、药品" in alert.text
    assert reply.text == "已记：H0123 接通-需帮助。\n已提醒主席，求助单 1 号（米面粮油、药品）。\n记错了就写“撤销”。"
    follow_up = await FollowUp.get()
    assert (follow_up.outcome, follow_up.note, follow_up.request_id) == ("needs_help", "米 降压药 老人一个人", 1)


@pytest.mark.parametrize(
    ("line", "reply", "hours"),
    [
        ("回访 H0123 平安", "已记：H0123 接通-平安。\n记错了就写“撤销”。", None),
        ("回访H0123没人接", "已记：H0123 无人接听。\n下次：12月02日 12:00 以后再打。\n记错了就写“撤销”。", 24),
        ("回访 123 占线", "已记：H0123 刘桂芳 占线。\n下次：12月02日 08:30 以后再打。\n记错了就写“撤销”。", 20.5),
        ("回访 h0123 错号", "已记：H0123 号码错误。\n接下来：核对电话。\n记错了就写“撤销”。", None),
        ("回访 H0123 去世", "已记：H0123 已故。\n接下来：请主席登门看望家人。\n记错了就写“撤销”。", None),
    ],
)
async def test_what_follows_from_an_outcome(room: Room, line: str, reply: str, hours: float | None) -> None:
    assert [one.text for one in await room.say(line, VOLUNTEER)] == [reply]
    household = await Household.get(code="H0123")
    assert household.next_call_at == (None if hours is None else NOON + timedelta(hours=hours))


@pytest.mark.parametrize("line", ["回访", "回访 平安", "回访 H0123", "回访 H0123 还行吧"])
async def test_what_is_missing_is_said_and_nothing_is_written(room: Room, line: str) -> None:
    [said] = await room.say(line, VOLUNTEER)
    assert "回访 H0123 平安" in said.text and "需帮助" in said.text
    assert await FollowUp.all().count() == 0


async def test_a_household_of_another_mine_is_as_one_that_is_not_there(room: Room) -> None:
    real, none = [(await room.say(f"回访 H{n} 平安", VOLUNTEER))[0].text for n in ("0201", "0999")]
    assert real.replace("0201", "0999") == none == "没找到 H0999 这一户，请核对户编号。"
    assert "没找到" in (await room.say("回访 H0123 平安", OUTSIDER))[0].text
    assert await FollowUp.all().count() == 0


@pytest.mark.parametrize("code", ["XY-17", "东区-12", "H123", "123"])
async def test_a_roster_may_have_codes_of_its_own(room: Room, code: str) -> None:
    household = await Household.get(code="H0124")
    household.code = code
    await household.save()
    assert (await room.say(f"回访 {code.lower()} 平安", VOLUNTEER))[0].text.startswith(f"已记：{code} 接通-平安。")


async def test_only_who_calls_may_log_a_call(room: Room) -> None:
    for who in (STRANGER, LIU, EDITOR):
        assert await room.say(NEEDS, who) == []


async def test_not_where_a_family_could_read_it(room: Room) -> None:
    [said] = await room.say(NEEDS, VOLUNTEER, FAMILY_GROUP)
    assert said.text == "这件事请私聊我，群里不方便。" and await FollowUp.all().count() == 0
    assert len(await room.say(NEEDS, VOLUNTEER, STAFF_GROUP)) == 2


async def test_taking_it_back(room: Room) -> None:
    await room.say("回访 H0123 占线", VOLUNTEER)
    before = (await Household.get(code="H0123")).next_call_at
    await room.say(NEEDS, VOLUNTEER)
    [said] = await room.say("撤销", VOLUNTEER)
    assert said.text == "已撤销：H0123 接通-需帮助。\n1 号求助单也收回了。"
    request, household = await HelpRequest.get(), await Household.get(code="H0123")
    assert (request.state, request.closed_as, household.next_call_at) == ("closed", "withdrawn", before)
    assert "alert" not in [one.purpose for one in await room.deliver()]
    assert (await room.say("撤销", VOLUNTEER))[0].text == "已撤销：H0123 占线。"
    assert (await room.say("撤销", VOLUNTEER))[0].text == "最近一天没有可以撤销的回访。"


async def test_whoever_was_alerted_hears_that_it_is_taken_back(room: Room) -> None:
    await room.say(NEEDS, VOLUNTEER)
    await room.deliver()
    told, said = await room.say("撤销", VOLUNTEER)
    assert (told.purpose, told.kind, told.chat) == ("reply", "direct", CHAIR)
    assert told.text == "1 号求助单已经撤销：记回访时写错了，不用再处理。想问详情，请找陈小满。"
    assert said.text == "已撤销：H0123 接通-需帮助。\n1 号求助单也收回了。"


async def test_not_once_the_chair_has_taken_it(room: Room) -> None:
    await room.say(NEEDS, VOLUNTEER)
    await room.say("收到 1", CHAIR)
    assert "1 号求助单主席已经收到，不能撤销" in (await room.say("撤销", VOLUNTEER))[0].text
    assert (await HelpRequest.get()).state == "acknowledged"


async def test_a_request_that_the_family_made_stays(room: Room) -> None:
    await room.say(NEED, LIU)
    joined = await room.say(NEEDS, VOLUNTEER)
    assert "已并入求助单 1 号（" in joined[-1].text
    [said] = await room.say("撤销", VOLUNTEER)
    assert said.text == "已撤销：H0123 接通-需帮助。", "nothing was taken back but the call"
    assert (await HelpRequest.get()).state == "open"


async def test_words_of_the_family_keep_the_request_of_a_call_alive(room: Room) -> None:
    await room.say(NEEDS, VOLUNTEER)
    await room.say(NEED, LIU)
    [said] = await room.say("撤销", VOLUNTEER)
    assert said.text == "已撤销：H0123 接通-需帮助。"
    assert (await HelpRequest.get()).state == "open"


async def test_a_call_that_is_asked_never_again_is_remembered_and_forgotten(room: Room) -> None:
    await room.say("回访 H0123 勿打", VOLUNTEER)
    assert (await Household.get(code="H0123")).do_not_call
    await room.say("撤销", VOLUNTEER)
    assert not (await Household.get(code="H0123")).do_not_call
