"""Columns beyond name and phone: grades, days, consents, guardians and what a family asked of us."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.actions.roster import columns as roster_columns
from bot.actions.roster import importing as roster
from bot.actions.staff import people
from bot.models import Audit, Consent, Household, HouseholdDate, Member
from bot.sheets import write

LABELS = roster_columns.LABELS


@pytest.fixture
async def union(database: str) -> None:
    for code, name, parent in (("G", "集团", None), ("M1", "一矿", "G")):
        await people.add_unit(code, name, parent)


async def bring(folder: Path, *rows: dict[str, str], **options: Any) -> roster.Report:
    """Import rows that are given by our field names."""
    fields = list(dict.fromkeys(name for row in rows for name in row))
    path = folder / "roster.csv"
    write(path, [[LABELS[name] for name in fields], *([row.get(name, "") for name in fields] for row in rows)])
    return await roster.import_roster(path, **options)


def row(name: str = "张三", **more: str) -> dict[str, str]:
    return {"code": "H0001", "name": name, "unit": "M1", "category": "工亡遗属"} | more


async def days() -> list[tuple[str, int, int, str | None]]:
    return sorted((one.kind, one.month, one.day, one.title) for one in await HouseholdDate.all())


async def test_everything_that_a_family_asked_goes_in_and_twice_is_once(union: None, tmp_path: Path) -> None:
    child = {"code": "H0001", "name": "张小", "relation": "孩子", "under_14": "是", "guardian": "张三"}
    first = row(
        best_time="晚上七点以后",
        may_tell="可以和女儿说",
        avoid="忌日 03-12；2019年11月3日",
        remember="生日 5月1日",
        do_not_call="是",
        messages_off="是",
        consent_at="2026-03-10",
        consent_words="同意，有事打给我",
    )
    assert (await bring(tmp_path, child, first))[:3] == (1, 0, 0)
    house = await Household.get(code="H0001")
    assert (house.best_time, house.may_tell, house.do_not_call, house.messages_off) == (
        "晚上七点以后", "可以和女儿说", True, True,
    )  # fmt: skip
    assert await days() == [("avoid", 3, 12, "忌日"), ("avoid", 11, 3, None), ("remember", 5, 1, "生日")]
    parent, young = await Member.get(name="张三"), await Member.get(name="张小")
    assert young.under_14 and young.guardian_id == parent.id and not parent.under_14
    consent = await Consent.get()
    assert (consent.household_id, consent.member_id, consent.purpose) == (house.id, parent.id, "登记和回访")
    assert consent.words == "同意，有事打给我"
    assert consent.given_at == datetime(2026, 3, 9, 16, tzinfo=UTC), "that day began in Shanghai"
    audits = await Audit.all().count()
    assert (await bring(tmp_path, child, first))[:3] == (0, 0, 1)
    assert (await Audit.all().count(), await Consent.all().count(), len(await days())) == (audits, 1, 3)


async def test_a_changed_sheet_updates_only_what_it_says(union: None, tmp_path: Path) -> None:
    await bring(tmp_path, row(avoid="忌日 03-12", remember="生日 05-01", best_time="上午", address="一号楼"))
    report = await bring(tmp_path, {"code": "H0001", "name": "张三", "avoid": "忌日 03-13", "best_time": "清空"})
    assert report[:3] == (0, 1, 0)
    assert await days() == [("avoid", 3, 13, "忌日"), ("remember", 5, 1, "生日")]
    house = await Household.get()
    assert (house.best_time, house.address) == ("", "一号楼")
    assert (await Audit.get(action="household.update")).detail == {"fields": ["best_time", "days.avoid"], "members": 0}
    await bring(tmp_path, {"code": "H0001", "name": "张三", "avoid": "清空", "remember": "清空", "address": "清空"})
    assert await days() == [] and (await Household.get()).address is None


async def test_only_hardship_has_a_grade(union: None, tmp_path: Path) -> None:
    report = await bring(tmp_path, row(grade="深度"), row(code="H0002", category="困难职工", grade="相对困难"))
    assert report.created == 1 and "困难职工才写等级" in report.refused[0][1]
    await bring(
        tmp_path, row(code="H0003", category="深度困难职工"), row(code="H0004", category="困难职工（意外致困）")
    )
    grades = {house.code: house.grade for house in await Household.all()}
    assert grades == {"H0002": "相对", "H0003": "深度", "H0004": "意外致困"}
    report = await bring(tmp_path, {"code": "H0002", "name": "张三", "category": "孤寡老人"})
    assert report.updated == 1 and (await Household.get(code="H0002")).grade == ""
    report = await bring(tmp_path, {"code": "H0002", "name": "张三", "grade": "深度"})
    assert len(report.refused) == 1 and (await Household.get(code="H0002")).grade == ""


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"under_14": "是"}, "监护人"),
        ({"guardian": "张三"}, "不能是本人"),
        ({"guardian": "没有的人"}, "不在这一户里"),
        ({"under_14": "大概"}, "“是”或“否”"),
        ({"consent_words": "同意"}, "同意日期"),
        ({"consent_at": "2999-01-01"}, "还没到"),
        ({"consent_at": "上个月"}, "看不懂"),
        ({"consent_at": "2026-01-01", "consent_by": "没有的人"}, "同意人不在"),
        ({"avoid": "农历七月十五"}, "公历"),
        ({"avoid": "02-30"}, "没有 2 月 30 日"),
        ({"remember": "春天"}, "忌日 03-12"),
        ({"best_time": "晚" * 41}, "太长"),
        ({"phone": "138****0001"}, "打码"),
        ({"unit": "清空"}, "单位"),
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    union: None, tmp_path: Path, wrong: dict[str, str], word: str
) -> None:
    report = await bring(tmp_path, row(**wrong))
    assert report.created == 0 and word in report.refused[0][1]
    assert not await Member.exists()


async def test_a_guardian_is_grown_up_and_of_the_family(union: None, tmp_path: Path) -> None:
    older, younger = row("甲", under_14="是", guardian="丙"), row("乙", under_14="是", guardian="甲")
    report = await bring(tmp_path, older, younger, row("丙"))
    assert report.refused == [(3, "监护人要年满14岁")]
    assert {one.name for one in await Member.all()} == {"甲", "丙"}
    report = await bring(tmp_path, {"code": "H0001", "name": "甲", "guardian": "清空"})
    assert "监护人" in report.refused[0][1]
    report = await bring(tmp_path, {"code": "H0001", "name": "甲", "guardian": "清空", "under_14": "否"})
    assert report.updated == 1 and (await Member.get(name="甲")).guardian_id is None


async def test_guardians_are_found_above_and_below_in_a_large_sheet(union: None, tmp_path: Path) -> None:
    """More rows than one statement takes, and some that are over."""
    wards = {}
    rows = []
    for n in range(1, 624):
        code, of, ward = f"H{n:04d}", row(f"大{n}", code=f"H{n:04d}"), f"小{n}"
        child = {"code": code, "name": ward, "under_14": "是", "guardian": of["name"]}
        rows += [child, of] if n % 3 == 0 else [of, child]
        wards[ward] = of["name"]
    assert (await bring(tmp_path, *rows))[:4] == (623, 0, 0, [])
    names = {one.id: one.name for one in await Member.all()}
    assert {one.name: names[one.guardian_id] for one in await Member.all() if one.guardian_id} == wards


async def test_a_sheet_cannot_undo_what_a_family_said(union: None, tmp_path: Path) -> None:
    await bring(tmp_path, row(consent_at="2026-01-01"))
    await Household.all().update(do_not_call=True, messages_off=True)
    await Consent.all().update(withdrawn_at=datetime(2026, 2, 1, tzinfo=UTC))
    report = await bring(tmp_path, row(do_not_call="否"), row("李四", messages_off="否"))
    assert [number for number, _ in report.refused] == [2, 3]
    assert all("主席单独办理" in reason for _, reason in report.refused)
    assert (await bring(tmp_path, row(consent_at="2026-01-01")))[:3] == (0, 0, 1)
    assert (await Consent.get()).withdrawn_at is not None
    house = await Household.get()
    assert house.do_not_call and house.messages_off


async def test_a_code_that_takes_the_whole_sheet_is_refused(union: None, tmp_path: Path) -> None:
    """A column filled down by mistake must not make one family of a mine."""
    report = await bring(tmp_path, *(row(f"张{n}") for n in range(60)))
    assert len(report.refused) == 10 and "超过 50 人" in report.refused[0][1]


async def test_a_saved_mapping_names_the_columns(union: None, tmp_path: Path) -> None:
    mapping = tmp_path / "人力.toml"
    mapping.write_text('"家庭代码" = "户编号"\n"职工" = "姓名"\n"在哪个矿" = "单位"\n"性质" = "类别"\n')
    roster_columns.save(mapping, tmp_path / "mappings")
    saved = roster_columns.saved(tmp_path / "mappings")
    assert [one.name for one in saved] == ["人力"]
    path = tmp_path / "theirs.xlsx"
    write(path, [["家庭代码", "职工", "在哪个矿", "性质", "血型"], ["H0009", "张三", "一矿", "孤寡老人", "A"]])
    report = await roster.import_roster(path, mappings=saved)
    assert (report.created, report.unused) == (1, ["血型"])
    assert (await Member.get()).name == "张三"
    # A sheet without all of those columns is read by the usual names.
    assert (await bring(tmp_path, row(), mappings=saved)).created == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [("不是 toml", "看不懂"), ('"甲" = "血型"', "没有“血型”这一列"), ("", "是空的"), ('"甲" = 3', "没有“3”这一列")],
)
def test_a_wrong_mapping_is_refused_in_words(tmp_path: Path, text: str, word: str) -> None:
    from bot.errors import BadInput

    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=word):
        roster_columns.load(path)
    with pytest.raises(BadInput, match="找不到"):
        roster_columns.load(tmp_path / "nowhere.toml")


class PowerCut(Exception):
    """Ends an import in the middle."""


async def test_an_import_that_was_cut_off_is_started_again(
    union: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "NEW_AT_ONCE", 2)
    rows = [row(f"张{n}", code=f"H000{n}", consent_at="2026-01-01") for n in range(1, 8)]
    seen: list[int] = []

    def cut(what: str, done: int, of: int) -> None:
        if what == "write":
            seen.append(done)
            if done == 4:
                raise PowerCut

    with pytest.raises(PowerCut):
        await bring(tmp_path, *rows, watch=cut)
    assert seen == [2, 4] and await Household.all().count() == 4, "what was committed stays"
    assert (await bring(tmp_path, *rows))[:3] == (3, 0, 4)
    notes = await Audit.filter(action="roster.import")
    assert sum(note.detail["created"] for note in notes) == 7 == await Consent.all().count()


def test_today_is_no_future() -> None:
    from bot.actions.roster import values as roster_values

    assert roster_values.full_date("2026年3月1日") == date(2026, 3, 1)
