"""/rounds through a real server: opened over a part of the roster, given out, moved on, closed; and in Chromium."""

from datetime import timedelta

import pytest

from bot import clock
from bot.models import Assignment, Household, Member, Round, Staff, Unit
from tests import people
from tests.browsing import browsing, look
from tests.web import Console, Page, console

NEW = {"name": "冬季走访", "unit": "M1"}


async def opened(site: Console, **typed: str) -> Round:
    page = await site.post("/rounds/new", NEW | typed, as_=people.CHAIR)
    assert page.status == 303, page.text
    return await Round.get(id=int(page.location.rpartition("/")[2]))


async def held(who: str) -> int:
    return await Assignment.filter(staff_id=await people.staff_id(who)).exclude(held_household_id=None).count()


async def test_a_round_is_opened_over_a_part_of_the_roster(database: str) -> None:
    async with console(database) as site:
        assert "现在没有进行中的回访" in (await site.get("/rounds", as_=people.CHAIR)).text
        page = await site.post("/rounds/count", {"unit": "M1"}, as_=people.CHAIR, hx=True)
        assert "现在符合的有 2 户" in page.text and not await Round.exists()
        made = await opened(site, category="孤寡老人", ends="2027-01-31", cap="20", script="scripts/elder")
        assert (made.segment, made.cap_per_day, made.script_key) == ({"categories": ["孤寡老人"]}, 20, "scripts/elder")
        assert made.ends_at is not None and clock.local(made.ends_at).strftime("%m-%d %H:%M") == "02-01 00:00"
        assert [
            row.household.code for row in await Assignment.filter(round_id=made.id).select_related("household")
        ] == ["H0124"]
        page = await site.get("/rounds", as_=people.CHAIR)
        assert "冬季走访" in page.text and f'href="/roster?round={made.id}&amp;step=free"' in page.html
        assert "冬季走访" not in (await site.get("/rounds", as_=people.OUTSIDER)).text
        assert (await site.get(f"/rounds/{made.id}", as_=people.OUTSIDER)).status == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": " "}, "起个名字"),
        ({"silent": "很久"}, "整数"),
        ({"ends": "2020-01-01"}, "开始以后"),
        ({"ends": "下周"}, "日子要写成"),
        ({"script": "replies/help"}, "没有这份说法"),
        ({"category": "留守儿童"}, "没有一户符合"),
        ({"category": "别的"}, "没有“别的”这个类别"),
        ({"cap": "501"}, "0 到 500"),
    ],
)
async def test_what_makes_no_round_is_refused_at_the_form(database: str, typed: dict[str, str], said: str) -> None:
    async with console(database) as site:
        page = await site.post("/rounds/new", NEW | typed, as_=people.CHAIR)
        assert page.status == 422 and said in page.text and not await Round.exists()
        assert f'value="{typed.get("name", "冬季走访").strip()}"' in page.html


async def test_nobody_opens_one_for_another_mine(database: str) -> None:
    async with console(database) as site:
        page = await site.post("/rounds/new", NEW | {"unit": "M2"}, as_=people.CHAIR)
        assert page.status == 403 and not await Round.exists()
        assert (await site.post("/rounds/count", {"unit": "M2"}, as_=people.CHAIR, hx=True)).status == 403


async def test_households_are_given_out_and_moved_on(database: str) -> None:
    async with console(database) as site:
        made = await opened(site)
        unit, volunteer = await Unit.get(code="M1"), await people.staff_id(people.VOLUNTEER)
        other = await Staff.create(name="马志远", role="volunteer", unit_id=unit.id)
        page = await site.post(f"/rounds/{made.id}/assign", {"to": str(volunteer)}, as_=people.CHAIR)
        assert "分好了" in page.text and "陈小满" in page.text and await held(people.VOLUNTEER) == 2
        page = await site.post(f"/rounds/{made.id}/assign", {"to": str(volunteer)}, as_=people.CHAIR)
        assert "没有可分的户" in page.text
        typed = {"from": str(volunteer), "to": str(other.id)}
        page = await site.post(f"/rounds/{made.id}/move", typed, as_=people.CHAIR)
        assert "移交好了" in page.text and await held(people.VOLUNTEER) == 0
        page = await site.post(
            f"/rounds/{made.id}/move", {"from": str(other.id), "to": str(other.id)}, as_=people.CHAIR
        )
        assert page.status == 422 and "不能交给他自己" in page.text
        outsider = await people.staff_id(people.OUTSIDER)
        page = await site.post(f"/rounds/{made.id}/move", {"from": str(outsider)}, as_=people.CHAIR)
        assert page.status == 403
        assert "2 户" in (await site.get(f"/rounds/{made.id}", as_=people.CHAIR)).text


async def test_a_round_is_closed_once(database: str) -> None:
    async with console(database) as site:
        made = await opened(site)
        volunteer = await people.staff_id(people.VOLUNTEER)
        await site.post(f"/rounds/{made.id}/assign", {"to": str(volunteer)}, as_=people.CHAIR)
        assert (await site.post(f"/rounds/{made.id}/close", as_=people.CHAIR)).location == f"/rounds/{made.id}"
        assert await held(people.VOLUNTEER) == 0
        for deed in ("close", "assign"):
            page: Page = await site.post(f"/rounds/{made.id}/{deed}", as_=people.DEPUTY)
            assert page.status == 409 and "已经结束了" in page.text, deed
        page = await site.get("/rounds?closed=1", as_=people.CHAIR)
        assert "冬季走访" in page.text and "冬季走访" not in (await site.get("/rounds", as_=people.CHAIR)).text


async def test_without_volunteers_it_says_whom_to_ask(database: str) -> None:
    async with console(database) as site:
        made = await opened(site)
        await Staff.filter(role="volunteer").update(active=False)
        page = await site.post(f"/rounds/{made.id}/assign", as_=people.CHAIR)
        assert page.status == 422 and "请先请管理员" in page.text and "songnuan" not in page.text


@pytest.mark.parametrize("width", [390, 1440])
async def test_a_round_in_a_browser(database: str, chromium: str, width: int) -> None:
    async with console(database) as site, browsing(chromium, site, people.CHAIR, width=width) as page:
        unit = await Unit.get(code="M1")
        for number in range(12):
            house = await Household.create(code=f"H05{number:02d}", unit_id=unit.id, category="孤寡老人")
            await Member.create(household_id=house.id, name=f"赵老{'一二三四五六七八九十百千'[number]}")
        await Round.create(name="秋季", unit_id=unit.id, starts_at=clock.now() + timedelta(days=3))
        await page.goto("/rounds/new")
        await page.get_by_label("名字").fill("冬季走访")
        await page.get_by_role("checkbox", name="孤寡老人").check()
        await page.get_by_role("button", name="算一算").click()
        await page.get_by_text("现在符合的有 13 户").wait_for()
        await look(page, "round-new")
        await page.get_by_role("button", name="开始这一轮").click()
        await page.get_by_role("checkbox", name="陈小满").check()
        await page.get_by_role("button", name="分下去").click()
        await page.get_by_text("分好了").wait_for()
        await look(page, "round")
        await page.goto("/rounds")
        await look(page, "rounds")
