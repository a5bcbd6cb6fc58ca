"""Everything that is kept about a family, or about one person of it: what is given out or erased goes by this."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tortoise.expressions import Q

from bot.errors import BadInput, NotFound
from bot.models import (
    Assignment,
    BindCode,
    Consent,
    FollowUp,
    HelpRequest,
    Household,
    HouseholdDate,
    Identity,
    Member,
    Relief,
    RequestStep,
)

UNKNOWN = "名册上没有 {code} 这一户，请核对户编号。"
Account = tuple[str, str]  # channel and user id


@dataclass
class Traces:
    """`member` None: the whole household. Rows that belong to the household as such are only there for it."""

    household: Household
    member: Member | None
    members: list[Member]
    accounts: list[Account]
    requests: list[HelpRequest]
    codes: list[BindCode] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    dates: list[HouseholdDate] = field(default_factory=list)
    steps: list[RequestStep] = field(default_factory=list)
    reliefs: list[Relief] = field(default_factory=list)
    calls: list[FollowUp] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)

    @property
    def request_ids(self) -> list[int]:
        return [one.id for one in self.requests]


async def trace(code: str, name: str | None = None) -> Traces:
    """Read it all, of a household by its code, or of its member with that name.

    Raises NotFound for a household that is not there or is erased already, BadInput for a name it does not have.
    """
    code = code.strip().upper()
    household = await Household.get_or_none(code=code, erased_at=None)
    if household is None:
        raise NotFound(UNKNOWN.format(code=code))
    family = await Member.filter(household_id=household.id, erased_at=None).order_by("id")
    member = None if name is None else _named(name.strip(), family, code)
    members = family if member is None else [member]
    accounts = await _accounts(members)
    found = Traces(household, member, members, accounts, await _requests(household, member, accounts))
    await _fill(found)
    return found


def _named(name: str, family: Sequence[Member], code: str) -> Member:
    found = [one for one in family if one.name == name]
    if len(found) != 1:
        raise BadInput(f"{code} 有这些人：{'、'.join(one.name for one in family)}。用 --member 写明是哪一位。")
    return found[0]


async def _accounts(members: Iterable[Member]) -> list[Account]:
    rows = await Identity.filter(member_id__in=[one.id for one in members]).order_by("id")
    return [(row.channel, row.user_id) for row in rows]


async def _requests(household: Household, member: Member | None, accounts: Iterable[Account]) -> list[HelpRequest]:
    """The household's; what their accounts wrote before anybody knew whose they are is theirs as well."""
    wrote = [Q(channel=channel, sender_id=user) for channel, user in accounts]
    before = Q(household_id=None) | Q(household_id=household.id)
    theirs = [before & Q(*wrote, join_type="OR")] if wrote else []
    if member is None:
        theirs.append(Q(household_id=household.id))
    return await HelpRequest.filter(Q(*theirs, join_type="OR")).order_by("id") if theirs else []


async def _fill(found: Traces) -> None:
    ids, people, house = found.request_ids, [one.id for one in found.members], found.household.id
    found.codes = await BindCode.filter(member_id__in=people)
    found.steps = await RequestStep.filter(request_id__in=ids).order_by("id")
    consents = Consent.filter(household_id=house) if found.member is None else Consent.filter(member_id__in=people)
    found.consents = await consents.order_by("id")
    own = Q(request_id__in=ids)
    reliefs = Relief.filter(own | Q(household_id=house) if found.member is None else own)
    found.reliefs = await reliefs.order_by("id")
    if found.member is None:
        found.dates = await HouseholdDate.filter(household_id=house).order_by("id")
        found.calls = await FollowUp.filter(household_id=house).order_by("id")
        found.assignments = await Assignment.filter(household_id=house).order_by("id")
