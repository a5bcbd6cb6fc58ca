"""We dial a real OneBot program: coming up, reading, sending, and every way in which the line can go away."""

import asyncio
import os
import signal
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.onebot import OneBotChannel
from bot.errors import Retryable, Unknown
from bot.events import Chat, Line, Mention, Outgoing, Text
from tests.servers import onebot_wire as wire
from tests.servers.onebot_ledger import read_ledger
from tests.servers.onebot_peer import OneBotPeer
from tests.servers.onebot_rig import FAST, GROUP, TOKEN, Recorder, Rig, eventually, forward, outgoing, settings, spawn

NEVER = msgspec.structs.replace(FAST, backoff_first=60, backoff_max=60)


async def test_coming_up_asks_who_and_where() -> None:
    async with forward(groups=3) as rig:
        assert rig.channel.health().state is Line.CONNECTING
        await rig.ready()
        assert rig.peer.calls[:2] == ["get_login_info", "get_group_list"]
        assert [group.id for group in rig.inbox.groups[0]] == ["700000001", "700000002", "700000003"]
        assert rig.channel.routes() == []


async def test_both_directions() -> None:
    async with forward() as rig:
        await rig.ready()
        await rig.peer.say("家里断药了", user="20000007")
        await rig.peer.say("今天[冷]&", group=GROUP, string=True)
        await eventually(lambda: len(rig.inbox.messages) == 2)
        assert {(m.chat, m.text) for m in rig.inbox.messages} == {
            (Chat("direct", "20000007"), "家里断药了"),
            (Chat("group", GROUP), "今天[冷]&"),
        }
        receipt = await rig.send("多穿点")
        await rig.channel.send(Outgoing("d2", Chat("direct", "20000007"), (Text("收到"),)))
        await rig.channel.send(outgoing(Mention("20000007"), Text(" 请回电")))
        assert [(s.chat, s.text) for s in rig.peer.sent] == [
            (f"group:{GROUP}", "多穿点"),
            ("direct:20000007", "收到"),
            (f"group:{GROUP}", " 请回电"),
        ]
        assert receipt.message_id == str(rig.peer.sent[0].message_id)


async def test_a_wrong_token_is_refused_and_not_dialled_fast() -> None:
    async with forward(config={"token": "wrong"}, timing=msgspec.structs.replace(FAST, refused=60)) as rig:
        await rig.until(Line.REFUSED)
        assert "口令" in rig.channel.health().detail
        with pytest.raises(Retryable, match="refused") as caught:
            await rig.send()
        assert caught.value.retry_after == 60
        assert (rig.peer.refusals, rig.peer.calls, rig.peer.sent) == (1, [], [])


async def test_after_a_wrong_token_the_next_dial_is_far_away() -> None:
    async with forward(token="other") as rig:
        clock = asyncio.get_running_loop().time
        await rig.peer.wait_for(lambda: rig.peer.refusals == 1)
        first = clock()
        await rig.peer.wait_for(lambda: rig.peer.refusals == 2)
        assert clock() - first > FAST.refused * 0.8 > 2 * FAST.backoff_max


