"""Puts the synthetic roster into a file, or through the ordinary import into a database that has no real one."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import sheets
from bot.actions.roster import importing as roster
from bot.actions.staff import people
from bot.errors import Conflict
from bot.models import Household, Unit, db
from bot.sample import synthetic
from bot.sample.synthetic import UNITS

__all__ = ["UNITS", "put_in", "write"]

REAL_ROSTER = "数据库里已经有名册，虚构的名册只能放进空的数据库，请换一个数据库"


def write(path: Path, households: int, seed: int) -> int:
    """Returns how many rows there are below the header."""
    rows = list(synthetic.rows(households, seed))
    sheets.write(path, chain([synthetic.HEADER], rows))
    return len(rows)


async def put_in(
    households: int, seed: int, *, watch: Callable[[str, int, int], None] = lambda what, done, of: None
) -> roster.Report:
    """Units and households. Raises Conflict when there are households of other units."""
    await _refuse_real()
    async with db.transaction():
        known = {unit.code for unit in await Unit.all()}
        for code, name, parent in UNITS:
            if code not in known:
                await people.add_unit(code, name, parent)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "roster.csv"
        write(path, households, seed)
        return await roster.import_roster(path, watch=watch)


async def _refuse_real() -> None:
    top = await Unit.get_or_none(code=UNITS[0][0])
    others = Household.all() if top is None else Household.exclude(unit__path__startswith=top.path)
    wrong = top is not None and top.name != UNITS[0][1]
    if wrong or await others.exists():
        raise Conflict(REAL_ROSTER)
