"""The units that an import may put households into, under the names that an office writes for them."""

import unicodedata
from dataclasses import dataclass, field

from bot.actions.roster.values import Refusal
from bot.actions.staff import people
from bot.models import Unit

NO_UNIT = "没有这个单位，或者不在您的单位范围内，请核对单位编号"
TWO_UNITS = "有几个单位都叫这个名字，请改写单位编号"

MANAGERS = ("chair",)


@dataclass(slots=True)
class Scope:
    """All units by code and name, and the ids of those that are the person's own."""

    yours: set[int] = field(default_factory=set)
    _units: dict[str, list[Unit]] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def of(cls, staff_id: int | None) -> "Scope":
        """Of a chair or admin; None, the command line, may everything. Raises NotAllowed."""
        top = "/" if staff_id is None else (await people.act_as(staff_id, MANAGERS)).unit.path
        scope = cls()
        for unit in await Unit.all().order_by("id"):
            if unit.path.startswith(top):
                scope.yours.add(unit.id)
            scope._ids[unit.code] = unit.id
            scope._units.setdefault(_folded(unit.code), []).insert(0, unit)
            if _folded(unit.name) != _folded(unit.code):
                scope._units.setdefault(_folded(unit.name), []).append(unit)
        return scope

    def code_of(self, text: str) -> str:
        """The code of a unit that the sheet names by code or by name. Raises Refusal."""
        if text not in self._known:
            found = self._units.get(_folded(text), [])
            by_code = [unit for unit in found if _folded(unit.code) == _folded(text)]
            mine = [unit for unit in by_code or found if unit.id in self.yours]
            if len(mine) != 1:
                raise Refusal(TWO_UNITS if mine else NO_UNIT)
            self._known[text] = mine[0].code
        return self._known[text]

    def id_of(self, code: str) -> int:
        return self._ids[code]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
