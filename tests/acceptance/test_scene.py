"""What a visitor does first: `songnuan run` as it comes out of the box, and /sandbox in a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from aiohttp import ClientSession
from playwright.async_api import Page, async_playwright, expect

from tests.visitor import started

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "test-output" / "screenshots"
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
FAMILY_GROUP, WITH_BOT = "chat-group:g-m1-family", "chat-direct:s-chair-m1"
ASKS, NEUTRAL = "家里没米了", "您说的，工会看到了，会有人联系您。"


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a bot that was started like a visitor starts it, with everything as shipped."""
    async with started(tmp_path) as address:
        yield address


@asynccontextmanager
async def visitor(chromium: str, address: str, size: dict[str, int], path: str = "/sandbox") -> AsyncIterator[Page]:
    """A browser that complains of anything that goes wrong in the page."""
    trouble: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page(viewport=size, reduced_motion="reduce", locale="zh-CN")  # type: ignore[arg-type]
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda said: trouble.append(said.text) if said.type in ("error", "warning") else None)
        page.on("requestfailed", lambda request: trouble.append(f"failed: {request.url}"))
        page.on("response", lambda answer: trouble.append(answer.url) if answer.status >= 400 else None)
        await page.goto(address + path)
        await expect(page.locator("#app")).to_have_attribute("data-ready", "true")
        yield page
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits the screen"
        await browser.close()
    assert trouble == []


async def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    await page.mouse.move(1, 1)  # nothing is hovered
    await page.screenshot(path=SHOTS / f"{name}-{page.viewport_size['width'] if page.viewport_size else 0}.png")


async def be(page: Page, person: str) -> None:
    await page.get_by_test_id("persona-button").click()
    await expect(page.get_by_test_id("persona-dialog")).to_be_visible()
    await page.get_by_test_id(f"persona-{person}").click()


async def write(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("composer").press("Enter")


async def test_the_first_visit(bot: str, chromium: str) -> None:
    begun = monotonic()
    async with ClientSession() as http, http.get(f"{bot}/healthz") as answer:
        assert answer.status == 200 and (await answer.json())["status"] == "ok"
    async with visitor(chromium, bot, WIDE) as page:
        await a_tip_arrives(page, begun)
        await a_family_asks(page)
        await the_chair_answers(page)
    await on_a_phone(bot, chromium)


async def a_tip_arrives(page: Page, begun: float) -> None:
    await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "online")
    await be(page, "f-0001")
    await page.get_by_test_id(FAMILY_GROUP).click()
    await shoot(page, "1-quiet")
    tip = page.locator('[data-testid=message][data-by="bot"]')
    await expect(tip.first).to_be_visible(timeout=60_000)
    assert monotonic() - begun < 60
    await shoot(page, "2-tip")


async def a_family_asks(page: Page) -> None:
    await write(page, ASKS)
    await expect(page.get_by_test_id("message").last).to_contain_text(NEUTRAL)
    group = await page.get_by_test_id("messages").inner_text()
    assert "H0001" not in group and group.count(ASKS) == 1, "the bot repeats neither name nor need"
    toast = page.get_by_test_id("toast")
    await expect(toast).to_contain_text("主席 王秀兰 收到一条新消息")
    await shoot(page, "3-asked")
    await page.get_by_test_id("chat-direct:f-0001").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("已经告诉工会主席")
    await shoot(page, "4-private")


async def the_chair_answers(page: Page) -> None:
    await be(page, "s-chair-m1")
    await page.get_by_test_id(WITH_BOT).click()
    await expect(page.get_by_test_id("message").last).to_contain_text("H0001 刘桂芳")
    await expect(page.get_by_test_id("message").last).to_contain_text(f"原话：{ASKS}")
    await expect(page.get_by_test_id("chip").first).to_have_text("收到 1")
    await write(page, "收到 1")
    await expect(page.get_by_test_id("message").last).to_contain_text("1 号交给您了：H0001 刘桂芳。")
    await expect(page.get_by_test_id("message").last).to_contain_text("提醒已停")
    await shoot(page, "5-taken")
    await write(page, "求助")
    line = "1 号 H0001 米面粮油（一般），不到 1 分钟前，已收到"
    await expect(page.get_by_test_id("message").last).to_contain_text(line)
    await shoot(page, "6-list")
    await page.get_by_test_id("persona-button").click()
    await expect(page.get_by_test_id("persona-dialog")).to_be_visible()
    await shoot(page, "7-people")
    await page.keyboard.press("Escape")


async def on_a_phone(bot: str, chromium: str) -> None:
    async with visitor(chromium, bot, PHONE, "/sandbox#f-0001") as page:
        await expect(page.get_by_test_id("persona-button")).to_contain_text("刘桂芳")
        await shoot(page, "1-chats")
        await page.get_by_test_id(FAMILY_GROUP).click()
        await expect(page.get_by_test_id("messages")).to_contain_text(NEUTRAL)
        await shoot(page, "2-group")
    async with visitor(chromium, bot, PHONE, "/sandbox#s-chair-m1") as page:
        await page.get_by_test_id(WITH_BOT).click()
        await expect(page.get_by_test_id("messages")).to_contain_text("提醒已停")
        await shoot(page, "3-chair")
        await write(page, "帮助")
        await expect(page.get_by_test_id("message").last).to_contain_text("您可以这样写")
        await expect(page.get_by_test_id("chip").first).to_have_text("收到 1")
        await shoot(page, "4-menu")
