"""A chair's day in a real browser: a family's sentence appears on the open desk, is taken, and relief is noted."""

import pytest
from playwright.async_api import Page, expect

from tests import people
from tests.browsing import browsing, look
from tests.room import Room
from tests.web import console


async def shown(page: Page, words: str) -> None:
    await expect(page.locator("#request [data-done]")).to_contain_text(words)


@pytest.mark.parametrize(("width", "dark"), [(390, False), (1440, False)])
async def test_a_chair_hears_takes_and_notes_what_was_brought(
    database: str, chromium: str, width: int, dark: bool
) -> None:
    async with console(database) as site, browsing(chromium, site, people.CHAIR, width=width, dark=dark) as page:
        room = Room()
        await page.goto("/today")
        await expect(page.get_by_role("heading", name="现在没有等您的事")).to_be_visible()
        await room.say(people.URGENT, people.LIU)
        row = page.locator("[data-number='1']")
        await expect(row).to_contain_text("H0123")  # nobody touched the page
        await room.say(people.OTHER_NEED, people.WU)
        await expect(page.locator("[data-number='2']")).to_be_visible()
        await look(page, "today")
        await row.get_by_role("link").click()
        await expect(page.get_by_text(people.URGENT).first).to_be_visible()
        await room.say("老人饿了一天", people.LIU)
        await expect(page.get_by_text("老人饿了一天").first).to_be_visible()  # by itself: nobody was typing
        await page.get_by_test_id("acknowledge").click()
        await shown(page, "收到了")
        await page.get_by_label("不在上面的").fill("陈小")
        await room.say("孩子也饿", people.LIU)
        await page.get_by_role("button", name="看最新的").click()  # asks: something was being typed
        await expect(page.get_by_text("孩子也饿").first).to_be_visible()
        await page.get_by_text("陈小满").click()
        await look(page, "request-taken")
        await page.get_by_test_id("assign").click()
        await shown(page, "派给陈小满")
        await page.locator("#deed-deliver").get_by_label("什么").first.fill("米")
        await page.locator("#deed-deliver").get_by_label("数量").fill("10")
        await page.locator("#deed-deliver").get_by_label("值多少元").fill("50.5")
        await page.get_by_role("button", name="再加一样").first.click()
        await page.locator("#deed-deliver .gift-row").nth(1).get_by_label("什么").fill("油")
        await page.get_by_test_id("deliver").click()
        await shown(page, "明天会问家属")
        await expect(page.locator(".reliefs")).to_contain_text("米10斤")
        await look(page, "request-delivered")
        if width == 390:
            await page.goto("/requests")
            await look(page, "requests")


async def test_board_and_figures_are_fit_to_be_seen(database: str, chromium: str) -> None:
    async with console(database) as site, browsing(chromium, site, people.TOP_CHAIR, width=390, dark=True) as page:
        await a_week(Room())
        for path, name in (
            ("/requests?view=board", "board"),
            ("/figures", "figures"),
            ("/figures/rows?what=delivered", "figures-rows"),
        ):
            await page.goto(path)
            await look(page, name, dark=True)
        await page.emulate_media(color_scheme="light")
        await page.set_viewport_size({"width": 1440, "height": 900})
        for path, name in (("/figures", "figures"), ("/requests?view=board", "board")):
            await page.goto(path)
            await look(page, name)


async def a_week(room: Room) -> None:
    """Something in each column, and something to count."""
    for who, words in ((people.LIU, people.URGENT), (people.WU, people.OTHER_NEED), (people.MA, people.NEED)):
        await room.say(words, who)
    for line in ("收到 1", "派 1 陈小满", "送达 1 米10斤 油1桶 186元 现金100元", "回访 H0124 平安", "回访 H0123 未接"):
        await room.say(line, people.CHAIR)
