"""Figures on pages: the same totals as the report, each opened to its rows, and files of the same."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

from bot import clock
from bot.actions.figures import reports
from bot.actions.figures.reports import Span
from bot.actions.staff.scope import scope
from bot.models import Audit, FollowUp, HelpRequest, Household, Relief
from bot.web.reads import figures
from bot.web.views import figures as views
from tests import people
from tests.people import CHAIR, LIU, MA, NEED, OUTSIDER, TOP_CHAIR, URGENT, VOLUNTEER, WU
from tests.room import Room
from tests.web import console

WORK = [
    ("收到 1", CHAIR),
    ("派 1 陈小满 米10斤 面5斤", CHAIR),
    ("送达 1 米10斤 油1桶 186元 现金100元", CHAIR),
    ("更正 1 米8斤 油1桶 170元 现金100元", CHAIR),
    ("送达 2 服务 陪诊", CHAIR),
    ("回访确认 2 收到了", CHAIR),
    ("送达 3 米5斤 30元", people.OUTSIDER),
    ("回访确认 3 没收到", people.OUTSIDER),
    ("回访 H0124 平安", VOLUNTEER),
    ("回访 H0123 未接", VOLUNTEER),
]


async def some_days(room: Room) -> None:
    for who, said in ((LIU, URGENT), (WU, NEED), (MA, NEED)):
        await room.say(said, who)
    for line, who in WORK:
        await room.say(line, who)
    await room.say(people.LIFE, people.STRANGER, people.FAMILY_GROUP)
    await FollowUp.filter(outcome="no_answer").update(at=clock.now() - timedelta(days=40))
    await HelpRequest.filter(id=4).update(opened_at=clock.now() - timedelta(days=3))


async def test_a_total_is_that_of_the_report_and_its_rows(database: str) -> None:
    async with console(database):
        await some_days(Room())
        for who, unit in ((CHAIR, ""), (TOP_CHAIR, ""), (TOP_CHAIR, "M2"), (OUTSIDER, "")):
            for days in (1, 7, 90):
                await same(who, unit, days)


async def same(who: str, unit: str, days: int) -> None:
    me = await people.staff_id(who)
    first, last = figures.today() - timedelta(days=days - 1), figures.today()
    span, units = Span(first, last), await scope(me, ("chair",), unit)
    report = await reports.report(span, units.code, by=me)
    assert any(total.rows for total in report.totals)
    calls = await figures.calls(first, last, units)
    for key, named in views.TOTALS.items():
        expected, found = report.total(key), await figures.total(key, span, units)
        assert calls.get(key, found) == found
        assert (found.households, found.times, found.fen) == (expected.households, expected.times, expected.fen), key
        assert (expected.name, expected.counts) == named
        rows, more = await figures.opened(key, span, units, {})
        opened = [(str(row.at)[:22], row.number, row.household, row.unit, row.staff, row.fen) for row in rows]
        wanted = [(str(row.at)[:22], row.number, row.household, row.unit, row.staff, row.fen) for row in expected.rows]
        assert more is None and sorted(opened, key=str) == sorted(wanted, key=str), key


async def test_what_a_chart_shows_adds_up_to_its_total(database: str) -> None:
    async with console(database) as site:
        await some_days(Room())
        units = await scope(await people.staff_id(TOP_CHAIR), ("chair",))
        span = Span(figures.today() - timedelta(days=89), figures.today())
        days = await figures.calls_by_day(figures.today() - timedelta(days=89), figures.today(), units)
        assert days == {
            figures.today(): {"well": 1},
            figures.today() - timedelta(days=40): {"no_answer": 1},
        }
        opened = (await figures.total("opened", span, units)).times
        assert sum((await figures.requests_by(span, units)).values()) == opened
        waits = await figures.waits(span, units)
        assert sum(waits.values()) == opened == 4 and waits[("never", "emergency")] == 1
        given = await figures.total("delivered", span, units)
        assert given.by_kind == {"goods": 17000, "cash": 10000} and given.fen == 27000
        page = await site.get(f"/figures?first={span.first}", as_=TOP_CHAIR)
        assert page.status == 200 and "270" in page.text and "松岭煤矿" in page.text


async def test_rows_are_narrowed_and_opening_them_is_written_down(database: str) -> None:
    async with console(database) as site:
        await some_days(Room())
        page = await site.get("/figures/rows?what=delivered&gift=cash", as_=CHAIR)
        assert "现金" in page.text and "100" in page.text and "陪诊" not in page.text
        page = await site.get("/figures/rows?what=opened&kind=food", as_=CHAIR)
        assert 'href="/requests/1"' in page.html and 'href="/requests/3"' not in page.html
        rows = await Audit.filter(action="view.open", staff_id=await people.staff_id(CHAIR))
        assert [row.detail["list"] for row in rows] == ["report", "report"]
        assert (await site.get("/figures/rows?what=secrets", as_=CHAIR)).status == 404


async def test_many_rows_are_read_page_by_page(database: str) -> None:
    async with console(database):
        me, family = await people.staff_id(CHAIR), await Household.get(code="H0123")
        at = clock.now()
        made: list[Any] = [
            FollowUp(household_id=family.id, staff_id=me, outcome="well", at=at - timedelta(minutes=n // 3))
            for n in range(figures.PAGE * 2 + 5)
        ]
        await FollowUp.bulk_create(made)
        units, span = await scope(me, ("chair",)), Span(figures.today() - timedelta(days=1), figures.today())
        found, before = [], None
        while True:
            rows, before = await figures.opened("called", span, units, {}, before)
            found += [row.id for row in rows]
            if before is None:
                break
        assert len(found) == len(set(found)) == len(made)


async def test_the_files_hold_the_same_report_and_taking_one_is_written_down(database: str) -> None:
    async with console(database) as site:
        await some_days(Room())
        page = await site.get("/figures.csv", as_=CHAIR)
        assert (
            page.headers["Content-Type"].startswith("text/csv") and "attachment" in page.headers["Content-Disposition"]
        )
        lines = list(csv.reader(StringIO(page.html.removeprefix("\ufeff"))))
        sums = {line[0]: line for line in lines if line[4] and line[0] != "项目"}
        assert sums["救助·送达"][3] == "270" and "孙立新" not in page.html
        assert "刘桂芳" not in page.html
        page = await site.get("/figures.xlsx", as_=CHAIR)
        assert page.status == 200 and page.html.startswith("PK")
        assert await Audit.filter(action="view.open", staff_id=await people.staff_id(CHAIR)).count() == 2
        assert BytesIO(page.html.encode()).read(2) == b"PK"


async def test_an_odd_span_is_explained(database: str) -> None:
    async with console(database) as site:
        for query, said in (
            ("first=2026-12-01&last=2026-11-01", "起始日期在结束日期后面"),
            ("first=1990-01-01", "时间太长了"),
            ("first=yesterday", "日期要写成"),
            ("unit=X9", "没有这个编号的单位"),
        ):
            page = await site.get(f"/figures?{query}", as_=CHAIR)
            assert page.status in (404, 422) and said in page.text


async def test_relief_that_was_corrected_counts_once(database: str) -> None:
    async with console(database):
        await some_days(Room())
        units = await scope(await people.staff_id(CHAIR), ("chair",))
        span = Span(figures.today(), figures.today())
        assert await Relief.filter(request_id=1).count() > 4
        assert (await figures.total("delivered", span, units)).fen == 27000


async def test_days_that_are_over_are_remembered_and_the_last_ones_are_not(database: str) -> None:
    async with console(database):
        me, family = await people.staff_id(CHAIR), await Household.get(code="H0123")
        units, last = await scope(me, ("chair",)), figures.today()
        first = last - timedelta(days=60)
        for _ in range(2):
            for days in (0, 1, 40):
                at = clock.now() - timedelta(days=days)
                await FollowUp.create(household_id=family.id, staff_id=me, outcome="well", at=at)
            found = await figures.calls_by_day(first, last, units)
        assert [found[last - timedelta(days=days)] for days in (0, 1, 40)] == [{"well": 2}, {"well": 2}, {"well": 1}]
