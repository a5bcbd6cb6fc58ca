"""One household whole, for the chair who looks after it. Phones are masked, address and note are not among it."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from bot.actions.households import phones, viewing, wishes
from bot.actions.staff import people
from bot.errors import NotAllowed, NotFound
from bot.models import (
    Assignment,
    Consent,
    FollowUp,
    HelpRequest,
    Household,
    HouseholdDate,
    Identity,
    Member,
)
from bot.web.reads import callstory

ROLES = ("chair",)


class Person(NamedTuple):
    """A member. `accounts`: ids and channels of what is bound to them."""

    id: int
    name: str
    relation: str
    phone: str
    under_14: bool
    guardian: str
    guardian_id: int
    accounts: list[tuple[int, str]]


class Agreed(NamedTuple):
    """A consent, without its words."""

    id: int
    name: str
    purpose: str
    given_at: datetime
    withdrawn_at: datetime | None
    noted_by: str


class Turn(NamedTuple):
    """Its place in a round that is open; `holder` is who has it."""

    round_id: int
    round: str
    state: str
    holder: str
    attempts: int


class Whole(NamedTuple):
    """`best_mark` and `tell_mark` stand for the wishes as they are now: a form hands them back."""

    row: Household
    unit: str
    persons: list[Person]
    has_address: bool
    has_note: bool
    dates: list[HouseholdDate]
    consents: list[Agreed]
    turns: list[Turn]
    calls: list[FollowUp]
    requests: list[HelpRequest]
    given: list[callstory.Given]
    best_mark: str
    tell_mark: str


async def reach(code: str, staff_id: int) -> Household:
    """NotFound outside the person's units, as for a household that is not there."""
    household = await Household.get_or_none(code=code, erased_at=None).select_related("unit")
    if household is not None:
        try:
            await people.act_as(staff_id, ROLES, household.unit_id)
        except NotAllowed:
            household = None
    if household is None:
        raise NotFound(wishes.UNKNOWN)
    return household


async def whole(code: str, staff_id: int) -> Whole:
    """Names stand in it, so it leaves the row of a look."""
    household = await reach(code, staff_id)
    await viewing.listed(staff_id, "household", [household.code])
    members = await Member.filter(household_id=household.id, erased_at=None).order_by("id")
    names = {one.id: one.name for one in members}
    requests = await HelpRequest.filter(household_id=household.id).order_by("-id").limit(callstory.REQUESTS)
    calls = FollowUp.filter(household_id=household.id, undone_at=None).order_by("-at", "-id")
    return Whole(
        household,
        household.unit.name,
        await _persons(members, names),
        bool(household.address),
        bool(household.note or household.may_tell),
        await HouseholdDate.filter(household_id=household.id).order_by("month", "day", "id"),
        await _consents(household.id, names),
        await _turns(household.id),
        await calls.limit(callstory.CALLS).select_related("staff"),
        requests,
        await callstory.given([one.id for one in requests]),
        wishes.mark(household.best_time),
        wishes.mark(household.may_tell),
    )


async def _persons(members: list[Member], names: dict[int, str]) -> list[Person]:
    accounts: defaultdict[int | None, list[tuple[int, str]]] = defaultdict(list)
    for identity in await Identity.filter(member_id__in=list(names)).order_by("id"):
        accounts[identity.member_id].append((identity.id, identity.channel))
    return [
        Person(
            one.id,
            one.name,
            one.relation,
            phones.masked(one.phone) if one.phone else "",
            one.under_14,
            names.get(one.guardian_id or 0, ""),
            one.guardian_id or 0,
            accounts[one.id],
        )
        for one in members
    ]


async def account(household: Household, identity_id: int) -> Identity:
    """A bound account of one of its members; NotFound for any other."""
    found = await Identity.get_or_none(id=identity_id, member__household_id=household.id)
    if found is None:
        raise NotFound("这个账号没有绑定过")
    return found


async def _consents(household_id: int, names: dict[int, str]) -> list[Agreed]:
    rows = await Consent.filter(household_id=household_id).order_by("-given_at", "-id").select_related("staff")
    return [
        Agreed(
            one.id,
            names.get(one.member_id or 0, ""),
            one.purpose,
            one.given_at,
            one.withdrawn_at,
            one.staff.name if one.staff is not None else "",
        )
        for one in rows
    ]


async def _turns(household_id: int) -> list[Turn]:
    rows = await Assignment.filter(household_id=household_id, round__closed_at=None).select_related("round", "staff")
    return [
        Turn(
            one.round_id,
            one.round.name,
            one.state,
            one.staff.name if one.staff is not None and one.held_household_id is not None else "",
            one.attempts,
        )
        for one in sorted(rows, key=lambda row: -row.round_id)
    ]
