"""How long a roster of 100,000 rows takes to come in, and how much memory, beside python-calamine only reading it.

The file is as Excel writes it. Both sides run in a process of their own, by turns; the import counts from
the call to the last commit, with an opened database that has the units and nothing else.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.programs import ROOT
from bench.rows import QUICK, Size
from bench.table import Row

TIMES, MIB = 6.0, 400
EVERY = 0.02  # seconds between two looks at the memory


class Took(NamedTuple):
    seconds: float
    memory: float  # MiB of the process and its children together, at the most


def rows(folder: Path, size: Size) -> tuple[list[Row], list[str]]:
    """The two lines of the table, and a note on how they came about."""
    count, times = 100_000, 1 if size is QUICK else min(3, size.rounds)
    home = folder / "imports"
    home.mkdir(parents=True, exist_ok=True)
    sheet = home / "roster.xlsx"
    _make(sheet, count)
    ours, calamine = [], []
    for turn in range(times):
        ours.append(_run("ours", sheet, home / f"{turn}.db"))
        calamine.append(_run("calamine", sheet))
    took, needed = median(one.seconds for one in ours), median(one.seconds for one in calamine)
    ratio, memory = took / needed, max(one.memory for one in ours)
    what = f"6 import of {count:,} rows (XLSX, {len(_header())} columns)"
    other = f"python-calamine reads it: {needed:.2f} s"
    found = [
        Row(what, f"{took:.2f} s", other, f"{ratio:.2f}", f"<= {TIMES:.0f}", ratio <= TIMES),
        Row("6 memory of it, with its child", f"{memory:.0f} MiB", "", "", f"< {MIB} MiB", memory < MIB),
    ]
    raw = " | ".join(" ".join(f"{one.seconds:.2f}" for one in side) for side in (ours, calamine))
    return found, [f"row 6: rounds {raw}; the rate is {count / took:,.0f} rows/s, all committed and encrypted"]


def _header() -> list[str]:
    from bot.sample import synthetic

    return synthetic.HEADER


def _make(path: Path, count: int) -> None:
    from xlsxwriter import Workbook

    from bot.sample import synthetic

    book = Workbook(path)
    sheet = book.add_worksheet()
    for line, cells in enumerate([synthetic.HEADER, *islice(synthetic.rows(count), count)]):
        for column, cell in enumerate(cells):
            if cell:
                sheet.write_string(line, column, cell)
    book.close()


def _run(side: str, *words: Path) -> Took:
    command = [sys.executable, "-m", "bench.imports", side, *map(str, words)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        most = 0.0
        while process.poll() is None:
            most = max(most, sum(map(_resident, _family(process.pid))))
            time.sleep(EVERY)
        said = process.communicate()[0]
    if process.returncode != 0:
        raise AssertionError(f"{side} ended with {process.returncode}")
    return Took(float(json.loads(said)["seconds"]), most)


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        threads = Path(f"/proc/{pid}/task").iterdir()
        below = [child for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:  # gone meanwhile
        return
    for child in below:
        yield from _family(int(child))


def _resident(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def _calamine(sheet: str) -> dict[str, Any]:
    from python_calamine import CalamineWorkbook

    began = time.monotonic()
    lines = CalamineWorkbook.from_path(sheet).get_sheet_by_index(0).to_python()
    return {"seconds": time.monotonic() - began, "rows": len(lines)}


async def _ours(sheet: str, database: str) -> dict[str, Any]:
    from bot.actions.roster import importing as roster
    from bot.actions.staff import people
    from bot.models import db, keys
    from bot.sample import synthetic

    keys.use(keys.Keyring(bytes(range(32))))
    await db.open_(f"sqlite://{database}")
    for code, name, parent in synthetic.UNITS:
        await people.add_unit(code, name, parent)
    began = time.monotonic()
    report = await roster.import_roster(Path(sheet))
    seconds = time.monotonic() - began
    await db.close()
    if report.refused or not report.created:
        raise AssertionError(f"{len(report.refused)} rows were refused, {report.created} households created")
    return {"seconds": seconds, "households": report.created}


if __name__ == "__main__":
    side, *words = sys.argv[1:]
    print(json.dumps(_calamine(*words) if side == "calamine" else asyncio.run(_ours(*words))))
