"""The screen in the entrance hall: tips and nothing else, without signing in; it goes on when the server is gone."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from bot import clock
from bot.actions.staff.signin import Address
from bot.content.messages import Library
from bot.models import Audit, Broadcast
from bot.web.reads import screen
from tests import people
from tests.browsing import browsing, look
from tests.room import ROOT
from tests.web import Console, console

ALL = 1000
TLS = {"Host": "hall.example", "X-Forwarded-For": "203.0.113.7"}


async def _new_address(site: Console) -> str:
    page = await site.post("/screen/address", as_=people.ADMIN)
    found = re.search(r'href="(/screen/[\w-]+)"', page.html)
    assert page.status == 200 and found
    return found[1]


async def test_the_screen_shows_tips_and_nobody(database: str) -> None:
    async with console(database) as site:
        page = await site.get("/screen")
        assert page.status == 200 and page.html.count("<article") >= screen.LEAST
        for name in ("刘桂芳", "王秀兰", "向阳煤矿", "H0123"):
            assert name not in page.html
        sheet = await site.get("/screen.txt")
        assert sheet.headers["Content-Type"] == "text/plain; charset=utf-8"
        titles = re.findall(r"<h1>(.*?)</h1>", page.html)
        assert titles and all(title in sheet.html for title in titles)


async def test_what_went_out_today_comes_first(database: str) -> None:
    async with console(database) as site:
        now = clock.now()
        sent: dict[str, Any] = {"schedule_key": "x", "slot": now, "fired_at": now, "outcome": "fired", "title": "x"}
        await Broadcast.create(**sent, message_key="tips/med-home-box")
        clock.use(lambda: now.replace(hour=15, minute=59, second=59))  # 23:59:59 there: all of the day is over
        await Broadcast.all().update(slot=now.replace(hour=1))
        title = Library.load(ROOT / "messages").get("tips/med-home-box").title
        assert re.findall(r"<h1>(.*?)</h1>", (await site.get("/screen")).html)[0] == title


async def test_an_address_is_made_by_an_admin_and_ends_with_the_next_one(database: str) -> None:
    async with console(database) as site:
        assert (await site.post("/screen/address", as_=people.CHAIR)).status == 403
        first = await _new_address(site)
        assert (await site.get(first)).status == (await site.get(f"{first}/tips.txt")).status == 200
        second = await _new_address(site)
        assert first != second and (await site.get(first)).status == 404
        assert (await site.get(second)).status == 200
        assert second not in (await site.get("/screen/address", as_=people.ADMIN)).html, "it is shown once"
        assert (await site.post("/screen/address/close", as_=people.ADMIN)).location == "/screen/address"
        assert (await site.get(second)).status == (await site.get("/screen/")).status == 404
        rows = await Audit.filter(subject="setting").order_by("id")
        assert [row.action for row in rows] == ["screen.open", "screen.open", "screen.close"]


async def test_from_elsewhere_only_with_the_address(database: str) -> None:
    async with console(database, pages=Address("https://hall.example", 0), behind_proxy=True) as site:
        token = await _new_address(site)
        for address, status in (("/screen", 403), ("/screen.txt", 403), ("/screen/guess", 404), (token, 200)):
            page = await site.get(address, headers=TLS)
            assert page.status == status, address
        assert page.headers["Cache-Control"] == "no-store" and "max-age" in page.headers["Strict-Transport-Security"]


async def _sizes(page: Page) -> list[str]:
    """Titles of slides that are higher than the room between head and foot."""
    found: list[str] = await page.evaluate(
        """() => {
          const height = (selector) => document.querySelector(selector).getBoundingClientRect().height;
          const room = innerHeight - height(".hall-head") - height(".hall-foot");
          return [...document.querySelectorAll(".slide")]
            .filter((one) => one.getBoundingClientRect().height > room + 1 || one.scrollWidth > one.clientWidth + 1)
            .map((one) => one.querySelector("h1").textContent);
        }"""
    )
    return found


async def test_every_tip_fits_on_a_television(database: str, chromium: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "MOST", ALL)
    monkeypatch.setattr(screen, "LEAST", ALL)
    monkeypatch.setattr(screen, "season_of", lambda local: "winter")
    async with console(database) as site, browsing(chromium, site, width=1920) as page:
        for width, height in ((1920, 1080), (1366, 768), (1024, 768)):
            await page.set_viewport_size({"width": width, "height": height})
            await page.goto("/screen")
            assert await page.locator(".slide").count() > 20
            assert await _sizes(page) == [], (width, height)


async def test_it_turns_and_learns_and_survives(database: str, chromium: str) -> None:
    async with console(database) as site, browsing(chromium, site, width=1440) as page:
        await page.clock.install()
        await page.goto("/screen")
        await look(page, "hall")
        shown = page.locator(".slide:not([data-later]) h1")
        first = await shown.inner_text()
        await page.clock.run_for(20_500)
        await expect(shown).not_to_have_text(first)
        now = clock.now()
        sent: dict[str, Any] = {"schedule_key": "x", "slot": now, "fired_at": now, "outcome": "fired", "title": "x"}
        await Broadcast.create(**sent, message_key="tips/heat-underground")
        async with page.expect_response("**/screen"):
            await page.clock.run_for(40_000)
        new = page.locator(".slide h1", has_text=Library.load(ROOT / "messages").get("tips/heat-underground").title)
        await new.wait_for(state="attached")
        await page.context.set_offline(True)
        async with page.expect_event("requestfailed"):
            await page.clock.run_for(60_000)
        await page.clock.run_for(20_500)
        await expect(shown).to_be_visible()
        assert await page.locator(".slide").count() > screen.LEAST
