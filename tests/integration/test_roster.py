"""An office's file goes into the roster: what it says, once, and what is wrong in it is told by row."""

import csv
import random
from pathlib import Path
from typing import Any

import pytest

from bot.actions.households import phones
from bot.actions.roster import importing as roster
from bot.actions.roster import report as roster_report
from bot.actions.staff import directory, people
from bot.errors import BadInput, NotAllowed
from bot.models import Audit, Household, Member
from bot.sheets import limits
from tests import tables

HEADER = ["户编号", "姓名", "关系", "联系电话", "单位", "困难类别", "住址", "备注"]
ZHANG = ["H0001", "张三", "本人", "138 0000 0001", "M1", "困难职工", "一号楼", "胃病"]
LI = ["H0002", "李四", "妻子", "+8613800000002", "二矿", "工亡遗属", "", ""]


@pytest.fixture
async def union(database: str) -> None:
    for code, name, parent in (("G", "集团", None), ("M1", "一矿", "G"), ("M2", "二矿", "G"), ("M1A", "一区", "M1")):
        await people.add_unit(code, name, parent)


def file(folder: Path, *rows: list[str], header: list[str] = HEADER) -> Path:
    path = folder / "roster.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([header, *rows])
    return path


def counts(report: roster.Report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.refused)


async def stored() -> list[dict[str, Any]]:
    return [*await Household.all().order_by("id").values(), *await Member.all().order_by("id").values()]


async def test_a_file_goes_in_and_the_same_again_changes_nothing(union: None, tmp_path: Path) -> None:
    path = file(tmp_path, ZHANG, LI)
    assert counts(await roster.import_roster(path)) == (2, 0, 0, 0)
    household = await Household.get(code="H0001").select_related("unit")
    assert (household.unit.code, household.category, household.address) == ("M1", "困难职工", "一号楼")
    assert household.note == "胃病" and household.next_call_at is None
    member = await Member.get(household=household)
    assert (member.name, member.relation, member.phone) == ("张三", "本人", "13800000001")
    assert (member.phone_index, member.phone_ending) == (phones.index("13800000001"), phones.ending_index("0001"))
    assert (await Household.get(code="H0002").select_related("unit")).unit.code == "M2"
    before, audits = await stored(), await Audit.all().count()
    assert counts(await roster.import_roster(path)) == (0, 0, 2, 0)
    assert (await stored(), await Audit.all().count()) == (before, audits)


