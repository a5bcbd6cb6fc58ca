"""Every answer to a send, also the ones that come late: nothing is called sent or unsent without a reason."""

import asyncio
from pathlib import Path

import pytest

from bot.channels.onebot import OneBotChannel
from bot.errors import Permanent, SendError, Unknown
from bot.events import Chat, Image, Line, Outgoing, Receipt, Text
from tests.servers.onebot_rig import FAST, GROUP, Recorder, eventually, forward, outgoing, settings


@pytest.mark.parametrize(
    ("fault", "policy", "code", "delivered"),
    [
        ("async", "unknown", "async", 1),
        ("timeout_1200", "unknown", "timeout", 1),
        ("blocked_1200", "unknown", "timeout", 0),
        ("failed", "unknown", "failed_1200", 0),
        ("muted", "permanent", "muted", 0),
        ("removed", "permanent", "not_in_group", 0),
        ("unsupported", "permanent", "unsupported", 0),
    ],
)
async def test_answers_that_are_not_ok(fault: str, policy: str, code: str, delivered: int) -> None:
    async with forward() as rig:
        await rig.ready()
        rig.peer.faults.set(fault, times=1)
        with pytest.raises(SendError) as caught:
            await rig.send()
        assert (caught.value.policy, caught.value.code) == (policy, code)
        assert len(rig.peer.sent) == delivered
        await rig.send(ref="d2")


async def test_a_group_that_the_account_left() -> None:
    async with forward(groups=1) as rig:
        await rig.ready()
        with pytest.raises(Permanent, match="not_in_group"):
            await rig.send(group="700009999")


async def test_a_late_answer_settles_the_unknown() -> None:
    async with forward(config={"timeout_seconds": 0.1}) as rig:
        await rig.ready()
        rig.peer.faults.set("late", times=1)
        with pytest.raises(Unknown, match="timeout"):
            await rig.send("慢", ref="delivery/17")
        assert await rig.peer.release() == 1
        await eventually(lambda: len(rig.inbox.settlements) == 1)
        ref, outcome = rig.inbox.settlements[0]
        assert ref == "delivery/17" and isinstance(outcome, Receipt)
        assert outcome.message_id == str(rig.peer.sent[0].message_id)


async def test_a_late_refusal_settles_too() -> None:
    async with forward(config={"timeout_seconds": 0.1}) as rig:
        await rig.ready()
        rig.peer.faults.set("late", times=1)
        with pytest.raises(Unknown):
            await rig.send()
        await rig.peer.release(status="failed")
        await eventually(lambda: len(rig.inbox.settlements) == 1)
        assert isinstance(rig.inbox.settlements[0][1], Permanent)


async def test_an_answer_after_our_restart_finds_its_delivery() -> None:
    async with forward() as rig:
        await rig.ready()
        rig.peer.faults.set("late", times=1)
        waiting = asyncio.create_task(rig.send(ref="d9"))
        await rig.peer.wait_sent(1)
        await rig.channel.stop()
        with pytest.raises(Unknown, match="dropped"):
            await waiting
        inbox = Recorder()
        reborn = OneBotChannel("qq", settings(mode="forward", url=rig.peer.url), timing=FAST)
        await reborn.start(inbox)
        await eventually(lambda: reborn.health().state is Line.ONLINE)
        await rig.peer.release()
        await eventually(lambda: len(inbox.settlements) == 1)
        assert inbox.settlements[0][0] == "d9"
        await reborn.stop()


async def test_a_second_answer_is_dropped() -> None:
    async with forward() as rig:
        await rig.ready()
        await rig.send()
        await rig.peer.push({"status": "ok", "retcode": 0, "data": {"message_id": 1}, "echo": rig.peer.sent[0].echo})
        await eventually(lambda: rig.channel.dropped["unknown_echo"] == 1)
        assert rig.inbox.settlements == []


async def test_our_own_message_is_echoed_never_received() -> None:
    async with forward() as rig:
        await rig.ready()
        rig.peer.faults.report_self = True
        receipt = await rig.send("天冷添衣")
        await rig.channel.send(Outgoing("d2", Chat("direct", "20000007"), (Text("已记下"),)))
        await eventually(lambda: len(rig.inbox.echoes) == 2)
        group, direct = sorted(rig.inbox.echoes, key=lambda own: own.chat.kind, reverse=True)
        assert (group.chat, group.text, group.message_id) == (Chat("group", GROUP), "天冷添衣", receipt.message_id)
        assert (direct.chat, direct.text) == (Chat("direct", "20000007"), "已记下")
        assert rig.inbox.messages == []


async def test_many_at_once_each_get_their_own_answer() -> None:
    async with forward(groups=300) as rig:
        await rig.ready()
        numbers = [700_000_001 + at for at in range(300)]
        receipts = await asyncio.gather(*(rig.send(str(n), ref=f"d{n}", group=str(n)) for n in numbers))
        by_group = {sent.chat: str(sent.message_id) for sent in rig.peer.sent}
        assert [receipt.message_id for receipt in receipts] == [by_group[f"group:{n}"] for n in numbers]


@pytest.mark.parametrize("target", ["", "all", "12", "７００００００００１", "700000001;x"])
async def test_what_is_no_group_number_is_never_sent(target: str) -> None:
    async with forward() as rig:
        await rig.ready()
        with pytest.raises(Permanent, match="bad_target"):
            await rig.send(group=target)
        assert "send_group_msg" not in rig.peer.calls


async def test_pictures_go_out_and_bad_ones_do_not(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    async with forward(media=tmp_path) as rig:
        await rig.ready()
        await rig.channel.send(outgoing(Text("看图"), Image("a.png", "一张图")))
        assert rig.peer.sent[0].segments[1] == {"type": "image", "data": {"file": "base64://iVBORw=="}}
        for parts in ((Image("../a.png"),), (Image("none.png"),)):
            with pytest.raises(Permanent, match="bad_media"):
                await rig.channel.send(outgoing(*parts))
        with pytest.raises(Permanent, match="empty"):
            await rig.send("")
        assert len(rig.peer.sent) == 1


async def test_a_cancelled_send_leaves_nothing_behind() -> None:
    async with forward() as rig:
        await rig.ready()
        rig.peer.faults.set("late", times=1)
        waiting = asyncio.create_task(rig.send(ref="d5"))
        await rig.peer.wait_sent(1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await rig.peer.release()
        await eventually(lambda: [ref for ref, _ in rig.inbox.settlements] == ["d5"])
