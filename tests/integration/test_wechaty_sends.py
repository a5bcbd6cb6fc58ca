"""What leaves by way of a real gateway, and what is known of it when the answer is late, odd, or never comes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import Permanent, Retryable, SendError, Unknown
from bot.events import Chat, File, Image, Link, Mention, Outgoing, Part, Receipt, Text
from tests.servers.onebot_rig import eventually
from tests.servers.wechaty_process import ME
from tests.servers.wechaty_rig import GROUP, Rig, gateway, outgoing, wechat

PNG = bytes.fromhex("89504e470d0a1a0a") + b"\0" * 2000
LIU = "wxid_liu"
SHORT = 0.3  # seconds


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/冬.png").write_bytes(PNG)
    (tmp_path / "form.docx").write_bytes(b"PK" * 100)
    (tmp_path / "large.png").write_bytes(b"\0" * 3_000_001)
    (tmp_path / "almost.png").write_bytes(b"\0" * 2_990_000)
    async with gateway(people={LIU: "刘桂芳"}) as peer, wechat(peer, media=tmp_path, timeout_seconds=5) as rig:
        yield await rig.ready()


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Rig]:
    """Waits for an answer for a moment only."""
    (tmp_path / "a.png").write_bytes(PNG)
    async with gateway(people={LIU: "刘桂芳"}) as peer, wechat(peer, media=tmp_path, timeout_seconds=SHORT) as rig:
        yield await rig.ready()


async def test_words_to_a_group_and_to_a_person(rig: Rig) -> None:
    receipt = await rig.send("多穿点")
    await rig.channel.send(Outgoing("d2", Chat("direct", LIU), (Text("收到"), Mention(LIU, "桂芳"), Text("放心"))))
    assert [(sent.chat, sent.text) for sent in rig.gateway.sent] == [
        (f"group:{GROUP}", "多穿点"),
        (f"direct:{LIU}", "收到@桂芳\u2005放心"),
    ]
    assert receipt.message_id == str(rig.gateway.sent[0].message_id)
    assert rig.gateway.sent[1].mentions == [], "alone with somebody there is nobody to call"


async def test_a_gateway_that_names_no_id(rig: Rig) -> None:
    await rig.gateway.order("faults", answer="nameless")
    assert (await rig.send()).message_id is None
    assert len(rig.gateway.sent) == 1


async def test_somebody_in_a_group_is_called(rig: Rig) -> None:
    await rig.channel.send(outgoing(Mention(LIU, "桂芳"), Text("请回电")))
    [sent] = rig.gateway.sent
    assert (sent.text, sent.mentions) == ("@桂芳\u2005请回电", [LIU])


async def test_pictures_and_files_go_first_and_all_words_together_last(rig: Rig) -> None:
    parts: tuple[Part, ...] = (
        Text("天冷添衣"),
        Image("images/冬.png"),
        File("form.docx", "申请表"),
        Text("要的请说"),
        Link("https://example.test/a", "怎么申请"),
    )
    receipt = await rig.channel.send(outgoing(*parts))
    picture, form, words = rig.gateway.sent
    assert (picture.file, picture.bytes, picture.media) == ("冬.png", len(PNG), "image/png")
    assert (form.file, form.bytes) == ("申请表.docx", 200)
    assert words.text == "天冷添衣\n要的请说\n怎么申请\nhttps://example.test/a"
    assert receipt.message_id == str(words.message_id)


async def test_the_largest_file_that_is_let_through_is_taken(rig: Rig) -> None:
    await rig.channel.send(outgoing(Image("almost.png")))
    assert [sent.bytes for sent in rig.gateway.sent] == [2_990_000]


CANNOT = [
    (outgoing(Image("large.png")), "bad_media"),
    (outgoing(Image("../secret.png")), "bad_media"),
    (outgoing(Text("")), "empty"),
    (outgoing(), "empty"),
    (outgoing(Text("x"), group=""), "bad_target"),
    (outgoing(Text("x"), group="a b"), "bad_target"),
    (outgoing(Text("x"), group="群"), "bad_target"),
]


async def test_what_cannot_be_sent_is_not(rig: Rig) -> None:
    for out, code in CANNOT:
        with pytest.raises(Permanent, match=code):
            await rig.channel.send(out)
    assert rig.gateway.sent == []


async def test_an_error_of_the_gateway_is_a_doubt_and_is_not_repeated(rig: Rig) -> None:
    await rig.gateway.order("faults", answer="failed_after", wording="风控：天冷添衣 token=abc", times=1, echo=False)
    with pytest.raises(Unknown, match=r"^failed_[a-z]+: ") as caught:
        await rig.send()
    assert "天冷" not in str(caught.value) and "abc" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_a_puppet_that_logs_out_under_us_has_sent_nothing(rig: Rig) -> None:
    await rig.gateway.order("faults", answer="fail", wording="not logged in", times=1)
    with pytest.raises(Retryable, match="logged_out"):
        await rig.send()


async def test_no_answer_is_unknown(hasty: Rig) -> None:
    await hasty.gateway.order("faults", answer="lost")
    with pytest.raises(Unknown, match="timeout"):
        await hasty.send()
    assert hasty.gateway.sent == []


async def test_no_answer_but_the_account_has_shown_it(hasty: Rig) -> None:
    await hasty.gateway.order("faults", answer="silent")
    assert (await hasty.send("到了")).message_id == str(hasty.gateway.sent[0].message_id)


async def test_the_same_words_twice_are_told_apart(hasty: Rig) -> None:
    """One of two has been shown: the other stays in doubt."""
    await hasty.gateway.order("faults", answer="lost", times=1)
    first = asyncio.create_task(hasty.send("一样的", ref="d1"))
    while not (await hasty.gateway.order("stats"))["lost"]:
        continue
    await hasty.gateway.order("faults", answer="silent", times=1)
    second = asyncio.create_task(hasty.send("一样的", ref="d2"))
    found = await asyncio.gather(first, second, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in found) == ["Receipt", "Unknown"]
    assert len(hasty.gateway.sent) == 1


async def test_what_is_shown_late_says_nothing_of_the_next(hasty: Rig) -> None:
    """The same words to the same chat again: the echo of the first must not vouch for the second."""
    await hasty.gateway.order("faults", echo=False)
    await hasty.send("一样的", ref="d1")
    await hasty.gateway.order("faults", answer="lost")
    second = asyncio.create_task(hasty.send("一样的", ref="d2"))
    await hasty.gateway.say("一样的", ME, GROUP)
    with pytest.raises(Unknown, match="timeout"):
        await second
    assert len(hasty.inbox.echoes) == 1


async def test_a_late_answer_settles_the_doubt(hasty: Rig) -> None:
    await hasty.gateway.order("faults", answer="late", echo=False)
    with pytest.raises(Unknown, match="timeout"):
        await hasty.send(ref="d7")
    assert hasty.inbox.settlements == []
    await hasty.gateway.order("release")
    await eventually(lambda: bool(hasty.inbox.settlements))
    [(ref, outcome)] = hasty.inbox.settlements
    assert ref == "d7" and isinstance(outcome, Receipt)
    assert outcome.message_id == str(hasty.gateway.sent[0].message_id)


async def test_half_a_delivery_is_never_called_unsent(hasty: Rig) -> None:
    """The picture is taken, then the account is logged out: by itself that would be tried again."""
    await hasty.gateway.order("faults", delay=0.1)
    sending = asyncio.create_task(hasty.channel.send(outgoing(Image("a.png"), Text("看图"))))
    await hasty.gateway.reaches(1)
    await hasty.gateway.order("faults", answer="fail", wording="not logged in")
    with pytest.raises(Unknown, match="partly"):
        await sending


async def test_a_gateway_that_dies_under_a_send(rig: Rig) -> None:
    await rig.gateway.order("faults", answer="silent", echo=False)
    waiting = asyncio.create_task(rig.send())
    await rig.gateway.reaches(1)
    await rig.gateway.kill()
    with pytest.raises(Unknown, match="dropped"):
        await waiting


async def test_a_send_that_is_given_up_leaves_nothing_behind(rig: Rig) -> None:
    await rig.gateway.order("faults", answer="silent", echo=False)
    waiting = asyncio.create_task(rig.send())
    await rig.gateway.reaches(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await rig.gateway.order("faults", answer="ok")
    await rig.send("下一条")
    assert rig.channel._sends._open == []


async def test_sixty_at_once(rig: Rig) -> None:
    outcomes = await asyncio.gather(*(rig.send(f"第{number}条", ref=f"d{number}") for number in range(60)))
    assert len({outcome.message_id for outcome in outcomes}) == 60
    assert not any(isinstance(outcome, SendError) for outcome in outcomes)
