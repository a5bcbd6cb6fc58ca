"""Tells who may approve a text that it waits: else an editor has to run after them, or asks to be let off the rule."""

from datetime import timedelta

from bot import clock
from bot.actions.requests import notices
from bot.actions.requests.alerts import Rules, one_line
from bot.actions.staff import directory
from bot.models import Audit, OwnText, Staff, Unit
from bot.models.fields import to_ms

ROLES = ("editor", "chair")  # and admins, who may all
EVERYWHERE = frozenset({"tips", "letters"})  # schedules of the whole union take these up by themselves
AGAIN_AFTER = timedelta(minutes=10)


def unit_of(row: OwnText) -> int | None:
    """The unit that a text belongs to, None for the whole union. `written_by` has to be there."""
    return None if row.key.partition("/")[0] in EVERYWHERE else row.written_by.unit_id


async def tell(row: OwnText, by: int, rules: Rules) -> None:
    """In the transaction that hands it in, before its audit row; nothing when it was handed in a moment ago already."""
    if await _known(row.id):
        return
    writer = await Staff.get(id=by)
    parts = rules.texts.render("replies/text-waiting", name=writer.name, title=one_line(row.title))
    mark = f"text:{row.id}:{to_ms(clock.now())}"
    await notices.tell(await notices.accounts(await _approvers(row)), parts, "normal", mark, rules)


async def _known(text_id: int) -> bool:
    steps = Audit.filter(subject="text", subject_id=text_id, action__in=("text.submit", "text.send_back"))
    last = await steps.order_by("-id").first()
    return last is not None and last.action == "text.submit" and last.at > clock.now() - AGAIN_AFTER


async def _approvers(row: OwnText) -> list[int]:
    """Everybody who may, but for those who had a hand in it."""
    units = directory.unit_and_above(unit_of(row)) or [top.id for top in await Unit.filter(parent_id=None)]
    may = Staff.filter(active=True, role__in=("admin", *ROLES), unit_id__in=units)
    return [one.id for one in await may.order_by("id") if one.id not in row.hands]
