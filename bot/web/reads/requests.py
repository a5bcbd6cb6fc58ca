"""Lists of help requests: what waits, what is in whose hands. By number and code only: no name, no word of a family."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot import clock
from bot.actions.staff.scope import Scope
from bot.models import Identity, db
from bot.models.fields import from_ms, to_ms

PAGE = 30
COLUMN = 12  # cards of one column of the board
CLOSED_FOR = timedelta(days=7)  # how long the board still shows what is done
IN_HAND = ("acknowledged", "assigned", "delivering")
ALL_OPEN = ("review", "open", *IN_HAND)
MOST = 1000  # more than this are counted as “1000+”

LINES = """
SELECT r.id, r.kinds, r.urgency, r.state, r.closed_as, r.opened_at, r.next_alert_at, r.alert_step, r.confirm_asked_at,
       coalesce(r.closed_at, r.delivered_at, r.assigned_at, r.acknowledged_at, r.opened_at) AS moved_at,
       h.code AS household, u.name AS unit, s.name AS person
FROM help_request r
LEFT JOIN household h ON h.id = r.household_id
LEFT JOIN unit u ON u.id = r.unit_id
LEFT JOIN staff s ON s.id = coalesce(r.assigned_to_id, r.acknowledged_by_id)
"""
URGENT_FIRST = "CASE r.urgency WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END"


class Line(NamedTuple):
    """One request in a list. `due`: when it is alerted or reminded of again; `alerts`: how often it was."""

    number: int
    household: str
    unit: str
    kinds: tuple[str, ...]
    urgency: str
    state: str
    closed_as: str
    person: str
    opened_at: datetime
    moved_at: datetime
    due: datetime | None
    alerts: int
    asked: bool


class Wanted(NamedTuple):
    """What a list is narrowed to; "" and 0 mean anything."""

    states: tuple[str, ...] = ALL_OPEN
    kind: str = ""
    urgency: str = ""
    mine: bool = False
    household: str = ""


class Whose(NamedTuple):
    """Within which units a person sees all requests; None for who only sees those they have to do with."""

    staff_id: int
    scope: Scope | None


Condition = tuple[str, list[object]]


async def lines(whose: Whose, wanted: Wanted, before: int = 0) -> tuple[list[Line], int]:
    """The newest first; and the number before which the next page begins, 0 on the last one."""
    where, values = _both(await seen_by(whose, mine=wanted.mine), _narrowed(wanted))
    if before:
        where, values = f"{where} AND r.id < ?", [*values, before]
    rows = await db.fetch(f"{LINES} WHERE {where} ORDER BY r.id DESC LIMIT ?", *values, PAGE + 1)
    found = [_line(row) for row in rows]
    return found[:PAGE], found[PAGE - 1].number if len(found) > PAGE else 0


async def seen_by(whose: Whose, *, mine: bool = False) -> Condition:
    """The requests that a person may know of: of their units, or with themselves."""
    own = "r.assigned_to_id = ? OR r.acknowledged_by_id = ?"
    if mine:
        return f"({own})", [whose.staff_id, whose.staff_id]
    if whose.scope is not None:
        where, values = whose.scope.where("r.unit_id")
        if whose.scope.picked or whose.scope.everything:
            return where, values
        return f"({where} OR {own})", [*values, whose.staff_id, whose.staff_id]
    told, accounts = await _told(whose.staff_id)
    return f"({own} OR {told})", [whose.staff_id, whose.staff_id, *accounts]


async def _told(staff_id: int) -> Condition:
    """Those whose alert reached one of the person's accounts: a counsellor's."""
    accounts = await Identity.filter(staff_id=staff_id)
    each = "r.id IN (SELECT request_id FROM delivery WHERE channel = ? AND chat_id = ? AND purpose = 'alert')"
    return " OR ".join([each] * len(accounts)) or "1 = 0", [v for one in accounts for v in (one.channel, one.user_id)]


def _narrowed(wanted: Wanted) -> Condition:
    where, values = f"r.state IN ({db.marks(wanted.states)})", list[object](wanted.states)
    if wanted.kind:
        where, values = f"{where} AND CAST(r.kinds AS TEXT) LIKE ?", [*values, f'%"{wanted.kind}"%']
    if wanted.urgency:
        where, values = f"{where} AND r.urgency = ?", [*values, wanted.urgency]
    if wanted.household:
        of_it = "r.household_id IN (SELECT id FROM household WHERE code = ?)"
        where, values = f"{where} AND {of_it}", [*values, wanted.household]
    return where, values


def _both(one: Condition, other: Condition) -> Condition:
    return f"{one[0]} AND {other[0]}", [*one[1], *other[1]]


class Column(NamedTuple):
    """One column of the board; `more` when it holds more than are shown."""

    key: str
    lines: list[Line]
    more: bool


COLUMNS = {
    "open": "r.state = 'open'",
    "acknowledged": "r.state = 'acknowledged'",
    "assigned": "r.state = 'assigned'",
    "delivered": "r.state = 'delivering' AND r.confirm_asked_at IS NULL",
    "asked": "r.state = 'delivering' AND r.confirm_asked_at IS NOT NULL",
    "closed": "r.state = 'closed' AND r.closed_at >= ?",
    "review": "r.state = 'review'",
}


async def board(whose: Whose, wanted: Wanted) -> list[Column]:
    """Each column urgent ones first, then those that have waited longest; what is done, the latest first."""
    found = []
    seen = await seen_by(whose, mine=wanted.mine)
    for key, state in COLUMNS.items():
        done = key == "closed"
        of_state: Condition = (state, [to_ms(clock.now() - CLOSED_FOR)] if done else [])
        narrowed = _narrowed(wanted._replace(states=("closed",) if done else ALL_OPEN))
        where, values = _both(_both(of_state, narrowed), seen)
        order = "r.closed_at DESC" if done else f"{URGENT_FIRST}, r.id"
        rows = await db.fetch(f"{LINES} WHERE {where} ORDER BY {order} LIMIT ?", *values, COLUMN + 1)
        found.append(Column(key, [_line(row) for row in rows[:COLUMN]], len(rows) > COLUMN))
    return found


async def waiting(whose: Whose, most: int = 20) -> list[Line]:
    """Nobody has said 收到: the most urgent first, then the one whose next alert is nearest."""
    return await _some(whose, "r.state = 'open'", [], f"{URGENT_FIRST}, r.next_alert_at, r.id", most)


async def due(whose: Whose, within: timedelta = timedelta(hours=24), most: int = 20) -> list[Line]:
    """Taken, and the time of their stage is up or nearly so: they were reminded of, or soon will be."""
    state = f"r.state IN ({db.marks(IN_HAND)}) AND r.next_alert_at < ?"
    until = to_ms(clock.now() + within)
    return await _some(whose, state, [*IN_HAND, until], "r.next_alert_at, r.id", most)


async def suspected(whose: Whose, most: int = 10) -> list[Line]:
    """Perhaps a life in danger, and nobody has had a look: whoever was called to it may have slept."""
    return await _some(whose, "r.state = 'review' AND r.urgency = 'emergency'", [], "r.id DESC", most)


async def doubtful(whose: Whose, most: int = 10) -> list[Line]:
    """All others that the bot is not sure of."""
    return await _some(whose, "r.state = 'review' AND r.urgency <> 'emergency'", [], "r.id DESC", most)


async def _some(whose: Whose, state: str, values: Sequence[object], order: str, most: int) -> list[Line]:
    where, all_values = _both((state, list(values)), await seen_by(whose))
    rows = await db.fetch(f"{LINES} WHERE {where} ORDER BY {order} LIMIT ?", *all_values, most)
    return [_line(row) for row in rows]


async def counts(whose: Whose) -> dict[str, int]:
    """How many are in each state that is not closed, each counted no further than MOST + 1."""
    where, values = await seen_by(whose)
    each = [
        f"SELECT '{state}' AS state, count(*) AS n FROM "
        f"(SELECT 1 FROM help_request r WHERE r.state = '{state}' AND {where} LIMIT {MOST + 1}) AS some_of_them"
        for state in ALL_OPEN
    ]
    rows = await db.fetch(" UNION ALL ".join(each), *(list(values) * len(each)))
    return {row["state"]: int(row["n"]) for row in rows}


def _line(row: dict[str, Any]) -> Line:
    kinds = row["kinds"]
    return Line(
        row["id"],
        row["household"] or "",
        row["unit"] or "",
        tuple(json.loads(kinds) if isinstance(kinds, str) else kinds or ()),
        row["urgency"],
        row["state"],
        row["closed_as"] or "",
        row["person"] or "",
        from_ms(row["opened_at"]),
        from_ms(row["moved_at"]),
        from_ms(row["next_alert_at"]) if row["next_alert_at"] is not None else None,
        row["alert_step"],
        row["confirm_asked_at"] is not None,
    )
