"""A family asks for its data, or to be forgotten: a person of the union hears it, and does it with them."""

from typing import Literal

from bot import clock
from bot.actions.privacy import audit
from bot.actions.requests import alerts, notices
from bot.actions.requests.alerts import Rules
from bot.models import Household, db

Wish = Literal["export", "erase"]


async def ask(household_id: int, wish: Wish, rules: Rules) -> bool:
    """Tell the first of the ladder; once a day for each wish. False when there is nobody who could be told."""
    async with db.transaction():
        household = await Household.get(id=household_id)
        levels = await alerts.ladder(household.unit_id, rules)
        parts = rules.texts.render("replies/own-data-notice", household=household.code, wish=wish)
        day = clock.local(clock.now()).date().isoformat()
        told = await notices.tell(levels[0] if levels else [], parts, "normal", f"{wish}:{household.id}:{day}", rules)
        await audit.note(f"person.ask_{wish}", "household", household.id, told=told)
    return bool(told)
