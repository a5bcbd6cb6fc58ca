"""Whom to call, in which order: promised and due, then flagged, then never reached, then longest silent.

And the lists that no one should have to ask for: never reached, silent too long, promised but not called.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot import clock
from bot.actions.households.lookup import CALLERS
from bot.actions.outreach import calling
from bot.actions.outreach.rounds import LATEST, LEADERS, REACHED_AT
from bot.actions.staff.people import act_as
from bot.models import HouseholdDate, db
from bot.models.fields import from_ms, to_ms

PROMISED, FLAGGED, NEVER, SILENT = range(4)
WHY = {PROMISED: "答应的", FLAGGED: "有求助没办完", NEVER: "还没打通过", SILENT: "好久没联系"}
OVERLOOKED = {"promised": "答应了没打", "never": "从没打通", "silent": "很久没联系上"}

LAST_AT = """
(SELECT max(f.at) FROM follow_up f WHERE f.household_id = h.id AND f.undone_at IS NULL)"""
FLAG = "EXISTS (SELECT 1 FROM help_request q WHERE q.household_id = h.id AND q.state <> 'closed')"
COLUMNS = f"""
h.id, h.code, h.next_call_at, {LATEST} AS outcome, {LAST_AT} AS last_at, {REACHED_AT} AS reached_at, {FLAG} AS flagged,
(SELECT m.name FROM member m WHERE m.household_id = h.id AND m.erased_at IS NULL ORDER BY m.id LIMIT 1) AS name"""
HELD = f"""
SELECT {COLUMNS}, r.id AS round_id, r.cap_per_day AS cap FROM assignment a JOIN household h ON h.id = a.household_id
JOIN unit u ON u.id = h.unit_id JOIN "round" r ON r.id = a.round_id
WHERE a.staff_id = ? AND a.held_household_id IS NOT NULL AND NOT h.do_not_call AND r.starts_at <= ? AND u.path LIKE ?
"""
# Calls that this person owes outside of any round: the latest attempt was theirs and wants another one.
OWED = f"""
SELECT {COLUMNS}, 0 AS round_id, 0 AS cap FROM household h JOIN unit u ON u.id = h.unit_id
WHERE h.id IN (SELECT o.household_id FROM follow_up o WHERE o.staff_id = ? AND o.undone_at IS NULL)
AND h.next_call_at IS NOT NULL AND NOT h.do_not_call AND u.path LIKE ?
AND (SELECT f.staff_id FROM follow_up f WHERE f.household_id = h.id AND f.undone_at IS NULL
     ORDER BY f.at DESC, f.id DESC LIMIT 1) = ?
AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.held_household_id = h.id)
"""
# Of a round that is open: this person called in vain, so now somebody has to go there.
VISITS = """
SELECT h.id, h.code, (SELECT m.name FROM member m WHERE m.household_id = h.id AND m.erased_at IS NULL
 ORDER BY m.id LIMIT 1) AS name
FROM assignment a JOIN household h ON h.id = a.household_id JOIN unit u ON u.id = h.unit_id
JOIN "round" r ON r.id = a.round_id
WHERE a.staff_id = ? AND a.state = 'visit' AND r.closed_at IS NULL AND NOT h.do_not_call AND u.path LIKE ?
ORDER BY a.touched_at, h.code LIMIT 30
"""


class ToVisit(NamedTuple):
    """A household that somebody should go to. For the volunteer alone: there is a name in it."""

    household_id: int
    code: str
    name: str


class Entry(NamedTuple):
    """One household on a volunteer's list. `due`: may be called now. For the volunteer alone: there is a name in it."""

    household_id: int
    code: str
    name: str
    why: int
    due: bool
    next_call_at: datetime | None
    last_at: datetime | None
    reached_at: datetime | None
    outcome: str
    round_id: int
    cap: int


class Overlooked(NamedTuple):
    """One household on a list of what was forgotten."""

    code: str
    name: str
    unit: str
    last_at: datetime | None
    outcome: str
    reached_at: datetime | None
    next_call_at: datetime | None
    attempts: int
    holder: str


async def mine(staff_id: int) -> list[Entry]:
    """The person's whole list: first what is due, in the order of calling; then the rest by when it is due."""
    staff = await act_as(staff_id, CALLERS)
    now, under = clock.now(), f"{staff.unit.path}%"
    rows = await db.fetch(HELD, staff.id, to_ms(now), under) + await db.fetch(OWED, staff.id, under, staff.id)
    kept_away = await _kept_away([row["id"] for row in rows])
    return sorted((_entry(row, now, kept_away) for row in rows), key=_order)


