"""Which household is with which volunteer: given out, moved, handed back, let go. One is with one at a time.

`held_household_id` is unique in the table: whoever comes second finds that out from the database itself.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from tortoise.exceptions import IntegrityError

from bot import clock
from bot.actions.outreach import rounds
from bot.actions.privacy import audit
from bot.actions.staff.people import act_as
from bot.errors import BadInput, Conflict, NotFound
from bot.models import Assignment, Household, Round, Staff, db
from bot.models.fields import to_ms

CALLERS = ("volunteer", "chair")
BUSY = "刚才也有人在分派，请再来一次。"

# Whoever called a household last, else whoever it was with last.
BEFORE = """
SELECT h.id AS household, u.path AS path, coalesce(
    (SELECT f.staff_id FROM follow_up f WHERE f.household_id = h.id AND f.undone_at IS NULL
     ORDER BY f.at DESC, f.id DESC LIMIT 1),
    (SELECT o.staff_id FROM assignment o WHERE o.household_id = h.id AND o.staff_id IS NOT NULL
     ORDER BY o.id DESC LIMIT 1)) AS before
FROM assignment a JOIN household h ON h.id = a.household_id JOIN unit u ON u.id = h.unit_id
WHERE a.round_id = ? AND a.state = 'waiting' AND a.held_household_id IS NULL AND NOT h.do_not_call
AND NOT EXISTS (SELECT 1 FROM assignment x WHERE x.held_household_id = h.id)
ORDER BY h.code
"""


class Given(NamedTuple):
    """How many households each volunteer got; `left` found nobody, `again` went to who called them last."""

    counts: dict[str, int]
    left: int
    again: int


async def assign(round_id: int, to: Collection[int] = (), *, by: int | None = None) -> Given:
    """Give out what waits: to the same volunteer as last time, else to the least loaded of the nearest unit.

    `to` limits it to these people; chairs get households only when they are named there.
    """
    async with db.transaction():
        found = await rounds.reach(round_id, by)
        if found.closed_at is not None:
            raise Conflict(f"第 {round_id} 轮已经结束了。")
        people = await _volunteers(to)
        if not people:
            raise NotFound("没有能打电话的志愿者，请先用 songnuan staff add 添加。")
        waiting = await db.fetch(BEFORE, round_id)
        known = [(row["household"], row["path"], row["before"]) for row in waiting]
        pairs, again = _deal(known, people, await _loads())
        await _hold(round_id, pairs)
        names = {person.id: f"{person.name}（{person.id}）" for person in people}
        await _note("assignment.given", pairs, by, round_id)
    counts = Counter(names[staff] for _, staff in pairs)
    return Given(dict(counts), len(waiting) - len(pairs), again)


async def _volunteers(to: Collection[int]) -> list[Staff]:
    people = Staff.filter(active=True).order_by("id").select_related("unit")
    return await (people.filter(id__in=list(to), role__in=CALLERS) if to else people.filter(role="volunteer"))


async def _loads() -> Counter[int]:
    rows = await db.fetch(
        "SELECT staff_id, count(*) AS n FROM assignment WHERE held_household_id IS NOT NULL GROUP BY 1"
    )
    return Counter({row["staff_id"]: row["n"] for row in rows})


def _deal(
    waiting: Iterable[tuple[int, str, int | None]], people: Sequence[Staff], loads: Counter[int]
) -> tuple[list[tuple[int, int]], int]:
    """Pairs of household and person; and how many of them know each other. The known ones first, then the balance."""
    by_id = {person.id: person for person in people}
    pairs: list[tuple[int, int]] = []
    rest: list[tuple[int, str]] = []
    for household, path, before in waiting:
        person = by_id.get(before or 0)
        if person is not None and path.startswith(person.unit.path):
            pairs.append((household, person.id))
            loads[person.id] += 1
        else:
            rest.append((household, path))
    again = len(pairs)
    for household, path in rest:
        near = _nearest(path, people)
        if near:
            chosen = min(near, key=lambda person: (loads[person.id], person.id))
            pairs.append((household, chosen.id))
            loads[chosen.id] += 1
    return pairs, again


def _nearest(path: str, people: Sequence[Staff]) -> list[Staff]:
    """Those whose unit holds the household; of them those of the lowest such unit."""
    covering = [person for person in people if path.startswith(person.unit.path)]
    depth = max((len(person.unit.path) for person in covering), default=0)
    return [person for person in covering if len(person.unit.path) == depth]


async def _hold(round_id: int, pairs: Sequence[tuple[int, int]]) -> None:
    now = to_ms(clock.now())
    try:
        async with db.transaction():
            await db.execute_many(
                "UPDATE assignment"
                " SET staff_id = ?, held_household_id = household_id, assigned_at = ?, touched_at = NULL"
                " WHERE round_id = ? AND household_id = ? AND state = 'waiting' AND held_household_id IS NULL",
                [(staff, now, round_id, household) for household, staff in pairs],
            )
    except IntegrityError:
        raise Conflict(BUSY) from None


async def _note(action: str, pairs: Iterable[tuple[int, int]], by: int | None, round_id: int | None) -> None:
    """One audit row a person, with the ids of all the households."""
    mine: dict[int, list[int]] = {}
    for household, staff in pairs:
        mine.setdefault(staff, []).append(household)
    for staff, households in mine.items():
        await audit.note(action, "staff", staff, staff_id=by, round=round_id, households=households)


async def move(from_id: int, to: Collection[int] = (), *, by: int | None = None) -> Given:
    """Everything that is with one person goes to others: who is named, else the least loaded of the nearest unit."""
    async with db.transaction():
        person = await Staff.get_or_none(id=from_id).select_related("unit")
        if person is None:
            raise NotFound("没有这位工作人员，请核对编号。")
        if by is not None:
            await act_as(by, rounds.LEADERS, person.unit_id)
        if from_id in to:
            raise BadInput("不能交给他自己，请写别人。")
        others = [one for one in await _volunteers(to) if one.id != from_id]
        held = Assignment.filter(staff_id=from_id).exclude(held_household_id=None).order_by("id")
        rows = await held.select_related("household__unit")
        waiting = [(row.household_id, row.household.unit.path, None) for row in rows]
        pairs, _ = _deal(waiting, others, await _loads())
        round_of = {row.household_id: row.round_id for row in rows}
        await Assignment.filter(held_household_id__in=[h for h, _ in pairs]).update(held_household_id=None)
        for round_id in dict.fromkeys(round_of.values()):
            await _hold(round_id, [pair for pair in pairs if round_of[pair[0]] == round_id])
        await _note("assignment.moved", pairs, by, None)
    names = {one.id: f"{one.name}（{one.id}）" for one in others}
    return Given(dict(Counter(names[staff] for _, staff in pairs)), len(rows) - len(pairs), 0)


async def hand_back(household: Household, staff_id: int) -> None:
    """The volunteer cannot call this one: it waits for another."""
    async with db.transaction():
        await act_as(staff_id, CALLERS, household.unit_id)
        mine = Assignment.filter(held_household_id=household.id, staff_id=staff_id)
        if not await mine.update(held_household_id=None, staff_id=None, assigned_at=None):
            raise NotFound(f"{household.code} 不在您手上，不用退。")
        await audit.note("assignment.returned", "household", household.id, staff_id=staff_id)


async def take(staff: Staff, now_ms: int) -> int | None:
    """The next household that waits for nobody in particular becomes this person's. Returns its id."""
    free = await db.fetch(
        "SELECT a.id, a.household_id FROM assignment a JOIN household h ON h.id = a.household_id"
        ' JOIN unit u ON u.id = h.unit_id JOIN "round" r ON r.id = a.round_id'
        " WHERE a.state = 'waiting' AND a.held_household_id IS NULL AND r.closed_at IS NULL AND r.starts_at <= ?"
        " AND NOT h.do_not_call AND (h.next_call_at IS NULL OR h.next_call_at <= ?) AND u.path LIKE ?"
        " AND NOT EXISTS (SELECT 1 FROM assignment x WHERE x.held_household_id = h.id)"
        " ORDER BY length(u.path) DESC, a.touched_at, h.code LIMIT 20",
        now_ms,
        now_ms,
        f"{staff.unit.path}%",
    )
    for row in free:
        try:
            async with db.transaction():
                taken = await Assignment.filter(id=row["id"], state="waiting", held_household_id=None).update(
                    staff_id=staff.id, held_household_id=row["household_id"], assigned_at=clock.now(), touched_at=None
                )
        except IntegrityError:
            continue  # a colleague took it a moment ago
        if taken:
            await audit.note("assignment.taken", "household", row["household_id"], staff_id=staff.id)
            return int(row["household_id"])
    return None


