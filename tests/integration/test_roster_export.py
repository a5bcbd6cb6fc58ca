"""The roster goes out as a table and comes back: nothing changes unless someone changed a cell."""

from pathlib import Path
from typing import Any

import pytest

from bot.actions.roster import exporting, synthetic
from bot.actions.roster import importing as roster
from bot.actions.roster import report as roster_report
from bot.actions.roster.exporting import export_roster
from bot.actions.staff import people
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.models import Audit, Consent, Household, HouseholdDate, Member
from bot.sample.synthetic import HEADER, needs
from bot.sheets import all_rows, read_rows, write

REASON = "上门慰问核对地址"
HOUSEHOLDS = 40


@pytest.fixture
async def sample(database: str) -> None:
    report = await synthetic.put_in(HOUSEHOLDS, 7)
    assert (report.created, report.refused, report.unused) == (HOUSEHOLDS, [], [])


async def stored() -> list[dict[str, Any]]:
    tables = (Household, Member, HouseholdDate, Consent)
    return [row for table in tables for row in await table.all().order_by("id").values()]


def table(path: Path) -> list[list[str]]:
    return [cells + [""] * (len(HEADER) - len(cells)) for _, cells in all_rows(path)]


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
@pytest.mark.parametrize("reason", ["", REASON], ids=["masked", "clear"])
async def test_what_goes_out_comes_back_unchanged(sample: None, tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / name
    done = await export_roster(path, reason=reason)
    assert done.households == HOUSEHOLDS and done.rows == await Member.all().count()
    assert read_rows(path).header == exporting.HEADER == HEADER
    assert path.stat().st_mode & 0o077 == 0
    before = await stored()
    report = await roster.import_roster(path)
    assert report[:4] == (0, 0, HOUSEHOLDS, [])
    assert await stored() == before


async def test_in_clear_the_sample_itself_comes_out(sample: None, tmp_path: Path) -> None:
    synthetic.write(tmp_path / "in.csv", HOUSEHOLDS, 7)
    await export_roster(tmp_path / "out.csv", reason=REASON)
    assert table(tmp_path / "out.csv") == table(tmp_path / "in.csv")


async def test_masked_means_masked(sample: None, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    await export_roster(path)
    text = path.read_text("utf-8-sig")
    for member in await Member.all():
        assert member.phone is None or member.phone not in text
    for house in await Household.all():
        for secret in (house.address, house.note, house.may_tell):
            assert not secret or secret not in text
    assert "忌日" not in text and "138****0" in text


@pytest.mark.parametrize("reason", ["", REASON], ids=["masked", "clear"])
async def test_an_edited_sheet_updates(sample: None, tmp_path: Path, reason: str) -> None:
    path = tmp_path / "out.xlsx"
    await export_roster(path, reason=reason)
    rows = table(path)
    rows[1][HEADER.index("方便接听时间")] = "天亮以后"
    rows[1][HEADER.index("地址")] = "新家 9 号"
    rows[1][HEADER.index("电话")] = "13800099999"
    write(path, rows)
    report = await roster.import_roster(path)
    assert report[:4] == (0, 1, HOUSEHOLDS - 1, [])
    house = await Household.get(code="H0001")
    member = await Member.filter(household_id=house.id).order_by("id").first()
    assert (house.best_time, house.address, member and member.phone) == ("天亮以后", "新家 9 号", "13800099999")


async def test_who_took_it_is_known(sample: None, tmp_path: Path) -> None:
    chair = await people.add_staff("王二", "chair", "N1")
    volunteer = await people.add_staff("陈三", "volunteer", "N1")
    done = await export_roster(tmp_path / "out.csv", chair.id, reason=f" {REASON} ")
    theirs = await Household.filter(unit__code__startswith="N1").count()
    assert 0 < done.households == theirs < HOUSEHOLDS
    note = await Audit.get(action="roster.export")
    assert note.staff_id == chair.id
    assert (note.detail["households"], note.detail["clear"], note.reason) == (theirs, True, REASON)
    await export_roster(tmp_path / "out.csv", unit_code="N11")
    assert (await Audit.filter(action="roster.export").order_by("-id").first()).detail["clear"] is False  # type: ignore[union-attr]
    for wrong in ({"staff_id": volunteer.id}, {"staff_id": chair.id, "unit_code": "N2"}):
        with pytest.raises(NotAllowed):
            await export_roster(tmp_path / "never.csv", **wrong)
    with pytest.raises(NotFound):
        await export_roster(tmp_path / "never.csv", unit_code="X")
    with pytest.raises(BadInput, match="原因"):
        await export_roster(tmp_path / "never.csv", reason="看看")
    with pytest.raises(BadInput, match="结尾"):
        await export_roster(tmp_path / "never.txt")
    assert not (tmp_path / "never.csv").exists()


FORMULAS = ["=1+1", "+86", "-5", "@SUM(A1)", "＝1+1", "'=1", "''", "'", "=HYPERLINK(1)"]


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
async def test_no_cell_is_a_formula(sample: None, tmp_path: Path, name: str) -> None:
    for number, text in enumerate(FORMULAS, 1):
        await Household.filter(code=f"H{number:04d}").update(best_time=text)
    path = tmp_path / name
    await export_roster(path, reason=REASON)
    cells = [cell for row in table(path) for cell in row]
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@＝＋－＠"))]
    before = await stored()
    assert (await roster.import_roster(path))[:4] == (0, 0, HOUSEHOLDS, [])
    assert await stored() == before, "read back, each says what it said"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_the_report_is_the_same_sheet_with_reasons(sample: None, tmp_path: Path, ending: str) -> None:
    source, target = tmp_path / "in.csv", tmp_path / f"report.{ending}"
    lines = ["困难职工名册,,", "", "户编号,姓名,电话,备注", "H0001,=甲,13800000999,", ",,,", "H0002,乙,123,=1+1"]
    source.write_text("\n".join(lines))
    report = await roster.import_roster(source)
    assert [number for number, _ in report.refused] == [6]
    roster_report.write_report(source, report.refused, target)
    rows = {row.number: row.cells for row in all_rows(target)}
    assert rows[1] == ["", "困难职工名册"]
    assert rows[3] == ["没有收下的原因", "户编号", "姓名", "电话", "备注"]
    assert rows[4] == ["", "H0001", "'=甲", "13800000999"]
    assert rows[6] == [report.refused[0][1], "H0002", "乙", "123", "'=1+1"]
    # Mended in the report and imported as it is.
    again = await roster.import_roster(target)
    assert (again.refused, again.unused) == (report.refused, ["没有收下的原因"])
    with pytest.raises(BadInput, match="同名"):
        roster_report.write_report(source, report.refused, source)


async def test_a_synthetic_roster_never_mixes_with_a_real_one(database: str) -> None:
    await people.add_unit("M1", "一矿")
    unit = await people.unit_by_code("M1")
    await Household.create(code="H0001", unit_id=unit.id, category="孤寡老人")
    with pytest.raises(Conflict):
        await synthetic.put_in(3, 1)
    assert await Household.all().count() == 1


def test_567_of_3700_need_help() -> None:
    assert sum(needs(f"H{number:04d}") for number in range(1, 3701)) == 567
    assert sum(needs(f"H{number:04d}") for number in range(3701, 7401)) == 567
