"""Pages in a real Chromium: somebody signed in, on a phone or at a desk; pictures, and axe, which finds barriers.

Leaving `browsing` fails when a script stumbled or the console showed an error.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Page, async_playwright

from bot.web.gate import COOKIE
from tests.npm import find
from tests.web import Console

ROOT = Path(__file__).parents[1]
SCREENS = ROOT / "test-output" / "screens"
HEIGHTS = {390: 844, 360: 780, 1440: 900}
# Chromium tells of every answer of 4xx; these are a form's own way to say no.
EXPECTED = re.compile(
    r"Failed to load resource: (the server responded with a status of (403|404|409|422)|net::ERR_INTERNET_DISCONNECTED)"
)
SERIOUS = ("serious", "critical")


@asynccontextmanager
async def browsing(
    chromium: str, site: Console, who: str = "", *, width: int = 390, dark: bool = False
) -> AsyncIterator[Page]:
    """A page whose addresses are relative to the site; `who` is an account of tests/people.py, "" for nobody."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            context = await browser.new_context(
                base_url=site.address,
                viewport={"width": width, "height": HEIGHTS.get(width, 800)},
                color_scheme="dark" if dark else "light",
                has_touch=width < 900,
                reduced_motion="reduce",
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
            )
            if who:
                await sign_in(context, site, who)
            page = await context.new_page()
            page.set_default_timeout(15_000)
            troubles = watch(page)
            yield page
            assert troubles == [], troubles
        finally:
            await browser.close()


def watch(page: Page) -> list[str]:
    """What goes wrong on the page from now on is added to the list."""
    troubles: list[str] = []

    def said(message: ConsoleMessage) -> None:
        url = message.location["url"]
        said_no = EXPECTED.match(message.text) and "/static/" not in url
        if message.type == "error" and not said_no:
            troubles.append(f"{message.text} ({url})")

    page.on("console", said)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return troubles


async def sign_in(context: BrowserContext, site: Console, who: str) -> None:
    """As one of the people of tests/people.py, without going through the link."""
    await context.add_cookies([{"name": COOKIE, "value": await site.token(who), "url": site.address}])


async def look(page: Page, name: str, *, dark: bool = False) -> None:
    """Keep a picture of the whole page; nothing may stick out sideways, and axe finds no serious barrier."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    assert size is not None
    width = size["width"]
    height = await page.evaluate("document.documentElement.scrollHeight")
    await page.set_viewport_size({"width": width, "height": max(height, size["height"])})  # else bars float in mid-page
    await page.screenshot(path=SCREENS / f"{name}-{width}{'-dark' if dark else ''}.png")
    await page.set_viewport_size(size)
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name}: {wide} px stick out at {width} px"
    assert await barriers(page) == []


async def barriers(page: Page) -> list[str]:
    """What axe calls serious or critical: which rule, and where."""
    await page.evaluate(await asyncio.to_thread(axe))
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    # Axe leaves empty style attributes behind; htmx would carry them over to what it swaps in, against the policy.
    await page.evaluate("document.querySelectorAll('[style=\"\"]').forEach(one => one.removeAttribute('style'))")
    return [
        f"{rule['id']}: {rule['help']} {[node['html'][:120] for node in rule['nodes'][:3]]}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
    ]


@cache
def axe() -> str:
    """The script of axe; it is evaluated by the debugger, which the policy of the pages does not bind."""
    return find("axe-core/axe.min.js").read_text("utf-8")
