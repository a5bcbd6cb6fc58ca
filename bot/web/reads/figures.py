"""Figures of a unit and a span of days, counted by the database; each can be opened to the rows it counts.

The totals are those of `bot.actions.figures.reports`, which adds up the same rows for a file:
a test holds them together.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from bot import clock
from bot.actions.figures.reports import KINDS, Span
from bot.actions.figures.today import A_REQUEST, ANSWERED, COUNTS, GIVEN_SQL, STANDS
from bot.actions.outreach.outcomes import OUTCOMES, REACHED
from bot.actions.staff.scope import Scope
from bot.models import db
from bot.models.fields import from_ms, to_ms
from bot.web.reads import callcube
from bot.web.reads.callcube import Day

PAGE = 50
CALLS = {"called": frozenset(OUTCOMES), "reached": frozenset(REACHED), "needing": frozenset({"needs_help"})}
TOGETHER = "count(DISTINCT r.request_id || ':' || coalesce(r.delivered_at, r.at))"


class Subject(NamedTuple):
    """What a total counts: the table, the moment by which a row falls into the span ("" for all), and the condition."""

    table: str
    moment: str
    condition: str


SUBJECTS: dict[str, Subject] = {
    "called": Subject("follow_up", "at", COUNTS),
    "reached": Subject("follow_up", "at", f"{COUNTS} AND {ANSWERED}"),
    "needing": Subject("follow_up", "at", f"{COUNTS} AND r.outcome = 'needs_help'"),
    "opened": Subject("help_request", "opened_at", A_REQUEST),
    "helped": Subject("help_request", "closed_at", "r.state = 'closed' AND r.closed_as = 'helped'"),
    "ended": Subject("help_request", "closed_at", f"r.state = 'closed' AND r.closed_as <> 'helped' AND {A_REQUEST}"),
    "waiting": Subject("help_request", "", "r.state IN ('review', 'open', 'acknowledged', 'assigned', 'delivering')"),
    "promised": Subject("relief", "at", f"r.state = 'promised' AND {STANDS}"),
    "delivered": Subject("relief", "delivered_at", GIVEN_SQL),
    "confirmed": Subject("relief", "confirmed_at", f"r.state = 'confirmed' AND {STANDS}"),
    "doubtful": Subject("relief", "confirmed_at", f"r.state IN ('not_received', 'issues') AND {STANDS}"),
}
NARROWED = {  # by one more word of the address; the column it is compared with
    "outcome": ("follow_up", "r.outcome = ?"),
    "kind": ("help_request", "CAST(r.kinds AS TEXT) LIKE ?"),
    "gift": ("relief", "r.kind = ?"),
}


class Total(NamedTuple):
    """So many households and 人次, worth so many fen; of relief also by goods, cash and service."""

    households: int
    times: int
    fen: int = 0
    by_kind: Mapping[str, int] = {}


class Opened(NamedTuple):
    """One row behind a total; a household only by its code."""

    id: int
    at: datetime
    number: int | None
    household: str
    unit: str
    staff: str
    code: str  # outcome, state or way of closing
    item: tuple[str, str, int, str]  # of relief: kind, item, thousandths, measure
    fen: int


def today() -> date:
    return clock.local(clock.now()).date()


def _from(subject: Subject, span: Span, scope: Scope) -> tuple[str, list[object]]:
    """FROM … WHERE … of a subject, and its values; the table is `r`."""
    where, values = [subject.condition], list[object]()
    first, end = span.bounds()
    if subject.moment:
        where += [f"r.{subject.moment} {sign} ?" for sign, at in ((">=", first), ("<", end)) if at is not None]
        values += [to_ms(at) for at in (first, end) if at is not None]
    inside, units = scope.where("h.unit_id" if subject.table == "follow_up" else "r.unit_id")
    join = "JOIN household h ON h.id = r.household_id" if units and subject.table == "follow_up" else ""
    return f"FROM {subject.table} r {join} WHERE {' AND '.join([*where, inside])}", [*values, *units]


async def total(key: str, span: Span, scope: Scope) -> Total:
    """Of one subject. Households that are on no roster count among the 人次 alone."""
    subject = SUBJECTS[key]
    source, values = _from(subject, span, scope)
    ledger = subject.table == "relief"
    times = TOGETHER if ledger else "count(*)"
    worth = "".join(f", sum(CASE WHEN r.kind = '{kind}' THEN r.value_fen END) AS {kind}" for kind in KINDS)
    counted = f"count(DISTINCT r.household_id) AS households, {times} AS times{worth if ledger else ''}"
    rows = await db.fetch(f"SELECT {counted} {source}", *values)
    fen = {kind: int(rows[0][kind]) for kind in KINDS if ledger and rows[0][kind]}
    return Total(int(rows[0]["households"]), int(rows[0]["times"]), sum(fen.values()), fen)


async def calls(first: date, last: date, scope: Scope) -> dict[str, Total]:
    """The totals of calls, out of the remembered days."""
    days = await callcube.days(first, last, scope)
    return {key: _called(days.values(), outcomes) for key, outcomes in CALLS.items()}


def _called(days: Iterable[Day], outcomes: Collection[str]) -> Total:
    lists = [households for day in days for outcome, households in day.items() if outcome in outcomes]
    return Total(len(set().union(*lists)), sum(map(len, lists)))


async def calls_by_day(first: date, last: date, scope: Scope) -> dict[date, dict[str, int]]:
    """Calls by local day and outcome."""
    days = await callcube.days(first, last, scope)
    return {day: {outcome: len(one) for outcome, one in found.items()} for day, found in days.items() if found}


async def requests_by(span: Span, scope: Scope) -> dict[tuple[int | None, str], int]:
    """Requests by unit and by kinds as they are stored, a list in JSON."""
    source, values = _from(SUBJECTS["opened"], span, scope)
    kinds = "CAST(r.kinds AS TEXT)"
    rows = await db.fetch(f"SELECT r.unit_id, {kinds} AS kinds, count(*) AS n {source} GROUP BY 1, 2", *values)
    return {(row["unit_id"], row["kinds"]): int(row["n"]) for row in rows}


WAITS = (("5", 5), ("30", 30), ("120", 120), ("480", 480))  # minutes until 收到, each up to and including


async def waits(span: Span, scope: Scope) -> dict[tuple[str, str], int]:
    """Requests by how long the 收到 took ("more", "never" beside the minutes of WAITS) and by urgency."""
    source, values = _from(SUBJECTS["opened"], span, scope)
    took = "r.acknowledged_at - r.opened_at"
    cases = " ".join(f"WHEN {took} <= {minutes * 60_000} THEN '{key}'" for key, minutes in WAITS)
    bucket = f"CASE WHEN r.acknowledged_at IS NULL THEN 'never' {cases} ELSE 'more' END"
    rows = await db.fetch(f"SELECT {bucket} AS bucket, r.urgency, count(*) AS n {source} GROUP BY 1, 2", *values)
    return {(row["bucket"], row["urgency"]): int(row["n"]) for row in rows}


async def opened(
    key: str, span: Span, scope: Scope, narrowed: Mapping[str, str], before: tuple[int, int] | None = None
) -> tuple[list[Opened], tuple[int, int] | None]:
    """The rows behind a total, the latest first; and where the next page begins, None on the last one."""
    subject = SUBJECTS[key]
    source, values = _from(subject, span, scope)
    for name, value in narrowed.items():
        table, condition = NARROWED[name]
        if table == subject.table:
            source, values = f"{source} AND {condition}", [*values, f'%"{value}"%' if name == "kind" else value]
    at = f"r.{subject.moment or 'opened_at'}"
    if before is not None:
        source, values = f"{source} AND ({at} < ? OR ({at} = ? AND r.id < ?))", [*values, before[0], *before]
    inner = f"SELECT r.id AS row_id, {at} AS moment {source} ORDER BY {at} DESC, r.id DESC LIMIT ?"
    rows = await db.fetch(_OPENED[subject.table].format(inner=inner), *values, PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return [_opened(row) for row in rows[:PAGE]], (last["moment"], last["id"]) if last is not None else None


# First the page of ids out of the index, then what stands beside each.
_OPENED = {
    "follow_up": """
