"""派, 送达, 回访确认, 办结 …: a request from 收到 to the end, who may do what, and what the second one hears."""

import asyncio
from datetime import timedelta

import pytest

from bot.actions.requests import lifecycle
from bot.actions.requests.reaching import move, reach
from bot.actions.staff import directory
from bot.errors import Conflict
from bot.models import Audit, Delivery, Relief, RequestStep, Staff, db
from tests import people
from tests.asked import NOON, ledger, one_family_has_asked, request, steps_of
from tests.people import (
    ADMIN,
    CHAIR,
    DEPUTY,
    EDITOR,
    FAMILY_GROUP,
    LIU,
    MA,
    NEED,
    OUTSIDER,
    STAFF_GROUP,
    STRANGER,
    TOP_CHAIR,
    VOLUNTEER,
    WU,
)
from tests.room import Room


@pytest.fixture
async def room(database: str) -> Room:
    return await one_family_has_asked()


async def test_the_whole_way(room: Room) -> None:
    await room.say("收到 1", CHAIR)
    task, said = await room.say("派 1 陈小满 米10斤", CHAIR)
    assert (task.purpose, task.chat) == ("reply", VOLUNTEER)
    assert task.text.splitlines()[0] == "1 号交给您了：H0123 刘桂芳，工伤残职工，向阳煤矿。"
    assert f"原话：{NEED}" in task.text and "带去：米10斤" in task.text and task.text.endswith("送到了，就回：送达 1")
    assert said.chat == CHAIR and said.text.splitlines()[:2] == ["1 号（H0123）派给 陈小满 了。", "带去：米10斤。"]
    assert await ledger() == [("promised", "米", 10000, 0)]
    [said] = await room.say("送达 1 米10斤 油1桶 186元", VOLUNTEER)
    assert said.text.splitlines()[:2] == ["已记：1 号（H0123）送达 米10斤、油1桶（186元）。", "合计 186 元。"]
    assert (await request()).state == "delivering"
    assert await ledger() == [("delivered", "米", 10000, 0), ("delivered", "油", 1000, 18600)]
    news = await room.say("回访确认 1", VOLUNTEER)
    assert [one.chat for one in news] == [CHAIR, VOLUNTEER]
    assert news[0].text == "1 号（H0123）家属说收到了：米10斤、油1桶（186元）。这一单办结了，谢谢您。"
    assert news[1].text.splitlines()[1] == "这一单办结了。要再办，写“重开 1”。"
    done = await request()
    assert (done.state, done.closed_as, done.closed_at) == ("closed", "helped", NOON)
    assert {row[0] for row in await ledger()} == {"confirmed"}
    assert await steps_of() == ["raised", "acknowledged", "assigned", "delivered", "confirmed", "closed"]


async def test_every_step_leaves_an_audit_row(room: Room) -> None:
    lines = [
        "收到 1",
        "派 1 陈小满",
        "送达 1 米10斤 50元",
        "更正 1 米8斤 40元",
        "回访确认 1 没收到",
        "办结 1 不需要",
        "重开 1",
    ]
    for line in lines:
        await room.say(line, CHAIR)
    noted = [row.action for row in await Audit.filter(subject="request").order_by("id")]
    assert noted == [
        "help.raised", "help.acknowledged", "help.assigned", "relief.delivered", "help.delivered", "relief.delivered",
        "help.corrected", "relief.not_received", "help.not_received", "help.closed", "help.reopened",
    ]  # fmt: skip
    assert len(await steps_of()) == len(lines) + 1


async def test_the_words_of_a_step_are_unreadable_in_the_database(room: Room) -> None:
    await room.say("办结 1 联系不上 老人回屯里了", CHAIR)
    [raw] = await db.fetch("SELECT words FROM request_step WHERE step = 'closed'")
    assert "老人".encode() not in bytes(raw["words"])
    assert (await RequestStep.get(step="closed")).words == "联系不上 老人回屯里了"


async def test_assigning_takes_it_and_stops_the_alerts(room: Room) -> None:
    await room.say("派1号给陈小满", CHAIR)
    taken = await request()
    assert taken.state == "assigned" and taken.next_alert_at is None and taken.acknowledged_at == NOON
    assert taken.assigned_to_id == await people.staff_id(VOLUNTEER)
    assert "alert" not in [one.purpose for one in await room.deliver()]


