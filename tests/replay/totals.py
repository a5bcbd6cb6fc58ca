"""What `songnuan report` prints at the end, as a command of its own, against the news report and against its rows."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from bot import clock
from bot.actions.outreach import calling
from bot.actions.outreach.calling import Calling
from bot.models import FollowUp, Relief
from tests import rounds
from tests.replay.cast import VISITED
from tests.replay.families import SEED_FEN, SEED_HOUSEHOLDS, Family

ROOT = Path(__file__).parents[2]
SOURCE = "黑龙江龙煤矿业控股集团，2020-03-19"
SEED_NEED = 567
GRACE = timedelta(minutes=15)  # a call that began just before the end of calling hours
Totals = Mapping[str, dict[str, Any]]


class Line(NamedTuple):
    """One number that must come out, and ours."""

    name: str
    wanted: int
    ours: int
    money: bool = False

    @property
    def same(self) -> bool:
        return self.wanted == self.ours

    def __str__(self) -> str:
        wanted, ours = (f"{n // 100:,}.{n % 100:02d}" if self.money else f"{n:,}" for n in (self.wanted, self.ours))
        return f"{self.name:44} {wanted:>12} {ours:>12}  {'' if self.same else 'DIFFERS'}".rstrip()


async def command(url: str, key_file: Path, *words: str) -> str:
    """`songnuan report` in a process of its own, as somebody in the office runs it."""
    settings = {"SONGNUAN_DATABASE__URL": url, "SONGNUAN_DATABASE__KEY_FILE": str(key_file)}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "report", *words),
        cwd=ROOT,
        env={**os.environ, **settings, "PYTHONIOENCODING": "utf-8"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaint = await running.communicate()
    assert running.returncode == 0, complaint.decode()
    return printed.decode()


async def totals(url: str, key_file: Path) -> Totals:
    return {one["key"]: one for one in json.loads(await command(url, key_file, "--json", "--rows"))["totals"]}


def reported(found: Totals, families: Mapping[str, Family]) -> list[Line]:
    """The numbers of the news report, in proportion to the size of the replay."""
    size = len(families)
    return [
        Line("households called back", size, found["called"]["households"]),
        Line("households found in need", SEED_NEED * size // SEED_HOUSEHOLDS, found["needing"]["households"]),
        Line("yuan of food brought to them", SEED_FEN * size // SEED_HOUSEHOLDS, found["delivered-goods"]["fen"], True),
    ]


def following(found: Totals, families: Mapping[str, Family]) -> list[Line]:
    """What follows from those when nobody was forgotten."""
    called, need, food = (line.wanted for line in reported(found, families))
    homes = {key: total["households"] for key, total in found.items()}
    return [
        Line("households talked to in the end", called, homes["reached"]),
        Line("requests opened", need, len(found["opened"]["rows"])),
        Line("requests closed as helped", need, len(found["helped"]["rows"])),
        Line("households that food was brought to", need, homes["delivered"]),
        Line("households who said that it came", need, homes["confirmed"]),
        Line("yuan that they said came", food, found["confirmed"]["fen"], True),
        Line("requests still open", 0, homes["waiting"]),
        Line("yuan promised and not brought", 0, found["promised"]["fen"], True),
        Line("yuan in doubt", 0, found["doubtful"]["fen"], True),
    ]


def table(found: Totals, families: Mapping[str, Family]) -> str:
    size = len(families)
    scale = "" if size == SEED_HOUSEHOLDS else f", in proportion {size} to {SEED_HOUSEHOLDS}"
    parts = [f"{'':44} {'reported':>12} {'replayed':>12}  ({SOURCE}{scale})", *map(str, reported(found, families))]
    parts += [f"\n{'':44} {'expected':>12} {'replayed':>12}", *map(str, following(found, families))]
    return "\n".join(parts)


def wrong(found: Totals, families: Mapping[str, Family]) -> list[str]:
    """Every number that differs, and every total that is not the sum of its rows."""
    lines = [*reported(found, families), *following(found, families)]
    return [f"{line.name} differs" for line in lines if not line.same] + opened(found, families)


def opened(found: Totals, families: Mapping[str, Family]) -> list[str]:
    """Each total is nothing but its rows, and the rows are what happened to these families. Returns what is wrong."""
    wrong = []
    for key, total in found.items():
        rows = total.get("rows", [])
        fen, homes = sum(row["fen"] for row in rows), {row["household"] for row in rows}
        if total["households"] != len(homes) or (total["fen"] or 0) != fen:
            wrong.append(f"{key}: says {total['households']} and {total['fen']}, its rows {len(homes)} and {fen}")
    needy = {code: family.fen for code, family in families.items() if family.rank is not None}
    for key in ("delivered", "delivered-goods", "confirmed"):
        given = Counter[str]()
        for row in found[key]["rows"]:
            given[row["household"]] += row["fen"]
        wrong += [f"{key}: {code} has {given[code]} fen" for code in needy | given if given[code] != needy.get(code)]
    for key, wanted in (("called", set(families)), ("needing", set(needy)), ("helped", set(needy))):
        if {row["household"] for row in found[key]["rows"]} != wanted:
            wrong.append(f"{key}: other households than it should be")
    return wrong


async def kept() -> list[str]:
    """The rules of calling, looked up in the tables: hours, days to keep away from, once a day; and the ledger."""
    wrong, hours, last = [], Calling(), dict[tuple[int, str], str]()
    for call in await FollowUp.filter(undone_at=None).order_by("at", "id"):
        local = clock.local(call.at)
        if not (hours.open(call.at) or hours.open(call.at - GRACE)):
            wrong.append(f"call {call.id} outside calling hours, at {local:%H:%M}")
        day = (call.household_id, f"{local:%m-%d}")
        visited = (call.note or "").endswith(VISITED)
        if not visited and last.get(day, "call_later") != "call_later":
            wrong.append(f"call {call.id}: twice on {day[1]}")
        if not visited and (local.month, local.day) in await calling.days_to_avoid(call.household_id):
            wrong.append(f"call {call.id} on a day to keep away from")
        last[day] = call.outcome
    rows = await Relief.all()
    replaced = {row.corrects_id for row in rows}
    ends = [row for row in rows if row.id not in replaced]
    if any(row.state != "confirmed" for row in ends):
        wrong.append("a row of the ledger that nobody has confirmed")
    await rounds.sound()
    return wrong
