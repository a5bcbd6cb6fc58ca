"""The page /sandbox in a real browser: playing a family, watching the alert arrive, and words that stay words."""

from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web
from playwright.async_api import Page, async_playwright, expect

from bot.channels.sandbox import SandboxChannel
from bot.config import Sandbox
from bot.errors import SendError
from bot.events import Chat, GroupInfo, Incoming, Link, Outgoing, OwnMessage, Receipt, Text
from bot.sample import load
from bot.web.app import build
from tests.web import quiet_site

GROUP = "chat-group:g-m1-family"
HOSTILE = "<img src=x onerror=\"document.title='gotcha'\"><script>document.title='gotcha'</script>"


class Bot:
    """Answers in the chat, and tells the chair alone; just enough of a bot to see both arrive."""

    def __init__(self, channel: SandboxChannel) -> None:
        self.channel = channel

    def concerns(self, message: Incoming) -> bool:
        return True

    async def received(self, message: Incoming) -> None:
        await self.tell(message.chat, f"听到了：{message.text}")
        if "没米" in message.text:
            await self.tell(Chat("direct", "s-chair-m1"), "【求助 1】请回：收到 1")

    async def tell(self, chat: Chat, text: str) -> None:
        await self.channel.send(Outgoing("r", chat, (Text(text), Link("javascript:alert(1)", "看这里"))))

    async def settled(self, ref: str, outcome: Receipt | SendError) -> None: ...

    async def echoed(self, channel: str, message: OwnMessage) -> None: ...

    async def learnt(self, channel: str, groups: Sequence[GroupInfo]) -> None: ...


class Site:
    """The server with page and channel; can be taken away and put back at the same port."""

    def __init__(self) -> None:
        self.port = 0

    async def up(self) -> None:
        self.channel = SandboxChannel("sandbox", Sandbox(type="sandbox"), load())
        self.runner = web.AppRunner(build(quiet_site(sandbox="sandbox"), self.channel.routes()))
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self.runner.addresses[0][1]
        await self.channel.start(Bot(self.channel))

    async def down(self) -> None:
        await self.channel.stop()
        await self.runner.cleanup()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.up()
    yield site
    await site.down()


@pytest.fixture(params=[1440, 390, 360])
async def page(request: pytest.FixtureRequest, site: Site, chromium: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": request.param, "height": 800})
        page.on("pageerror", lambda error: errors.append(str(error)))
        errors: list[str] = []
        await page.goto(f"http://127.0.0.1:{site.port}/sandbox")
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "online")
        yield page
        await browser.close()
        assert errors == []


async def write(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("composer").press("Enter")


async def test_a_family_asks_and_the_visitor_follows_the_alert(page: Page) -> None:
    await page.get_by_test_id(GROUP).click()
    await page.get_by_test_id("chip").first.click()
    await expect(page.get_by_test_id("composer")).to_have_value("家里没米了")
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("听到了：家里没米了")
    await expect(page.get_by_test_id("toast")).to_contain_text("主席 王秀兰 收到一条新消息")
    await expect(page.get_by_test_id("persona-unread-total")).to_have_text("1")
    await page.get_by_test_id("toast-action").click()
    await expect(page.get_by_test_id("messages")).to_contain_text("【求助 1】请回：收到 1")
    await expect(page.get_by_test_id("messages")).not_to_contain_text("家里没米了")
    await expect(page.get_by_test_id("persona-unread-total")).to_be_hidden()
    await expect(page.get_by_test_id("persona-button")).to_contain_text("王秀兰")


async def test_each_person_sees_their_own_chats_only(page: Page) -> None:
    await page.get_by_test_id("persona-button").click()
    await page.get_by_test_id("persona-n-02").click()
    await expect(page.get_by_test_id("chat-list").locator("button")).to_have_count(3)
    await expect(page.get_by_test_id(GROUP)).to_have_count(0)


async def test_hostile_words_are_shown_as_words(page: Page) -> None:
    await page.get_by_test_id(GROUP).click()
    await write(page, HOSTILE)
    await expect(page.get_by_test_id("message").last).to_contain_text(HOSTILE)
    assert await page.get_by_test_id("messages").locator("script, img").count() == 0
    assert await page.get_by_test_id("card").get_attribute("href") is None, "no script behind a link"
    assert "gotcha" not in await page.title()


async def test_enter_belongs_to_the_input_method_while_it_composes(page: Page) -> None:
    await page.get_by_test_id(GROUP).click()
    box = page.get_by_test_id("composer")
    await box.fill("nihao")
    await box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await expect(box).to_have_value("nihao")
    await box.press("Shift+Enter")
    await expect(box).to_have_value("nihao\n")
    await box.press("Enter")
    await expect(box).to_have_value("")
    await expect(page.get_by_test_id("message").last).to_contain_text("听到了：nihao")


async def test_it_fits_the_screen(page: Page) -> None:
    await page.get_by_test_id(GROUP).click()
    await write(page, "长" * 300 + "x" * 300)
    await expect(page.get_by_test_id("message")).to_have_count(2)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = await page.evaluate(
        "[...document.querySelectorAll('button, textarea')].filter(e => e.checkVisibility())"
        ".map(e => [e.dataset.testid, e.getBoundingClientRect().height]).filter(([, height]) => height < 40)"
    )
    assert small == []


async def test_a_lost_line_is_shown_and_comes_back_by_itself(page: Page, site: Site) -> None:
    await page.get_by_test_id(GROUP).click()
    await site.down()
    await expect(page.get_by_test_id("connection")).not_to_have_attribute("data-state", "online")
    await write(page, "还没连上")
    await expect(page.get_by_test_id("composer-note")).to_contain_text("还没连上，连上再发")
    await expect(page.get_by_test_id("composer")).to_have_value("还没连上")
    await site.up()
    await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "online", timeout=15_000)
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("听到了：还没连上")


async def test_the_chair_is_offered_the_number_of_the_latest_alert(page: Page, site: Site) -> None:
    await page.get_by_test_id("persona-button").click()
    await page.get_by_test_id("persona-s-chair-m1").click()
    await site.channel.send(Outgoing("r", Chat("direct", "s-chair-m1"), (Text("【求助 27】请回：收到 27"),)))
    await page.get_by_test_id("chat-direct:s-chair-m1").click()
    await expect(page.get_by_test_id("chip").first).to_have_text("收到 27")
    await expect(page.get_by_test_id("toast")).to_have_count(0)
