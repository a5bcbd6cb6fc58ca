"""Which units are looked at: the person's own and all below, or the one of these that was picked.

Rights are asked of the database (`people.act_as`), so a code of another unit in an address opens nothing.
"""

from collections.abc import Collection
from typing import NamedTuple

from bot.actions.staff import people
from bot.models import Unit


class Choice(NamedTuple):
    """One line of the unit picker; `depth` is how far below the first it stands."""

    code: str
    name: str
    depth: int


class Scope(NamedTuple):
    """`path` is the picked unit's. `everything`: the whole union, so also what belongs to no unit."""

    code: str
    name: str
    path: str
    everything: bool
    choices: list[Choice]

    @property
    def picked(self) -> str:
        """For addresses: "" as long as it is the person's own unit."""
        return self.code if self.choices and self.code != self.choices[0].code else ""

    def where(self, column: str) -> tuple[str, list[object]]:
        """A condition of SQL on a column that holds a unit, and its values."""
        if self.everything:
            return "1 = 1", []
        return f"{column} IN (SELECT id FROM unit WHERE path LIKE ?)", [f"{self.path}%"]


async def scope(staff_id: int, roles: Collection[str], code: str = "") -> Scope:
    """Of this person. NotFound or NotAllowed for a unit that is not theirs or below it."""
    unit = await people.unit_by_code(code) if code else None
    staff = await people.act_as(staff_id, roles, *([unit.id] if unit is not None else []))
    picked = unit or staff.unit
    below = await Unit.filter(path__startswith=staff.unit.path).order_by("path")
    top = staff.unit.path.count("/")
    choices = [Choice(one.code, one.name, one.path.count("/") - top) for one in sorted(below, key=_as_tree)]
    everything = picked.path.count("/") == 2 and not await Unit.filter(parent_id=None).exclude(id=picked.id).exists()
    return Scope(picked.code, picked.name, picked.path, everything, choices)


def _as_tree(unit: Unit) -> tuple[int, ...]:
    return tuple(int(step) for step in unit.path.strip("/").split("/"))
