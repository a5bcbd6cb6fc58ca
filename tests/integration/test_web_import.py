"""A roster is uploaded, its columns are named, it is tried and brought in: through a real server and in Chromium."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from aiohttp import FormData

from bot.actions.roster import columns as roster_columns
from bot.config import Config
from bot.models import Audit, Household
from bot.web.passing import PREFIX
from tests import people
from tests.browsing import browsing, look
from tests.room import SETTINGS
from tests.web import Console, Page, console

SHEET = """户编号,姓名,联系号码,单位,困难类别,家庭住址,党员
H0301,郑玉梅,13800000301,M1,孤寡老人,北岭村 1 号,是
H0302,何国强,138000003,M1,工伤残职工,北岭村 2 号,否
H0303,林桂英,13800000303,M9,孤寡老人,北岭村 3 号,否
H0123,刘桂芳,13800000100,M1,工伤残职工,,否
"""


def form(text: str, name: str = "名册.csv") -> FormData:
    sent = FormData()
    sent.add_field("sheet", text.encode(), filename=name)
    return sent


async def upload(site: Console, text: str = SHEET, who: str = people.CHAIR) -> str:
    page = await site.post("/roster/import", form(text), as_=who)
    assert page.status == 303 and page.location.startswith("/roster/import/")
    return page.location


async def settled(site: Console, address: str, who: str = people.CHAIR) -> Page:
    sheet = site.site.imports.find(address.rpartition("/")[2], await people.staff_id(who))
    assert sheet.task is not None
    await asyncio.wait_for(asyncio.shield(sheet.task), 20)
    return await site.get(f"{address}/state", as_=who, hx=True)


def columns(html: str) -> list[str]:
    """What each column is taken for."""
    rows = [row.split("</select>")[0] for row in html.split('name="column-')[1:]]
    return [row.split('" selected')[0].rpartition('value="')[2] if "selected" in row else "" for row in rows]


CHOSEN = {f"column-{n}": field for n, field in enumerate(("code", "name", "phone", "unit", "category", "address", ""))}


async def test_a_sheet_is_named_tried_and_brought_in(database: str) -> None:
    async with console(database) as site:
        address = await upload(site)
        page = await site.get(address, as_=people.CHAIR)
        assert columns(page.html) == ["code", "name", "", "unit", "category", "address", ""]
        page = await site.post(f"{address}/try", CHOSEN, as_=people.CHAIR, hx=True)
        assert 'hx-trigger="every 1s"' in page.html
        page = await settled(site, address)
        assert "这是试的结果" in page.text and "hx-trigger" not in page.html and "没有用到的列：党员" in page.text
        assert (
            not await Household.filter(code="H0301").exists()
            and not await Audit.filter(action="roster.import").exists()
        )
        assert "电话" in page.text and "没有这个单位" in page.text and "北岭村" not in page.html
        await site.post(f"{address}/run", as_=people.CHAIR)
        page = await settled(site, address)
        assert "导入完了" in page.text
        assert [one.code for one in await Household.filter(code__startswith="H03")] == ["H0301"]
        rows = await Audit.filter(action="roster.import")
        assert {row.staff_id for row in rows} == {await people.staff_id(people.CHAIR)}
        page = await site.get(f"{address}/refused.xlsx", as_=people.CHAIR)
        assert page.html.startswith("PK") and page.headers["Cache-Control"] == "no-store"
        page = await site.post(f"{address}/run", as_=people.CHAIR)
        assert page.status == 409 and "不用再点" in page.text


async def test_a_chair_brings_nothing_into_another_mine(database: str) -> None:
    async with console(database) as site:
        text = "户编号,姓名,单位,类别\nH0123,刘桂芳,,孤寡老人\nH0304,孙红,M1,孤寡老人\n"
        address = await upload(site, text, people.OUTSIDER)
        chosen = {f"column-{n}": field for n, field in enumerate(("code", "name", "unit", "category"))}
        await site.post(f"{address}/try", chosen, as_=people.OUTSIDER)
        page = await settled(site, address, people.OUTSIDER)
        assert "不收" in page.text and "没有要改动的" in page.text
        assert (await Household.get(code="H0123")).category == "工伤残职工"


async def test_a_sheet_is_its_owners_alone(database: str) -> None:
    async with console(database) as site:
        address = await upload(site)
        for path in ("", "/state", "/refused.xlsx"):
            assert (await site.get(address + path, as_=people.DEPUTY)).status == 404
        for path in ("/try", "/run", "/again", "/drop"):
            assert (await site.post(address + path, as_=people.DEPUTY)).status == 404
        folder = site.site.imports.find(address.rpartition("/")[2], await people.staff_id(people.CHAIR)).path.parent
        assert folder.stat().st_mode & 0o077 == 0
        await site.post(f"{address}/drop", as_=people.CHAIR)
        assert not folder.exists() and (await site.get(address, as_=people.CHAIR)).status == 404


async def test_nothing_lies_about_when_the_bot_stops(database: str) -> None:
    async with console(database) as site:
        address = await upload(site)
        folder = site.site.imports.find(address.rpartition("/")[2], await people.staff_id(people.CHAIR)).path.parent
        await site.post(f"{address}/try", CHOSEN, as_=people.CHAIR)
        await site.close()
        assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("名册.pdf", "x", "不是表格"),
        ("名册.csv", "", "表头"),
        ("名册.xlsx", "PK\x03\x04 nonsense", "读不出来"),
    ],
)
async def test_what_is_no_table_is_refused_in_words(database: str, name: str, text: str, said: str) -> None:
    async with console(database) as site:
        page = await site.post("/roster/import", form(text, name), as_=people.CHAIR)
        assert page.status == 422 and said in page.text, page.text
        page = await site.post("/roster/import", {"sheet": ""}, as_=people.CHAIR)
        assert page.status == 422 and "请先选一个文件" in page.text


async def test_columns_that_make_no_roster_are_refused(database: str) -> None:
    async with console(database) as site:
        address = await upload(site)
        page = await site.post(f"{address}/try", CHOSEN | {"column-1": ""}, as_=people.CHAIR, hx=True)
        assert page.status == 422 and "没有“姓名”这一列" in page.text and 'data-state="mapping"' in page.html
        page = await site.post(f"{address}/try", CHOSEN | {"column-1": "id"}, as_=people.CHAIR, hx=True)
        assert page.status == 422 and "请刷新页面再选" in page.text


async def test_columns_are_remembered(database: str, tmp_path: Path) -> None:
    async with console(database, config=Config.model_validate(SETTINGS).at(tmp_path)) as site:
        address = await upload(site)
        await site.post(f"{address}/try", CHOSEN | {"column-5": "", "keep": "1"}, as_=people.CHAIR)
        await settled(site, address)
        assert roster_columns.saved(tmp_path / "mappings") == []
        await site.post(f"{address}/run", as_=people.CHAIR)
        await settled(site, address)
        page = await site.get(await upload(site, SHEET.replace("13800000301", "13800000305")), as_=people.CHAIR)
        assert columns(page.html) == ["code", "name", "phone", "unit", "category", "", ""]
        (one,) = roster_columns.saved(tmp_path / "mappings")
        assert one.fields["联系号码"] == "phone" and one.fields["家庭住址"] == ""


async def test_one_person_keeps_three_sheets(database: str) -> None:
    async with console(database) as site:
        addresses = [await upload(site) for _ in range(4)]
        found = [(await site.get(address, as_=people.CHAIR)).status for address in addresses]
        assert found == [404, 200, 200, 200]


async def test_an_action_that_breaks_says_so(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("13800000301")

    async with console(database) as site:
        address = await upload(site)
        monkeypatch.setattr("bot.actions.roster.importing.import_roster", broken)
        await site.post(f"{address}/try", CHOSEN, as_=people.CHAIR)
        page = await settled(site, address)
        assert "服务器上出了错" in page.text and "13800000301" not in page.html


@pytest.mark.parametrize("width", [390, 1440])
async def test_an_import_with_errors_in_a_browser(database: str, chromium: str, width: int, tmp_path: Path) -> None:
    sheet = tmp_path / "名册.csv"
    sheet.write_text(SHEET, "utf-8")
    async with console(database) as site, browsing(chromium, site, people.CHAIR, width=width) as page:
        await page.goto("/roster/import")
        await look(page, "import")
        await page.set_input_files("#f-sheet", sheet)
        await page.get_by_role("button", name="上传").click()
        await page.get_by_label("联系号码").select_option(label="电话")
        await look(page, "import-columns")
        await page.get_by_role("button", name="试一遍").click()
        await page.locator('#sheet[data-state="tried"]').wait_for()
        await look(page, "import-tried")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="下载改正表").click()
        assert (await (await download.value).path()).stat().st_size > 1000
        await page.get_by_role("button", name="真正导入").click()
        await page.locator('#sheet[data-state="done"]').wait_for()
        await look(page, "import-done")
        await page.get_by_role("link", name="看名册").click()
        await page.get_by_role("link", name="郑玉梅").wait_for()
        await look(page, "roster")
        await page.goto("/roster/H0123")
        await page.get_by_label("为什么", exact=True).fill("送米要联系")
        await page.get_by_role("button", name="看", exact=True).click()
        await page.get_by_test_id("seen").wait_for()
        await look(page, "household")


async def test_a_start_removes_the_sheets_of_a_process_that_was_killed(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / f"{PREFIX}999999999-x"
    left.mkdir()
    (left / "sheet.xlsx").write_text("rows")
    async with console(database):
        assert not left.exists()