# Nothing touched since, and no later call agreed on; or their volunteer left, or works elsewhere or as something else;
# or they are not to be called.
STALE = """
SELECT a.id FROM assignment a JOIN household h ON h.id = a.household_id JOIN staff s ON s.id = a.staff_id
JOIN unit hu ON hu.id = h.unit_id JOIN unit su ON su.id = s.unit_id
WHERE a.held_household_id IS NOT NULL AND (h.do_not_call OR NOT s.active OR s.role = 'editor'
    OR hu.path NOT LIKE su.path || '%' OR (
    a.assigned_at < ? AND coalesce(a.touched_at, 0) < ? AND coalesce(h.next_call_at, 0) < ?))
ORDER BY a.id
"""


async def release(days: int) -> int:
    """Let go of what nobody touched for so many days (0: for ever). Returns how many households went back."""
    limit = to_ms(clock.now() - timedelta(days=days)) if days else 0
    rows = await db.fetch(STALE, limit, limit, limit)
    return sum([await _let_go(row["id"]) for row in rows])


async def _let_go(assignment_id: int) -> int:
    async with db.transaction():
        row = await Assignment.get(id=assignment_id).select_related("household")
        same = Assignment.filter(id=row.id, staff_id=row.staff_id, touched_at=row.touched_at, state="waiting")
        state = "done" if row.household.do_not_call else "waiting"
        gone = await same.update(held_household_id=None, staff_id=None, assigned_at=None, state=state)
        if gone:
            await audit.note("assignment.released", "household", row.household_id, person=row.staff_id)
    return gone


async def open_round_of(household_id: int, *, visited: bool = False) -> Assignment | None:
    """The assignment that a call to the household counts for: the one that is with somebody, else the latest.

    A visit counts for one that waits for a visit too.
    """
    held = await Assignment.get_or_none(held_household_id=household_id)
    if held is not None:
        return held
    open_ = await Round.filter(closed_at=None, starts_at__lte=clock.now()).values_list("id", flat=True)
    states = ("waiting", "visit") if visited else ("waiting",)
    waiting = Assignment.filter(household_id=household_id, state__in=states, round_id__in=open_)
    return await waiting.order_by("-id").first()
