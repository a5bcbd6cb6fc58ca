"""One request with all that belongs to it, as far as the person who looks may see it."""

from typing import NamedTuple

from bot.actions.households import phones
from bot.actions.requests import alerts, as_seen, detail, relief
from bot.actions.requests.detail import Detail
from bot.actions.requests.lifecycle import NOT_YET, UNTIL_BROUGHT
from bot.actions.requests.reaching import Reached, reach
from bot.actions.staff import colleagues
from bot.models import HelpRequest, Household, Member, Relief, Staff, Unit, db

SHOWN = 60  # colleagues to choose from; another one is named


class Colleague(NamedTuple):
    """Somebody who can be sent, with what they have in hand: requests to bring, households to call."""

    id: int
    name: str
    unit: str
    requests: int
    calls: int


class Person(NamedTuple):
    name: str
    relation: str
    phone: str  # masked


class House(NamedTuple):
    """The household as a colleague may see it without a reason."""

    code: str
    category: str
    grade: str
    unit: str
    best_time: str
    do_not_call: bool
    people: list[Person]
    has_address: bool
    has_note: bool


class Sheet(NamedTuple):
    """`detail` is None for who may know that there is something, and not what. `seen` marks what was shown."""

    request: HelpRequest
    unit: str
    leads: bool
    carries: bool
    may_take: bool
    seen: int
    detail: Detail | None
    house: House | None
    reliefs: list[Relief]
    colleagues: list[Colleague]
    person: str  # who brings it
    took: str  # who said 收到

    @property
    def linked(self) -> bool:
        """A colleague said which household it is, so a colleague may say another."""
        return self.detail is not None and any(step.step == "linked" for step in self.detail.steps)

    @property
    def fen(self) -> int:
        return sum(row.value_fen for row in self.reliefs if row.state in relief.GIVEN)


async def reachable(number: int, staff_id: int) -> None:
    """NotFound for a request that the person may not know of."""
    await reach(number, staff_id)


async def sheet(number: int, staff_id: int) -> Sheet:
    """NotFound outside the person's units. That the words were seen leaves an audit row."""
    reached = await reach(number, staff_id)
    seen = await as_seen.last_step(number)
    inside = reached.leads or reached.carries
    looked = await detail.look(number, staff_id) if inside else None
    request = await HelpRequest.get(id=number).select_related("unit", "assigned_to", "acknowledged_by")
    return Sheet(
        request,
        request.unit.name if request.unit is not None else "",
        reached.leads,
        reached.carries,
        request.state in NOT_YET and await _may_take(reached),
        seen,
        looked,
        await _house(request.household_id) if inside and request.household_id else None,
        await relief.standing(number) if inside else [],
        await _colleagues(reached) if reached.leads and request.state in UNTIL_BROUGHT else [],
        request.assigned_to.name if request.assigned_to is not None else "",
        request.acknowledged_by.name if request.acknowledged_by is not None else "",
    )


async def _may_take(reached: Reached) -> bool:
    staff = reached.staff
    return staff.role in ("chair", "admin") or await alerts.was_told(reached.request.id, staff.id)


async def _house(household_id: int) -> House:
    household = await Household.get(id=household_id).select_related("unit")
    members = await Member.filter(household_id=household_id, erased_at=None).order_by("id")
    people = [Person(one.name, one.relation, phones.masked(one.phone) if one.phone else "") for one in members]
    return House(
        household.code,
        household.category,
        household.grade,
        household.unit.name,
        household.best_time,
        household.do_not_call,
        people,
        bool(household.address),
        bool(household.note or household.may_tell),
    )


async def _colleagues(reached: Reached) -> list[Colleague]:
    """Those of the request's own unit first, and of them who has least in hand."""
    people = await colleagues.near(reached.staff, reached.request)
    requests = await _load(
        "SELECT assigned_to_id AS who, count(*) AS n FROM help_request", "assigned_to_id", "assigned", people
    )
    calls = await _load("SELECT staff_id AS who, count(*) AS n FROM assignment", "staff_id", "waiting", people)
    unit = await Unit.get_or_none(id=reached.request.unit_id) if reached.request.unit_id else None

    def order(one: Staff) -> tuple[bool, bool, int, int]:
        far = unit is not None and one.unit_id != unit.id
        return far, one.role != "volunteer", requests.get(one.id, 0), calls.get(one.id, 0)

    return [
        Colleague(one.id, one.name, one.unit.name, requests.get(one.id, 0), calls.get(one.id, 0))
        for one in sorted(people, key=order)[:SHOWN]
    ]


async def _load(select: str, column: str, state: str, people: list[Staff]) -> dict[int, int]:
    ids = [one.id for one in people]
    if not ids:
        return {}
    rows = await db.fetch(f"{select} WHERE state = ? AND {column} IN ({db.marks(ids)}) GROUP BY {column}", state, *ids)
    return {row["who"]: int(row["n"]) for row in rows}
