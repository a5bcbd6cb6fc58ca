"""我的回访, 下一户, 未接, 晚上再打 19:00: a volunteer's afternoon with a phone in one hand."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.households.viewing import CLEAR
from bot.actions.outreach import assignments, calllists
from bot.models import Assignment, Audit, FollowUp, HelpRequest, Household, HouseholdDate, Member
from tests import people
from tests.people import (
    ADMIN,
    CHAIR,
    EDITOR,
    FAMILY_GROUP,
    LIU,
    OUTSIDER,
    STAFF_GROUP,
    STRANGER,
    VOLUNTEER,
    WU,
    staff_id,
)
from tests.room import Room
from tests.rounds import SECOND, held, households, member, opened, second_volunteer, sound, state_of

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIU_PHONE = "13800000100"


@pytest.fixture
async def room(database: str) -> Room:
    clock.use(lambda: NOON)
    await people.settle()
    return Room()


async def say(room: Room, text: str, who: str = VOLUNTEER, group: str | None = None) -> str:
    return "\n---\n".join(one.text for one in await room.say(text, who, group) if one.purpose == "reply")


async def test_an_afternoon(room: Room) -> None:
    await opened()
    shown = await say(room, "下一户")
    assert shown.startswith(f"下一户：H0123 刘桂芳（本人），工伤残职工，向阳煤矿\n电话：{LIU_PHONE}\n还没打通过。")
    assert "我是工会的陈小满" in shown and shown.endswith("后面还有 1 户。")
    assert await say(room, "未接") == (
        "已记：H0123 刘桂芳 无人接听。\n下次：12月02日 12:00 以后再打。\n"
        "还有 1 户要打，写“下一户”。\n记错了就写“撤销”。"
    )
    assert "吴德顺" in await say(room, "下一户")
    assert (await say(room, "晚上再打 19:00")).splitlines()[:2] == [
        "已记：H0124 吴德顺 稍后再打。",
        "下次：12月01日 19:00 以后再打。",
    ]
    assert await say(room, "下一户") == "现在没有要打的。下一户是 12月01日 19:00 以后。"
    clock.use(lambda: NOON + 7 * HOUR)
    assert "\n答应的，说好 12月01日 19:00。上次 12月01日：稍后再打。" in await say(room, "下一户")
    assert "记：H0124 吴德顺 接通-平安" in await say(room, "平安")
    assert await state_of("H0124") == ("done", 2) and await held() == {"H0123": "陈小满"}
    await sound()


async def test_a_result_counts_once_for_the_household_that_was_shown(room: Room) -> None:
    await opened()
    assert await say(room, "未接") == "先写“下一户”，再写结果；或者写明哪一户，例如“回访 H0123 未接”。"
    await room.say("下一户", VOLUNTEER)
    await room.say("未接", VOLUNTEER)
    assert "先写“下一户”" in await say(room, "未接")
    assert await FollowUp.all().count() == 1
    await room.say("撤销", VOLUNTEER)
    assert "H0123" in await say(room, "未接"), "it was taken back, so it is still the one that was shown"
    clock.use(lambda: NOON + 13 * HOUR)
    await room.say("撤销", VOLUNTEER)
    assert "先写“下一户”" in await say(room, "未接"), "half a day later nobody knows which one was meant"


async def test_the_phone_is_for_the_volunteer_alone_and_leaves_a_trace(room: Room) -> None:
    await opened()
    here, private = await room.say("下一户", VOLUNTEER, STAFF_GROUP)
    assert (here.chat, here.text) == (STAFF_GROUP, "下一户：H0123（本人）。姓名和电话私聊发给您了。")
    assert private.chat == VOLUNTEER and LIU_PHONE in private.text
    noted = await Audit.get(action=CLEAR)
    assert (noted.subject, noted.staff_id) == ("household", await staff_id(VOLUNTEER))
    assert noted.detail == {"what": ["phone"], "code": "call"}
    said = await say(room, "未接", group=STAFF_GROUP)
    assert said.startswith("已记：H0123 无人接听。") and "刘桂芳" not in said


async def test_a_need_is_not_told_in_a_group(room: Room) -> None:
    [_, said] = await room.say("回访 刘桂芳 需帮助 米", VOLUNTEER, STAFF_GROUP)
    assert said.text.splitlines()[1] == "已提醒主席，求助单 1 号。" and "米" not in said.text and "刘" not in said.text


async def test_colleagues_may_talk(room: Room) -> None:
    await opened()
    for words in ("停机 检修到三点", "晚上再打", "平安", "改 一下时间", "1"):
        assert await room.say(words, VOLUNTEER, STAFF_GROUP) == []
    await room.say("下一户", VOLUNTEER)
    assert await room.say("晚上再打 我先开会", VOLUNTEER, STAFF_GROUP) == []
    assert await FollowUp.all().count() == 0


async def test_nothing_of_it_is_for_others(room: Room) -> None:
    await opened()
    for who in (STRANGER, LIU, EDITOR):
        for words in ("下一户", "我的回访", "未接", "改 平安", "退回 H0123"):
            assert await room.say(words, who) == []
    assert await room.say("下一户", VOLUNTEER, FAMILY_GROUP) == []
    assert await say(room, "下一户", OUTSIDER) == "没有分给您的户，也没有等着打的。"
    assert await Audit.filter(action=CLEAR).count() == 0


async def test_look_alikes_give_nobody_a_role(room: Room) -> None:
    await opened()
    for name in ("陈小满", "陈\u200b小满", "管理员", "Ａdmin"):
        for words in ("下一户", "下\u200b一户", "回访 Ｈ０１２３ 平安"):
            assert await room.say(words, STRANGER, nickname=name) == []
    assert "已记：H0123" in await say(room, "回\u200b访 Ｈ０１２３ 平安"), "and a volunteer may type as they like"


async def test_the_order_of_the_list(room: Room) -> None:
    await households("H0301", "H0302", "H0303", "H0304", "H0305")
    volunteer = await staff_id(VOLUNTEER)

    async def call(code: str, outcome: str, days: int) -> None:
        household = await Household.get(code=code)
        await FollowUp.create(household=household, staff_id=volunteer, outcome=outcome, at=NOON - days * DAY)

    await call("H0301", "well", 20)
    await call("H0302", "well", 60)
    await call("H0303", "call_later", 1)
    await Household.filter(code="H0303").update(next_call_at=NOON - HOUR)
    await call("H0304", "well", 5)
    flagged = await Household.get(code="H0304")
    await HelpRequest.create(household=flagged, source="behalf", urgency="normal", state="assigned", opened_at=NOON)
    await call("H0305", "well", 0)
    await opened()
    listed = [(one.code, one.why, one.due) for one in await calllists.mine(volunteer)]
    assert listed == [
        ("H0303", calllists.PROMISED, True),
        ("H0304", calllists.FLAGGED, True),
        ("H0123", calllists.NEVER, True),
        ("H0124", calllists.NEVER, True),
        ("H0302", calllists.SILENT, True),
        ("H0301", calllists.SILENT, True),
        ("H0305", calllists.SILENT, False),  # called today
    ]
    said = await say(room, "我的回访")
    assert said.splitlines()[0] == "您手上有 7 户，现在该打 6 户（1 户是答应的）；今天已记 1 次。"
    assert said.splitlines()[1] == "H0303 张秀英，答应的，12月01日 11:00"
    [group] = await room.say("我的回访", VOLUNTEER, STAFF_GROUP)
    assert (group.kind, group.chat) == ("direct", VOLUNTEER), "names are not for a group"


async def test_a_day_to_keep_away_from(room: Room) -> None:
    liu = await Household.get(code="H0123")
    await HouseholdDate.create(household=liu, kind="avoid", month=12, day=1)
    await HouseholdDate.create(household=liu, kind="avoid", month=12, day=3)
    await opened()
    assert "吴德顺" in await say(room, "下一户")
    clock.use(lambda: NOON + DAY)
    await room.say("回访 H0124 平安", VOLUNTEER)
    assert "刘桂芳" in await say(room, "下一户")
    assert "下次：12月04日 12:00 以后" in await say(room, "未接")
    assert "下次：12月04日 09:00 以后" in await say(room, "改 稍后 12月3日9点")


async def test_nobody_is_called_at_night(room: Room) -> None:
    await opened()
    clock.use(lambda: NOON + 9 * HOUR)
    assert await say(room, "下一户") == "现在不是打电话的时候（08:30-20:00），到点了再写“下一户”。"
    assert await Audit.filter(action=CLEAR).count() == 0


async def test_a_child_is_never_asked_for(room: Room) -> None:
    household = await Household.get(code="H0123")
    child = await Member.get(household=household)
    grandmother = await member(household, "王桂珍", "13800000300", "奶奶")
    child.under_14, child.guardian = True, grandmother
    await child.save()
    await opened()
    shown = await say(room, "下一户")
    assert "H0123 王桂珍（奶奶）" in shown and "13800000300" in shown and LIU_PHONE not in shown


async def test_four_times_in_vain_is_a_visit(room: Room) -> None:
    await opened()
    for day in range(4):
        clock.use(lambda day=day: NOON + day * DAY)  # type: ignore[misc]
        said = await say(room, "回访 H0123 没人接")
    assert said.splitlines()[1] == "打了几次都没结果，接下来：请上门看看。"
    assert await state_of("H0123") == ("visit", 4) and "H0123" not in await held()
    assert (await Household.get(code="H0123")).next_call_at is None
    assert "撤销" in said and "已撤销" in await say(room, "撤销")
    assert await state_of("H0123") == ("waiting", 3) and (await held())["H0123"] == "陈小满"


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("回访 H0123 错号", "roster_fix"),
        ("回访 H0123 搬家", "roster_fix"),
        ("回访 H0123 已故", "visit"),
        ("回访 H0123 勿打", "done"),
        ("回访 H0123 需帮助 米", "done"),
    ],
)
async def test_what_becomes_of_a_household(room: Room, line: str, state: str) -> None:
    await opened()
    await room.say(line, VOLUNTEER)
    assert await state_of("H0123") == (state, 1) and "H0123" not in await held()
    await room.say("撤销", VOLUNTEER)
    assert await state_of("H0123") == ("waiting", 0) and (await held())["H0123"] == "陈小满"
    await sound()


async def test_a_need_counts_also_where_nobody_wants_calls(room: Room) -> None:
    await Household.filter(code="H0123").update(do_not_call=True, messages_off=True)
    await opened()
    assert "H0123" not in await held()
    assert "求助单 1 号" in await say(room, "回访 H0123 需帮助 米")
    await room.say("撤销", VOLUNTEER)
    await room.say("回访 H0123 勿打", VOLUNTEER)
    await room.say("撤销", VOLUNTEER)
    assert (await Household.get(code="H0123")).do_not_call, "that was known before the call"


async def test_changing_the_latest(room: Room) -> None:
    await opened()
    await room.say("回访 H0123 未接", VOLUNTEER)
    clock.use(lambda: NOON + HOUR)
    assert (await say(room, "改 需帮助 米")).splitlines()[0] == "已记：H0123 刘桂芳 接通-需帮助。"
    assert await state_of("H0123") == ("done", 1)
    wrong, right = await FollowUp.all().order_by("id")
    assert (wrong.undone_at, right.outcome, right.at) == (NOON + HOUR, "needs_help", NOON)
    assert "已记：H0123 刘桂芳 无人接听" in await say(room, "改成 未接")
    assert (await HelpRequest.get()).closed_as == "withdrawn" and await state_of("H0123") == ("waiting", 1)
    assert "没看到结果" in await say(room, "改")


async def test_a_colleague_calls_what_is_on_my_list(room: Room) -> None:
    await opened()
    said = await say(room, "回访 H0123 未接", CHAIR)
    assert "这一户在 陈小满 手上" in said and (await held())["H0123"] == "陈小满"
    await room.say("回访 H0123 平安", VOLUNTEER)
    await room.say("撤销", CHAIR)
    assert await state_of("H0123") == ("done", 1), "what was recorded later stands"
    await room.say("撤销", VOLUNTEER)
    assert await state_of("H0123") == ("waiting", 0) and (await Household.get(code="H0123")).next_call_at is None


async def test_handing_back_and_taking_from_the_pool(room: Room) -> None:
    await opened()
    await second_volunteer()
    assert await say(room, "退回 H0123", SECOND) == "H0123 不在您手上，不用退。"
    assert await say(room, "退回 H0123") == "H0123 退回了，会有别人打。要再领，写“下一户”。"
    assert "刘桂芳" in await say(room, "下一户", SECOND)
    assert await held() == {"H0123": "何家宁", "H0124": "陈小满"}
    await room.say("下一户", VOLUNTEER)
    assert "H0124 退回了" in await say(room, "退回")
    assert await Audit.filter(action="assignment.returned").count() == 2
    await sound()


async def test_a_cap_a_day_but_promises_are_kept(room: Room) -> None:
    await opened(cap=1)
    await room.say("回访 H0123 晚上再打 19:00", VOLUNTEER)
    assert await say(room, "下一户") == "今天已经打了 1 户，够多了，歇一歇，明天接着打。"
    clock.use(lambda: NOON + 7 * HOUR)
    assert "刘桂芳" in await say(room, "下一户")


async def test_a_promise_without_any_round_is_on_the_list_of_who_gave_it(room: Room) -> None:
    await room.say("回访 H0123 晚上再打 19:00", VOLUNTEER)
    clock.use(lambda: NOON + 7 * HOUR)
    assert "刘桂芳" in await say(room, "下一户")
    assert await say(room, "下一户", CHAIR) == "没有分给您的户，也没有等着打的。"


async def test_the_family_is_told_as_the_roster_asks(room: Room) -> None:
    household = await Household.get(code="H0124")
    household.best_time, household.may_tell, household.note = "上午", "儿子", "耳朵背"
    await household.save()
    await opened()
    await room.say("回访 H0123 平安", VOLUNTEER)
    shown = await say(room, "下一户")
    assert "方便的时间：上午。\n可以告诉谁为什么打：儿子。\n记着：耳朵背\n" in shown and "今天吃的什么" in shown
    assert "12月02日 09:00" in await say(room, "未接")


async def test_an_admin_may_call_too(room: Room) -> None:
    assert "已记" in await say(room, "回访 H0201 平安", ADMIN)
    assert (await room.say("下一户", WU)) == []
    assert await assignments.release(3) == 0 and await Assignment.all().count() == 0