SELECT r.id, p.moment, r.request_id AS number, h.code, u.name AS unit, s.name AS staff, r.outcome AS state, '' AS kind,
       '' AS item, 0 AS quantity, '' AS measure, 0 AS fen
FROM ({inner}) AS p JOIN follow_up r ON r.id = p.row_id JOIN household h ON h.id = r.household_id
JOIN unit u ON u.id = h.unit_id JOIN staff s ON s.id = r.staff_id ORDER BY p.moment DESC, r.id DESC""",
    "help_request": """
SELECT r.id, p.moment, r.id AS number, h.code, u.name AS unit, s.name AS staff,
       CASE WHEN r.state = 'closed' THEN r.closed_as ELSE r.state END AS state, '' AS kind,
       '' AS item, 0 AS quantity, '' AS measure, 0 AS fen
FROM ({inner}) AS p JOIN help_request r ON r.id = p.row_id LEFT JOIN household h ON h.id = r.household_id
LEFT JOIN unit u ON u.id = r.unit_id LEFT JOIN staff s ON s.id = coalesce(r.assigned_to_id, r.acknowledged_by_id)
ORDER BY p.moment DESC, r.id DESC""",
    "relief": """
SELECT r.id, p.moment, r.request_id AS number, h.code, u.name AS unit, s.name AS staff, r.state, r.kind,
       r.item, r.quantity, r.measure, r.value_fen AS fen
FROM ({inner}) AS p JOIN relief r ON r.id = p.row_id LEFT JOIN household h ON h.id = r.household_id
LEFT JOIN unit u ON u.id = r.unit_id JOIN staff s ON s.id = r.staff_id ORDER BY p.moment DESC, r.id DESC""",
}


def _opened(row: dict[str, Any]) -> Opened:
    return Opened(
        row["id"],
        from_ms(row["moment"]).astimezone(UTC),
        row["number"],
        row["code"] or "",
        row["unit"] or "",
        row["staff"] or "",
        row["state"],
        (row["kind"], row["item"], row["quantity"], row["measure"]),
        row["fen"],
    )
