"""The pages of the frame in a real browser: the cookie is kept, the way in works, nothing keeps anybody out."""

import pytest
from playwright.async_api import expect

from bot.actions.privacy import audit
from bot.actions.roster import sample as sample_actions
from bot.actions.staff import signin
from bot.models import db
from bot.sample import load
from bot.web import navigation
from tests import people
from tests.browsing import browsing, look
from tests.web import console

SIZES = pytest.mark.parametrize(("width", "dark"), [(390, False), (1440, True)])


@SIZES
async def test_the_link_of_the_chat_leads_in_and_the_button_out(
    database: str, chromium: str, width: int, dark: bool
) -> None:
    async with console(database) as site, browsing(chromium, site, width=width, dark=dark) as page:
        token = await signin.issue_link(await people.staff_id(people.ADMIN))
        await page.goto("/")
        await look(page, "sign-in", dark=dark)
        await page.goto(f"/sign-in/{token}")
        await look(page, "enter", dark=dark)
        await page.get_by_test_id("enter").click()
        await page.goto("/me")  # the cookie holds over plain http on this machine
        await expect(page.get_by_role("heading", level=1)).to_have_text("周文静")
        assert [one["httpOnly"] for one in await page.context.cookies()] == [True]
        await look(page, "me", dark=dark)
        await page.get_by_role("button", name="English").click()
        await expect(page.get_by_test_id("sign-out")).to_have_text("Sign out")
        await page.get_by_test_id("sign-out").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Staff sign in here")


@SIZES
async def test_a_visitor_comes_in_as_somebody_invented(database: str, chromium: str, width: int, dark: bool) -> None:
    async with db.transaction():
        await sample_actions.create(load(), "sandbox")
    async with (
        console(database, settle=False, sandbox="sandbox", alone=True) as site,
        browsing(chromium, site, width=width, dark=dark) as page,
    ):
        await page.goto("/")
        await look(page, "welcome", dark=dark)
        await page.get_by_test_id("play-陈小满").click()
        await page.goto("/me")
        await expect(page.get_by_role("heading", level=1)).to_have_text("陈小满")


async def test_a_password_is_set_with_the_phone_beside(database: str, chromium: str) -> None:
    async with console(database) as site, browsing(chromium, site, people.ADMIN) as page:
        await page.goto("/me/password")
        await page.get_by_label("新密码").fill("暖壶 矿灯 北岭 六月雪")
        await page.get_by_role("button", name="下一步").click()
        picture = page.get_by_role("img", name="给验证器扫的二维码")
        await expect(picture).to_be_visible()
        assert await picture.evaluate("image => image.naturalWidth") > 100
        await look(page, "password")
        await page.goto("/nowhere", wait_until="commit")
        await expect(page.get_by_role("heading", level=1)).to_have_text("没有这一页")
        await look(page, "trouble")


@pytest.mark.parametrize("width", [360, 1440])
async def test_the_way_around_fits_for_who_may_go_everywhere(database: str, chromium: str, width: int) -> None:
    async with console(database) as site, browsing(chromium, site, people.ADMIN, width=width) as page:
        site.site.paths = frozenset(entry.path for entry in navigation.ENTRIES)
        await page.goto("/me")
        if width == 360:
            await page.get_by_text("更多").click()
            await expect(page.get_by_role("link", name="审计")).to_be_visible()
        await look(page, "navigation")
        await page.keyboard.press("Escape")
        assert await page.get_by_role("link", name="审计").count() == (0 if width == 360 else 1)
        heights = await page.locator("nav a:visible").evaluate_all("all => all.map(a => a.offsetHeight)")
        assert len(heights) >= 4 and min(heights) >= 44


async def test_an_open_page_hears_of_a_change(database: str, chromium: str) -> None:
    async with console(database) as site, browsing(chromium, site, people.CHAIR) as page:
        async with page.expect_response("**/live") as line:
            await page.goto("/me")
        assert (await line.value).status == 200
        await page.evaluate(
            "document.body.addEventListener('live:requests', () => document.body.dataset.heard = 'yes')"
        )
        await audit.note("help.raised", "request", 1)
        await expect(page.locator("body")).to_have_attribute("data-heard", "yes")
