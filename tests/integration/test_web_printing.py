"""Paper for the day when nothing works: lists without numbers, numbers for a reason, and a row for each household."""

import pytest

from bot import clock
from bot.actions.outreach import calllists
from bot.models import Assignment, Audit, HelpRequest, Household, Round, Unit
from tests import people
from tests.browsing import browsing, look
from tests.web import Console, console

LIU_PHONE, WU_PHONE = "13800000100", "13800000101"
REASON = "停电，照名单打电话"


async def _round() -> int:
    """One round over 向阳, whose H0123 is with the volunteer, while H0124 waits."""
    unit = await Unit.get(code="M1")
    made = await Round.create(name="冬季回访", unit=unit, starts_at=clock.now())
    holder = await people.staff_id(people.VOLUNTEER)
    for code, staff in (("H0123", holder), ("H0124", None)):
        home = await Household.get(code=code)
        held = home.id if staff else None
        await Assignment.create(round_id=made.id, household_id=home.id, staff_id=staff, held_household_id=held)
    return made.id


async def _request() -> int:
    home = await Household.get(code="H0123")
    home.address = "向阳新村 3 栋"
    await home.save()
    one = await HelpRequest.create(
        household_id=home.id,
        unit_id=home.unit_id,
        source="message",
        urgency="urgent",
        kinds=["food"],
        words="家里没米了",
        opened_at=clock.now(),
        assigned_to_id=await people.staff_id(people.VOLUNTEER),
        state="assigned",
    )
    return one.id


async def _looks(action: str = "view.clear") -> list[Audit]:
    return await Audit.filter(action=action).order_by("id")


async def test_a_volunteers_list_has_no_number(database: str) -> None:
    async with console(database) as site:
        await _round()
        page = await site.get("/print/calls", as_=people.VOLUNTEER)
        assert page.status == 200 and "刘桂芳" in page.text and "吴德顺" not in page.text
        assert LIU_PHONE not in page.html and "138****0100" in page.text
        assert [row.detail["list"] for row in await _looks("view.list")] == ["print"]
        assert await _looks() == []


async def test_numbers_come_for_a_reason_and_leave_a_row_a_household(database: str) -> None:
    async with console(database) as site:
        round_id = await _round()
        sent = {"staff": "0", "round": str(round_id), "reason": REASON}
        page = await site.post("/print/calls", sent, as_=people.CHAIR)
        assert page.status == 200 and WU_PHONE in page.text and LIU_PHONE not in page.html
        assert page.headers["Cache-Control"] == "no-store"
        [row] = await _looks()
        assert (row.subject, row.subject_id) == ("household", (await Household.get(code="H0124")).id)
        assert row.reason == REASON and row.detail == {"what": ["phone"], "code": "print"}


@pytest.mark.parametrize("reason", ["", "急", "字" * 101])
async def test_without_a_proper_reason_there_is_no_number(database: str, reason: str) -> None:
    async with console(database) as site:
        await _round()
        page = await site.post("/print/calls", {"reason": reason}, as_=people.VOLUNTEER)
        assert page.status == 422 and "为什么要打印号码" in page.text
        assert LIU_PHONE not in page.html and await _looks() == []


async def test_a_chair_prints_lists_of_their_unit_alone(database: str) -> None:
    async with console(database) as site:
        round_id, volunteer = await _round(), await people.staff_id(people.VOLUNTEER)
        page = await site.get(f"/print/calls?staff={volunteer}", as_=people.CHAIR)
        assert page.status == 200 and "刘桂芳" in page.text
        for address in (f"/print/calls?staff={volunteer}", f"/print/calls?round={round_id}"):
            page = await site.get(address, as_=people.OUTSIDER)
            assert page.status in (403, 404) and "刘桂芳" not in page.html
        data = {"staff": str(volunteer), "reason": REASON}
        page = await site.post("/print/calls", data, as_=people.OUTSIDER)
        assert page.status == 403 and await _looks() == []
        other = await people.staff_id(people.CHAIR)
        assert (await site.get(f"/print/calls?staff={other}", as_=people.VOLUNTEER)).status == 403


async def test_the_list_of_requests_names_nobody(database: str) -> None:
    async with console(database) as site:
        number = await _request()
        page = await site.get("/print/requests", as_=people.CHAIR)
        assert page.status == 200 and f">{number}<" in page.html and "H0123" in page.text
        assert "刘桂芳" not in page.html and "没米" not in page.html
        assert "H0123" not in (await site.get("/print/requests", as_=people.OUTSIDER)).html


async def test_a_sheet_of_a_request(database: str) -> None:
    async with console(database) as site:
        number = await _request()
        address = f"/print/requests/{number}"
        page = await site.get(address, as_=people.VOLUNTEER)
        assert page.status == 200 and "家里没米了" in page.text
        assert LIU_PHONE not in page.html and "向阳新村" not in page.html
        page = await site.post(address, {"reason": " "}, as_=people.VOLUNTEER)
        assert page.status == 422 and LIU_PHONE not in page.html
        page = await site.post(address, {"reason": "送米要联系"}, as_=people.VOLUNTEER)
        assert page.status == 200 and LIU_PHONE in page.text and "向阳新村 3 栋" in page.text
        assert [row.detail["what"] for row in await _looks()] == [["phone"], ["address"]]


async def test_a_long_list_says_that_there_is_more(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.actions.outreach.printing.MOST", 1)
    async with console(database) as site:
        await _round()
        volunteer = await people.staff_id(people.VOLUNTEER)
        wu = await Household.get(code="H0124")
        await Assignment.filter(household_id=wu.id).update(staff_id=volunteer, held_household_id=wu.id)
        assert len(await calllists.mine(volunteer)) == 2
        page = await site.get("/print/calls", as_=people.VOLUNTEER)
        assert "打完这些再打印下一张" in page.text and ("刘桂芳" in page.text) != ("吴德顺" in page.text)


async def _paper(site: Console, chromium: str, number: int) -> None:
    async with browsing(chromium, site, people.CHAIR, width=1440) as page:
        volunteer = await people.staff_id(people.VOLUNTEER)
        for address, name in ((f"/print/calls?staff={volunteer}", "calls"), (f"/print/requests/{number}", "request")):
            await page.goto(address)
            await look(page, f"print-{name}")
            await page.emulate_media(media="print")
            assert await page.locator(".sheet-foot").is_visible()
            for hidden in (".rail", ".sheet-tools", ".page-head"):
                assert not await page.locator(hidden).is_visible()
            await page.set_viewport_size({"width": 700, "height": 1000})  # A4 between its margins, at 96 dpi
            await page.screenshot(path=f"test-output/screens/print-{name}-a4.png")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 700
            await page.set_viewport_size({"width": 1440, "height": 900})
            await page.emulate_media(media="screen")


async def test_on_paper_there_is_only_the_sheet(database: str, chromium: str) -> None:
    async with console(database) as site:
        await _round()
        number = await _request()
        await _paper(site, chromium, number)
        async with browsing(chromium, site, people.VOLUNTEER, width=390) as page:
            await page.goto("/print/calls")
            await look(page, "print-calls")
