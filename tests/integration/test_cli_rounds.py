"""`songnuan round …`, `songnuan calls` and `songnuan member code`, on every database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import clock
from bot.actions.staff import directory, people
from bot.cli import main
from bot.models import Assignment, FollowUp, Household, Member, Round, db, keys
from tests import people as cast
from tests.database import TEST_KEY
from tests.people import VOLUNTEER, staff_id

pytestmark = pytest.mark.db
ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)

Run = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def songnuan(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command line with the people of tests/people.py; returns the exit code and what was printed."""
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "messages").symlink_to(ROOT / "messages")
    (tmp_path / "songnuan.key").write_text(TEST_KEY.hex())
    (tmp_path / "songnuan.key").chmod(0o600)
    monkeypatch.setenv("SONGNUAN_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("SONGNUAN_DATABASE__URL", database_url)
    monkeypatch.setenv("SONGNUAN_DATABASE__KEY_FILE", "songnuan.key")
    await inside(database_url, cast.settle())

    async def run(*argv: object) -> tuple[int, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(main, [str(word) for word in argv])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


async def inside(url: str, work: Awaitable[object]) -> None:
    keys.use(keys.Keyring(TEST_KEY))
    await db.open_(url, upgrade=False)
    try:
        await directory.refresh()
        await work
    finally:
        await db.close()
        clock.use(None)


async def test_a_round_from_beginning_to_end(songnuan: Run, database_url: str) -> None:
    assert "没有进行中的回访" in (await songnuan("round", "list"))[1]
    line = ("冬季回访", "G", "--category", "工伤残职工，孤寡老人", "--script", "care", "--cap", 20)
    code, said = await songnuan("round", "create", *line, "--last", "没打过", "--until", "2099-01-31")
    assert code == 0 and said.startswith("已建第 1 轮“冬季回访”，2 户。\n")
    assert await songnuan("round", "assign", 1) == (0, "陈小满（5）：2 户\n")
    assert await songnuan("round", "assign", 1, "--to", "王秀兰") == (0, "没有等着分派的户。\n")
    [row] = json.loads((await songnuan("round", "list", "--json"))[1])
    assert (row["name"], row["unit"], row["total"], row["held"]) == ("冬季回访", "北岭集团", 2, 2)
    assert await songnuan("round", "move", "陈小满", "--to", "王秀兰") == (0, "王秀兰（1）：2 户\n")
    assert "冬季回访" in (await songnuan("round", "list"))[1]
    assert await songnuan("round", "close", 1) == (0, "第 1 轮结束了，还有 2 户没打完。\n")
    assert (await songnuan("round", "close", 1))[0] == 1
    assert "已结束" in (await songnuan("round", "list", "--all"))[1]

    async def look() -> None:
        made = await Round.get()
        assert (made.script_key, made.cap_per_day) == ("scripts/care", 20)
        assert made.segment == {"categories": ["工伤残职工", "孤寡老人"], "outcomes": ["never"]}
        assert made.ends_at == datetime(2099, 1, 31, 16, tzinfo=UTC)
        assert await Assignment.exclude(held_household_id=None).count() == 0

    await inside(database_url, look())


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("create", "冬季", "XX"), "没有这个编号的单位"),
        (("create", "冬季", "M1", "--category", "外星人"), "没有“外星人”这个类别"),
        (("create", "冬季", "M1", "--last", "还行"), "没有“还行”这个结果"),
        (("create", "冬季", "M1", "--script", "nothing"), "没有“nothing”这份说法，能写的有："),
        (("assign", 7), "没有第 7 轮回访"),
        (("move", "没人"), "没有找到"),
    ],
)
async def test_what_cannot_be_done_is_said(songnuan: Run, argv: tuple[object, ...], said: str) -> None:
    code, shown = await songnuan("round", *argv)
    assert code == 1 and said in shown


async def test_the_lists_of_what_was_missed(songnuan: Run, database_url: str) -> None:
    async def calls() -> None:
        volunteer, now = await staff_id(VOLUNTEER), clock.now()
        for code, outcome, days in (("H0123", "well", 20), ("H0124", "call_later", 1)):
            household = await Household.get(code=code)
            at = now - timedelta(days=days)
            await FollowUp.create(household=household, staff_id=volunteer, outcome=outcome, at=at)
        await Household.filter(code="H0124").update(next_call_at=now - timedelta(hours=3))

    await inside(database_url, calls())
    code, said = await songnuan("calls")
    assert code == 0
    assert [line for line in said.splitlines() if "：" in line] == [
        "答应了没打：1 户",
        "从没打通：1 户",
        "14 天没联系上：1 户",
    ]
    found = json.loads((await songnuan("calls", "--json"))[1])
    assert {kind: [row["code"] for row in rows] for kind, rows in found.items()} == {
        "promised": ["H0124"],
        "never": ["H0201"],
        "silent": ["H0123"],
    }
    assert "1380000" not in str(found)
    assert "从没打通：0 户" in (await songnuan("calls", "从没打通", "--unit", "M1"))[1]
    assert "30 天没联系上：0 户" in (await songnuan("calls", "silent", "--days", 30))[1]
    assert (await songnuan("calls", "乱写"))[0] == 1


async def test_a_code_for_a_family(songnuan: Run, database_url: str) -> None:
    code, said = await songnuan("member", "code", "h0123")
    assert code == 0 and said.startswith("刘桂芳 的绑定码：")
    mark = said.splitlines()[0].removeprefix("刘桂芳 的绑定码：")

    async def use() -> None:
        assert (await people.bind("wechat", "wx1", mark)).role == "family"
        household = await Household.get(code="H0123")
        await Member.create(household=household, name="刘小军", relation="儿子")

    await inside(database_url, use())
    code, said = await songnuan("member", "code", "H0123")
    assert code == 1 and "H0123 有这些人：刘桂芳、刘小军" in said
    assert "刘小军 的绑定码" in (await songnuan("member", "code", "H0123", "--name", "刘小军"))[1]
    assert await songnuan("member", "code", "H0999") == (1, "名册上没有 H0999 这一户，请核对户编号。\n")
