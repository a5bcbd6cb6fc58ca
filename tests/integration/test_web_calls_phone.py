"""/calls in a phone's browser: the network goes and comes back, an answer is lost, and each call is written once."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Dialog, Locator, Page, Route, expect

from bot import clock
from bot.actions.outreach import callbacks
from bot.actions.outreach.callbacks import Call
from bot.actions.staff import signin
from bot.models import FollowUp, Household, Unit
from tests import people
from tests.browsing import browsing, look
from tests.rounds import households, opened
from tests.web import console

NOTE = "老人说腿疼得下不了炕"
LIU_PHONE = "13800000100"
STORE = """() => new Promise((good) => {
  const asked = indexedDB.open("songnuan-calls");
  asked.onsuccess = () => {
    const store = asked.result.transaction("things").objectStore("things");
    const names = store.getAllKeys(), things = store.getAll();
    things.onsuccess = async () => {
      const text = (thing) => thing?.sealed ? new TextDecoder().decode(thing.sealed.text) : "";
      const key = things.result[names.result.indexOf("key")];
      const out = key && await crypto.subtle.exportKey("raw", key).then(() => "given away", () => "kept");
      good({ names: names.result, texts: things.result.map(text).filter(Boolean), key: out ?? "none" });
    };
  };
})"""


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Of the real day: the phone keeps its page until the end of it, by its own clock."""
    today = clock.local(clock.now()).replace(hour=12, minute=0)
    clock.use(lambda: today)
    yield
    clock.use(None)


async def come_in(page: Page) -> None:
    """By the link that the bot wrote; ready once the phone could open the page without a network."""
    token = await signin.issue_link(await people.staff_id(people.VOLUNTEER))
    await page.goto(f"/sign-in/{token}")
    await page.get_by_test_id("enter").click()
    await page.wait_for_url("**/calls")
    await kept(page)


async def kept(page: Page) -> None:
    await expect(page.locator("[data-kept=yes]")).to_have_count(1)


def now(page: Page) -> Locator:
    """The card in hand."""
    return page.locator(".call.now")


def waiting(page: Page) -> Locator:
    return page.locator("[data-waiting-words]")


@pytest.mark.parametrize("width", [390, 1440])
async def test_a_call_survives_a_lost_network(database: str, chromium: str, width: int) -> None:
    async with console(database) as site, browsing(chromium, site, width=width, dark=width == 1440) as page:
        await households("H0301", "H0302")
        await opened()
        await come_in(page)
        await expect(now(page).locator("h2")).to_have_text("刘桂芳本人")
        await look(page, "calls", dark=width == 1440)
        await now(page).get_by_role("button", name="打电话").click()
        await expect(page.locator("[data-number]")).to_have_attribute("href", f"tel:{LIU_PHONE}")
        await page.context.set_offline(True)
        await now(page).locator("textarea").fill(NOTE)
        await now(page).get_by_role("button", name="无人接听").click()
        await expect(waiting(page)).to_have_text("等网络 1 条")
        await nothing_in_clear(page)
        await page.reload()
        await kept(page)
        assert LIU_PHONE not in await page.content()
        await expect(now(page).locator("h2")).to_have_text("吴德顺本人")
        await expect(page.locator(".calls-progress .number")).to_have_text("1/4")
        await now(page).get_by_role("button", name="打电话").click()
        await expect(now(page).get_by_text("没有网络，看不到号码")).to_be_visible()
        await now(page).get_by_role("button", name="接通-平安").click()
        await expect(waiting(page)).to_have_text("等网络 2 条")
        await look(page, "calls-offline", dark=width == 1440)
        assert await FollowUp.all().count() == 0
        await page.context.set_offline(False)
        await expect(page.locator("[data-waiting]")).to_be_hidden()
        await expect(page.locator("[data-latest-words]")).to_have_text("H0124 已记：接通-平安。")
        first, second = await FollowUp.all().order_by("id").select_related("household")
        assert (first.household.code, first.outcome, first.note) == ("H0123", "no_answer", NOTE)
        assert (second.household.code, second.outcome) == ("H0124", "well")
        await page.get_by_role("button", name="撤销").click()
        await expect(now(page).locator("h2")).to_have_text("吴德顺本人")
        assert await FollowUp.filter(undone_at=None).count() == 1


async def test_a_visit_waits_for_the_network_too(database: str, chromium: str) -> None:
    async with console(database) as site, browsing(chromium, site, people.VOLUNTEER, width=360) as page:
        await opened()
        await page.goto("/calls")
        await kept(page)
        await page.context.set_offline(True)
        await expect(now(page).get_by_role("button", name="上门-没遇到人")).to_be_hidden()
        await now(page).get_by_label("是上门去的").check()
        await expect(now(page).get_by_role("button", name="无人接听")).to_be_hidden()
        await now(page).get_by_text("别的结果").click()
        await expect(now(page).get_by_role("button", name="上门-换号搬迁")).to_be_visible()
        await expect(now(page).locator(".outcome[value=busy]")).to_be_hidden()
        await look(page, "calls-visit")
        await now(page).get_by_role("button", name="上门-没遇到人").click()
        await expect(page.locator("[data-latest-words]")).to_have_text("H0123 已记在手机里：上门-没遇到人。")
        await expect(now(page).get_by_role("button", name="接通-平安")).to_be_visible()  # the next one is a call again
        await page.context.set_offline(False)
        await expect(page.locator("[data-latest-words]")).to_contain_text("H0123 已记：上门-没遇到人。")
        call = await FollowUp.get()
        assert call.visited and call.outcome == "no_answer"


