"""What a roster file says, row by row, before the database is asked: one family's rows are brought together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from bot.actions.roster import columns as roster_columns
from bot.actions.roster import values
from bot.actions.roster.values import Days, Refusal
from bot.sheets import damage, plain

LABELS = roster_columns.LABELS
MEMBERS_MAX = 50
PURPOSE = "登记和回访"
OWN = frozenset({"code", "phone", "address"})  # hardly two rows have the same
SHARED_MAX = 5000

Refused = tuple[int, str]

# How each cell is read; a cell that is empty says nothing.
READERS: dict[str, values.Read] = {
    "code": values.code,
    "name": values.words("姓名", 40, clear=False, numbers=False),
    "relation": values.words("关系", 20, numbers=False),
    "phone": values.phone,
    "under_14": values.yes_or_no(LABELS["under_14"]),
    "guardian": values.words("监护人", 40, numbers=False),
    "category": values.category,
    "grade": values.grade,
    "address": values.words("地址", 500),
    "best_time": values.words(LABELS["best_time"], 40, numbers=False),
    "may_tell": values.words(LABELS["may_tell"], 500),
    "avoid": values.days(LABELS["avoid"]),
    "remember": values.days(LABELS["remember"]),
    "do_not_call": values.yes_or_no(LABELS["do_not_call"]),
    "messages_off": values.yes_or_no(LABELS["messages_off"]),
    "consent_by": values.words("同意人", 40, clear=False),
    "consent_at": values.full_date,
    "consent_to": values.words("同意事项", 40, clear=False, numbers=False),
    "consent_words": values.words("同意原话", 500, clear=False),
    "note": values.words("备注", 2000),
}
HOUSE = ("unit", "category", "grade", "address", "best_time", "may_tell", "do_not_call", "messages_off")
PERSON = ("relation", "phone", "under_14", "guardian")


class Consent(NamedTuple):
    """Who agreed to what, when, in which words."""

    name: str
    day: date
    purpose: str
    words: str


class Entry(NamedTuple):
    """One row that is in order by itself; None where the file says nothing."""

    number: int
    code: str
    name: str
    relation: str | None
    phone: str | None  # also masked, or to be cleared: see `digits`
    under_14: bool | None
    guardian: str | None
    unit: str | None
    category: str | None
    grade: str | None
    address: str | None
    best_time: str | None
    may_tell: str | None
    do_not_call: bool | None
    messages_off: bool | None
    avoid: Days | None
    remember: Days | None
    note: str | None
    consent: Consent | None
    by_phone: bool = False  # the file names no code: the household was found by this phone

    @property
    def digits(self) -> str:
        return self.phone if self.phone and self.phone.isdigit() else ""

    @property
    def person(self) -> tuple[Any, ...]:
        """What it says of the member, in the order of PERSON."""
        return self[_PERSON_AT]  # type: ignore[return-value]

    @property
    def house(self) -> tuple[Any, ...]:
        """What it says of the household, in the order of HOUSE."""
        return self[_HOUSE_AT]  # type: ignore[return-value]


_PERSON_AT = slice(Entry._fields.index("relation"), Entry._fields.index("unit"))
_HOUSE_AT = slice(Entry._fields.index("unit"), Entry._fields.index("avoid"))
_PLACE = {name: at for at, name in enumerate(HOUSE)}
_SILENT = (None,) * len(HOUSE)


@dataclass(slots=True)
class Family:
    """The rows of one household. Where two rows contradict each other, the later one is refused."""

    code: str
    house: tuple[Any, ...] = _SILENT
    persons: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    days: dict[str, Days] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def take(self, entry: Entry) -> str | None:
        """Add a row; or say why not."""
        house, person = entry.house, entry.person
        known = self.persons.get(entry.name)
        if known is None and len(self.persons) >= MEMBERS_MAX:
            return f"这一户超过 {MEMBERS_MAX} 人，请核对户编号"
        first, silent = self.house is _SILENT, house == _SILENT
        if not first and not silent and (label := _contradicts(self.house, house, HOUSE)):
            return f"{label}和同一户前面的行不一样，请改成一样的"
        if known is not None and (label := _contradicts(known, person, PERSON)):
            return f"同一户同一个人前面写了另一个{label}，请只留一个"
        if not silent:
            self.house = house if first else _merged(self.house, house)
        self.persons[entry.name] = person if known is None else _merged(known, person)
        self._collect(entry)
        self.entries.append(entry)
        return None

    def _collect(self, entry: Entry) -> None:
        """What adds up over the rows."""
        if entry.avoid is not None:
            self.days["avoid"] = self.days.get("avoid", frozenset()) | entry.avoid
        if entry.remember is not None:
            self.days["remember"] = self.days.get("remember", frozenset()) | entry.remember
        if entry.note and entry.note not in self.notes:
            self.notes.append(entry.note)

    def without(self, refused: Sequence[Entry]) -> "Family":
        """The same household as if these rows were not in the file."""
        rest = Family(self.code)
        gone = {entry.number for entry in refused}
        for entry in self.entries:
            if entry.number not in gone:
                rest.take(entry)
        return rest

    def said(self, name: str) -> Any:
        """What the file says of the household."""
        return self.house[_PLACE[name]]

    @property
    def note(self) -> str | None:
        return "；".join(self.notes) or None


def _contradicts(mine: tuple[Any, ...], theirs: tuple[Any, ...], names: tuple[str, ...]) -> str | None:
    for name, one, other in zip(names, mine, theirs, strict=True):
        if one is not None and other is not None and one != other:
            return LABELS[name]
    return None


def _merged(mine: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(other if one is None else one for one, other in zip(mine, theirs, strict=True))


class _Shared(dict[str, object]):
    """What the cells of one column mean: a text that many rows have is read once and kept once."""

    def __init__(self, read: values.Read) -> None:
        self._read = read

    def __missing__(self, cell: str) -> object:
        meaning = self._read(cell)
        if len(self) < SHARED_MAX:
            self[cell] = meaning
        return meaning


# A row while it is read: the cells of an entry, then the columns that its consent is made of.
_CONSENT = ("consent_by", "consent_at", "consent_to", "consent_words")
_AT = {name: at for at, name in enumerate((*Entry._fields, *_CONSENT))}
_WIDTH = len(Entry._fields)
_UNSAID = [{"code": "", "by_phone": False, "consent_words": ""}.get(name) for name in _AT]
_CODE, _NAME, _PHONE, _CATEGORY, _GRADE, _AGREED = map(
    _AT.__getitem__, ("code", "name", "phone", "category", "grade", "consent")
)


def reader(places: roster_columns.Places, unit: values.Read) -> Callable[[int, Sequence[str]], Entry]:
    """What makes an entry of a row, or raises Refusal. `unit` knows how the office calls its units."""
    readers = READERS | {"unit": unit}
    uses: list[tuple[int, values.Read] | None] = [None] * (1 + max(map(max, places.values())))
    for what, where in places.items():
        read = readers[what]
        uses[where[0]] = _AT[what], read if what in OWN else _Shared(read).__getitem__
    several = [where for where in places.values() if len(where) > 1]

    def entry(number: int, cells: Sequence[str]) -> Entry:
        if reason := damage(cells):
            raise Refusal(reason)
        found: list[Any] = _UNSAID.copy()
        found[0] = number
        for use, cell in zip(uses, _joined(cells, several) if several else cells, strict=False):
            if cell and use:
                at, read = use
                found[at] = read(plain(cell) if cell[0] == "'" else cell)
        return _entry(found)

    return entry


def _joined(cells: Sequence[str], several: list[list[int]]) -> list[str]:
    """Of columns that mean the same, the first one holds what the first filled one says."""
    joined = [*cells, *[""] * (1 + max(map(max, several)) - len(cells))]
    for where in several:
        joined[where[0]] = next((joined[at] for at in where if joined[at]), "")
    return joined


def _entry(found: list[Any]) -> Entry:
    if not found[_NAME]:
        raise Refusal("没有姓名，请补上")
    if found[_CATEGORY] is not None:
        _categorise(found)
    if not found[_CODE] and not (found[_PHONE] or "").isdigit():
        raise Refusal("没有户编号也没有完整的电话，认不出是哪一户，请补上一样")
    found[_AGREED] = _consent(found[_NAME], *found[_WIDTH:])
    return Entry._make(found[:_WIDTH])


def _categorise(found: list[Any]) -> None:
    """The cell of the category may name the grade as well."""
    (found[_CATEGORY], named), grade = found[_CATEGORY], found[_GRADE]
    if named and grade not in (None, named):
        raise Refusal("类别和等级写得不一样，请改成一样的")
    found[_GRADE] = grade or named
    if found[_GRADE] not in (None, values.CLEAR) and found[_CATEGORY] != values.HARDSHIP:
        raise Refusal(f"只有{values.HARDSHIP}才写等级，请核对类别")


def _consent(name: str, by: str | None, at: date | None, to: str | None, words: str | None) -> Consent | None:
    """Of the person in this row unless another is named. Without words it is masked: an export that comes back."""
    if words is None:
        return None
    if at is not None:
        return Consent(by or name, at, to or PURPOSE, words)
    if by or words or to:
        raise Refusal("写了同意就要写同意日期，请补上")
    return None


def read(
    make: Callable[[int, Sequence[str]], Entry], rows: Iterable[tuple[int, list[str]]], watch: Callable[[int], None]
) -> tuple[list[Entry], list[Refused]]:
    """The rows that are in order, and the others with the reason. `watch` hears the row number now and then."""
    entries: list[Entry] = []
    refused: list[Refused] = []
    for number, cells in rows:
        try:
            entries.append(make(number, cells))
        except Refusal as reason:
            refused.append((number, str(reason)))
        if number % 1000 == 0:
            watch(number)
    return entries, refused