@pytest.mark.parametrize(("status", "state"), [(401, Line.REFUSED), (403, Line.REFUSED), (502, Line.OFFLINE)])
async def test_a_door_that_does_not_open(status: int, state: Line) -> None:
    """Some implementations, and proxies before them, refuse at the handshake."""

    async def door(_: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/", door)
    async with TestServer(app) as server:
        channel = OneBotChannel("qq", settings(mode="forward", url=f"ws://127.0.0.1:{server.port}/"), timing=FAST)
        await channel.start(Recorder())
        await eventually(lambda: channel.health().state is state)
        assert channel.health().detail
        await channel.stop()


async def test_a_mended_token_is_taken_up() -> None:
    async with forward(token="other") as rig:
        await rig.until(Line.REFUSED)
        rig.peer.token = TOKEN
        await rig.ready()


async def test_another_account_is_refused() -> None:
    async with forward(config={"self_id": "10000009"}) as rig:
        await rig.until(Line.REFUSED)
        assert "QQ 号" in rig.channel.health().detail
        with pytest.raises(Retryable, match="refused"):
            await rig.send()


async def test_a_peer_that_is_killed_and_comes_back() -> None:
    async with forward() as rig:
        await rig.ready()
        await rig.peer.stop()
        await rig.until(Line.OFFLINE)
        with pytest.raises(Retryable, match="offline"):
            await rig.send()
        await rig.peer.start()
        await rig.ready()
        await rig.send("回来了")
        assert [sent.text for sent in rig.peer.sent] == ["回来了"]


async def test_a_send_whose_line_dies_is_unknown() -> None:
    async with forward() as rig:
        await rig.ready()
        rig.peer.faults.set("drop", times=1)
        with pytest.raises(Unknown, match="dropped"):
            await rig.send("也许到了")
        assert [sent.text for sent in rig.peer.sent] == ["也许到了"]


async def test_a_frozen_peer_is_noticed_by_its_missing_heartbeat() -> None:
    async with forward(heartbeat=0.05, timing=NEVER) as rig:
        await rig.watched()
        rig.peer.freeze()
        waiting = asyncio.create_task(rig.send("没人听"))
        with pytest.raises(Unknown, match="dropped"):
            await waiting
        await rig.until(Line.OFFLINE)
        assert rig.peer.sent == []


async def test_heartbeats_that_come_keep_the_line() -> None:
    async with forward(heartbeat=0.03, timing=NEVER) as rig:
        await rig.watched()
        before = next(iter(rig.peer.sessions))
        await rig.peer.wait_for(lambda: rig.peer.beats >= 12)  # four times as long as silence is borne
        assert before in rig.peer.sessions and rig.channel.health().state is Line.ONLINE


async def test_a_frozen_peer_is_noticed_by_ping_alone() -> None:
    async with forward(timing=msgspec.structs.replace(NEVER, ping=0.2)) as rig:
        await rig.ready()
        rig.peer.freeze()
        await rig.until(Line.OFFLINE)


async def test_a_frozen_peer_that_lets_nobody_in() -> None:
    async with forward(config={"timeout_seconds": 0.1}) as rig:
        await rig.ready()
        rig.peer.freeze()
        rig.peer.kill_connections()
        await rig.until(Line.OFFLINE)
        rig.peer.thaw()
        await rig.until(Line.ONLINE)


async def test_a_line_that_answers_nothing_is_not_online() -> None:
    async with forward(config={"timeout_seconds": 0.05}, timing=NEVER) as rig:
        rig.peer.faults.delay = 60
        await rig.until(Line.OFFLINE)
        assert rig.peer.calls == ["get_login_info"]


async def test_logged_out_and_in_again() -> None:
    async with forward() as rig:
        await rig.ready()
        await rig.peer.set_online(False)
        await rig.until(Line.LOGGED_OUT)
        with pytest.raises(Retryable, match="logged_out"):
            await rig.send()
        await rig.peer.set_online(True)
        await rig.until(Line.ONLINE)
        await rig.send()


async def test_a_bot_offline_notice_logs_out() -> None:
    async with forward() as rig:
        await rig.ready()
        await rig.peer.push(wire.recorded("napcat_bot_offline"))
        await rig.until(Line.LOGGED_OUT)


async def test_a_new_group_is_learnt() -> None:
    async with forward(groups=1) as rig:
        await rig.ready()
        rig.peer.groups = wire.group_list(2)
        await rig.peer.push(wire.recorded("napcat_group_increase"))
        await eventually(lambda: len(rig.inbox.groups[-1]) == 2)


async def test_groups_are_asked_for_again_and_again() -> None:
    async with forward(timing=msgspec.structs.replace(FAST, refresh=0.02)) as rig:
        await eventually(lambda: len(rig.inbox.groups) >= 3)


async def test_ten_thousand_groups_fit() -> None:
    async with forward(groups=10_000) as rig:
        await rig.ready()
        assert len(rig.inbox.groups[0]) == 10_000


async def test_stop_makes_open_sends_unknown_and_closes() -> None:
    async with forward() as rig:
        await rig.ready()
        rig.peer.faults.set("silent")
        waiting = asyncio.create_task(rig.send())
        await rig.peer.wait_sent(1)
        await rig.channel.stop()
        with pytest.raises(Unknown, match="dropped"):
            await waiting
        await rig.peer.wait_for(lambda: not rig.peer.sessions)
        assert rig.channel.health().state is Line.OFFLINE


async def test_stop_hands_on_what_was_read() -> None:
    async with forward() as rig:
        await rig.ready()
        rig.inbox.hold["20000001"] = gate = asyncio.Event()
        for number in range(5):
            await rig.peer.say(f"第{number}句")
        await eventually(lambda: _queued(rig) == 4)
        stopping = asyncio.create_task(rig.channel.stop())
        await rig.peer.wait_for(lambda: not rig.peer.sessions)
        gate.set()
        await stopping
        assert [message.text for message in rig.inbox.messages] == [f"第{number}句" for number in range(5)]


async def test_a_peer_in_another_process_stopped_by_the_system(tmp_path: Path) -> None:
    """SIGSTOP, SIGCONT, SIGKILL on a real process; its ledger tells what had arrived."""
    ledger = tmp_path / "ledger.jsonl"
    process, port = await spawn("--ledger", str(ledger), "--heartbeat", "0.1", "--token", TOKEN)
    inbox = Recorder()
    channel = OneBotChannel("qq", settings(mode="forward", url=f"ws://127.0.0.1:{port}/"), timing=FAST)
    await channel.start(inbox)
    try:
        await eventually(lambda: channel.health().state is Line.ONLINE)
        await channel.send(outgoing(Text("一"), ref="d1"))
        await Rig(channel, OneBotPeer(), inbox).watched()
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(Unknown):
            await channel.send(outgoing(Text("二"), ref="d2"))
        await eventually(lambda: channel.health().state is Line.OFFLINE)
        os.kill(process.pid, signal.SIGCONT)
        await eventually(lambda: channel.health().state is Line.ONLINE)
        await channel.send(outgoing(Text("三"), ref="d3"))
        texts = [sent.text for sent in read_ledger(ledger)]
        assert texts[0] == "一" and texts[-1] == "三"
    finally:
        process.kill()
        await process.wait()
        await eventually(lambda: channel.health().state is Line.OFFLINE)
        await channel.stop()


def _queued(rig: Rig) -> int:
    return rig.channel._lanes.waiting()
