"""Requests on pages: the deeds of the chat, nothing overwritten that another did meanwhile, nothing shown to others."""

import asyncio
import re

from bot.actions.requests import steps
from bot.models import Audit, HelpRequest, Household, Relief
from tests import people
from tests.deeds import do, seen, thing
from tests.people import CHAIR, DEPUTY, EDITOR, LIU, NEED, OUTSIDER, STRANGER, TOP_CHAIR, VOLUNTEER
from tests.room import Room
from tests.web import console


async def test_the_whole_way_from_the_first_word_to_the_confirmation(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        assert "收到了" in (await do(site, "acknowledge")).text
        page = await do(site, "assign", ("name", "陈小满"), *thing("米", "10", "斤"), *thing("油", "1", "桶", "186"))
        assert "派给陈小满了，已经通知" in page.text and "米10斤、油1桶（186元）" in page.text
        page = await do(site, "deliver", who=VOLUNTEER)  # empty: as promised
        assert "明天会问家属" in page.text
        page = await do(site, "confirm", ("verdict", "confirmed"), who=VOLUNTEER)
        assert "这一单办结" in page.text
        request = await HelpRequest.get(id=1)
        assert (request.state, request.closed_as) == ("closed", "helped")
        assert [(row.item, row.value_fen, row.state) for row in await Relief.all().order_by("id")] == [
            ("米", 0, "confirmed"),
            ("油", 18600, "confirmed"),
        ]
        said = [one.step for one in await steps.history(1)]
        assert said == ["raised", "acknowledged", "assigned", "delivered", "confirmed", "closed"]


async def test_who_comes_second_is_told_and_changes_nothing(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        old = await seen(site, DEPUTY)
        await do(site, "assign", ("name", "陈小满"))
        before = await HelpRequest.get(id=1).values()
        for deed, field in (
            ("acknowledge", ("nothing", "")),
            ("assign", ("name", "赵志强")),
            ("close", ("how", "no_need")),
            ("kinds", ("kinds", "money")),
        ):
            page = await do(site, deed, field, who=DEPUTY, at=old)
            assert page.status == 409, deed
            assert re.search(r"1 号已经派给 陈小满（\S+ \S+ 王秀兰）。", page.text) and "写“" not in page.text
            assert f'data-seen="{old}"' not in page.html  # fresh: the next try is with open eyes
            assert field[0] != "name" or 'value="赵志强"' in page.html  # what was typed stays
        assert await HelpRequest.get(id=1).values() == before


async def test_words_that_came_meanwhile_are_read_first(database: str) -> None:
    async with console(database) as site:
        room = Room()
        await room.say(NEED, LIU)
        old = await seen(site)
        unchanged = await site.get(f"/requests/1/news?seen={old}", as_=CHAIR, hx=True)
        await room.say("米还没有，老人饿了一天", LIU)
        assert "刚才有变化" in (await site.get(f"/requests/1/news?seen={old}", as_=CHAIR, hx=True)).text
        assert "刚才有变化" not in unchanged.text
        page = await do(site, "close", ("how", "no_need"), at=old)
        assert page.status == 409 and "家属刚才又说了话" in page.text and "饿了一天" in page.text
        assert (await HelpRequest.get(id=1)).state == "open"


async def test_a_change_of_kind_is_seen_before_anything_else_is_done(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        old = await seen(site)
        await do(site, "kinds", ("kinds", "money"), ("kinds", "food"), who=DEPUTY)
        page = await do(site, "acknowledge", at=old)
        assert page.status == 409 and "赵志强 动过（改类）" in page.text
        assert (await do(site, "acknowledge")).status == 200


REFUSED: list[tuple[str, list[tuple[str, str]], str]] = [
    ("deliver", thing("米", "很多", "斤"), "数量“很多”看不懂"),
    ("deliver", [], "送了什么？"),
    ("assign", [("name", "没有这人")], "没找到“没有这人”"),
    ("assign", [], "派给谁"),
    ("close", [], "结果是什么"),
    ("close", [("how", "duplicate"), ("same_as", "九")], "要写成一个整数"),
    ("close", [("how", "duplicate"), ("same_as", "99")], "没有 99 号求助单"),
    ("refer", [], "转到哪里"),
    ("kinds", [], "至少选一类"),
    ("urgency", [("urgency", "very")], "有多急"),
    ("correct", [("nothing", "1")], "还没有记过送了什么"),
    ("confirm", [("verdict", "confirmed")], "还没有人收到"),
    ("reopen", [], "还没有人收到"),
    ("link", [("who", "H0124")], "不能改到别的户"),
    ("open-family", [("name", "张秀英"), ("category", "富户")], "类别请写其中一个"),
]


async def test_what_cannot_be_done_says_why_and_changes_nothing(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        for deed, fields, said in REFUSED:
            page = await do(site, deed, *fields)
            assert page.status in (404, 409, 422) and said in page.text, (deed, page.text)
            assert "写“" not in page.text and "例如：送达" not in page.text  # words for the chat
            if deed in ("assign", "deliver"):
                assert all(f'value="{value}"' in page.html for name, value in fields if name in ("item", "name"))
        assert (await HelpRequest.get(id=1)).state == "open" and not await Relief.exists()


async def test_the_same_errand_twice_takes_a_tick(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        rice = thing("米", "10", "斤", "50")
        assert (await do(site, "deliver", *rice)).status == 200
        assert (await do(site, "deliver", *rice)).status == 409
        assert (await do(site, "deliver", *rice, ("more", "1"))).status == 200
        page = await do(site, "correct", *thing("米", "5", "斤", "25"))
        assert "更正了" in page.text and "已送到 75 元" in page.text


async def test_it_goes_without_scripts_too(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        page = await do(site, "acknowledge", hx=False)
        assert page.status == 303 and page.location == "/requests/1"
        page = await do(site, "refer", hx=False)
        assert page.status == 422 and "<html" in page.html and "转到哪里" in page.text


async def test_refer_reopen_and_urgency(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        assert "改过来了" in (await do(site, "urgency", ("urgency", "urgent"))).text
        assert "转出去了" in (await do(site, "refer", ("words", "民政"))).text
        page = await do(site, "reopen", ("words", "民政没有管"))
        assert "重新打开" in page.text and "民政没有管" in page.text
        assert (await HelpRequest.get(id=1)).urgency == "urgent"


async def test_a_stranger_finds_a_household_or_gets_one(database: str) -> None:
    async with console(database) as site:
        room = Room()
        await room.say(NEED, STRANGER, people.FAMILY_GROUP, nickname="老马")
        await do(site, "acknowledge", who=TOP_CHAIR)
        page = await do(site, "link", ("who", "H0122"), who=TOP_CHAIR)
        assert page.status == 422 and "H0123" in page.text and "刘桂芳" in page.text
        page = await do(site, "open-family", ("name", "马国庆"), ("category", "困难职工"), who=TOP_CHAIR)
        code = (await Household.all().order_by("-id").first()).code  # type: ignore[union-attr]
        assert f"是 {code} 的了" in page.text
        page = await do(site, "link", ("who", "h0124"), who=TOP_CHAIR)  # it was somebody known after all
        assert "是 H0124 的了" in page.text


async def test_the_phone_is_masked_until_there_is_a_reason(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        page = await site.get("/requests/1", as_=CHAIR)
        assert "138****0100" in page.text and "13800000100" not in page.html
        bare = await site.post("/requests/1/look", {"what": "phone"}, as_=CHAIR, hx=True)
        assert bare.status == 422 and "为什么要看" in bare.text and "13800000100" not in bare.html
        assert (
            await site.post("/requests/1/look", {"what": "all", "reason": "送米"}, as_=CHAIR, hx=True)
        ).status == 422
        page = await site.post("/requests/1/look", {"what": "phone", "reason": "送米要联系"}, as_=CHAIR, hx=True)
        assert 'href="tel:13800000100"' in page.html and page.headers["Cache-Control"] == "no-store"
        row = await Audit.get(action="view.clear")
        assert (row.reason, row.staff_id) == ("送米要联系", await people.staff_id(CHAIR))
        assert (await site.post("/requests/1/look", {"reason": "送米"}, as_=OUTSIDER, hx=True)).status == 404


async def test_the_words_are_for_who_works_on_it(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        page = await site.get("/requests/1", as_=VOLUNTEER)
        assert page.status == 200 and NEED not in page.text and "刘桂芳" not in page.text
        assert not await Audit.filter(action="view.request").exists()
        assert (await do(site, "deliver", *thing("米", "1", "斤"), who=VOLUNTEER)).status == 403
        await do(site, "assign", ("name", "陈小满"))
        page = await site.get("/requests/1", as_=VOLUNTEER)
        assert NEED in page.text and "刘桂芳" in page.text and 'data-testid="close"' not in page.html
        assert await Audit.filter(action="view.request", staff_id=await people.staff_id(VOLUNTEER)).exists()
        assert (await site.get("/requests/1", as_=OUTSIDER)).status == 404
        assert (await site.get("/requests/99", as_=CHAIR)).status == 404
        assert (await site.get("/requests/1", as_=EDITOR)).status == 403


async def test_of_two_chairs_at_the_same_moment_one_wins(database: str) -> None:
    async with console(database) as site:
        await Room().say(NEED, LIU)
        old = await seen(site, CHAIR)
        await site.token(DEPUTY)
        pages = await asyncio.gather(
            do(site, "assign", ("name", "陈小满"), who=CHAIR, at=old),
            do(site, "assign", ("name", "赵志强"), who=DEPUTY, at=old),
        )
        assert sorted(page.status for page in pages) == [200, 409]
        request = await HelpRequest.get(id=1).select_related("assigned_to")
        winner = request.assigned_to
        assert winner is not None and all(f"派给{winner.name}" in page.text.replace(" ", "") for page in pages)
