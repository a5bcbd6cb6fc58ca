"""The sandbox as its pages meet it: a real websocket on loopback, real files, and an inbox that writes down."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError, web

from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox.pages import BACKLOG_MAX, PAGES_MAX
from bot.config import Sandbox
from bot.errors import Permanent, Retryable, SendError
from bot.events import Chat, File, GroupInfo, Image, Incoming, Line, Link, Mention, Outgoing, OwnMessage, Part, Receipt
from bot.events import Text as T
from bot.sample import load
from bot.web.app import build
from tests.web import quiet_site

FAMILY, NEIGHBOUR, CHAIR = "f-0001", "n-01", "s-chair-m1"
GROUP = Chat("group", "g-m1-family")
WORDS = (
    "<script>alert(1)</script>",
    "'; DROP TABLE x;--",
    "{{ 7*7 }}",
    "\u202e反",
    "a\u0301" * 500,
    "👨‍👩‍👧",
    "[CQ:at,qq=all]",
)


class Notebook:
    """An inbox that remembers what it was told."""

    def __init__(self) -> None:
        self.messages, self.groups = list[Incoming](), list[GroupInfo]()

    def concerns(self, message: Incoming) -> bool:
        return bool(message.text)

    async def received(self, message: Incoming) -> None:
        self.messages.append(message)

    async def settled(self, ref: str, outcome: Receipt | SendError) -> None:
        raise AssertionError("the sandbox answers at once, and does not echo")

    async def echoed(self, channel: str, message: OwnMessage) -> None:
        raise AssertionError

    async def learnt(self, channel: str, groups: Sequence[GroupInfo]) -> None:
        self.groups = list(groups)


class Place:
    """A running sandbox with its page, and a browser's side of it."""

    def __init__(self, channel: SandboxChannel, inbox: Notebook, url: str, client: ClientSession) -> None:
        self.channel, self.inbox, self.url, self.client = channel, inbox, url, client

    @asynccontextmanager
    async def page(self, **headers: str) -> AsyncIterator[ClientWebSocketResponse]:
        async with self.client.ws_connect(f"{self.url}/sandbox/ws", headers={"Origin": self.url} | headers) as page:
            yield page


@asynccontextmanager
async def running(journal: Path | None = None) -> AsyncIterator[Place]:
    channel = SandboxChannel("sandbox", Sandbox(type="sandbox"), load(), journal)
    runner = web.AppRunner(build(quiet_site(sandbox="sandbox"), channel.routes()))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    inbox = Notebook()
    await channel.start(inbox)
    port = runner.addresses[0][1]
    async with ClientSession() as client:
        yield Place(channel, inbox, f"http://127.0.0.1:{port}", client)
    await channel.stop()
    await runner.cleanup()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with running() as place:
        yield place


def words(text: str, chat: Chat = GROUP, who: str = FAMILY, **more: object) -> dict[str, object]:
    return {"do": "say", "as": who, "chat": {"kind": chat.kind, "id": chat.id}, "text": text, "nonce": "n"} | more


