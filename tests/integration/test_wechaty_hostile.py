"""What strangers write and what broken gateways announce: the line stays up, and text leaves as text."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.channels.common.text import clean
from bot.events import Line
from tests.hostile import strings
from tests.servers.onebot_rig import eventually
from tests.servers.wechaty_rig import GROUP, Rig, gateway, wechat

LIU = "wxid_liu"
ODD: list[tuple[str, dict[str, Any], str]] = [
    ("message", {}, "bad_id"),
    ("message", {"messageId": None}, "bad_id"),
    ("message", {"messageId": 5}, "bad_id"),
    ("message", {"messageId": {"a": [1]}}, "bad_id"),
    ("message", {"messageId": "x" * 100_000}, "bad_id"),
    ("message", {"messageId": "../a b"}, "bad_id"),
    ("message", {"messageId": "nobody-wrote-this"}, "gone"),
    ("login", {"contactId": None}, ""),
    ("login", {"contactId": "a\nb"}, ""),
    ("scan", {"status": "?", "qrcode": [1]}, ""),
    ("scan", {"status": 2, "qrcode": "x" * 100_000}, ""),
    ("room-join", {"roomId": 7}, ""),
    ("room-topic", {}, ""),
    ("heartbeat", {"data": "x" * 1_000_000}, ""),
    ("error", {"data": "token=warm-token"}, ""),
    ("friendship", {}, ""),
    ("ready", {}, ""),
]


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with gateway() as peer, wechat(peer) as rig:
        yield await rig.ready()


async def still_works(rig: Rig) -> None:
    await rig.gateway.say("还在吗", LIU)
    await rig.hears("还在吗")
    await rig.send("在")
    assert rig.channel.health().state is Line.ONLINE


async def test_odd_announcements_are_counted_and_the_line_stays(rig: Rig) -> None:
    line = rig.channel._line
    for event, payload, reason in ODD:
        before = rig.channel.dropped[reason]
        await rig.gateway.order("announce", event=event, payload=payload)
        if reason:
            await eventually(lambda reason=reason, before=before: rig.channel.dropped[reason] == before + 1)  # type: ignore[misc]
    await still_works(rig)
    assert rig.channel._line is line and rig.channel.login_qr is None


async def test_messages_that_are_no_text_are_passed_over(rig: Rig) -> None:
    for kind in (*range(7), *range(8, 21)):
        await rig.gateway.say("<xml>家里没米了</xml>", LIU, type=kind)
    await still_works(rig)
    assert [message.text for message in rig.inbox.messages] == ["还在吗"]
    assert rig.channel.dropped == {"no_text": 20}


async def test_whatever_people_write_is_read(rig: Rig) -> None:
    said = strings()
    for words in said:
        await rig.gateway.say(words, LIU, GROUP, name=words[:500])
    await eventually(lambda: len(rig.inbox.messages) == len(said))
    for message in rig.inbox.messages:
        assert message.sender.id == LIU and "\x00" not in message.text + message.sender.nickname
    await still_works(rig)


async def test_whatever_the_bot_says_leaves_as_it_is(rig: Rig) -> None:
    said = [words for words in strings() if clean(words)]
    await asyncio.gather(*(rig.send(words, ref=f"d{number}") for number, words in enumerate(said)))
    assert sorted(sent.text for sent in rig.gateway.sent) == sorted(map(clean, said))
    assert not any(sent.mentions for sent in rig.gateway.sent)


async def test_one_message_announced_twice_is_one_message(rig: Rig) -> None:
    """While it waits it is not taken again; later it has the same number, by which the rest knows it."""
    message_id = await rig.gateway.say("家里断药了", LIU)
    await rig.gateway.order("again", id=message_id)
    await still_works(rig)
    await rig.gateway.order("again", id=message_id)
    await eventually(lambda: rig.inbox.messages[-1].text == "家里断药了")
    heard = [message.message_id for message in rig.inbox.messages if message.text == "家里断药了"]
    assert len(heard) in (2, 3) and set(heard) == {message_id}
