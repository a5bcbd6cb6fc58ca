"""The day so far in a few numbers, for the chair who asks in chat and for the desk of the pages.

Each is what the report of the same day says; here the database counts, because these are asked for all day long.
"""

from typing import NamedTuple

from bot import clock
from bot.actions.figures.reports import NOT_COUNTED, Span
from bot.actions.outreach.outcomes import REACHED
from bot.actions.requests.relief import GIVEN
from bot.actions.staff.scope import Scope
from bot.models import db
from bot.models.fields import to_ms

ROLES = ("chair",)


def among(codes: tuple[str, ...]) -> str:
    """Codes of ours as a list in SQL."""
    return ", ".join(f"'{one}'" for one in codes)


COUNTS = "r.undone_at IS NULL"
A_REQUEST = f"coalesce(r.closed_as, '') NOT IN ({among(NOT_COUNTED)})"
# A row of the ledger that another one corrects does not count any more.
STANDS = "NOT EXISTS (SELECT 1 FROM relief c WHERE c.corrects_id = r.id)"
GIVEN_SQL = f"r.state IN ({among(GIVEN)}) AND {STANDS}"
ANSWERED = f"r.outcome IN ({among(REACHED)})"
# The statement, the column of its unit, and how often the day and the units are asked for in it; 0: the units alone.
QUERIES = (
    (
        "SELECT count(*) AS opened, count(DISTINCT r.household_id) AS opened_households FROM help_request r"
        f" WHERE r.opened_at >= ? AND r.opened_at < ? AND {A_REQUEST} AND INSIDE",
        "r.unit_id",
        1,
    ),
    (
        "SELECT count(*) AS acknowledged FROM help_request r"
        f" WHERE r.acknowledged_at >= ? AND r.acknowledged_at < ? AND {A_REQUEST} AND INSIDE",
        "r.unit_id",
        1,
    ),
    (
        "SELECT count(*) AS suspected FROM help_request r"
        " WHERE r.state = 'review' AND r.urgency = 'emergency' AND INSIDE",
        "r.unit_id",
        0,
    ),
    (
        "SELECT sum(CASE WHEN r.visited THEN 0 ELSE 1 END) AS called,"
        " sum(CASE WHEN r.visited THEN 1 ELSE 0 END) AS visited,"
        f" sum(CASE WHEN {ANSWERED} AND NOT r.visited THEN 1 ELSE 0 END) AS reached,"
        f" sum(CASE WHEN {ANSWERED} AND r.visited THEN 1 ELSE 0 END) AS met"
        " FROM follow_up r JOIN household h ON h.id = r.household_id"
        f" WHERE r.at >= ? AND r.at < ? AND {COUNTS} AND INSIDE",
        "h.unit_id",
        1,
    ),
    (
        "SELECT count(*) AS needing FROM ("
        "SELECT r.household_id FROM help_request r JOIN household h ON h.id = r.household_id"
        f" WHERE r.opened_at >= ? AND r.opened_at < ? AND {A_REQUEST} AND INSIDE"
        " UNION SELECT r.household_id FROM follow_up r JOIN household h ON h.id = r.household_id"
        f" WHERE r.at >= ? AND r.at < ? AND {COUNTS} AND r.outcome = 'needs_help' AND INSIDE) AS both_of_them",
        "h.unit_id",
        2,
    ),
    (
        "SELECT count(DISTINCT r.household_id) AS given_households, sum(r.value_fen) AS given_fen FROM relief r"
        f" WHERE r.delivered_at >= ? AND r.delivered_at < ? AND {GIVEN_SQL} AND INSIDE",
        "r.unit_id",
        1,
    ),
)


class Numbers(NamedTuple):
    """Since midnight, except what is in doubt. `called` and `reached` are phone calls.

    Households that are on no roster are not among the 户.
    """

    opened: int
    opened_households: int
    acknowledged: int
    suspected: int  # of any day: perhaps a life in danger, and nobody has had a look yet
    called: int
    reached: int
    visited: int
    met: int  # visits that found somebody
    needing: int  # households that said today that they need help, to us or on the phone
    given_households: int
    given_fen: int


async def numbers(scope: Scope) -> Numbers:
    """Of the units that somebody may look at."""
    today = clock.local(clock.now()).date()
    first, end = (to_ms(at) for at in Span(today, today).bounds() if at is not None)
    found: dict[str, int] = {}
    for statement, column, times in QUERIES:
        inside, units = scope.where(column)
        rows = await db.fetch(statement.replace("INSIDE", inside), *([first, end, *units] * times if times else units))
        found |= {name: int(value or 0) for name, value in rows[0].items()}
    return Numbers(**found)