async def frame(page: ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """The next frame of this type; others are passed over."""
    async with asyncio.timeout(5):
        while True:
            got: dict[str, Any] = await page.receive_json()
            if got["type"] == kind:
                return got


async def say(page: ClientWebSocketResponse, *args: Any, **more: Any) -> dict[str, Any]:
    await page.send_json(words(*args, **more))
    return await frame(page, "accepted")


def out(chat: Chat, *parts: Part, ref: str = "r1") -> Outgoing:
    return Outgoing(ref, chat, parts)


async def test_a_page_gets_everyone_and_speaks_as_any_of_them(place: Place) -> None:
    async with place.page() as page:
        hello = await frame(page, "hello")
        assert {group["id"] for group in hello["groups"]} == {group.id for group in place.inbox.groups}
        assert {person["user_id"] for person in hello["people"]} >= {FAMILY, NEIGHBOUR, CHAIR}
        accepted = await say(page, "家里没米了")
        await say(page, "今天食堂吃啥", who=NEIGHBOUR)
        await say(page, "我想单独说", Chat("direct", FAMILY))
    got = place.inbox.messages
    assert [(m.sender.id, m.chat, m.text) for m in got] == [
        (FAMILY, GROUP, "家里没米了"),
        (NEIGHBOUR, GROUP, "今天食堂吃啥"),
        (FAMILY, Chat("direct", FAMILY), "我想单独说"),
    ]
    assert got[0].message_id == accepted["id"]
    assert len({m.message_id for m in got}) == 3 and got[0].at < got[1].at < got[2].at
    assert got[0].at.utcoffset() is not None and got[0].sender.nickname == "刘桂芳"


async def test_calling_the_bot_and_quoting_are_told_apart(place: Place) -> None:
    async with place.page() as page:
        await say(page, "@送暖 在吗")
        await say(page, "家里没米了", quoted=True)
    called, quoted = place.inbox.messages
    assert (called.mentions_me, called.quoted) == (True, False)
    assert (quoted.mentions_me, quoted.quoted) == (False, True)


async def test_what_the_bot_sends_reaches_every_open_page_with_all_its_parts(place: Place) -> None:
    words = (Mention(FAMILY, "刘桂芳"), T("路面结冰"))
    parts = (*words, Link("https://example.org", "怎么走"), Image("a.png"), File("b.pdf"))
    async with place.page() as one, place.page() as two:
        await frame(one, "hello"), await frame(two, "hello")
        receipt = await place.channel.send(out(GROUP, *parts))
        for page in (one, two):
            shown = await frame(page, "message")
            assert shown["id"] == receipt.message_id and shown["by"] == "" and shown["ref"] == "r1"
            assert [part["type"] for part in shown["parts"]] == ["mention", "text", "link", "image", "file"]
    assert place.inbox.messages == []


@pytest.mark.parametrize("text", WORDS)
async def test_hostile_words_arrive_as_they_are_and_only_as_text(place: Place, text: str) -> None:
    async with place.page() as page, place.page() as other:
        await say(page, text)
        assert (await frame(other, "message"))["parts"] == [{"type": "text", "text": text}]
    assert place.inbox.messages[0].text == text


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "bad_frame"),
        (b"\x00\xff", "bad_frame"),
        (json.dumps(words("长" * 2001)), "too_long"),
        (json.dumps(words(" ")), "empty"),
        (json.dumps(words("你好", who="nobody")), "no_such_person"),
        (json.dumps(words("你好", Chat("group", "g-staff"))), "not_member"),
        (json.dumps(words("你好", Chat("group", "nowhere"))), "not_member"),
        (json.dumps(words("你好", Chat("direct", CHAIR))), "not_yours"),
    ],
)
async def test_a_wrong_frame_is_answered_and_the_line_stays(place: Place, raw: str | bytes, code: str) -> None:
    async with place.page() as page:
        await (page.send_bytes(raw) if isinstance(raw, bytes) else page.send_str(raw))
        refused = await frame(page, "error")
        assert refused["code"] == code and refused["text"]
        await say(page, "还在")
    assert [m.text for m in place.inbox.messages] == ["还在"]


async def test_a_giant_frame_ends_the_line_not_the_server(place: Place) -> None:
    async with place.page() as page:
        await frame(page, "hello")
        await page.send_str("x" * 200_000)
        async with asyncio.timeout(5):
            assert (await page.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED)
    async with place.page() as page:
        assert await say(page, "还在")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://evil.example", "Host": "evil.example"},
        {"Origin": "http://127.0.0.1.evil.example", "Host": "127.0.0.1.evil.example"},
    ],
)
async def test_pages_of_other_sites_are_kept_out(place: Place, headers: dict[str, str]) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        async with place.page(**headers):
            raise AssertionError("let in")
    assert refused.value.status == 403


