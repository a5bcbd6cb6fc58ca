"""/calls as it is shown: the list, the number on a tap, the history, what a phone keeps, and all without scripts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot import clock
from bot.actions.households.viewing import CLEAR, LISTED
from bot.actions.outreach import callbacks
from bot.actions.outreach.callbacks import SHOWN, Call
from bot.models import Audit, FollowUp, Household
from bot.web.reads import calls as reads
from tests import people
from tests.mycalls import HOUR, KEY, NOON, send, show
from tests.people import ADMIN, CHAIR, EDITOR, OUTSIDER, VOLUNTEER
from tests.rounds import held, households, opened, state_of
from tests.web import console

LIU_PHONE = "13800000100"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    clock.use(lambda: NOON)
    yield
    clock.use(None)


async def test_the_list_has_all_but_the_numbers(database: str) -> None:
    async with console(database) as site:
        await opened()
        await Household.filter(code="H0123").update(best_time="晚上七点以后")
        household = await Household.get(code="H0123")
        household.note, household.may_tell = "胸口疼的老毛病", "只能和女儿说"
        await household.save()
        await callbacks.record(
            "H0124",
            Call("no_answer", "邻居说去女儿家了"),
            await people.staff_id(CHAIR),
            site.site.rules,
            site.site.calling,
        )
        clock.use(lambda: NOON + 25 * HOUR)
        page = await show(site)
        assert page.status == 200 and "我是工会的陈小满" in page.text
        for words in ("刘桂芳", "本人", "方便：晚上七点以后", "王秀兰", "无人接听", "邻居说去女儿家了", "0/2"):
            assert words in page.text, words
        assert LIU_PHONE not in page.html and "胸口疼" not in page.html and "只能和女儿说" not in page.html
        assert (await Audit.get(action=LISTED)).detail["list"] == "calls"
        assert page.headers["X-Keep-Until"] == str(int(datetime(2026, 12, 2, 16, tzinfo=UTC).timestamp() * 1000))
        assert "刘桂芳" not in page.html[: page.html.index("<body")]


async def test_the_number_takes_a_tap_and_leaves_a_row(database: str) -> None:
    async with console(database) as site:
        await opened()
        await site.token(VOLUNTEER)
        page = await site.post("/calls/H0123/dial", as_=VOLUNTEER, hx=True)
        assert f"tel:{LIU_PHONE}" in page.html and page.headers["Cache-Control"] == "no-store"
        row = await Audit.get(action=CLEAR)
        assert row.detail == {"what": ["phone"], "code": "call"} and row.staff_id == await people.staff_id(VOLUNTEER)
        assert await Audit.filter(action=SHOWN).count() == 1
        plain = await site.post("/calls/H0124/dial", as_=VOLUNTEER)
        assert "<title>打电话 · H0124" in plain.html and "tel:13800000101" in plain.html


async def test_the_number_is_for_who_has_to_call_now(database: str) -> None:
    async with console(database) as site:
        await opened()
        for who, status in ((CHAIR, 403), (ADMIN, 403), (OUTSIDER, 404), (EDITOR, 403)):
            await site.token(who)
            page = await site.post("/calls/H0123/dial", as_=who, hx=True)
            assert page.status == status and LIU_PHONE not in page.html
        await site.token(VOLUNTEER)
        await send(site, "H0123", "no_answer")
        page = await site.post("/calls/H0123/dial", as_=VOLUNTEER, hx=True)
        assert page.status == 409 and "还没到要打的时候" in page.text
        clock.use(lambda: NOON + 9 * HOUR)
        page = await site.post("/calls/H0124/dial", as_=VOLUNTEER, hx=True)
        assert page.status == 409 and "现在不是打电话的时候" in page.text
        assert await Audit.filter(action=CLEAR).count() == 0


async def test_a_visit_after_calls_in_vain_is_noted_in_the_history(database: str) -> None:
    async with console(database) as site:
        await opened()
        rules, times, chair = site.site.rules, site.site.calling, await people.staff_id(CHAIR)
        for _ in range(4):
            await callbacks.record("H0123", Call("no_answer"), chair, rules, times)
        assert await state_of("H0123") == ("visit", 4)
        page = await site.get("/calls/H0123", as_=CHAIR)
        assert (
            'action="/calls/H0123" class="call-form"' in page.html and 'name="visited" value="1" checked' in page.html
        )
        typed = {"visited": "1", "note": "门锁着，问了邻居", "key": KEY, "history": "1"}
        page = await site.post("/calls/H0123", typed | {"outcome": "later"}, as_=CHAIR)
        assert page.status == 422 and "结果是什么？请按一个。" in page.text and "门锁着，问了邻居" in page.text
        page = await site.post("/calls/H0123", typed | {"outcome": "well"}, as_=CHAIR)
        assert page.location == "/calls" and await state_of("H0123") == ("done", 5)
        assert "H0123 已记：上门-平安。" in (await show(site, CHAIR)).text
        page = await site.get("/calls/H0124", as_=VOLUNTEER)
        assert "call-form" not in page.html, "it is on the list, with a card of its own"


async def test_without_scripts(database: str) -> None:
    async with console(database) as site:
        await opened()
        await show(site)
        page = await site.post("/calls/H0123", {"outcome": "", "note": "说了很久", "key": KEY}, as_=VOLUNTEER)
        assert page.status == 422 and "结果是什么？请按一个。" in page.text and "说了很久" in page.text
        for _ in range(2):
            page = await site.post("/calls/H0123", {"outcome": "well", "note": "说了很久", "key": KEY}, as_=VOLUNTEER)
            assert page.location == "/calls"
        assert (await FollowUp.get()).note == "说了很久"


async def test_the_card_that_was_picked_has_the_form(database: str) -> None:
    async with console(database) as site:
        await opened()
        for asked, first in (("H0124", "H0124"), ("H0201", "H0123"), ("", "H0123")):
            page = await site.get(f"/calls?at={asked}", as_=VOLUNTEER)
            assert f'class="card call now" id="call-{first}"' in page.html
            assert f'action="/calls/{first}" class="call-form"' in page.html
            assert page.html.count('class="call-form"') == 2, "one in the card, one for scripts to copy"


async def test_handed_back_and_taken(database: str) -> None:
    async with console(database) as site:
        await opened()
        await show(site)
        page = await site.post("/calls/H0123/back", as_=VOLUNTEER)
        assert page.location == "/calls" and await held() == {"H0124": "陈小满"}
        assert (await site.post("/calls/H0123/back", as_=VOLUNTEER)).status == 404
        await send(site, "H0124", "well")
        assert "要打的都打完了" in (await show(site)).text
        page = await site.post("/calls/take", as_=VOLUNTEER)
        assert page.location == "/calls" and await held() == {"H0123": "陈小满"}
        await send(site, "H0123", "well", key=KEY.replace("0001", "0002"))
        page = await site.post("/calls/take", as_=VOLUNTEER)
        assert page.status == 404 and "没有分给您的户" in page.text


async def test_an_empty_list_says_what_to_do(database: str) -> None:
    async with console(database) as site:
        page = await show(site)
        assert "还没有分给您的户" in page.text and "领一户" in page.text


async def test_the_history_is_for_who_calls_and_leaves_a_row(database: str) -> None:
    async with console(database) as site:
        await opened()
        await send(site, "H0123", "needs_help", kinds="food", note="米快没了")
        page = await site.get("/calls/H0123", as_=CHAIR)
        for words in ("刘桂芳", "接通-需帮助", "米快没了", "1 号", "等人收到", "米面粮油", "还没有送过东西。"):
            assert words in page.text, words
        assert LIU_PHONE not in page.html and "刘桂芳" not in page.html[: page.html.index("<body")]
        assert await Audit.filter(action=LISTED, staff_id=await people.staff_id(CHAIR)).count() == 1
        page = await site.get("/calls/H0123", as_=VOLUNTEER)
        assert page.status == 403 and "不在您手上" in page.text, "it is settled, so it is the chair's again"
        assert (await site.get("/calls/H0123", as_=OUTSIDER)).status == 404


async def test_an_open_page_can_ask_whether_it_still_is_right(database: str) -> None:
    async with console(database) as site:
        await opened()
        said = json.loads((await site.get("/calls/state", as_=VOLUNTEER)).html)
        assert said["codes"] == ["H0123", "H0124"] and said["staff"] == await people.staff_id(VOLUNTEER)
        assert said["token"] in (await show(site)).html


async def test_a_long_list_is_small_on_the_way(database: str) -> None:
    async with console(database) as site:
        await households(*(f"H{number:04d}" for number in range(300, 370)))
        await opened()
        page = await site.get("/calls", as_=VOLUNTEER, headers={"Accept-Encoding": "gzip"})
        assert (
            page.html.count("<article ") == reads.CARDS_MOST and "0/72" in page.text and "后面还有 32 户" in page.text
        )
        assert page.headers["Content-Encoding"] == "gzip"


async def test_the_worker_names_what_it_keeps_and_all_of_it_is_there(database: str) -> None:
    async with console(database) as site:
        page = await site.get("/sw.js")
        assert page.headers["Content-Type"].startswith("text/javascript")
        shell = json.loads(page.html.split("const SHELL = ", 1)[1].split(";\n", 1)[0])
        assert len(shell) > 15
        for path in shell:
            assert (await site.get(path)).status == 200, path
        linked = set()
        for part in (await show(site)).html.split('"'):
            if part.startswith("/static/") and ".png" not in part:
                linked.add(part.split("#")[0])
        assert {one for one in linked if one.split("?")[0] not in {kept.split("?")[0] for kept in shell}} == set()
        manifest = json.loads((await site.get("/static/calls/manifest.webmanifest")).html)
        for icon in manifest["icons"]:
            assert (await site.get(icon["src"])).headers["Content-Type"] == "image/png"


async def test_a_volunteer_finds_where_to_go_after_calls_in_vain(database: str) -> None:
    async with console(database) as site:
        await opened()
        rules, times, volunteer = site.site.rules, site.site.calling, await people.staff_id(VOLUNTEER)
        for _ in range(4):
            await callbacks.record("H0123", Call("no_answer"), volunteer, rules, times)
        page = await show(site)
        assert "电话打不通，要上门的" in page.text and 'href="/calls/H0123"' in page.html
        page = await site.get("/calls/H0123", as_=VOLUNTEER)
        assert page.status == 200 and 'name="visited" value="1" checked' in page.html
        typed = {"visited": "1", "note": "院门锁着", "key": KEY, "history": "1"}
        page = await site.post("/calls/H0123", typed | {"outcome": "later"}, as_=VOLUNTEER)
        assert page.status == 422 and "院门锁着" in page.text
        await site.post("/calls/H0123", typed | {"outcome": "well"}, as_=VOLUNTEER)
        assert await state_of("H0123") == ("done", 5)
        assert "要上门的" not in (await show(site)).text
        assert (await site.get("/calls/H0123", as_=VOLUNTEER)).status == 403, "it is settled"