async def test_spreadsheets_are_read_too(union: None, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(tables.xlsx([["困难职工名册"], HEADER, [*ZHANG[:3], 13800000001.0, *ZHANG[4:]], LI]))
    assert counts(await roster.import_roster(path)) == (2, 0, 0, 0)
    assert (await Member.get(name="张三")).phone == "13800000001"
    assert counts(await roster.import_roster(file(tmp_path, ZHANG, LI))) == (0, 0, 2, 0)


async def test_what_the_file_says_is_updated_and_what_it_leaves_out_stays(union: None, tmp_path: Path) -> None:
    await roster.import_roster(file(tmp_path, ZHANG, LI))
    await directory.refresh_if_forgotten()
    moved = ["H0001", "张三", "", "13800000009", "M1A", "", "二号楼", ""]
    assert counts(await roster.import_roster(file(tmp_path, moved))) == (0, 1, 0, 0)
    household = await Household.get(code="H0001").select_related("unit")
    assert (household.unit.code, household.category, household.address) == ("M1A", "困难职工", "二号楼")
    assert household.note == "胃病"
    member = await Member.get(household=household)
    assert (member.relation, member.phone) == ("本人", "13800000009")
    assert member.phone_index == phones.index("13800000009")
    assert member.phone_ending == phones.ending_index("0009")
    note = await Audit.get(action="household.update")
    assert note.detail == {
        "fields": ["address", "member.phone", "unit_id"],
        "members": 0,
    }


async def test_several_members_of_one_household(union: None, tmp_path: Path) -> None:
    wife = ["h0001", "王五", "妻子", "13800000003", "一矿", "", "", "能走动"]
    child = ["H0001", "张小", "儿子", "", "", "", "", ""]
    path = file(tmp_path, ZHANG, wife, child)
    assert counts(await roster.import_roster(path)) == (1, 0, 0, 0)
    assert [member.name for member in await Member.all().order_by("id")] == ["张三", "王五", "张小"]
    assert (await Household.get(code="H0001")).note == "胃病；能走动"
    assert counts(await roster.import_roster(path)) == (0, 0, 1, 0)
    added = ["H0001", "张大", "父亲", "", "", "", "", ""]
    assert counts(await roster.import_roster(file(tmp_path, added))) == (0, 1, 0, 0)
    assert await Member.all().count() == 4


async def test_a_wrong_row_is_refused_with_a_reason_and_the_rest_goes_in(union: None, tmp_path: Path) -> None:
    wrong = [
        ["H0003", "", "", "", "M1", "困难职工", "", ""],
        ["H0004", "甲", "", "13800000", "M1", "困难职工", "秘密街", ""],
        ["H0005", "甲", "", "", "X9", "困难职工", "", ""],
        ["H0006", "甲", "", "", "M1", "有钱人", "", ""],
        ["H0007", "甲", "", "", "", "困难职工", "", ""],
        ["H0008", "甲", "", "", "M1", "", "", ""],
        ["", "甲", "", "", "M1", "困难职工", "", ""],
        ["H 9/9", "甲", "", "", "M1", "困难职工", "", ""],
        ["H0001", "乙", "", "", "M2", "", "", ""],
        ["H0001", "张三", "", "13800000008", "", "", "", ""],
        ["H0010", "长" * 41, "", "", "M1", "困难职工", "", ""],
    ]
    report = await roster.import_roster(file(tmp_path, ZHANG, *wrong, LI))
    assert counts(report) == (2, 0, 0, len(wrong))
    assert [number for number, _ in report.refused] == list(range(3, 3 + len(wrong)))
    told = "".join(reason for _, reason in report.refused)
    for secret in ("13800000", "秘密街", "甲", "张三", "有钱人"):
        assert secret not in told
    for (_, reason), word in zip(
        report.refused,
        ["姓名", "电话", "单位", "类别", "单位", "类别", "户编号", "户编号", "单位", "电话", "姓名"],
        strict=True,
    ):
        assert word in reason


async def test_damage_costs_a_row_and_the_report_shows_where(union: None, tmp_path: Path) -> None:
    long, lost = ["H0003", "王五", "", "", "M1", "孤寡老人", "", "长" * 2001], [*LI[:1], "李\0", *LI[2:]]
    path = file(tmp_path, ZHANG, lost, long, ["H0004", "赵六", "", "", "M1", "孤寡老人", "", ""])
    report = await roster.import_roster(path)
    assert counts(report) == (2, 0, 0, 2)
    assert report.refused == [(3, limits.LOST_LETTERS), (4, limits.LONG_CELL)]
    for name in ("mended.csv", "mended.xlsx"):
        roster_report.write_report(path, report.refused, tmp_path / name)
        again = await roster.import_roster(tmp_path / name)
        assert counts(again) == (0, 0, 2, 2) and again.refused == report.refused, "not taken before it is mended"


async def test_without_codes_a_phone_finds_the_household(union: None, tmp_path: Path) -> None:
    await roster.import_roster(file(tmp_path, ZHANG))
    header = HEADER[1:]
    wife = ["王五", "妻子", "13800000001", "", "", "", ""]  # they share the phone
    new = ["李四", "本人", "13800000002", "M2", "孤寡老人", "", ""]
    son = ["李小", "儿子", "13800000002", "", "", "", ""]
    path = file(tmp_path, wife, new, son, header=header)
    assert counts(await roster.import_roster(path)) == (1, 1, 0, 0)
    assert [m.name for m in await Member.filter(household__code="H0001").order_by("id")] == ["张三", "王五"]
    assert [m.name for m in await Member.filter(household__code="H0002").order_by("id")] == ["李四", "李小"]
    assert counts(await roster.import_roster(path)) == (0, 0, 2, 0)
    await roster.import_roster(file(tmp_path, ["H0077", "赵六", "", "13800000002", "M1", "困难职工", "", ""]))
    report = await roster.import_roster(file(tmp_path, wife, new, son, header=header))
    assert [number for number, _ in report.refused] == [3, 4] and "好几户" in report.refused[0][1]
    another = ["钱七", "", "13800000007", "M1", "留守儿童", "", ""]
    await roster.import_roster(file(tmp_path, another, header=header))
    assert (await Member.get(name="钱七").select_related("household")).household.code == "H0078"


async def test_a_phone_that_finds_the_household_changes_no_phone(union: None, tmp_path: Path) -> None:
    wife = ["H0001", "王五", "", "13800000003", "", "", "", ""]
    await roster.import_roster(file(tmp_path, ZHANG, wife))
    by_husbands_phone = ["", "王五", "", "13800000001", "", "", "秘密街", ""]
    report = await roster.import_roster(file(tmp_path, by_husbands_phone))
    assert counts(report) == (0, 0, 0, 1) and report.refused[0][0] == 2
    assert (await Member.get(name="王五")).phone == "13800000003"
    assert (await Household.get(code="H0001")).address == "一号楼"
    with_code = ["H0001", *by_husbands_phone[1:]]
    assert counts(await roster.import_roster(file(tmp_path, with_code))) == (0, 1, 0, 0)
    assert (await Member.get(name="王五")).phone == "13800000001"


async def test_a_dry_run_reports_and_changes_nothing(union: None, tmp_path: Path) -> None:
    await roster.import_roster(file(tmp_path, ZHANG))
    before, audits = await stored(), await Audit.all().count()
    path = file(tmp_path, [*ZHANG[:6], "三号楼", ""], LI, ["", "", ""])
    dry = await roster.import_roster(path, dry_run=True)
    assert counts(dry) == (1, 1, 0, 0)
    assert (await stored(), await Audit.all().count()) == (before, audits)
    assert await roster.import_roster(path) == dry


async def test_a_chair_imports_only_their_own_unit(union: None, tmp_path: Path) -> None:
    await roster.import_roster(file(tmp_path, LI))
    chair = await people.add_staff("王二", "chair", "M1")
    volunteer = await people.add_staff("陈三", "volunteer", "M1")
    stolen = [*LI[:4], "M1", *LI[5:]]
    theirs = ["H0009", "赵六", "", "", "M2", "困难职工", "", ""]
    quiet = ["H0002", "新人", "", "", "", "", "", ""]
    report = await roster.import_roster(file(tmp_path, ZHANG, stolen, theirs, quiet), chair.id)
    assert counts(report) == (1, 0, 0, 3)
    assert (await Household.get(code="H0002").select_related("unit")).unit.code == "M2"
    assert await Member.filter(household__code="H0002").count() == 1
    assert (await Audit.filter(action="roster.import").order_by("-id").first()).staff_id == chair.id  # type: ignore[union-attr]
    with pytest.raises(NotAllowed):
        await roster.import_roster(file(tmp_path, ZHANG), volunteer.id)


async def test_a_file_that_cannot_be_a_roster_is_refused_whole(union: None, tmp_path: Path) -> None:
    for header in (["品名", "数量"], ["姓名", "类别"], ["户编号", "电话"]):
        with pytest.raises(BadInput, match="表头"):
            await roster.import_roster(file(tmp_path, ["a", "b"], header=header))
    assert not await Household.exists()


async def test_columns_are_found_under_many_names(union: None, tmp_path: Path) -> None:
    header = ["序号", "户号*", "户主 姓名", "联系人", "座机", "手机(必填)", "电话", "单位编号", "类别:", "CODE"]
    row = ["1", "h7", "", "张三", "", "13800000001", "0351-2000001", "M1", "留守儿童", ""]
    assert counts(await roster.import_roster(file(tmp_path, row, header=header))) == (1, 0, 0, 0)
    member = await Member.get(household__code="H7")
    assert (member.name, member.phone) == ("张三", "03512000001")


async def test_any_file_a_second_time_changes_nothing(union: None, tmp_path: Path) -> None:
    """Families that share codes, phones and names in every way, files after files."""
    dice = random.Random(20240520)
    phones = [f"1380000000{n}" for n in range(4)] + ["", "", "bad"]
    codes, names = ["H0001", "h0002", "A-1", "", ""], ["甲", "乙", "丙", ""]
    pools = [codes, names, ["", "本人", "妻子"], phones, ["M1", "一矿", "M2", "", "X"]]
    pools += [["困难职工", "孤寡老人", "", "?"], ["", "一号", "二号"], ["", "注", "另注"]]
    for _ in range(60):
        rows = [[dice.choice(pool) for pool in pools] for _ in range(dice.randint(1, 12))]
        path = file(tmp_path, *rows)
        first = await roster.import_roster(path)
        before = await stored()
        again = await roster.import_roster(path)
        assert (again.created, again.updated, again.refused) == (0, 0, first.refused), rows
        assert await stored() == before
