"""What a roster file says, row by row, before the database is asked: columns, checks, one family's rows together.

Reasons are read by whoever mends the file: they name the column and the remedy, never a phone or address.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.actions import phones
from bot.errors import BadInput
from bot.models import keys

CATEGORIES = ("工伤残职工", "工亡遗属", "孤寡老人", "留守儿童", "困难职工", "一线医护家庭")
COLUMNS = {  # the first filled cell of these, in this order
    "code": ("户编号", "编号", "户号", "code"),
    "name": ("姓名", "户主", "联系人"),
    "relation": ("关系",),
    "phone": ("电话", "手机", "联系电话", "手机号", "手机号码", "电话号码"),
    "unit": ("单位", "单位编号"),
    "category": ("类别", "困难类别"),
    "address": ("地址", "住址"),
    "note": ("备注",),
}
LONGEST = {"name": (40, "姓名"), "relation": (20, "关系"), "unit": (60, "单位")}
CODE = re.compile(r"[\w-]{1,20}")
IN_BRACKETS = re.compile(r"\(.*?\)|[\s*:]")

Refused = tuple[int, str]


class Entry(NamedTuple):
    """One row that is in order by itself; "" where the file says nothing."""

    number: int
    code: str
    name: str
    relation: str
    phone: str
    phone_index: str | None
    unit: str
    category: str
    address: str
    note: str
    by_phone: bool = False  # the file names no code: the household was found by this phone


@dataclass
class Family:
    """The rows of one household. Where two rows contradict each other, the later one is refused."""

    code: str
    unit: str = ""
    category: str = ""
    address: str = ""
    notes: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry) -> str | None:
        """Add a row; or say why not."""
        for name, what in (("unit", "单位"), ("category", "类别"), ("address", "地址")):
            mine, theirs = getattr(self, name), getattr(entry, name)
            if mine and theirs and mine != theirs:
                return f"{what}和同一户前面的行不一样,请改成一样的"
        same = next((other for other in self.entries if other.name == entry.name), None)
        if same and (same.phone and entry.phone and same.phone != entry.phone):
            return "同一户同一个人写了两个电话,请只留一个"
        if same and (same.relation and entry.relation and same.relation != entry.relation):
            return "同一户同一个人写了两种关系,请只留一种"
        self.unit, self.category = self.unit or entry.unit, self.category or entry.category
        self.address = self.address or entry.address
        if entry.note and entry.note not in self.notes:
            self.notes.append(entry.note)
        self.entries.append(entry)
        return None

    def without(self, refused: Sequence[Entry]) -> "Family":
        """The same household as if these rows were not in the file."""
        rest = Family(self.code)
        for entry in self.entries:
            if entry not in refused:
                rest.take(entry)
        return rest

    @property
    def note(self) -> str:
        return ";".join(self.notes)


def columns(header: Sequence[str]) -> dict[str, list[int]]:
    """Where each field stands in a row."""
    names = [IN_BRACKETS.sub("", unicodedata.normalize("NFKC", cell)).lower() for cell in header]
    places = {
        what: [n for word in words for n, name in enumerate(names) if name == word] for what, words in COLUMNS.items()
    }
    if not places["name"]:
        raise BadInput("表头里没有“姓名”这一列,请把第一行改成:户编号、姓名、关系、电话、单位、类别、地址、备注")
    if not places["code"] and not places["phone"]:
        raise BadInput("表头里既没有“户编号”也没有“电话”,认不出是哪一户,请补上一列")
    return places


def read(header: Sequence[str], rows: Iterable[tuple[int, list[str]]]) -> tuple[list[Entry], list[Refused]]:
    """The rows that are in order, and the others with the reason."""
    places = columns(header)
    entries: list[Entry] = []
    refused: list[Refused] = []
    for number, cells in rows:
        found = {
            what: next((cells[n] for n in where if n < len(cells) and cells[n]), "") for what, where in places.items()
        }
        reason = _objection(found)
        if reason:
            refused.append((number, reason))
        else:
            entries.append(_entry(number, found))
    return entries, refused


def _objection(found: dict[str, str]) -> str | None:
    if not found["name"]:
        return "没有姓名,请补上"
    for what, (longest, label) in LONGEST.items():
        if len(found[what]) > longest:
            return f"{label}太长,最多 {longest} 个字"
    if found["code"] and not CODE.fullmatch(_code(found["code"])):
        return "户编号只能有汉字、字母、数字和横线,最多 20 个字"
    if found["category"] and unicodedata.normalize("NFKC", found["category"]) not in CATEGORIES:
        return f"类别不认识,请用:{'、'.join(CATEGORIES)}"
    if found["phone"] and phones.normalise(found["phone"]) is None:
        return "电话不对:一格写一个手机号,或者带区号的座机"
    if not found["code"] and not found["phone"]:
        return "没有户编号也没有电话,认不出是哪一户,请补上一样"
    return None


def _entry(number: int, found: dict[str, str]) -> Entry:
    phone = phones.normalise(found["phone"]) or ""
    return Entry(
        number,
        _code(found["code"]),
        found["name"],
        found["relation"],
        phone,
        keys.current().index(phone) if phone else None,
        found["unit"],
        unicodedata.normalize("NFKC", found["category"]),
        found["address"],
        found["note"],
    )


def _code(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()
