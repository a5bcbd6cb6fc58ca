"""`songnuan access`, `incident`, `labels` as they are typed: what they print, refuse, and leave in the audit."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.actions.figures.reports import Span
from bot.actions.households import viewing
from bot.actions.privacy import incident
from bot.errors import BadInput
from bot.models import Audit, Household, Label, Member
from tests import people
from tests.asked import one_family_has_asked
from tests.integration.test_cli import Run, here, inside, songnuan
from tests.people import CHAIR, staff_id

__all__ = ["here", "songnuan"]
pytestmark = pytest.mark.db
WHY = "送米要联系"


@pytest.fixture
async def asked(database_url: str, here: Path) -> None:
    """One family has asked, the chair has looked, and one child is on the roster."""
    with (here / "config.toml").open("a") as config:
        config.write('[union]\nname = "北岭集团工会"\nphone = "0450-0000000"\n')
    async with inside(database_url):
        room = await one_family_has_asked()
        house = await Household.get(code="H0123")
        house.address, house.note = "向阳小区3号楼", "腿脚不好"
        await house.save()
        await Member.create(household=house, name="刘小宝", relation="孙子", under_14=True)
        await viewing.look("phone", WHY, await staff_id(CHAIR), room.rules, who="H0123")


async def test_access(songnuan: Run, asked: None, database_url: str) -> None:
    code, shown = await songnuan("access", "H0123")
    assert code == 0 and "H0123（刘桂芳、刘小宝）的资料" in shown
    assert "2026-12-01 周二 12:00  王秀兰  向阳煤矿  看了完整的电话" in shown and WHY in shown
    assert "提醒工作人员 1 条；发给家里 1 条。" in shown and "13800000100" not in shown and "向阳小区" not in shown
    code, shown = await songnuan("access", "H0123", "--member", "刘小宝", "--json")
    found = json.loads(shown)
    assert code == 0 and found["people"] == ["刘小宝"]
    looked = next(one for one in found["lines"] if one["what"] == "看了完整的电话")
    assert (looked["who"], looked["why"], looked["at"]) == ("王秀兰", WHY, "2026-12-01T12:00:00+08:00")
    code, shown = await songnuan("access", "--by", "王秀兰", "--since", "2026-12-01")
    assert code == 0 and "H0123" in shown and WHY in shown
    async with inside(database_url):
        assert await Audit.filter(action="access.report").count() == 2
        assert await Audit.filter(action="access.of_staff").count() == 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "写一个户编号"),
        (("H0123", "--by", "王秀兰"), "写一个户编号"),
        (("H0123", "--since", "2026-12-01"), "总是给全的"),
        (("H0999",), "没有 H0999 这一户"),
        (("--by", "王二"), "没有找到在用的工作人员"),
    ],
)
async def test_access_says_what_to_write(songnuan: Run, asked: None, argv: tuple[str, ...], said: str) -> None:
    code, shown = await songnuan("access", *argv)
    assert code == 1 and said in shown


async def test_incident_prints_what_the_law_wants(songnuan: Run, asked: None, database_url: str) -> None:
    code, shown = await songnuan(
        "incident", "--since", "2026-11-30", "--until", "2026-12-02", "--unit", "M1", "--cause", "一台电脑被偷了"
    )
    assert code == 0
    for words in (
        "第五十七条",
        "原因：一台电脑被偷了",
        "范围：向阳煤矿，2 户 3 人，其中不满 14 周岁 1 人。",
        "姓名、关系、户编号、困难类别和等级：3 条，没有加密，能直接读出",
        "电话号码：2 条，加密存放（AES-256-GCM），密钥没有泄露，拿到的人读不出",
        "住址：1 条，加密",
        "求助的原话、回访和户里的备注：2 条，加密",
        "聊天账号（QQ 号等）：3 条，没有加密",
        "可能的危害：别人可能知道谁家有难处",
        "1 人看过 1 户完整的电话、住址或备注；导出名册 0 次",
        "已采取的补救措施：",
        "个人可以怎样减轻危害：",
        "联系方式：北岭集团工会，0450-0000000",
        "最迟",
        "12387",
        "加密存放的，拿到的人读不出来：电话号码；住址；求助的原话、回访和户里的备注。",
        "工会不会打电话向您要密码",
        "对不起，让您担心了。",
    ):
        assert words in shown, words
    assert "刘桂芳" not in shown and "138" not in shown and "songnuan key" not in shown
    assert "请加上 --key-exposed 再做一次" in shown and "不打码的导出。" not in shown
    async with inside(database_url):
        assert (await Audit.get(action=incident.MADE)).detail["members"] == 3


async def test_with_the_key_gone_everything_lies_open(songnuan: Run, asked: None) -> None:
    code, shown = await songnuan("incident", "--key-exposed", "--what", "phones,words", "--json")
    found = json.loads(shown)
    assert code == 0 and found["under_14"] == 1 and found["contact"] == "0450-0000000"
    assert [(one["name"][:4], one["number"], one["encrypted"], one["readable"]) for one in found["kinds"]] == [
        ("电话号码", 3, True, True),
        ("求助的原", 2, True, True),
    ]
    assert any("songnuan key rotate" in one["what"] for one in found["checklist"])
    assert "可能被看到的：电话号码；求助的原话" in found["letter"] and "诈骗电话" in found["letter"]


async def test_a_file_in_clear_that_went_out_is_pointed_at(songnuan: Run, asked: None, tmp_path: Path) -> None:
    await songnuan("export", tmp_path / "a.csv", "--clear", "--reason", "上门慰问核对地址")
    code, shown = await songnuan("incident")
    assert code == 0 and "导出名册 1 次，其中不打码 1 次" in shown and "这段时间有不打码的导出。" in shown


async def test_incident_says_what_to_write(songnuan: Run, asked: None) -> None:
    code, shown = await songnuan("incident", "--what", "faces")
    assert code == 1 and "没有“faces”这一种" in shown and "phones（电话号码）" in shown
    code, shown = await songnuan("incident", "--since", "2026-12-02", "--until", "2026-12-01")
    assert code == 1 and "请对调一下" in shown


async def test_the_erased_and_other_units_are_not_counted(database: str) -> None:
    await people.settle()
    all_of_them = await incident.drill(Span())
    assert (all_of_them.households, all_of_them.members) == (3, 3)
    await Household.filter(code="H0201").update(erased_at=datetime.now(UTC))
    assert (await incident.drill(Span())).members == 2
    assert (await incident.drill(Span(), unit_code="M2")).members == 0
    with pytest.raises(BadInput):
        await incident.drill(Span(), what=["faces"])


async def test_labels(songnuan: Run, asked: None, database_url: str, tmp_path: Path) -> None:
    code, shown = await songnuan("labels", tmp_path / "a.txt")
    assert code == 1 and ".jsonl" in shown
    code, shown = await songnuan("labels", tmp_path / "a.jsonl")
    assert code == 0 and "写了 0 句" in shown and "keep_labels" in shown
    async with inside(database_url):
        await Label.create(day=datetime(2026, 12, 1, tzinfo=UTC), words="刘桂芳说着玩", ask=False)
    code, shown = await songnuan("labels", tmp_path / "a.jsonl")
    assert code == 0 and "写了 1 句" in shown
    assert json.loads((tmp_path / "a.jsonl").read_text("utf-8")) == {"text": "某某说着玩", "label": "none"}


async def test_lists_on_the_command_line_leave_a_row(songnuan: Run, asked: None, database_url: str) -> None:
    for argv in (("calls",), ("report", "--rows"), ("report",), ("calls", "never", "--unit", "M2")):
        assert (await songnuan(*argv))[0] == 0
    async with inside(database_url):
        rows = await Audit.filter(action=viewing.OPENED).order_by("id")
        assert [row.detail["list"] for row in rows] == ["calls", "report", "calls"]
    _, shown = await songnuan("access", "H0123")
    assert shown.count("打开了包含这一户的") == 2, "the list of another mine does not have them"