async def test_localhost_is_this_machine_as_well(place: Place) -> None:
    port = place.url.rsplit(":", 1)[1]
    async with place.page(Host=f"localhost:{port}", Origin=f"http://localhost:{port}") as page:
        assert await frame(page, "hello")


async def test_too_many_pages_are_turned_away(place: Place) -> None:
    async with AsyncExitStack() as pages:
        for _ in range(PAGES_MAX):
            await frame(await pages.enter_async_context(place.page()), "hello")
        with pytest.raises(WSServerHandshakeError) as refused:
            await pages.enter_async_context(place.page())
        assert refused.value.status == 503


async def test_after_a_restart_the_chat_is_still_there_and_ids_go_on(tmp_path: Path) -> None:
    journal = tmp_path / "sandbox.jsonl"
    async with running(journal) as place, place.page() as page:
        first = await say(page, "家里没米了")
        await place.channel.send(out(Chat("direct", CHAIR), T("求助 1"), ref="alert-1"))
    async with running(journal) as place, place.page() as page:
        hello = await frame(page, "hello")
        assert [(m["by"], m["parts"][0]["text"]) for m in hello["messages"]] == [(FAMILY, "家里没米了"), ("", "求助 1")]
        assert hello["messages"][1]["ref"] == "alert-1"
        again = await say(page, "又一句")
        assert again["id"] != first["id"]
        assert (await place.channel.send(out(GROUP, T("好")))).message_id not in (first["id"], again["id"])
        assert place.inbox.messages[0].text == "又一句", "what was said before is not said again"


async def test_stopping_and_starting_the_same_channel_doubles_nothing(tmp_path: Path) -> None:
    async with running(tmp_path / "sandbox.jsonl") as place:
        await place.channel.send(out(GROUP, T("一")))
        await place.channel.stop()
        await place.channel.start(place.inbox)
        await place.channel.send(out(GROUP, T("二")))
        assert [said.parts for said in place.channel.history(GROUP)] == [(T("一"),), (T("二"),)]


async def test_memory_is_bounded_and_a_page_that_lags_is_given_everything_afresh(place: Place) -> None:
    async with place.page() as page:
        await frame(page, "hello")
        for number in range(BACKLOG_MAX + 100):  # sends never wait, so the page gets no turn in between
            await place.channel.send(out(GROUP, T(str(number))))
        hello = await frame(page, "hello")
        assert hello["messages"][-1]["parts"][0]["text"] == str(BACKLOG_MAX + 99)
        await place.channel.send(out(GROUP, T("后来")))
        assert (await frame(page, "message"))["parts"][0]["text"] == "后来"
    assert len(place.channel.history(GROUP)) == 300


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (out(Chat("group", "nowhere"), T("x")), "no_such_chat"),
        (out(Chat("direct", "nobody"), T("x")), "no_such_chat"),
        (out(GROUP), "empty"),
        (out(GROUP, T("长" * 2001)), "too_long"),
    ],
)
async def test_what_cannot_be_sent_is_refused_for_good(place: Place, message: Outgoing, code: str) -> None:
    with pytest.raises(Permanent) as refused:
        await place.channel.send(message)
    assert refused.value.code == code
    assert place.channel.history(GROUP) == ()


async def test_line_and_stopping(place: Place) -> None:
    assert place.channel.health().state is Line.ONLINE
    async with place.page() as page:
        await frame(page, "hello")
        await asyncio.gather(place.channel.stop(), page.receive())
        assert page.close_code == 1001
    assert place.channel.health().state is Line.OFFLINE
    with pytest.raises(Retryable):
        await place.channel.send(out(GROUP, T("x")))


async def test_the_page_needs_no_inline_script(place: Place) -> None:
    async with place.client.get(f"{place.url}/sandbox") as got:
        html, policy = await got.text(), got.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy
    assert "style=" not in html and "<style" not in html and " onclick" not in html
    assert html.count("<script") == html.count('<script type="module" src="/static/')
    async with place.client.get(f"{place.url}/static/sandbox/main.js") as got:
        assert got.status == 200 and "javascript" in got.content_type
