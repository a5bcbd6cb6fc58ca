"""What lies between the pages: units, audit rows and sessions where one subject touches another."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.outreach import assignments
from bot.actions.privacy import audit
from bot.actions.roster import columns as roster_columns
from bot.actions.staff import sessions
from bot.actions.upkeep import screen
from bot.events import Chat, Health, Line, Text
from bot.models import Assignment, Audit, Broadcast, Delivery, Group, HelpRequest, Household, Member, Round, Staff, Unit
from bot.web import gate, imports
from bot.web.app import build
from tests import people
from tests.integration.test_web_import import upload
from tests.integration.test_web_live import line
from tests.room import Room
from tests.web import console, quiet_site


async def only_of(who: str, code: str) -> None:
    """Somebody works for another unit from now on."""
    await Staff.filter(id=await people.staff_id(who)).update(unit_id=(await Unit.get(code=code)).id)


async def in_doubt() -> dict[str, int]:
    """One delivery of each unit's group, and one to a person, none of them sure."""
    groups = {"M1": people.FAMILY_GROUP, "M3": people.WORKERS_GROUP}
    found = {code: (await Group.get(chat_id=chat)).id for code, chat in groups.items()}
    drafts = [
        outbox.Draft(code, "tip", "qq", Chat("group", groups[code]), (Text("喝热水"),), group_id=group)
        for code, group in found.items()
    ]
    await outbox.enqueue([*drafts, outbox.Draft("P", "alert", "qq", Chat("direct", people.CHAIR), (Text("求助"),))])
    await Delivery.all().update(status="unknown", settled_at=clock.now())
    return {row.key: row.id for row in await Delivery.all()}


async def test_an_admin_of_one_mine_resends_for_that_mine_and_it_is_written_down(database: str) -> None:
    health = {"qq": Health(Line.ONLINE, clock.now())}
    async with console(database, channels=lambda: health) as site:
        rows = await in_doubt()
        await only_of(people.ADMIN, "M1")
        page = await site.get("/channels/qq/doubtful", as_=people.ADMIN)
        assert "向阳家属群" in page.text and "松岭职工群" not in page.text and "私聊" not in page.text
        chosen = [("id", str(one)) for one in rows.values()]
        await site.post("/channels/qq/doubtful", chosen, as_=people.ADMIN)
        assert {row.key for row in await Delivery.filter(status="queued")} == {"M1"}
        row = await Audit.get(action="outbox.resend")
        assert (row.staff_id, row.detail["rows"]) == (await people.staff_id(people.ADMIN), 1)


async def test_what_a_leaver_had_goes_to_nobody_outside_the_admins_unit(database: str) -> None:
    async with console(database) as site:
        await only_of(people.ADMIN, "M1")
        family, who = await Household.get(code="H0123"), await people.staff_id(people.VOLUNTEER)
        await HelpRequest.create(
            household=family, unit_id=family.unit_id, source="callback", words="没米了", state="assigned",
            urgency="normal", kinds=["food"], opened_at=clock.now(), assigned_to_id=who, assigned_at=clock.now(),
        )  # fmt: skip
        to = await people.staff_id(people.OUTSIDER)
        page = await site.post(f"/staff/{who}/leave", {"to": str(to)}, as_=people.ADMIN)
        assert page.status == 403
        assert (await Staff.get(id=who)).active
        assert not await HelpRequest.filter(assigned_to_id=to).exists()


async def test_no_page_of_rows_is_opened_unseen(database: str) -> None:
    async with console(database) as site:
        for number in (2**31 - 1, 2**31):  # the latter is no number of a row, and PostgreSQL refuses it
            page = await site.get(f"/figures/rows?what=opened&before={2**49}-{number}", as_=people.CHAIR)
            assert page.status == 200
        assert await Audit.filter(action="view.open", staff_id=await people.staff_id(people.CHAIR)).count() == 2


