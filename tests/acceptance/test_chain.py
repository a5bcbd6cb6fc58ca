"""The whole chain, from a frame on the QQ line to what people read: tips, needs, alerts, receipts, call-backs."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from bot import clock
from bot.actions.staff import people as acts
from bot.jobs import escalation
from bot.models import Audit, Delivery, FollowUp, HelpRequest, Household, Seen
from tests import people
from tests.people import (
    CHAIR,
    DEPUTY,
    FAMILY_GROUP,
    LIU,
    OUTSIDER,
    SILENT_GROUP,
    STRANGER,
    TOP_CHAIR,
    URGENT,
    VOLUNTEER,
    WORKERS_GROUP,
)
from tests.stage import Stage, logged, stage

pytestmark = pytest.mark.db
ASKS = "家里没米了"
FAMILY, TO_CHAIR, TO_LIU = f"group:{FAMILY_GROUP}", f"direct:{CHAIR}", f"direct:{LIU}"
MODES = pytest.mark.parametrize("mode", ["forward", "reverse"])


@pytest.fixture
async def scene(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    async with stage(tmp_path, database_url) as scene:
        yield scene


@MODES
async def test_a_tip_that_is_due_goes_to_the_right_groups(tmp_path: Path, database_url: str, mode: str) -> None:
    async with stage(tmp_path, database_url, mode, tip_in=timedelta(seconds=1)) as scene:
        await scene.until(lambda: bool(scene.heard(FAMILY)))
        await scene.settled()
        chats = [chat for chat, _ in scene.news() if chat.startswith("group:")]
        assert chats == [FAMILY], "not to workers or staff, and not to the group that is switched off"
        assert 20 < len(scene.heard(FAMILY)[0]) < 600
        tip = await Delivery.get(purpose="tip")
        assert (tip.status, tip.attempts) == ("sent", 1)
        await scene.restart()
        await scene.settled()
        assert len(scene.heard(FAMILY)) == 1, "a slot is fired once"


@MODES
async def test_a_family_asks_and_the_chair_takes_it(tmp_path: Path, database_url: str, mode: str) -> None:
    async with stage(tmp_path, database_url, mode) as scene:
        asked = scene.frame(ASKS, LIU, FAMILY_GROUP)
        begun = monotonic()
        await scene.peer.push(asked)
        alert = await scene.hears(TO_CHAIR, "【求助 1 号】")
        assert monotonic() - begun < 1
        assert "H0123 刘桂芳，工伤残职工，向阳煤矿\n" in alert and f"原话：{ASKS}\n" in alert
        await scene.hears(TO_LIU, "已经告诉工会主席")
        await scene.hears(FAMILY, "有人联系您")
        assert scene.heard(FAMILY) == ["您说的，工会看到了，会有人联系您。"], "no name, no need"
        assert {chat for chat, _ in scene.news()} == {FAMILY, TO_LIU, TO_CHAIR}
        assert (await scene.ask("收到 1", CHAIR)).startswith("1 号交给您了：H0123 刘桂芳。")
        await nothing_new_of(scene, asked)
        await scene.restart()
        await nothing_new_of(scene, asked)
        later = timedelta(hours=3)
        clock.use(lambda: datetime.now(UTC) + later)
        assert await escalation.tick(scene.app.rules) == 0, "whoever said 收到 is left in peace"


async def nothing_new_of(scene: Stage, frame: dict[str, object]) -> None:
    """The same event once more: neither a row nor a word comes of it."""
    await scene.settled()
    scene.news()
    before = await HelpRequest.all().values("id", "alert_step"), await Audit.all().count()
    await scene.peer.push(frame)
    await scene.settled(FAMILY_GROUP)
    assert [chat for chat, _ in scene.news()] == [TO_CHAIR], "the answer to our own question only"
    assert before == (await HelpRequest.all().values("id", "alert_step"), await Audit.all().count())


async def test_who_floods_the_bot_delays_no_alert(tmp_path: Path, database_url: str) -> None:
    """Replies wait for the minute's tokens, so that the account is not frozen; an alert waits for nothing."""
    async with stage(tmp_path, database_url, per_minute=12) as scene:
        for _ in range(90):
            await scene.say("帮助", STRANGER)
        await scene.count(f"direct:{STRANGER}", 60)
        begun = monotonic()
        await scene.say(URGENT, LIU)
        await scene.hears(TO_CHAIR, "【求助 1 号】")
        assert monotonic() - begun < 1
        assert len(scene.heard(f"direct:{STRANGER}")) == 60 and not scene.heard(TO_LIU)


