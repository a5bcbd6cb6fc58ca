"""Somebody without a manual: from a family's sentence to a delivery that the family has confirmed, by clicks alone.

With README_SHOTS=1 the four pictures of the READMEs' tour are made anew on the way.
"""

from pathlib import Path
from time import monotonic

from playwright.async_api import Page, ViewportSize, async_playwright, expect

from tests.browsing import watch
from tests.visitor import README, ROOT, started

SIZE = ViewportSize(width=1280, height=800)
ASKS = "家里没米了，谁能帮帮我们"
MINUTES = 5  # for a person; a machine that only clicks needs seconds, and has to stay far below
LARGEST = 150_000  # bytes of a picture
PICTURES = ("tour-1-family", "tour-2-today", "tour-3-request", "tour-4-done")


async def _shoot(page: Page, name: str) -> None:
    await page.mouse.move(1, 1)
    folder = README or ROOT / "test-output" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=folder / f"{name}.png")
    # Taking it leaves empty style attributes behind, which htmx would carry over to what it swaps in.
    await page.evaluate("document.querySelectorAll('[style=\"\"]').forEach(one => one.removeAttribute('style'))")


async def _family(page: Page, address: str) -> None:
    """The start leads to the chat; one is a family at once."""
    await page.goto(address)
    await page.get_by_role("link", name="聊天的一面").click()
    await expect(page.locator("#app")).to_have_attribute("data-ready", "true")
    await page.get_by_test_id("persona-button").click()
    await page.get_by_test_id("persona-f-0001").click()
    await page.get_by_test_id("chat-direct:f-0001").click()
    await page.get_by_test_id("composer").fill(ASKS)
    await page.get_by_test_id("send").click()
    await expect(page.get_by_test_id("message").last).to_contain_text("已经告诉工会主席")
    await _shoot(page, PICTURES[0])


async def _chair(page: Page, address: str) -> None:
    await page.goto(address)
    await page.get_by_test_id("play-王秀兰").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("今天")
    await expect(page.locator("main")).to_contain_text("H0001")
    await _shoot(page, PICTURES[1])
    await page.locator("main a[href='/requests/1']").first.click()
    await expect(page.locator("main")).to_contain_text(ASKS)
    await page.get_by_test_id("acknowledge").click()
    await page.locator("#deed-assign .pick", has_text="陈小满").click()
    await _shoot(page, PICTURES[2])
    await page.get_by_test_id("assign").click()
    await expect(page.locator("[data-done]")).to_contain_text("派给陈小满")


async def _brought(page: Page) -> None:
    """The chair writes down what the volunteer says on the telephone, then what the family says."""
    form = page.locator("#deed-deliver")
    await form.locator("[name=item]").fill("米")
    await form.locator("[name=amount]").fill("10")
    await form.locator("[name=measure]").select_option("斤")
    await form.locator("[name=yuan]").fill("50")
    await page.get_by_test_id("deliver").click()
    await expect(page.locator(".reliefs")).to_contain_text("米10斤（50元）")
    await page.locator("#deed-confirm .chip", has_text="收到了").click()
    await page.get_by_test_id("confirm").click()
    await expect(page.locator("[data-done]")).to_contain_text("家属确认了，这一单办结")
    await expect(page.locator(".reliefs")).to_contain_text("家属确认")
    await page.evaluate("document.querySelector('.reliefs').closest('section').scrollIntoView()")
    await _shoot(page, PICTURES[3])
    await page.goto("/today")
    await expect(page.locator("main")).not_to_contain_text("H0001")


async def test_a_first_use_needs_no_manual(tmp_path: Path, chromium: str) -> None:
    async with started(tmp_path) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            context = await browser.new_context(
                base_url=address, viewport=SIZE, reduced_motion="reduce", locale="zh-CN", timezone_id="Asia/Shanghai"
            )
            page = await context.new_page()
            page.set_default_timeout(15_000)
            troubles, begun = watch(page), monotonic()
            await _family(page, address)
            await _chair(page, address)
            await _brought(page)
            assert monotonic() - begun < 60 * MINUTES / 3 and troubles == []
        finally:
            await browser.close()


def test_the_pictures_of_the_tour_are_there_and_small() -> None:
    for name in PICTURES:
        path = ROOT / "docs" / "images" / f"{name}.png"
        assert 10_000 < path.stat().st_size < LARGEST, path
        for readme in ("README.md", "README.zh-CN.md"):
            assert f"docs/images/{path.name}" in (ROOT / readme).read_text("utf-8")