async def visits(staff_id: int) -> list[ToVisit]:
    """Where this person's calls were in vain; the one that has waited longest first."""
    staff = await act_as(staff_id, CALLERS)
    rows = await db.fetch(VISITS, staff.id, f"{staff.unit.path}%")
    return [ToVisit(row["id"], row["code"], row["name"] or "") for row in rows]


async def _kept_away(households: Sequence[int]) -> set[int]:
    """Those for whom this day of the year is one to keep away from."""
    today = clock.local(clock.now())
    days = HouseholdDate.filter(kind="avoid", month=today.month, day=today.day)
    return {day.household_id for day in await days} & set(households)


def _entry(row: dict[str, Any], now: datetime, kept_away: set[int]) -> Entry:
    next_call, last, reached = (_instant(row[name]) for name in ("next_call_at", "last_at", "reached_at"))
    promised = row["outcome"] == "call_later" and next_call is not None and next_call <= now
    again_today = last is not None and last >= calling.start_of_today() and not promised
    due = not again_today and row["id"] not in kept_away and (next_call is None or next_call <= now)
    why = PROMISED if promised else FLAGGED if row["flagged"] else NEVER if reached is None else SILENT
    return Entry(
        row["id"],
        row["code"],
        row["name"] or "",
        why,
        due,
        next_call,
        last,
        reached,
        row["outcome"] or "",
        row["round_id"],
        row["cap"],
    )


def _order(entry: Entry) -> tuple[object, ...]:
    long_ago = to_ms(entry.reached_at) if entry.reached_at is not None else 0
    when = to_ms(entry.next_call_at) if entry.next_call_at is not None else 0
    return (not entry.due, entry.why, when, long_ago, entry.code) if entry.due else (True, 0, when, 0, entry.code)


def _instant(stored: int | None) -> datetime | None:
    return None if stored is None else from_ms(stored)


async def calls_today(staff_id: int) -> dict[int, int]:
    """How many calls the person has recorded today, by round; 0 for those of no round."""
    rows = await db.fetch(
        "SELECT coalesce(a.round_id, 0) AS round_id, count(*) AS n FROM follow_up f"
        " LEFT JOIN assignment a ON a.id = f.assignment_id"
        " WHERE f.staff_id = ? AND f.at >= ? AND f.undone_at IS NULL GROUP BY 1",
        staff_id,
        to_ms(calling.start_of_today()),
    )
    return {row["round_id"]: row["n"] for row in rows}


WHERE = {
    "promised": f"h.next_call_at < ? AND {LATEST} = 'call_later'",
    "never": f"{REACHED_AT} IS NULL AND CAST(? AS BIGINT) > 0",
    "silent": f"{REACHED_AT} < ?",
}
FIRST = {"promised": "h.next_call_at", "never": "attempts DESC", "silent": "reached_at"}


async def overlooked(
    kind: str, *, under: str = "/", days: int = 14, by: int | None = None, limit: int = 10_000
) -> list[Overlooked]:
    """`promised`: the time has passed; `never`: not once reached; `silent`: not reached for so many days.

    `under` is the path of a unit; with `by` it is that person's own unit.
    """
    if by is not None:
        under = (await act_as(by, LEADERS)).unit.path
    since = clock.now() - timedelta(days=days) if kind == "silent" else clock.now()
    rows = await db.fetch(
        f"SELECT {COLUMNS}, u.name AS unit, s.name AS holder,"
        " (SELECT count(*) FROM follow_up f WHERE f.household_id = h.id AND f.undone_at IS NULL) AS attempts"
        " FROM household h JOIN unit u ON u.id = h.unit_id"
        " LEFT JOIN assignment a ON a.held_household_id = h.id LEFT JOIN staff s ON s.id = a.staff_id"
        f" WHERE u.path LIKE ? AND NOT h.do_not_call AND {WHERE[kind]} ORDER BY {FIRST[kind]}, h.code LIMIT ?",
        f"{under}%",
        to_ms(since),
        limit,
    )
    return [_overlooked(row) for row in rows]


async def how_many(kind: str, *, under: str, days: int) -> int:
    since = clock.now() - timedelta(days=days) if kind == "silent" else clock.now()
    rows = await db.fetch(
        "SELECT count(*) AS n FROM household h JOIN unit u ON u.id = h.unit_id"
        f" WHERE u.path LIKE ? AND NOT h.do_not_call AND {WHERE[kind]}",
        f"{under}%",
        to_ms(since),
    )
    return int(rows[0]["n"])


def _overlooked(row: dict[str, Any]) -> Overlooked:
    last, reached, following = (_instant(row[name]) for name in ("last_at", "reached_at", "next_call_at"))
    return Overlooked(
        row["code"],
        row["name"] or "",
        row["unit"],
        last,
        row["outcome"] or "",
        reached,
        following,
        row["attempts"],
        row["holder"] or "",
    )