async def test_left_alone_it_reaches_the_deputy_and_the_chair_above(scene: Stage) -> None:
    await scene.say(URGENT, LIU)
    await scene.hears(TO_CHAIR, "【求助 1 号】")
    start = datetime.now(UTC)
    for step in range(1, 6):
        moment = start + timedelta(minutes=11 * step)  # due in working hours and outside
        clock.use(lambda moment=moment: moment)  # type: ignore[misc]
        await escalation.tick(scene.app.rules)
    for who in (CHAIR, DEPUTY, TOP_CHAIR):
        await scene.count(f"direct:{who}", 2)
    assert "再提醒一次" in scene.heard(f"direct:{TOP_CHAIR}")[0]


async def test_ordinary_chat_of_strangers_leaves_nothing(scene: Stage) -> None:
    chatter = ["今天食堂的豆角不错", "谁家孩子在楼下哭", "收到", "哈哈", "明天几点的班车"]
    async with logged() as log:
        for group in (FAMILY_GROUP, WORKERS_GROUP, SILENT_GROUP):
            for words in chatter:
                await scene.say(words, STRANGER, group, nickname="老马不说话")
            await scene.settled(group)
    assert await Seen.all().count() == 3, "the three questions of ours"
    assert await HelpRequest.all().count() == 0
    assert {chat for chat, _ in scene.news()} == {TO_CHAIR}
    assert not [words for words in [*chatter, "老马", STRANGER] if words in log.getvalue()]


async def test_a_stranger_in_the_family_group_is_heard_once(scene: Stage) -> None:
    async with logged() as log:
        for _ in range(50):
            await scene.say(URGENT, STRANGER, FAMILY_GROUP, nickname="老马")
        await scene.settled(FAMILY_GROUP)
    alert = scene.heard(TO_CHAIR)[0]
    assert "名册外：老马（向阳家属群），向阳煤矿\n" in alert and URGENT in alert
    assert len([text for text in scene.heard(TO_CHAIR) if "【求助" in text]) == 1
    assert scene.heard(FAMILY) == ["您说的，工会看到了，会有人联系您。"]
    assert len(scene.heard(f"direct:{STRANGER}")) == 1
    assert await HelpRequest.all().count() == 1
    assert "断粮" not in log.getvalue() and "老马" not in log.getvalue()


async def test_a_volunteer_logs_a_call_and_takes_it_back(scene: Stage) -> None:
    done = await scene.ask("回访 H0123 需帮助 米 降压药 老人一个人", VOLUNTEER)
    assert done.splitlines()[1] == "已提醒主席，求助单 1 号（米面粮油、药品）。"
    assert "回访时说：米 降压药 老人一个人" in await scene.hears(TO_CHAIR, "【求助 1 号】")
    assert (await FollowUp.get()).outcome == "needs_help"
    assert "1 号求助单也收回了" in await scene.ask("撤销", VOLUNTEER)
    assert (await HelpRequest.get()).state == "closed"
    assert "已经办结" in await scene.ask("收到 1", CHAIR)


async def test_a_code_makes_a_person_and_the_menu_fits(scene: Stage) -> None:
    assert "有难处直接写给我" in await scene.ask("帮助", STRANGER)
    code = await acts.issue_code(await people.staff_id(VOLUNTEER))
    assert await scene.ask(f"绑定 {code}", STRANGER) == "绑定好了：陈小满（志愿者）。\n写“帮助”看看能做什么。"
    assert "下一户 —— 该打给谁" in await scene.ask("帮助", STRANGER)
    assert "收到 12" in await scene.ask("帮助", CHAIR)
    assert "退订" in await scene.ask("帮助", LIU)
    assert "绑定码不对" in await scene.ask(f"绑定 {code}", "33000009")


async def test_a_family_leaves_and_comes_back(scene: Stage) -> None:
    assert (await scene.ask("退订", LIU)).startswith("已退订")
    assert (await Household.get(code="H0123")).messages_off
    assert (await scene.ask("订阅", LIU)).startswith("好，有消息")
    assert not (await Household.get(code="H0123")).messages_off


async def test_outsiders_can_neither_see_nor_take_it(scene: Stage) -> None:
    await scene.say(ASKS, LIU, FAMILY_GROUP)
    await scene.hears(TO_CHAIR, "【求助 1 号】")
    there, not_there = await scene.ask("收到 1", OUTSIDER), await scene.ask("收到 2", OUTSIDER)
    assert there.replace("1", "2") == not_there
    assert await scene.ask("求助", OUTSIDER) == "没有等着办的求助单。"
    await scene.say("收到 1", STRANGER)
    assert "有难处直接写给我" in await scene.ask("帮助", STRANGER), "and nothing before it"
    assert (await HelpRequest.get()).state == "open"
    assert (await scene.ask("求助", CHAIR)).splitlines()[1].startswith("1 号 H0123 ")
