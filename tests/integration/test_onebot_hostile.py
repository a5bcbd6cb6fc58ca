"""What strangers write and what broken programs send: the socket stays open, and text leaves as text."""

import asyncio
from itertools import product
from typing import Any

import msgspec
import pytest

from bot.channels.onebot.frames import MAX_EVENT
from bot.events import Incoming, Line
from tests.servers import onebot_wire as wire
from tests.servers.onebot_rig import Rig, eventually, forward

SEEDS = [
    "[CQ:at,qq=all]",
    "[CQ:image,file=file:///etc/passwd]",
    "[CQ:json,data={&#34;a&#34;:1}]",
    "&#91;CQ:at,qq=all&#93;",
    "&amp;#91;",
    "@全体成员",
    "@all",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\x1b[31m红\x1b[0m",
    "\x1b]0;标题\x07",
    "\u202e反写\u202c",
    "\u2066隔离\u2069",
    "零\u200b宽\u200d字\ufeff",
    "前\x00后",
    "半\ud800个",
    "\udc00\ud83d",
    "\U0001f600\u20e3\U0001f468\u200d\U0001f469",
    "a\r\nb\tc\x0b\x0c",
    '"}]},"echo":"x"',
    "\\u0000\\ud800",
    "{{7*7}} {% raw %} ${x}",
    "'; DROP TABLE delivery; --",
    "Z\u0351\u0352\u0353\u0354algo",
    "\u2028行\u2029段\x85",
]
HOSTILE = [f"{a}{b}" for a, b in product(SEEDS, [*SEEDS[:18], "", " 求助"])]
BAD_FRAMES = [
    (b"", "malformed"),
    (b"{", "malformed"),
    (b"[]", "malformed"),
    (b"null", "malformed"),
    (b"\x00\xff\xfe", "malformed"),
    (b"[" * 50_000, "malformed"),
    (b'{"post_type":["message"]}', "malformed"),
    (b'{"post_type":"message","self_id":10000001}', "malformed"),
    (b"{}", "unknown_echo"),
    (b'{"status":"ok","retcode":0,"echo":"d1/00.1"}', "unknown_echo"),
    (b'{"status":"failed","retcode":1403,"echo":null}', "unknown_echo"),
    (b'{"status":"ok","retcode":0,"echo":{"a":[1]}}', "unknown_echo"),
    (b'{"post_type":"meta_event","meta_event_type":"heartbeat","self_id":10000002}', "wrong_self"),
    (b'{"post_type":"message"}', "wrong_self"),
    (b'{"post_type":"message","self_id":10000001,"message":"x","user_id":"me","message_id":1}', "bad_id"),
    (b'{"post_type":"message","self_id":10000001,"message":"x","user_id":-5,"message_id":1}', "bad_id"),
    (b'{"post_type":"message","self_id":10000001,"message":"' + b"x" * MAX_EVENT + b'"}', "oversized"),
    (b" " * (17 << 20), "oversized"),
]


async def still_works(rig: Rig) -> None:
    """The same socket still reads and sends."""
    await rig.peer.say("还在吗")
    await eventually(lambda: bool(rig.inbox.messages) and rig.inbox.messages[-1].text == "还在吗")
    await rig.send("在")
    assert rig.channel.health().state is Line.ONLINE


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
async def test_bad_frames_are_counted_and_the_socket_stays_open(binary: bool) -> None:
    async with forward() as rig:
        await rig.ready()
        line = next(iter(rig.peer.sessions))
        for frame, reason in BAD_FRAMES:
            before = rig.channel.dropped[reason]
            await rig.peer.raw(frame, binary=binary)
            await eventually(lambda reason=reason, before=before: rig.channel.dropped[reason] == before + 1)  # type: ignore[misc]
        await still_works(rig)
        assert rig.peer.sessions == {line}
        assert rig.channel.dropped.total() == len(BAD_FRAMES)


async def test_an_event_that_is_too_large_is_dropped_while_a_large_answer_is_due() -> None:
    async with forward() as rig:
        await rig.ready()
        rig.peer.faults.set("late", times=1)
        waiting = asyncio.create_task(rig.send())
        await rig.peer.wait_sent(1)
        await rig.peer.say("x" * MAX_EVENT)
        await eventually(lambda: rig.channel.dropped["oversized"] == 1)
        await rig.peer.release()
        await waiting
        assert rig.inbox.messages == []


async def test_heartbeats_with_nonsense() -> None:
    async with forward() as rig:
        await rig.ready()
        beat = wire.heartbeat(rig.peer.self_id, online=True, interval=30)
        nonsense: list[dict[str, Any]] = [{"interval": -1}, {"interval": 0}, {"status": "ok"}, {"status": {}}]
        for changes in (*nonsense, {"interval": 1e30}):
            await rig.peer.push({**beat, **changes})
        await still_works(rig)


async def test_half_characters_arrive_as_replacement() -> None:
    async with forward() as rig:
        await rig.ready()
        for number, half in enumerate((rb"\ud83d", b"\xff"), 1):
            frame = msgspec.json.encode(wire.message(rig.peer.self_id, number, "20000001", "小赵", "@@", None))
            await rig.peer.raw(frame.replace(b"@@", half))
        await eventually(lambda: len(rig.inbox.messages) == 2)
        assert [message.text for message in rig.inbox.messages] == ["\ufffd", "\ufffd"]


async def test_five_hundred_hostile_strings_leave_as_text_only() -> None:
    assert len(set(HOSTILE)) >= 500
    async with forward() as rig:
        await rig.ready()
        for start in range(0, len(HOSTILE), 50):
            await asyncio.gather(*(rig.send(text) for text in HOSTILE[start : start + 50]))
        left = [segment for sent in rig.peer.sent for segment in sent.segments]
        assert [segment["type"] for segment in left] == ["text"] * len(HOSTILE)
        assert [segment["data"] for segment in left] == [{"text": _carried(text)} for text in HOSTILE]


async def test_a_megabyte_leaves_as_one_text() -> None:
    async with forward() as rig:
        await rig.ready()
        await rig.send("暖[CQ:at,qq=all]" * 70_000)
        assert [segment["type"] for segment in rig.peer.sent[0].segments] == ["text"]
        assert len(rig.peer.sent[0].text.encode()) > 1 << 20


async def test_hostile_strings_arrive_without_breaking_anything() -> None:
    async with forward() as rig:
        await rig.ready()
        for text in SEEDS:
            await rig.peer.say(_carried(text), nickname=_carried(text))
        await eventually(lambda: len(rig.inbox.messages) == len(SEEDS))
        assert [message.text for message in rig.inbox.messages] == [_arrived(text) for text in SEEDS]
        assert all(type(message) is Incoming and not message.mentions_me for message in rig.inbox.messages)


async def test_a_slow_chat_holds_up_neither_answers_nor_other_chats() -> None:
    async with forward(heartbeat=0.05) as rig:
        await rig.ready()
        rig.inbox.hold["20000001"] = asyncio.Event()
        for _ in range(200):
            await rig.peer.say("刷屏", user="20000001")
        others = [str(20_000_100 + number) for number in range(20)]
        for user in others:
            await rig.peer.say("求助", user=user)
        await rig.send("照常")
        # Chats that share the slow one's lane wait; with 16 lanes most of twenty do not.
        await eventually(lambda: len(rig.inbox.messages) >= 10)
        rig.inbox.hold["20000001"].set()
        await eventually(lambda: len(rig.inbox.messages) == 220)


async def test_a_flood_is_read_in_order() -> None:
    async with forward() as rig:
        await rig.ready()
        for number in range(6000):  # more than one lane holds
            await rig.peer.say(str(number), user=str(20000001 + number), group="700000001")
        await eventually(lambda: len(rig.inbox.messages) == 6000)
        assert [message.text for message in rig.inbox.messages] == [str(number) for number in range(6000)]


def _carried(text: str) -> str:
    """NUL is taken out and each half of a pair replaced; all else must arrive as it was."""
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text if char != "\x00")


def _arrived(text: str) -> str:
    return _carried(text).strip()
