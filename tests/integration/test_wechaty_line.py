"""We dial a real Wechaty gateway: coming up, reading, and every way in which the line can go away and come back."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import msgspec
import pytest

from bot.channels.wechaty.line import Ending
from bot.errors import Retryable, SendError, Unknown
from bot.events import Chat, Line
from tests.servers.onebot_rig import eventually
from tests.servers.wechaty_process import ME, TOKEN, WechatyGateway, room_id
from tests.servers.wechaty_rig import FAST, GROUP, Rig, gateway, wechat
from tests.stage import logged

LIU = "wxid_liu"


@pytest.fixture
async def peer() -> AsyncIterator[WechatyGateway]:
    async with gateway() as peer:
        yield peer


@pytest.fixture
async def rig(peer: WechatyGateway) -> AsyncIterator[Rig]:
    async with wechat(peer) as rig:
        yield await rig.ready()


async def works(rig: Rig, words: str = "回来了") -> None:
    """Both directions."""
    await rig.gateway.say(words, LIU)
    await rig.hears(words)
    await rig.send(words)
    assert rig.gateway.sent[-1].text == words


async def test_coming_and_going_leaves_the_gateways_puppet_alone(peer: WechatyGateway) -> None:
    for _ in range(2):
        async with wechat(peer) as rig:
            assert rig.channel.health().state is Line.CONNECTING and rig.channel.routes() == []
            await rig.ready()
            [[group]] = rig.inbox.groups
            assert (group.id, group.name, group.members) == (GROUP, "向阳家属群", 1)
        assert rig.channel.health().state is Line.OFFLINE
    found = await peer.order("stats")
    assert (found["starts"], found["stops"]) == (1, 0)


async def test_both_directions(rig: Rig) -> None:
    await rig.gateway.say("家里断药了", LIU, name="小刘")
    await rig.gateway.say("@送暖\u2005今天[冷]&", LIU, GROUP, mentionIdList=[ME])
    await rig.gateway.say("「王姐：家里没米了」\n- - - - - - - - - - - - - - -\n我也去看看", LIU, GROUP)
    await eventually(lambda: len(rig.inbox.messages) == 3)
    seen = {(m.chat, m.text, m.mentions_me, m.sender.nickname) for m in rig.inbox.messages}
    assert seen == {
        (Chat("direct", LIU), "家里断药了", False, "小刘"),
        (Chat("group", GROUP), "今天[冷]&", True, "小刘"),
        (Chat("group", GROUP), "我也去看看", False, "小刘"),
    }


async def test_many_lines_keep_their_order(rig: Rig) -> None:
    said = [f"第{number}句" for number in range(200)]
    for words in said:
        await rig.gateway.say(words, LIU, GROUP)
    await eventually(lambda: len(rig.inbox.messages) == 200)
    assert [message.text for message in rig.inbox.messages] == said


async def test_our_own_messages_come_back_as_echoes_only(rig: Rig) -> None:
    receipt = await rig.send("天冷添衣")
    await eventually(lambda: bool(rig.inbox.echoes))
    assert [(own.chat, own.text, own.message_id) for own in rig.inbox.echoes] == [
        (Chat("group", GROUP), "天冷添衣", receipt.message_id)
    ]
    assert rig.inbox.messages == []


async def test_a_wrong_token_is_refused_and_told_to_nobody(peer: WechatyGateway) -> None:
    timing = msgspec.structs.replace(FAST, refused=60)
    async with logged() as log, wechat(peer, token="secret-that-is-wrong", timing=timing) as rig:
        await rig.until(Line.REFUSED)
        with pytest.raises(Retryable, match="refused") as caught:
            await rig.send()
        assert caught.value.retry_after == 60
        told = f"{log.getvalue()} {rig.channel.health()} {caught.value!r} {caught.value.__cause__!r}"
        assert "口令" in told and "secret-that-is-wrong" not in told


async def test_a_mended_token_is_taken_up(peer: WechatyGateway) -> None:
    await peer.kill()
    peer.token = "another"
    await peer.start()
    async with wechat(peer) as rig:
        await rig.until(Line.REFUSED)
        await peer.kill()
        peer.token = TOKEN
        await peer.start()
        await works(await rig.ready())


async def test_a_gateway_that_is_killed_and_comes_back(rig: Rig) -> None:
    await rig.gateway.kill()
    await rig.until(Line.OFFLINE)
    with pytest.raises(Retryable, match="offline"):
        await rig.send()
    await rig.gateway.start()
    await rig.until(Line.ONLINE)
    await works(rig)
    assert [sent.text for sent in rig.gateway.sent] == ["回来了"]


async def test_a_frozen_gateway_is_noticed_and_loses_nothing_that_was_announced(rig: Rig) -> None:
    rig.gateway.freeze()
    with pytest.raises(Unknown, match="dropped") as caught:
        await rig.send("也许到了")
    await rig.until(Line.OFFLINE)
    rig.gateway.thaw()
    await rig.until(Line.ONLINE)
    await works(rig)
    assert isinstance(caught.value, SendError)
    assert [sent.text for sent in rig.gateway.sent].count("也许到了") <= 1


async def test_a_short_freeze_costs_nothing(peer: WechatyGateway) -> None:
    async with wechat(peer, timing=msgspec.structs.replace(FAST, ding=5, dong=5)) as rig:
        await rig.ready()
        for number in range(5):
            await peer.say(f"第{number}句", LIU)
        peer.freeze()
        waiting = asyncio.create_task(rig.send("慢慢来"))
        await asyncio.sleep(0.2)  # long enough for an answer, if there were one
        assert not waiting.done()
        peer.thaw()
        await waiting
        await eventually(lambda: len(rig.inbox.messages) == 5)
        assert [sent.text for sent in peer.sent] == ["慢慢来"]


async def test_words_that_were_announced_are_fetched_on_the_next_line(rig: Rig) -> None:
    line = rig.channel._line
    assert line is not None
    rig.channel._line = None  # between two lines
    await rig.gateway.say("家里断药了", LIU)
    await eventually(lambda: rig.channel._intake.waiting == 1)
    assert rig.inbox.messages == []
    line.drop()
    await rig.hears("家里断药了")


async def test_a_gateway_whose_events_go_nowhere_is_dialled_again(rig: Rig) -> None:
    await rig.gateway.order("faults", dong=False)
    await rig.until(Line.OFFLINE)
    await rig.gateway.order("faults", dong=True)
    await rig.until(Line.ONLINE)
    await works(rig)


async def test_only_one_may_listen_and_the_other_waits_for_its_turn(peer: WechatyGateway) -> None:
    async with wechat(peer) as second_rig_first:
        await second_rig_first.ready()
        async with wechat(peer) as other:
            await eventually(lambda: other.channel.health().detail == Ending.TAKEN.value)
            await works(second_rig_first)
            assert other.channel.health().state is Line.OFFLINE
            await second_rig_first.channel.stop()
            await other.ready()
            await works(other, "轮到我了")


async def test_logged_out_is_said_aloud_and_a_code_is_shown(rig: Rig) -> None:
    async with logged() as log:
        await rig.gateway.order("logout")
        await rig.until(Line.LOGGED_OUT)
        with pytest.raises(Retryable, match="logged_out"):
            await rig.send()
        await rig.gateway.order("scan", qrcode="https://login.example.test/secret-code")
        await eventually(lambda: rig.channel.login_qr == "https://login.example.test/secret-code")
        await rig.gateway.order("scan", qrcode="https://login.example.test/secret-code")
        await rig.gateway.order("login")
        await rig.until(Line.ONLINE)
    assert rig.channel.login_qr is None
    assert len(rig.shown) == 1 and "扫一扫" in rig.shown[0] and "▄" in rig.shown[0]
    assert "ERROR" in log.getvalue() and "secret-code" not in log.getvalue() and LIU not in log.getvalue()
    await works(rig)


async def test_a_gateway_where_nobody_is_logged_in() -> None:
    async with gateway(logged_in=False) as peer, wechat(peer) as rig:
        await peer.order("scan", qrcode="https://login.example.test/1")
        await rig.until(Line.LOGGED_OUT)
        assert "扫码" in rig.channel.health().detail
        await peer.order("login")
        await works(await rig.ready())


async def test_another_account_is_refused(rig: Rig) -> None:
    await rig.gateway.order("logout")
    await rig.gateway.order("login", id="wxid_somebody")
    await rig.until(Line.REFUSED)
    with pytest.raises(Retryable, match="refused"):
        await rig.send()
    assert rig.gateway.sent == []


async def test_new_groups_and_names_are_learnt(rig: Rig) -> None:
    await rig.gateway.order("room", id=room_id(2), topic="清河家属群", members=[ME, ME])
    await eventually(lambda: len(rig.inbox.groups[-1]) == 2)
    await rig.gateway.order("topic", id=GROUP, topic="向阳一家人")
    await eventually(lambda: {group.name for group in rig.inbox.groups[-1]} == {"向阳一家人", "清河家属群"})


async def test_a_thousand_groups_fit() -> None:
    async with gateway(rooms=[(room_id(n), f"{n} 号群") for n in range(1000)]) as peer, wechat(peer) as rig:
        await rig.ready()
        assert len({group.name for group in rig.inbox.groups[0]}) == 1000


async def test_stop_makes_open_sends_unknown_and_ends_in_time(rig: Rig) -> None:
    await rig.gateway.order("faults", answer="silent", echo=False)
    waiting = asyncio.create_task(rig.send())
    await rig.gateway.reaches(1)
    began = monotonic()
    await rig.channel.stop()
    with pytest.raises(Unknown, match="dropped"):
        await waiting
    assert monotonic() - began < 1 and rig.channel.health().state is Line.OFFLINE


async def test_stop_hands_on_what_was_announced(rig: Rig) -> None:
    rig.inbox.hold[LIU] = gate = asyncio.Event()
    for number in range(5):
        await rig.gateway.say(f"第{number}句", LIU)
    await eventually(lambda: rig.channel._lanes.waiting() == 4)
    stopping = asyncio.create_task(rig.channel.stop())
    gate.set()
    await stopping
    assert [message.text for message in rig.inbox.messages] == [f"第{number}句" for number in range(5)]
