"""What is wrong with a family's rows once the database has been asked, row by row.

Nothing here lets a sheet undo what a family has said: an old copy that still says 否 must not make the
bot call again those who asked not to be called.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from bot.actions.households import phones
from bot.actions.roster import values as roster_values
from bot.actions.roster.file import LABELS, PERSON, Entry, Family
from bot.models import Household, Member

NOT_YOURS = "这一户不在您的单位范围内"
OTHER_PHONE = "同一户里这个名字登记的是另一个电话，要改电话请写户编号"
MASKED = "打码的电话和登记的对不上，请写完整的号码"
NEEDS_UNIT = "新的一户要写单位，请补上"
NEEDS_CATEGORY = "新的一户要写类别，请补上"
NO_GRADE = f"只有{roster_values.HARDSHIP}才写等级，请核对类别"
NEEDS_GUARDIAN = "未满14岁的孩子要写监护人，请补上"
ONESELF = "监护人不能是本人"
NO_SUCH_GUARDIAN = "监护人不在这一户里，请给监护人也写一行"
YOUNG_GUARDIAN = "监护人要年满14岁"
NO_SUCH_PERSON = "同意人不在这一户里，请核对姓名，或给他也写一行"

UNDER_14, GUARDIAN = PERSON.index("under_14"), PERSON.index("guardian")

Members = Mapping[str, Member]
Wrong = Iterator[tuple[Entry, str]]


def settle(
    family: Family, house: Household | None, members: Members, refuse: Callable[[Iterable[Entry], str], None]
) -> Family:
    """The family without the rows that cannot be; each of those is refused with its reason."""
    while wrong := {entry.number: (entry, reason) for entry, reason in _wrong(family, house, members)}:
        for entry, reason in wrong.values():
            refuse([entry], reason)
        family = family.without([entry for entry, _ in wrong.values()])
    return family


def _wrong(family: Family, house: Household | None, members: Members) -> Wrong:
    if house is None:
        if reason := _incomplete(family):
            yield from ((entry, reason) for entry in family.entries)
            return
    else:
        yield from _taken_back(family, house)
        yield from _strange(family, members)
    grade = family.said("grade")
    category = family.said("category") or (house and house.category)
    if grade is not None and grade != roster_values.CLEAR and category != roster_values.HARDSHIP:
        yield from ((entry, NO_GRADE) for entry in family.entries if entry.grade is not None)
    for entry in family.entries:
        if reason := _about_person(entry, family, members):
            yield entry, reason


def _incomplete(family: Family) -> str | None:
    if not family.entries:
        return None
    return NEEDS_UNIT if not family.said("unit") else NEEDS_CATEGORY if not family.said("category") else None


def _taken_back(family: Family, house: Household) -> Wrong:
    for name in ("do_not_call", "messages_off"):
        if getattr(house, name) and family.said(name) is False:
            reason = f"这一户登记了“{LABELS[name]}”，表格不能取消，请主席单独办理"
            yield from ((entry, reason) for entry in family.entries if getattr(entry, name) is False)


def _strange(family: Family, members: Members) -> Wrong:
    """A phone that found the household must not change one that finds it: twice would not be once."""
    stated: set[str] | None = None
    for entry in family.entries:
        if not entry.by_phone or entry.name not in members:
            continue
        if stated is None:
            stated = {other.name for other in family.entries if other.phone and not other.by_phone}
        if entry.name not in stated and members[entry.name].phone not in (None, entry.phone):
            yield entry, OTHER_PHONE


def _about_person(entry: Entry, family: Family, members: Members) -> str | None:
    if entry.phone and "*" in entry.phone:
        known = members.get(entry.name)
        if known is None or known.phone is None or phones.masked(known.phone) != entry.phone:
            return MASKED
    if (entry.under_14 is not None or entry.guardian is not None) and (reason := _guarded(entry, family, members)):
        return reason
    consent = entry.consent
    if consent and consent.name != entry.name and consent.name not in family.persons and consent.name not in members:
        return NO_SUCH_PERSON
    return None


def _guarded(entry: Entry, family: Family, members: Members) -> str | None:
    guardian = family.persons[entry.name][GUARDIAN]
    if guardian is None or guardian == roster_values.CLEAR:
        known = entry.name in members and members[entry.name].guardian_id is not None
        has_one = known and guardian is None
        return NEEDS_GUARDIAN if not has_one and _young(entry.name, family, members) else None
    if guardian == entry.name:
        return ONESELF
    if guardian not in family.persons and guardian not in members:
        return NO_SUCH_GUARDIAN
    return YOUNG_GUARDIAN if _young(guardian, family, members) else None


def _young(name: str, family: Family, members: Members) -> bool:
    said = family.persons[name][UNDER_14] if name in family.persons else None
    return bool(members[name].under_14 if said is None and name in members else said)
