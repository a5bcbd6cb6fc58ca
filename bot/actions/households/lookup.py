"""Which household is meant: by code, by a name in it, or by the end of a phone number, within the caller's unit.

Only households of the caller's own units are ever looked at, so one of another mine is as one that is not there.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from bot.actions.households import phones
from bot.actions.staff.people import act_as
from bot.errors import BadInput, NotFound
from bot.models import Household, Member, Staff

CALLERS = ("chair", "volunteer")
NUMBERED = re.compile(r"H?(\d{1,8})")
ENDING = re.compile(r"(尾号)?(\d{4})")
NEAR_MAX, SHOWN_MAX = 500, 5
ALIKE_CODE, ALIKE_NAME = 0.75, 0.6  # one wrong letter in five; one wrong character in three


class Candidate(NamedTuple):
    """A household that may be meant. Shown to the caller alone: there are names in it."""

    code: str
    name: str
    relation: str
    category: str
    unit: str


class Unclear(BadInput):
    """Several households fit, or none does but some are close: the caller chooses by number."""

    def __init__(self, said: str, candidates: Sequence[Candidate], *, close: bool) -> None:
        self.candidates, self.close = list(candidates), close
        start = f"没找到“{said}”，是不是" if close else f"有 {len(candidates)} 户符合“{said}”"
        super().__init__(f"{start}：{'、'.join(one.code for one in candidates)}？请用户编号再写一遍。")


async def find(who: str, staff_id: int) -> Household:
    """The one household that `who` means. Raises Unclear, or NotFound as for a household of another unit."""
    staff = await act_as(staff_id, CALLERS)
    who = who.strip().upper()
    meant = _meant(who)
    found = await _by_code(who, meant, staff)
    households = [found] if found is not None else await _by_phone_or_name(who, staff)
    if len(households) == 1:
        return households[0]
    if households:
        raise Unclear(who, await _shown(households[:SHOWN_MAX], who), close=False)
    near = await _near(who, meant, staff)
    if near:
        raise Unclear(who[:20], await _shown(near, ""), close=True)
    if _is_code(who):
        raise NotFound(f"没找到 {meant} 这一户，请核对户编号。")
    raise NotFound(f"没找到“{who[:20]}”，请核对姓名或户编号。")


async def exact(code: str, staff_id: int) -> Household:
    """The household with that code, as a page names it: no guess. NotFound outside the person's units."""
    staff = await act_as(staff_id, CALLERS)
    household = await _within(staff).get_or_none(code=code)
    if household is None:
        raise NotFound(f"没找到 {code[:20]} 这一户，可能不归您的单位了。")
    return household


def _meant(who: str) -> str:
    """123 is H0123, unless the roster has a 123."""
    numbered = NUMBERED.fullmatch(who)
    return f"H{int(numbered[1]):04d}" if numbered else who


def _is_code(who: str) -> bool:
    return any(letter.isdigit() for letter in who)


def _within(staff: Staff) -> QuerySet[Household]:
    return Household.filter(unit__path__startswith=staff.unit.path, erased_at=None)


async def _by_code(who: str, meant: str, staff: Staff) -> Household | None:
    found = {one.code: one for one in await _within(staff).filter(code__in=[who, meant])}
    return found.get(who) or found.get(meant)


async def _by_phone_or_name(who: str, staff: Staff) -> list[Household]:
    phone = phones.normalise(who) if _is_code(who) else None
    if phone is not None:
        hit = Q(phone_index__in=phones.indexes(phone))
    elif ending := ENDING.fullmatch(who):
        hit = Q(phone_ending__in=phones.ending_indexes(ending[2]))
    else:
        hit = Q(name=who)
    inside = Member.filter(hit, household__unit__path__startswith=staff.unit.path, erased_at=None)
    ids = list(dict.fromkeys([one.household_id for one in await inside.order_by("household_id").limit(NEAR_MAX)]))
    return await Household.filter(id__in=ids).order_by("id") if ids else []


async def _near(who: str, meant: str, staff: Staff) -> list[Household]:
    """Households whose code or a name in it differs by one letter; only those that begin or end alike are compared."""
    if len(who) < 2:
        return []
    if _is_code(who):
        alike = Q(code__startswith=meant[:-1]) | _code_with_other_digit(meant)
        rows = await _within(staff).filter(alike).limit(NEAR_MAX)
        close = get_close_matches(meant, [one.code for one in rows], n=3, cutoff=ALIKE_CODE)
        return sorted((one for one in rows if one.code in close), key=lambda one: close.index(one.code))
    same_end = Q(name__startswith=who[0]) | Q(name__endswith=who[-1])
    inside = Member.filter(same_end, household__unit__path__startswith=staff.unit.path, erased_at=None)
    people = await inside.limit(NEAR_MAX)
    names = get_close_matches(who, sorted({one.name for one in people}), n=3, cutoff=ALIKE_NAME)
    ids = list(dict.fromkeys(one.household_id for name in names for one in people if one.name == name))
    rows = await Household.filter(id__in=ids[:SHOWN_MAX])
    return sorted(rows, key=lambda one: ids.index(one.id))


def _code_with_other_digit(code: str) -> Q:
    """Begins and ends as the code does, with one letter changed, or two neighbours exchanged, between."""
    pieces = [Q(code__startswith=code[:at], code__endswith=code[at + 1 :]) for at in range(1, len(code) - 1)]
    swapped = [code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(len(code) - 1)]
    return Q(Q(code__in=swapped), *pieces, join_type="OR")


async def _shown(households: Sequence[Household], who: str) -> list[Candidate]:
    """In the order of the households; the member who was named, else the one we ask for."""
    found = []
    for household in households:
        await household.fetch_related("unit")
        members = await Member.filter(household_id=household.id, erased_at=None).order_by("id")
        member = next((one for one in members if one.name == who), members[0] if members else None)
        name, relation = (member.name, member.relation) if member is not None else ("", "")
        found.append(Candidate(household.code, name, relation, household.category, household.unit.name))
    return found
