"""Broadcasts as editors see them: what became of each, group by group, and who could have it besides."""

from typing import NamedTuple

from bot.actions.staff.sessions import Me
from bot.errors import NotFound
from bot.models import Broadcast, Delivery, Group, Staff
from bot.web.reads import planned

PAGE = 30
ROWS = 100
DOUBTFUL = ("unknown", "failed", "held")
STATUSES = ("sent", "queued", "sending", "unknown", "failed", "held", "expired")


class Line(NamedTuple):
    """One of the list. `known`: deliveries by status."""

    row: Broadcast
    known: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.known.values())


class Story(NamedTuple):
    """One broadcast: `rows` are a page of its deliveries, `others` the groups that could have it besides."""

    row: Broadcast
    known: dict[str, int]
    rows: list[Delivery]
    next_id: int  # where the next page begins, 0 for none
    stopped_by: str
    others: list[Group]

    @property
    def total(self) -> int:
        return sum(self.known.values())

    @property
    def moving(self) -> bool:
        return bool(self.known.get("queued") or self.known.get("sending"))

    @property
    def doubtful(self) -> int:
        return sum(self.known.get(status, 0) for status in DOUBTFUL)


async def listed(before: int) -> tuple[list[Line], int]:
    """The newest first; and the id before which the next page begins, 0 for none."""
    rows = Broadcast.all().order_by("-id").limit(PAGE + 1)
    found = await (rows.filter(id__lt=before) if before else rows)
    counted = await planned.counts([row.id for row in found])
    lines = [Line(row, counted.get(row.id, {})) for row in found[:PAGE]]
    return lines, found[PAGE - 1].id if len(found) > PAGE else 0


async def story(me: Me, broadcast_id: int, status: str, after: int) -> Story:
    """Its groups are those of the person's unit and below. `status` "" for all; NotFound when there is none."""
    row = await Broadcast.get_or_none(id=broadcast_id)
    if row is None:
        raise NotFound("没有这次播发")
    found = Delivery.filter(broadcast_id=row.id, id__gt=after).order_by("id").limit(ROWS + 1)
    found = found.select_related("group__unit")
    if me.unit_path.count("/") > 2:
        found = found.filter(group__unit__path__startswith=me.unit_path)
    if status:
        found = found.filter(status__in=DOUBTFUL if status == "doubtful" else [status])
    rows = await found
    stopper = await Staff.get_or_none(id=row.stopped_by_id) if row.stopped_by_id is not None else None
    known = (await planned.counts([row.id])).get(row.id, {})
    next_id = rows[ROWS - 1].id if len(rows) > ROWS else 0
    open_to_more = row.outcome == "fired" and row.stopped_at is None
    others: list[Group] = await _others(me, row) if open_to_more else []
    return Story(row, known, rows[:ROWS], next_id, stopper.name if stopper is not None else "", others)


async def _others(me: Me, row: Broadcast) -> list[Group]:
    """Groups that are switched on, not in it, and not the same people as one that is."""
    groups = Group.filter(enabled=True).order_by("channel", "name", "id").select_related("unit")
    if me.unit_path.count("/") > 2:
        groups = groups.filter(unit__path__startswith=me.unit_path)
    every = await groups
    having = set(await Delivery.filter(broadcast_id=row.id).values_list("group_id", flat=True))
    roots = {one.same_as_id or one.id for one in await Group.filter(id__in=[one for one in having if one])}
    return [one for one in every if (one.same_as_id or one.id) not in roots]
