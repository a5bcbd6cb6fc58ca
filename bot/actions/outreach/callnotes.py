"""The lists that nobody should have to ask for: each morning what is due, and to chairs what was overlooked."""

from typing import NamedTuple

from bot import clock
from bot.actions.outreach import calllists
from bot.actions.outreach.calling import Calling
from bot.actions.outreach.calllists import OVERLOOKED, PROMISED
from bot.actions.requests import notices
from bot.actions.requests.alerts import Recipient, Rules
from bot.actions.upkeep import settings
from bot.models import Round, Staff, db

SENT = "call-notes"  # the setting that remembers the day
SHOWN = 6


class Section(NamedTuple):
    title: str
    size: int
    codes: list[str]


async def send(rules: Rules, times: Calling) -> int:
    """Once a day, when calling hours begin. Returns how many messages were written."""
    local = clock.local(clock.now())
    today = local.date().isoformat()
    if not times.open(local) or local.time() < times.opening or await settings.get(SENT) == today:
        return 0
    async with db.transaction():
        sent = 0
        callers = Staff.filter(active=True, role__in=("volunteer", "chair")).order_by("id")
        for person in await callers.select_related("unit"):
            to = await notices.accounts([person.id])
            if to:
                sent += await _to_caller(person, to, today, rules)
                sent += await _to_chair(person, to, today, rules, times)
        await settings.put(SENT, today)
    return sent


async def _to_caller(person: Staff, to: list[Recipient], today: str, rules: Rules) -> int:
    due = [one for one in await calllists.mine(person.id) if one.due]
    if not due:
        return 0
    promised = sum(one.why == PROMISED for one in due)
    parts = rules.texts.render("replies/call-notes", due=len(due), promised=promised)
    return await notices.tell(to, parts, "normal", f"calls:{today}", rules)


async def _to_chair(person: Staff, to: list[Recipient], today: str, rules: Rules, times: Calling) -> int:
    """Of the chair's own unit. Without a round only what was promised: else an untouched roster is news every day."""
    if person.role != "chair":
        return 0
    under = person.unit.path
    running = await Round.filter(closed_at=None, unit__path__startswith=under).exists()
    sections = []
    for kind in OVERLOOKED if running else ("promised",):
        size = await calllists.how_many(kind, under=under, days=times.silent_days)
        if size:
            rows = await calllists.overlooked(kind, under=under, days=times.silent_days, limit=SHOWN)
            sections.append(Section(_title(kind, times), size, [row.code for row in rows]))
    if not sections:
        return 0
    parts = rules.texts.render("replies/call-overlooked", sections=sections)
    return await notices.tell(to, parts, "normal", f"overlooked:{today}", rules)


def _title(kind: str, times: Calling) -> str:
    return f"{times.silent_days} 天没联系上" if kind == "silent" else OVERLOOKED[kind]