@pytest.mark.parametrize("said", ["刘桂芳", "刘桂方"])
async def test_whoever_asks_which_household_a_name_is_leaves_a_row(database: str, said: str) -> None:
    async with console(database) as site:
        page = await site.post("/requests/search", {"q": said}, as_=people.VOLUNTEER)
        assert "H0123" in page.location + page.text
        row = await Audit.get(action="view.list", staff_id=await people.staff_id(people.VOLUNTEER))
        assert row.detail["households"] == [(await Household.get(code="H0123")).id]


async def test_a_busy_line_ends_with_its_session_too(database: str) -> None:
    async with console(database) as site, line(site) as one:
        await sessions.end_others(0, by=await people.staff_id(people.CHAIR))
        await audit.note("help.raised", "request", 1)
        async with asyncio.timeout(5):
            assert await one.content.read() == b""


async def test_a_sheet_that_nobody_comes_back_for_goes_by_itself(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, drop = asyncio.Event(), imports.Imports._drop

    def dropped(every: imports.Imports, sheet: imports.Sheet) -> None:
        drop(every, sheet)
        gone.set()

    monkeypatch.setattr(imports.Imports, "_drop", dropped)
    monkeypatch.setattr(imports, "LIFE", timedelta(seconds=0.3))
    async with console(database) as site:
        address = await upload(site)
        [sheet] = site.site.imports._sheets.values()
        assert sheet.path.exists()
        async with asyncio.timeout(5):
            await gone.wait()
        assert not sheet.path.exists()
        assert (await site.get(address, as_=people.CHAIR)).status == 404


def test_a_heading_as_long_as_a_letter_spoils_no_later_upload(tmp_path: Path) -> None:
    heads = {"姓名": "name", "电话": "phone"} | {f"{n}" + "很长的列名" * 390: "" for n in range(40)}
    roster_columns.keep(heads, tmp_path)
    assert [one.fields["姓名"] for one in roster_columns.saved(tmp_path)] == ["name"]


async def test_letters_that_are_none_are_a_stranger_and_no_bug(database: str) -> None:
    assert await sessions.known("\udcff", sessions.Span()) is None


@pytest.mark.parametrize(
    "body",
    [
        "{% if unit %}" * 150 + "水" + "{% endif %}" * 150,
        "{{ " + "not " * 990 + "unit }}",
        "{{ " + "(" * 900 + "unit" + ")" * 900 + " }}",
        "{{ unit" + ".a" * 1500 + " }}",
    ],
)
async def test_a_text_nested_too_deep_is_a_fault_and_no_bug(database: str, body: str) -> None:
    async with console(database) as site:
        page = await site.post("/texts/preview", {"kind": "notices", "title": "水", "body": body}, as_=people.EDITOR)
        assert page.status == 200 and "太复杂了" in page.text


async def test_which_household_was_meant_is_shown_and_written_down(database: str) -> None:
    async with console(database) as site:
        family = await Household.get(code="H0124")
        mine = (await Unit.get(code="M1")).id
        await Member.create(household=family, name="刘桂芳", relation="邻居")
        one = await HelpRequest.create(
            unit_id=mine, source="message", words="没米了", state="acknowledged", urgency="normal", kinds=["food"],
            opened_at=clock.now(), acknowledged_at=clock.now(), acknowledged_by_id=await people.staff_id(people.CHAIR),
        )  # fmt: skip
        seen = {"who": "刘桂芳", "seen": "0"}
        page = await site.post(f"/requests/{one.id}/link", seen, as_=people.CHAIR, hx=True)
        assert page.status == 422 and "邻居" in page.text
        row = await Audit.get(action="view.list", staff_id=await people.staff_id(people.CHAIR))
        assert sorted(row.detail["households"]) == sorted(one.id for one in await Household.filter(unit_id=mine))


async def test_a_chair_who_moved_reads_no_closed_request_of_the_mine_they_left(database: str) -> None:
    async with console(database) as site:
        await Room().say(people.NEED, people.LIU)
        chair, one = await people.staff_id(people.CHAIR), await HelpRequest.get()
        done = {"state": "closed", "closed_as": "helped", "closed_at": clock.now(), "acknowledged_by_id": chair}
        await HelpRequest.filter(id=one.id).update(**done)
        seen = {"what": "phone", "reason": "送米要联系"}
        page = await site.post(f"/requests/{one.id}/look", seen, as_=people.CHAIR, hx=True)
        assert "13800000100" in page.text
        await only_of(people.CHAIR, "M2")
        page = await site.get(f"/requests/{one.id}", as_=people.CHAIR)
        assert people.NEED not in page.text and "刘桂芳" not in page.text
        page = await site.post(f"/requests/{one.id}/look", seen, as_=people.CHAIR, hx=True)
        assert page.status == 403 and "13800000100" not in page.text


async def test_the_screen_of_the_union_is_not_for_an_admin_of_one_mine(database: str) -> None:
    async with console(database) as site:
        token = await screen.open_(await people.staff_id(people.ADMIN))
        await only_of(people.ADMIN, "M1")
        for path in ("/screen/address", "/screen/address/close"):
            assert (await site.post(path, as_=people.ADMIN)).status == 403
        assert await screen.opens(token)


async def test_points_are_no_reason_to_print_numbers(database: str) -> None:
    async with console(database) as site:
        assert (await site.post("/print/calls", {"reason": "。。。。"}, as_=people.VOLUNTEER)).status == 422


async def test_a_name_on_a_printed_list_leaves_a_row_without_a_number_too(database: str) -> None:
    async with console(database) as site:
        family, who = await Household.get(code="H0123"), await people.staff_id(people.VOLUNTEER)
        await Member.filter(household_id=family.id).update(phone=None, phone_index=None)
        made = await Round.create(name="走访", unit_id=family.unit_id, starts_at=clock.now())
        await Assignment.create(round=made, household=family, staff_id=who, held_household_id=family.id)
        page = await site.post("/print/calls", {"reason": "停电了照名单打"}, as_=people.VOLUNTEER)
        assert page.status == 200 and "刘桂芳" in page.text
        row = await Audit.get(action="view.list", staff_id=who)
        assert row.detail["households"] == [family.id]


@pytest.mark.parametrize(("role", "unit"), [("volunteer", "M2"), ("editor", "M1")])
async def test_families_do_not_wait_for_who_works_elsewhere_now(database: str, role: str, unit: str) -> None:
    async with console(database) as site:
        family, who = await Household.get(code="H0123"), await people.staff_id(people.VOLUNTEER)
        made = await Round.create(name="走访", unit_id=family.unit_id, starts_at=clock.now())
        await Assignment.create(
            round=made, household=family, staff_id=who, held_household_id=family.id, assigned_at=clock.now()
        )
        assert await assignments.release(0) == 0
        await site.post(f"/staff/{who}/appoint", {"role": role, "unit": unit}, as_=people.ADMIN)
        assert await assignments.release(0) == 1
        assert (await Assignment.get()).held_household_id is None


def test_of_several_proxies_the_last_one_is_believed() -> None:
    sent = CIMultiDict([("Host", "x"), ("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-For", "203.0.113.7")])
    app = build(quiet_site(behind_proxy=True))
    assert gate.remote_of(make_mocked_request("GET", "/", headers=sent, app=app)) == "203.0.113.7"


async def test_a_number_that_no_row_can_have_is_nobodys(database: str) -> None:
    async with console(database) as site:
        row = await Broadcast.create(schedule_key="x", slot=clock.now(), outcome="fired", fired_at=clock.now(), body="")
        for deed, name in (("forward", "group"), ("resend", "delivery")):
            for number in ("2147483648", "9" * 18):
                page = await site.post(f"/broadcasts/{row.id}/{deed}", {name: number}, as_=people.EDITOR)
                assert page.status in (303, 422), (deed, number)
