"""The whole chain over a real Wechaty gateway, alone and together with QQ; and what its death does to the states."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from bot.channels.wechaty.line import Ending
from bot.events import Line
from bot.models import Delivery, HelpRequest
from tests.people import CHAIR, LIU, STRANGER, URGENT, WU
from tests.servers.onebot_rig import eventually
from tests.stage import logged
from tests.wechat_stage import ROOM, wechat_stage

pytestmark = pytest.mark.db
ASKS = "家里没米了"
NEUTRAL = "您说的，工会看到了，会有人联系您。"
FAMILY, TO_CHAIR, TO_LIU = f"group:{ROOM}", f"direct:{CHAIR}", f"direct:{LIU}"


async def states() -> Counter[str]:
    return Counter([str(row.status) for row in await Delivery.all()])


async def test_a_tip_a_need_an_alert_and_its_answer(tmp_path: Path, database_url: str) -> None:
    async with logged() as log:
        async with wechat_stage(tmp_path, database_url, on_wechat=[CHAIR], tip_in=timedelta(seconds=1)) as scene:
            await scene.gateway.until(lambda: bool(scene.read(FAMILY)))
            assert (await Delivery.get(purpose="tip")).status in ("sending", "sent")
            await scene.gateway.say("今天食堂的豆角不错", STRANGER, ROOM, name="老马不说话")
            await scene.gateway.say(ASKS, LIU, ROOM)
            alert = await scene.reads(TO_CHAIR, "【求助 1 号】")
            assert "H0123 刘桂芳，工伤残职工，向阳煤矿\n" in alert.text and f"原话：{ASKS}\n" in alert.text
            await scene.reads(TO_LIU, "已经告诉工会主席")
            await scene.reads(FAMILY, NEUTRAL)
            await scene.gateway.say("收到 1", CHAIR)
            await scene.reads(TO_CHAIR, "1 号交给您了：H0123 刘桂芳。")
            await eventually(lambda: bool(scene.wechat.health().state is Line.ONLINE))
            assert not [sent for sent in scene.peer.sent if sent.chat in (TO_CHAIR, TO_LIU)]
        assert not [word for word in (ASKS, "豆角", "老马", LIU, CHAIR, ROOM, "warm-token") if word in log.getvalue()]


async def test_a_family_on_wechat_and_a_chair_on_qq(tmp_path: Path, database_url: str) -> None:
    async with wechat_stage(tmp_path, database_url) as scene:
        message_id = await scene.gateway.say(ASKS, LIU, ROOM)
        await scene.hears(TO_CHAIR, "【求助 1 号】")
        await scene.reads(TO_LIU, "已经告诉工会主席")
        assert (await scene.ask("收到 1", CHAIR)).startswith("1 号交给您了：H0123 刘桂芳。")
        assert {sent.chat for sent in scene.gateway.sent} <= {FAMILY, TO_LIU}
        assert not scene.heard(TO_LIU)
        await scene.restart()
        await scene.gateway.order("again", id=message_id)
        await scene.settled()
        assert await HelpRequest.all().count() == 1, "the same message once more is the same request"


async def test_a_gateway_that_is_killed_costs_no_message_and_doubles_none(tmp_path: Path, database_url: str) -> None:
    async with wechat_stage(tmp_path, database_url) as scene:
        await scene.gateway.order("faults", answer="lost")
        await scene.gateway.say(ASKS, LIU)
        await scene.hears(TO_CHAIR, "【求助 1 号】")
        await eventually(lambda: bool(scene.wechat._sends._open))
        await scene.gateway.kill()
        await eventually(lambda: scene.wechat.health().state is Line.OFFLINE)
        assert (await scene.ask("收到 1", CHAIR)).startswith("1 号交给您了"), "QQ does not mind"
        doubtful = await Delivery.filter(channel="wechat", status="unknown").count()
        await scene.gateway.start()
        await scene.online()
        await scene.gateway.say("帮助", LIU)
        await scene.gateway.until(lambda: bool(scene.read(TO_LIU)))
        await scene.settled()
        assert max(Counter(scene.read(TO_LIU)).values()) == 1
        assert doubtful == 1, "what may have gone out is shown to a person"


async def test_what_waits_for_the_gateway_goes_out_once_it_is_back(tmp_path: Path, database_url: str) -> None:
    async with wechat_stage(tmp_path, database_url, on_wechat=[CHAIR]) as scene:
        await scene.gateway.kill()
        await eventually(lambda: scene.wechat.health().state is Line.OFFLINE)
        await scene.say(URGENT, WU)
        await scene.hears(f"direct:{WU}", "已经告诉工会主席")
        assert await Delivery.filter(channel="wechat", purpose="alert", status="queued").count() == 1
        assert scene.wechat.health().detail == Ending.LOST.value
        began = monotonic()
        await scene.gateway.start()
        await scene.reads(TO_CHAIR, "【求助 1 号】")
        assert monotonic() - began < 10
        await scene.gateway.say("收到 1", CHAIR)
        await scene.reads(TO_CHAIR, "1 号交给您了")
        assert len(scene.read(TO_CHAIR)) == 2
        assert (await states())["unknown"] == 0


async def test_a_frozen_gateway_doubles_nothing_but_an_alert(tmp_path: Path, database_url: str) -> None:
    """A reply that may have gone out stays in doubt until its echo is seen; an alert is sent again."""
    async with wechat_stage(tmp_path, database_url, on_wechat=[CHAIR]) as scene:
        scene.gateway.freeze()
        await scene.say(URGENT, WU)
        await scene.hears(f"direct:{WU}", "已经告诉工会主席")
        await eventually(lambda: scene.wechat.health().state is Line.OFFLINE)
        scene.gateway.thaw()
        await scene.online()
        await scene.reads(TO_CHAIR, "【求助 1 号】")
        await scene.gateway.say("收到 1", CHAIR)
        await scene.reads(TO_CHAIR, "1 号交给您了")
        alerts = [text for text in scene.read(TO_CHAIR) if "【求助 1 号】" in text]
        assert 1 <= len(alerts) <= 2
