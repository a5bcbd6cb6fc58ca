"""Rounds of call-backs as their leader sees them: how far each is, and who has how much in hand."""

from typing import NamedTuple

from tortoise.expressions import Q

from bot.actions.outreach import rounds
from bot.actions.outreach.assignments import CALLERS
from bot.actions.outreach.rounds import LEADERS, Standing
from bot.actions.staff import people
from bot.models import Round, Staff, db

CLOSED = 10  # rounds a page


class Holder(NamedTuple):
    """Somebody who may have households of a round. `here`: in this round; `everywhere`: in all."""

    staff: Staff
    here: int
    everywhere: int


async def closed(staff_id: int, before: int = 0) -> tuple[list[Round], int]:
    """The latest first; and the number before which the next page begins, 0 on the last one.

    Without figures: over many rounds of a large roster they would take long, and each round's page has them.
    """
    staff = await people.act_as(staff_id, LEADERS)
    rows = Round.filter(closed_at__not_isnull=True, unit__path__startswith=staff.unit.path).order_by("-id")
    found = await (rows.filter(id__lt=before) if before else rows).limit(CLOSED + 1).select_related("unit")
    return found[:CLOSED], found[CLOSED - 1].id if len(found) > CLOSED else 0


async def one(round_id: int, staff_id: int) -> tuple[Standing, list[Holder]]:
    """NotFound for a round of another unit. First those who hold something of it, then who else could."""
    found = await rounds.reach(round_id, staff_id)
    standing = (await rounds.standings([found]))[0]
    return standing, await _holders(found)


async def _holders(found: Round) -> list[Holder]:
    await found.fetch_related("unit")
    counted = await db.fetch(
        # By the index of what is held, which is little; grouped by the bare column SQLite would read every row.
        "SELECT staff_id + 0 AS staff_id, sum(CASE WHEN round_id = ? THEN 1 ELSE 0 END) AS here, count(*) AS everywhere"
        " FROM assignment WHERE held_household_id > 0 GROUP BY 1",
        found.id,
    )
    numbers = {row["staff_id"]: (int(row["here"]), int(row["everywhere"])) for row in counted}
    path = found.unit.path
    above = [int(step) for step in path.strip("/").split("/")]
    near = Q(unit__path__startswith=path) | Q(unit_id__in=above)
    can = Staff.filter(near, active=True, role__in=CALLERS).order_by("id").select_related("unit")
    holders = [Holder(staff, *numbers.get(staff.id, (0, 0))) for staff in await can]
    return sorted(holders, key=lambda one: (-one.here, one.staff.role != "volunteer", -one.everywhere, one.staff.id))
