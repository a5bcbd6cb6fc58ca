"""Days of the year that a family is not to be called on, or that are to be remembered."""

from bot.actions.households import wishes
from bot.actions.privacy import audit
from bot.actions.roster import values as roster_values
from bot.errors import BadInput
from bot.models import HouseholdDate, db

KINDS = ("avoid", "remember")


async def add(
    household_id: int, kind: str, month: int, day: int, title: str = "", *, by: int | None = None
) -> HouseholdDate:
    """Note a day; the one that is there when it is known already. Raises BadInput for a day that no year has."""
    if kind not in KINDS:
        raise BadInput("日子分两种：要回避的，和要记住的")
    found = roster_values.valid_day(month, day, title)
    async with db.transaction():
        household = await wishes.household_of(household_id, by)
        known = await HouseholdDate.filter(household_id=household.id, kind=kind, month=month, day=day)
        for one in known:
            if (one.title or "") == found.title:
                return one
        if len(known) >= roster_values.DATES_MAX:
            raise BadInput(f"日子太多了，最多 {roster_values.DATES_MAX} 个")
        made = await HouseholdDate.create(
            household_id=household.id, kind=kind, month=month, day=day, title=found.title or None
        )
        await audit.note("date.add", "household", household.id, staff_id=by, kind=kind, date=made.id)
    return made


async def remove(date_id: int, *, by: int | None = None) -> None:
    async with db.transaction():
        found = await HouseholdDate.get_or_none(id=date_id)
        await wishes.household_of(0 if found is None else found.household_id, by)
        assert found is not None
        await found.delete()
        await audit.note("date.remove", "household", found.household_id, staff_id=by, kind=found.kind, date=date_id)
