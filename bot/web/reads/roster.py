"""Lists of households, a page at a time in the order of their codes, however long the roster is.

A condition that needs the calls of each household is put to a bounded stretch of the roster at a time, so that a
page never takes longer because few households fit: it then says where to look on.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot import clock
from bot.actions.households import phones, viewing
from bot.actions.outreach import rounds
from bot.actions.outreach.calllists import LAST_AT
from bot.actions.outreach.outcomes import REACHED
from bot.actions.outreach.rounds import LATEST, REACHED_AT
from bot.actions.staff.scope import Scope
from bot.models import Member, db
from bot.models.fields import from_ms, to_ms

PAGE, STRETCH, FOUND = 30, 3000, 60  # lines a page; households looked through for it; hits of a search
ROLES = ("chair",)

WAS_REACHED = f"""EXISTS (SELECT 1 FROM follow_up f WHERE f.household_id = h.id AND f.undone_at IS NULL
 AND f.outcome IN ({", ".join(f"'{code}'" for code in REACHED)})"""
# What may have been forgotten; the parts that are cheap stand beside it in `_plain`.
FORGOTTEN = {
    "never": f"NOT {WAS_REACHED})",
    "silent": f"NOT {WAS_REACHED} AND f.at >= ?) AND {WAS_REACHED})",
    "promised": f"{LATEST} = 'call_later'",
}
STEPS = {
    "free": "a.state = 'waiting' AND a.held_household_id IS NULL",
    "held": "a.held_household_id IS NOT NULL",
    "done": "a.state = 'done'",
    "visit": "a.state = 'visit'",
    "roster_fix": "a.state = 'roster_fix'",
}
LINES = f"""
SELECT h.id, h.code, h.category, h.grade, h.do_not_call, h.messages_off, h.next_call_at, u.name AS unit,
 {LATEST} AS outcome, {LAST_AT} AS last_at, {REACHED_AT} AS reached_at,
 (SELECT s.name FROM assignment a JOIN staff s ON s.id = a.staff_id WHERE a.held_household_id = h.id) AS holder,
 (SELECT count(*) FROM help_request q WHERE q.household_id = h.id AND q.state <> 'closed') AS requests
FROM household h JOIN unit u ON u.id = h.unit_id WHERE h.id IN ({{}}) ORDER BY h.code"""


class Wanted(NamedTuple):
    """What a list is narrowed to; "" and 0 mean anything. `show`: a key of FORGOTTEN, or no_calls."""

    category: str = ""
    grade: str = ""
    show: str = ""
    round_id: int = 0
    step: str = ""
    silent_days: int = 14


class Line(NamedTuple):
    """One household in a list; the phone is masked."""

    code: str
    name: str
    phone: str
    category: str
    grade: str
    unit: str
    do_not_call: bool
    messages_off: bool
    next_call_at: datetime | None
    last_at: datetime | None
    reached_at: datetime | None
    outcome: str
    holder: str
    requests: int


class Page(NamedTuple):
    """`after`: the code from which the next page goes on, "" on the last one."""

    lines: list[Line]
    after: str


Condition = tuple[str, list[object]]


async def page(staff_id: int, scope: Scope, wanted: Wanted, after: str = "") -> Page:
    """NotFound for a round of another unit. Names stand in it, so it leaves the row of a look at a list."""
    if wanted.round_id:
        await rounds.reach(wanted.round_id, staff_id)
    ids, following = await _ids(_plain(scope, wanted, after), _costly(wanted))
    return Page(await _seen(staff_id, ids), following)


def _plain(scope: Scope, wanted: Wanted, after: str) -> Condition:
    where, values = scope.where("h.unit_id")
    each: list[tuple[str, list[object]]] = [(where, values), ("h.erased_at IS NULL AND h.code > ?", [after])]
    each += [(f"h.{name} = ?", [value]) for name in ("category", "grade") if (value := getattr(wanted, name))]
    if wanted.show == "no_calls":
        each.append(("h.do_not_call", []))
    elif wanted.show:
        each.append(("NOT h.do_not_call", []))
    if wanted.show == "promised":
        each.append(("h.next_call_at < ?", [to_ms(clock.now())]))
    if wanted.round_id:
        step = f" AND {STEPS[wanted.step]}" if wanted.step else ""
        of_it = f"SELECT 1 FROM assignment a WHERE a.round_id = ? AND a.household_id = h.id{step}"
        each.append((f"EXISTS ({of_it})", [wanted.round_id]))
    return " AND ".join(where for where, _ in each), [value for _, values in each for value in values]


def _costly(wanted: Wanted) -> Condition:
    since = to_ms(clock.now() - timedelta(days=wanted.silent_days))
    return FORGOTTEN.get(wanted.show, ""), [since] if wanted.show == "silent" else []


async def _ids(plain: Condition, costly: Condition) -> tuple[list[int], str]:
    """The households of one page, and the code after which the next one begins."""
    some = f"SELECT h.id, h.code FROM household h WHERE {plain[0]} ORDER BY h.code LIMIT ?"
    if not costly[0]:
        rows = await db.fetch(some, *plain[1], PAGE + 1)
        return _cut(rows) if len(rows) > PAGE else ([row["id"] for row in rows], "")
    rows = await db.fetch(
        f"SELECT h.id, h.code FROM ({some}) h WHERE {costly[0]} ORDER BY h.code LIMIT ?",
        *plain[1], STRETCH, *costly[1], PAGE + 1,
    )  # fmt: skip
    if len(rows) > PAGE:
        return _cut(rows)
    last = await db.fetch(f"SELECT max(h.code) AS last, count(*) AS n FROM ({some}) h", *plain[1], STRETCH)
    return [row["id"] for row in rows], last[0]["last"] if last[0]["n"] == STRETCH else ""


def _cut(rows: Sequence[dict[str, Any]]) -> tuple[list[int], str]:
    return [row["id"] for row in rows[:PAGE]], rows[PAGE - 1]["code"]


async def search(staff_id: int, scope: Scope, said: str) -> list[Line]:
    """By code, phone, the last four digits of one, or name; a beginning will do. At most FOUND, by code."""
    said = said.strip()
    ids = await _hits(scope, said) if said else []
    return await _seen(staff_id, ids)


async def _hits(scope: Scope, said: str) -> list[int]:
    where, values = scope.where("h.unit_id")
    start = "SELECT DISTINCT h.id, h.code FROM household h"
    end = f"AND h.erased_at IS NULL AND {where} ORDER BY h.code LIMIT {FOUND}"
    for of_whom, wanted in _meanings(said):
        join = " JOIN member m ON m.household_id = h.id AND m.erased_at IS NULL" if "m." in of_whom else ""
        rows = await db.fetch(f"{start}{join} WHERE {of_whom} {end}", *wanted, *values)
        if rows:
            return [row["id"] for row in rows]
    return []


def _meanings(said: str) -> list[tuple[str, Sequence[object]]]:
    """What was typed may be several things; the most exact comes first."""
    meanings: list[tuple[str, Sequence[object]]] = []
    code = said.upper()
    if code.isdecimal() and code.isascii() and len(code) <= 8:
        numbered = [code, f"H{int(code):04d}"]
        meanings.append((f"h.code IN ({db.marks(numbered)})", numbered))
    if len(said) == 4 and said.isdecimal():
        marks = phones.ending_indexes(said)
        meanings.insert(0, (f"m.phone_ending IN ({db.marks(marks)})", marks))
    if len(said) >= 7 and (phone := phones.normalise(said)):
        marks = phones.indexes(phone)
        meanings.append((f"m.phone_index IN ({db.marks(marks)})", marks))
    if any(letter.isdigit() for letter in said):
        return [*meanings, (r"h.code LIKE ? ESCAPE '\'", [_beginning(code)])]
    return [("m.name = ?", [said]), (r"m.name LIKE ? ESCAPE '\'", [_beginning(said)])]


def _beginning(text: str) -> str:
    """What LIKE takes for everything that begins so."""
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return f"{text}%"


async def _seen(staff_id: int, ids: Sequence[int]) -> list[Line]:
    if not ids:
        return []
    rows = await db.fetch(LINES.format(db.marks(ids)), *ids)
    persons = await _persons(ids)
    lines = [_line(row, persons.get(row["id"])) for row in rows]
    await viewing.listed(staff_id, "roster", [one.code for one in lines])
    return lines


async def _persons(ids: Collection[int]) -> dict[int, Member | None]:
    """Whom one asks for, of each household."""
    members: dict[int, list[Member]] = {}
    known = Member.filter(household_id__in=list(ids), erased_at=None).order_by("id").select_related("guardian")
    for one in await known:
        members.setdefault(one.household_id, []).append(one)
    return {household: viewing.contact_of(theirs) or theirs[0] for household, theirs in members.items()}


def _line(row: dict[str, Any], person: Member | None) -> Line:
    return Line(
        row["code"],
        person.name if person is not None else "",
        phones.masked(person.phone) if person is not None and person.phone and not person.under_14 else "",
        row["category"],
        row["grade"],
        row["unit"],
        bool(row["do_not_call"]),
        bool(row["messages_off"]),
        _instant(row["next_call_at"]),
        _instant(row["last_at"]),
        _instant(row["reached_at"]),
        row["outcome"] or "",
        row["holder"] or "",
        row["requests"],
    )


def _instant(stored: int | None) -> datetime | None:
    return None if stored is None else from_ms(stored)