async def nothing_in_clear(page: Page) -> None:
    """Neither what was written nor the cards; and the key cannot be had."""
    store = await page.evaluate(STORE)
    assert store["key"] == "kept" and len(store["texts"]) == 2
    assert not any(words in text for text in store["texts"] for words in (NOTE, "刘桂芳", "no_answer", "H0123"))


async def test_an_answer_that_is_lost_makes_no_second_call(database: str, chromium: str) -> None:
    async with console(database) as site, browsing(chromium, site, people.VOLUNTEER) as page:
        await opened()
        await page.goto("/calls")
        await kept(page)
        keys: list[str | None] = []

        async def lose(route: Route) -> None:
            keys.append(route.request.post_data)
            await route.fetch()  # the server has it
            await page.context.set_offline(True)
            await route.abort("internetdisconnected")

        await page.route("**/calls/record", lose)
        await now(page).get_by_text("稍后再打", exact=True).click()
        await now(page).get_by_role("button", name="明天上午").click()
        await expect(waiting(page)).to_have_text("等网络 1 条")
        assert await FollowUp.all().count() == 1
        await page.unroute("**/calls/record")
        await page.context.set_offline(False)
        await expect(page.locator("[data-waiting]")).to_be_hidden()
        await expect(page.locator("[data-latest-words]")).to_contain_text("H0123 已记：稍后再打。下次：")
        assert await FollowUp.all().count() == 1 and len(keys) == 1


async def test_undone_before_it_left_and_refused_after(database: str, chromium: str) -> None:
    async with console(database) as site, browsing(chromium, site, people.VOLUNTEER, width=360) as page:
        await opened()
        await page.goto("/calls")
        await kept(page)
        await page.context.set_offline(True)
        await now(page).get_by_role("button", name="无人接听").click()
        await expect(waiting(page)).to_have_text("等网络 1 条")
        await page.get_by_role("button", name="撤销").click()
        await expect(page.locator("[data-waiting]")).to_be_hidden()
        await expect(now(page).locator("h2")).to_have_text("刘桂芳本人")
        await now(page).get_by_text("接通-需帮助").click()
        await now(page).get_by_label("药品").check()
        await look(page, "calls-need")
        await now(page).get_by_role("button", name="记下，马上提醒主席").click()
        await expect(waiting(page)).to_have_text("等网络 1 条")
        m2 = await Unit.get(code="M2")
        await Household.filter(code="H0123").update(unit_id=m2.id)  # moved away meanwhile
        await page.context.set_offline(False)
        await expect(waiting(page)).to_have_text("1 条没记上")
        await expect(page.locator("[data-line-why]")).to_contain_text("没找到 H0123 这一户")
        await page.get_by_role("button", name="不要了").click()
        await expect(page.locator("[data-waiting]")).to_be_hidden()
        assert await FollowUp.all().count() == 0


async def test_signing_out_asks_first_and_leaves_nothing_on_the_phone(database: str, chromium: str) -> None:
    async with console(database) as site, browsing(chromium, site, people.VOLUNTEER) as page:
        await opened()
        await page.goto("/calls")
        await kept(page)
        await page.route("**/calls/record", lambda route: route.abort("internetdisconnected"))
        await now(page).get_by_role("button", name="无人接听").click()
        await expect(waiting(page)).to_have_text("等网络 1 条")
        await page.goto("/me")
        questions: list[str] = []

        async def answer(dialog: Dialog) -> None:
            questions.append(dialog.message)
            await dialog.accept()

        page.on("dialog", answer)
        await page.get_by_test_id("sign-out").click()
        await page.wait_for_url("**/sign-in")
        assert len(questions) == 1 and "还有没发出去的回访" in questions[0]
        assert (
            await page.evaluate("indexedDB.databases().then((all) => all.length)") == 0
            or (await page.evaluate(STORE))["names"] == []
        )


async def test_an_empty_list_and_a_history_can_be_read(database: str, chromium: str) -> None:
    async with console(database) as site, browsing(chromium, site, people.VOLUNTEER) as page:
        await page.goto("/calls")
        await look(page, "calls-empty")
        await opened()
        rules, times = site.site.rules, site.site.calling
        call = Call("no_answer", "邻居说去女儿家了，后天回来")
        await callbacks.record("H0123", call, await people.staff_id(people.CHAIR), rules, times)
        need = Call("needs_help", "米快没了", ("food",))
        await callbacks.record("H0124", need, await people.staff_id(people.CHAIR), rules, times)
        await page.goto("/calls/H0123")
        await look(page, "calls-story")
        await expect(page.get_by_text("邻居说去女儿家了")).to_be_visible()
