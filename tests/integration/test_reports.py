"""What was done, in 户, 人次 and 元: every total says what it counts and is nothing but its rows."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from itertools import count
from pathlib import Path

import pytest

from bot import clock
from bot.actions.figures import report_file, reports
from bot.actions.figures.reports import Report, Span, report
from bot.cli import main
from bot.cli import report as cli
from bot.cli.parser import build
from bot.config import Config
from bot.errors import BadInput, NotAllowed, NotFound
from bot.models import FollowUp, Household
from bot.sheets import all_rows
from tests import people
from tests.database import TEST_KEY
from tests.people import CHAIR, LIU, MA, NEED, OUTSIDER, STRANGER, URGENT, VOLUNTEER, WORKERS_GROUP, WU
from tests.room import Room

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)


@pytest.fixture
async def room(database: str) -> AsyncIterator[Room]:
    """Two households of one mine and one of another; some promised, some brought, some confirmed."""
    clock.use(lambda: NOON)
    await people.settle()
    room = Room()
    await room.say(NEED, LIU)
    for code, outcome in (("H0123", "needs_help"), ("H0124", "no_answer")):
        household = await Household.get(code=code)
        caller = await people.staff_id(VOLUNTEER)
        await FollowUp.create(household_id=household.id, staff_id=caller, outcome=outcome, at=NOON)
    await room.say("派 1 陈小满", CHAIR)
    await room.say("送达 1 米10斤 油1桶 186.5元", VOLUNTEER)
    await room.say("回访确认 1", VOLUNTEER)
    await room.say(NEED, WU)
    await room.say("派 2 陈小满 现金200元", CHAIR)
    clock.use(lambda: NOON + timedelta(days=1))
    await room.say("送达 2 面20斤 60.01元", VOLUNTEER)
    await room.say(NEED, MA)
    await room.say("派 3 我", OUTSIDER)
    await room.say("送达 3 陪诊1次", OUTSIDER)
    await room.say("回访确认 3 没收到", OUTSIDER)
    await room.say(URGENT, STRANGER, WORKERS_GROUP)
    await room.say("办结 4 不需要", people.ADMIN)
    yield room


def figures(found: Report) -> dict[str, tuple[int, int, int]]:
    return {one.key: (one.households, one.times, one.fen) for one in found.totals}


async def test_totals(room: Room) -> None:
    found = await report()
    assert figures(found) == {
        "called": (2, 2, 0), "called-phone": (2, 2, 0), "called-visit": (0, 0, 0),
        "reached": (1, 1, 0), "needing": (1, 1, 0),
        "opened": (3, 4, 0), "helped": (1, 1, 0), "ended": (0, 1, 0), "waiting": (2, 2, 0),
        "promised": (1, 1, 20000), "delivered": (2, 2, 24651), "delivered-goods": (2, 2, 24651),
        "delivered-cash": (0, 0, 0), "delivered-service": (0, 0, 0),
        "confirmed": (1, 1, 18650), "doubtful": (1, 1, 0),
    }  # fmt: skip
    assert all(one.counts and one.fen == sum(row.fen for row in one.rows) for one in found.totals)
    assert len(found.total("delivered").rows) == 3 and found.total("救助·送达").key == "delivered"


async def test_a_visit_is_no_phone_call(room: Room) -> None:
    await room.say("回访 H0124 上门 平安", VOLUNTEER)
    await room.say("回访 H0123 上门 不在家", VOLUNTEER)
    found = await report()
    totals = {key: value[:2] for key, value in figures(found).items()}
    assert (totals["called"], totals["called-phone"], totals["called-visit"]) == ((2, 4), (2, 2), (2, 2))
    assert totals["reached"] == (2, 2)
    assert [(row.what, row.state) for row in found.total("called-visit").rows] == [
        ("上门", "上门-平安"),
        ("上门", "上门-没遇到人"),
    ]


async def test_a_correction_counts_instead_of_what_was_wrong(room: Room) -> None:
    await room.say("更正 2 面15斤 45元", VOLUNTEER)
    assert (await report()).total("delivered").fen == 18650 + 4500
    await room.say("更正 2 无", VOLUNTEER)
    assert (await report()).total("delivered").fen == 18650


async def test_days_and_units(room: Room) -> None:
    first, second = date(2026, 12, 1), date(2026, 12, 2)
    by_day = [await report(Span(first, first)), await report(Span(second, second))]
    assert [one.total("delivered").fen for one in by_day] == [18650, 6001]
    assert figures(await report(Span(first, second))) == figures(await report())
    parts = [await report(unit_code=code) for code in ("M1", "M2", "M3")]
    assert [one.total("opened").times for one in parts] == [2, 1, 1]
    whole = await report(unit_code="G")
    assert figures(whole) == figures(await report())
    assert whole.total("delivered").fen == sum(one.total("delivered").fen for one in parts)
    with pytest.raises(BadInput, match="请对调"):
        await report(Span(second, first))
    with pytest.raises(NotFound):
        await report(unit_code="M9")
    with pytest.raises(BadInput, match="没有“money”这一项"):
        whole.total("money")


async def test_who_asks_sees_their_own_unit(room: Room) -> None:
    mine = await report(by=await people.staff_id(OUTSIDER))
    assert mine.unit == "清河煤矿" and mine.total("delivered").fen == 0 and mine.total("doubtful").times == 1
    with pytest.raises(NotAllowed):
        await report(unit_code="M1", by=await people.staff_id(OUTSIDER))
    with pytest.raises(NotAllowed):
        await report(by=await people.staff_id(VOLUNTEER))


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_a_file_adds_up_to_the_fen(room: Room, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"report.{ending}"
    found = await report()
    report_file.save(found, path)
    rows = read(path)
    head = rows[0]
    lines = [dict(zip(head, row, strict=True)) for row in rows[1:]]
    for total in found.totals:
        mine = [line for line in lines if line["项目"] == total.name.strip()]
        assert mine[0]["数的是什么"] == total.counts and len(mine) == 1 + len(total.rows)
        assert (int(mine[0]["户"]), int(mine[0]["人次"])) == (total.households, total.times)
        if total.money:
            assert Decimal(mine[0]["合计元"]) * 100 == total.fen
            assert sum(Decimal(line["元"]) for line in mine[1:]) * 100 == total.fen
    assert not [cell for row in rows for cell in row if "刘桂芳" in cell]


def read(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        return list(csv.reader(StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    width = len(report_file.HEAD)
    return [[*row, *[""] * width][:width] for _, row in all_rows(path)]


async def test_words_of_people_are_no_formulas(room: Room, tmp_path: Path) -> None:
    await room.say("派 2 陈小满 =1+1米3斤", CHAIR)
    path = tmp_path / "report.csv"
    report_file.save(await report(), path)
    cells = [cell for row in read(path) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


async def shown(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    args = build().parse_args(["report", *argv])
    capsys.readouterr()
    assert await cli._report(Config(), args) == 0
    return capsys.readouterr().out


async def test_on_the_terminal(room: Room, capsys: pytest.CaptureFixture[str]) -> None:
    text = await shown(capsys, "--to", "2026-12-31")
    lines = text.splitlines()
    assert lines[0] == "矿区工会，从头 到 2026-12-31"
    assert lines[1].split() == ["项目", "户", "人次", "元", "数的是什么"]
    row = next(line.split() for line in lines if line.startswith("救助·送达"))
    assert row[:4] == ["救助·送达", "2", "2", "246.51"]
    opened = (await shown(capsys, "--rows", "confirmed")).splitlines()
    assert [line.split()[-1] for line in opened[-2:]] == ["家属确认", "186.50"]
    assert "物资 米10斤" in opened[-2] and "H0123" in opened[-2]
    assert "\n求助另办结：1 行" in await shown(capsys, "--rows")


async def test_as_json(room: Room, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = json.loads(await shown(capsys, "--json", "--rows", "delivered", "--csv", str(tmp_path / "a.csv")))
    totals = {one["key"]: one for one in found["totals"]}
    assert totals["delivered"]["fen"] == sum(row["fen"] for row in totals["delivered"]["rows"]) == 24651
    assert totals["called"]["fen"] is None and "rows" not in totals["called"]
    assert (tmp_path / "a.csv").exists()


@pytest.mark.parametrize("argv", [["--from", "gestern"], ["--to", "2026-02-30"]])
def test_a_day_that_is_none(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        build().parse_args(["report", *argv])
    assert "要写成 2026-12-01 这样" in capsys.readouterr().err


async def test_of_nothing(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    await people.settle()
    assert set(figures(await reports.report()).values()) == {(0, 0, 0)}
    assert "救助·确认" in await shown(capsys, "--rows")


@pytest.mark.db
async def test_the_command_itself(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "songnuan.key").write_text(TEST_KEY.hex())
    (tmp_path / "songnuan.key").chmod(0o600)
    monkeypatch.setenv("SONGNUAN_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("SONGNUAN_DATABASE__URL", database_url)
    monkeypatch.setenv("SONGNUAN_DATABASE__KEY_FILE", "songnuan.key")
    files = ["--csv", str(tmp_path / "a.csv"), "--xlsx", str(tmp_path / "a.xlsx")]
    assert await asyncio.to_thread(main, ["report", *files]) == 0
    assert "已写进" in capsys.readouterr().out and len(read(tmp_path / "a.xlsx")) == len(read(tmp_path / "a.csv")) == 17
    assert await asyncio.to_thread(main, ["report", "--csv", str(tmp_path / "a.txt")]) == 1
    assert await asyncio.to_thread(main, ["report", "--unit", "M9"]) == 1


async def test_handed_over_together_is_once_however_long_the_writing_takes(room: Room) -> None:
    before = (await reports.report()).total("delivered").times
    ticks = count()
    clock.use(lambda: NOON + timedelta(days=2, milliseconds=next(ticks)))
    await room.say(NEED, LIU)
    await room.say("送达 5 米10斤 油1桶 面2袋", CHAIR)
    assert (await reports.report()).total("delivered").times == before + 1