async def test_sending_somebody_else(room: Room) -> None:
    await room.say("派 1 陈小满", CHAIR)
    assert "1 号已经派给 陈小满（12月01日 12:00 王秀兰）" in (await room.say("派 1 陈小满", DEPUTY))[0].text
    said = await room.say("派 1 我", DEPUTY)
    assert [one.chat for one in said] == [DEPUTY] and "派给 赵志强 了，原来是 陈小满" in said[0].text
    assert "不是派给您的" in (await room.say("送达 1 米10斤", VOLUNTEER))[0].text


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("派 1 陈小曼", "是不是：陈小满？"),
        ("派 1 孙立新", "没找到“孙立新”"),
        ("派 1", "派给谁？"),
        ("派 1 林晓雨", "没找到“林晓雨”"),
        ("派 1 陈小满 米两三斤", "说不准"),
        ("派 9 陈小满", "没有 9 号求助单"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_written(room: Room, line: str, says: str) -> None:
    [said] = await room.say(line, CHAIR)
    assert says in said.text
    assert (await request()).state == "open" and not await Relief.exists()


async def test_two_of_one_name_are_told_apart_by_number(room: Room) -> None:
    unit = (await Staff.get(name="陈小满")).unit_id
    second = await Staff.create(name="陈小满", role="volunteer", unit_id=unit)
    [said] = await room.say("派 1 陈小满", CHAIR)
    assert f"陈小满（向阳煤矿）写 {second.id}" in said.text
    sent = await room.say(f"派 1 {second.id}", CHAIR)
    assert len(sent) == 1 and "还没绑定账号，我通知不到" in sent[0].text
    assert (await request()).assigned_to_id == second.id


@pytest.mark.parametrize("line", ["派 {} 陈小满", "送达 {} 米10斤", "回访确认 {}", "办结 {}", "转介 {} 民政", "重开 {}",
                                  "关联 {} H0201", "详情 {}", "更正 {} 无"])  # fmt: skip
async def test_for_an_outsider_it_is_as_if_there_were_none(room: Room, line: str) -> None:
    await room.say("收到 1", CHAIR)
    real, none = [(await room.say(line.format(number), OUTSIDER))[0].text for number in (1, 9)]
    assert real.replace("1", "9") == none == "没有 9 号求助单。写“求助”看看都有哪些。"
    assert (await request()).state == "acknowledged"


@pytest.mark.parametrize("who", [STRANGER, LIU, WU, MA])
async def test_nobody_outside_the_staff_can_do_a_thing(room: Room, who: str) -> None:
    for line in ("派 1 陈小满", "送达 1 米10斤", "回访确认 1", "办结 1", "转介 1 民政", "重开 1", "关联 1 H0201"):
        assert await room.say(line, who) == []
    assert (await request()).state == "open"


@pytest.mark.parametrize("who", [VOLUNTEER, EDITOR])
async def test_deciding_is_for_chairs(room: Room, who: str) -> None:
    for line in ("派 1 陈小满", "办结 1", "转介 1 民政", "关联 1 H0124"):
        assert (await room.say(line, who))[0].text == "这一步请主席来办。"
    assert (await request()).state == "open"


@pytest.mark.parametrize("who", [DEPUTY, TOP_CHAIR, ADMIN])
async def test_deputies_and_those_above_may_decide(room: Room, who: str) -> None:
    assert "派给 陈小满 了" in (await room.say("派 1 陈小满", who))[-1].text
    assert "办结：不需要了" in (await room.say("办结 1 不需要", who))[-1].text


async def test_in_a_group_the_answer_goes_to_the_person_alone(room: Room) -> None:
    for line in ("派 1 陈小满 米10斤", "送达 1", "详情 1", "回访确认 1 没收到", "派 9 陈小满", "办结 1 不需要"):
        for group in (FAMILY_GROUP, STAFF_GROUP):
            assert {one.kind for one in await room.say(line, CHAIR, group)} == {"direct"}


async def test_small_talk_with_the_words_is_nobodys_business(room: Room) -> None:
    for line in ("派出所来人了", "送达 明天吧", "办结", "关联交易", "重开一局", "派 个车来", "详情见公告", "送到了吗"):
        assert await room.say(line, CHAIR, FAMILY_GROUP) == []
    assert "没看到求助单的号码" in (await room.say("送达 米10斤", VOLUNTEER))[0].text


async def test_two_chairs_send_two_people_at_once(room: Room) -> None:
    await room.say("收到 1", CHAIR)
    both = await asyncio.gather(room.say("派 1 陈小满", CHAIR), room.say("派 1 赵志强", DEPUTY))
    assert sum(len(said) for said in both) >= 2
    assert (await request()).state == "assigned" and (await steps_of()).count("assigned") <= 2


async def test_who_read_an_older_state_is_refused(room: Room) -> None:
    """Between reading and writing somebody closes it: the conditional UPDATE finds nothing to change."""
    seen = (await reach(1, await people.staff_id(CHAIR))).request
    await lifecycle.close(1, await people.staff_id(DEPUTY), "no_need", "", room.rules)
    with pytest.raises(Conflict, match="1 号 12月01日 12:00 赵志强 已经办结（不需要了）"):
        await move(seen, state="assigned")
    assert (await request()).state == "closed"


async def test_help_that_needs_no_goods_is_closed_by_a_word(room: Room) -> None:
    [said] = await room.say("办结 1 陪老人聊了聊", CHAIR)
    assert said.text == "1 号（H0123）办结：已解决，陪老人聊了聊。\n要再办，写“重开 1”。"


@pytest.mark.parametrize(
    ("line", "how"),
    [
        ("办结 1 不用了，邻居送了", "no_need"),
        ("办结1号 联系不上", "unreachable"),
        ("转介 1 民政", "referred"),
        ("办结 1 转介 街道", "referred"),
        ("办结 1 解决了", "helped"),
        ("办结 1 重复 2", "duplicate"),
    ],
)
async def test_ways_to_close(room: Room, line: str, how: str) -> None:
    await room.say(NEED, WU)
    await room.say("派 1 陈小满", CHAIR)
    said = await room.say(line, CHAIR)
    assert [one.chat for one in said] == [VOLUNTEER, CHAIR] and "王秀兰 已经办结" in said[0].text
    assert (await request()).closed_as == how


async def test_a_duplicate_needs_another_number(room: Room) -> None:
    for line, says in (
        ("办结 1 重复", "和几号重复"),
        ("办结 1 重复 1", "不能和自己重复"),
        ("办结 1 重复 7", "没有 7 号"),
    ):
        assert says in (await room.say(line, CHAIR))[0].text
    assert "转到哪里" in (await room.say("转介 1", CHAIR))[0].text


async def test_opening_it_again(room: Room) -> None:
    assert "1 号还没有人收到" in (await room.say("重开 1", CHAIR))[0].text
    await room.say("派 1 陈小满", CHAIR)
    await room.say("办结 1 联系不上", CHAIR)
    task, said = await room.say("重开 1 电话通了", DEPUTY)
    assert task.chat == VOLUNTEER and said.text.startswith("1 号（H0123）重新办理，还是交给 陈小满。")
    again = await request()
    assert again.state == "assigned" and again.closed_as is None and again.closed_at is None
    assert "已经派给 陈小满" in (await room.say("重开 1", CHAIR))[0].text


async def test_the_details_are_for_who_works_on_it(room: Room) -> None:
    await room.say("派 1 陈小满", CHAIR)
    [said] = await room.say("详情 1", VOLUNTEER)
    lines = said.text.splitlines()
    assert lines[:2] == ["1 号，已派人（陈小满）", "H0123 刘桂芳，工伤残职工，向阳煤矿"]
    assert lines[3].startswith("判断依据：没米、")
    assert lines[4:] == [f"12-01 12:00 求助 {NEED}", "12-01 12:00 王秀兰 派人 陈小满"]
    assert "不是派给您的" in (await room.say("详情 1", EDITOR))[0].text


async def test_a_volunteer_who_left_can_do_nothing(room: Room) -> None:
    await room.say("派 1 陈小满", CHAIR)
    await Staff.filter(name="陈小满").update(active=False)
    assert "没有权限" in (await room.say("送达 1 米10斤", VOLUNTEER))[0].text
    await directory.changed()
    await directory.refresh()
    assert await Delivery.filter(chat_id=VOLUNTEER, created_at__gt=NOON + timedelta(seconds=1)).count() == 0
