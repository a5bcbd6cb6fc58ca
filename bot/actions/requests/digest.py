"""One message a day to each chair with what is not urgent, instead of many small ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.requests import alerts, notices
from bot.actions.requests.alerts import KIND_NAMES, Recipient, Rules
from bot.actions.upkeep import settings
from bot.models import HelpRequest, Household, db

SENT = "digest"  # the setting that remembers the day
LATE = timedelta(hours=3)  # after this the day's digest is left out
SHOWN = 8
SECTIONS = {
    "review": "待核实",
    "open": "等人收到",
    "acknowledged": "收到了还没派人",
    "assigned": "派了人还没送到",
    "delivering": "送到了等家属确认",
}


class Section(NamedTuple):
    title: str
    size: int
    lines: list[str]


async def send(rules: Rules) -> int:
    """Once a day, from the set hour on: to each chair what waits in their units. Returns how many messages."""
    local = clock.local(clock.now())
    due = datetime.combine(local.date(), rules.digest_at, local.tzinfo)
    today = local.date().isoformat()
    if not due <= local < due + LATE or await settings.get(SENT) == today:
        return 0
    async with db.transaction():
        sent = 0
        for to, requests in await _by_chair(rules):
            parts = rules.texts.render("replies/digest", sections=await _sections(requests), total=len(requests))
            sent += await notices.tell(to, parts, "normal", f"digest:{today}", rules)
        await settings.put(SENT, today)
    return sent


async def _by_chair(rules: Rules) -> list[tuple[list[Recipient], list[HelpRequest]]]:
    """Each request belongs to the first rung that anybody stands on: the chair nearest to it."""
    every = await HelpRequest.filter(state__in=list(SECTIONS)).order_by("id")
    rows = [row for row in every if row.urgency == "normal" or row.state == "review"]  # in doubt, alerted or not
    rungs: dict[int | None, list[Recipient]] = {}
    for unit_id in {row.unit_id for row in rows}:
        ladder = await alerts.ladder(unit_id, rules)
        rungs[unit_id] = ladder[0] if ladder else []
    found: dict[tuple[Recipient, ...], list[HelpRequest]] = {}
    for row in rows:
        found.setdefault(tuple(rungs[row.unit_id]), []).append(row)
    return [(list(to), requests) for to, requests in found.items() if to]


async def _sections(requests: Sequence[HelpRequest]) -> list[Section]:
    wanted = {row.household_id for row in requests if row.household_id is not None}
    codes = {one.id: one.code for one in await Household.filter(id__in=list(wanted)).only("id", "code")}
    sections = []
    for state, title in SECTIONS.items():
        here = [row for row in requests if row.state == state]
        if here:
            sections.append(Section(title, len(here), [_line(row, codes) for row in here[:SHOWN]]))
    return sections


def _line(request: HelpRequest, codes: dict[int, str]) -> str:
    whose = codes.get(request.household_id or 0, "名册外")
    kinds = "、".join(KIND_NAMES.get(kind, kind) for kind in request.kinds) or "没说清"
    days = (clock.local(clock.now()).date() - clock.local(request.opened_at).date()).days
    return f"{request.id} 号 {whose} {kinds}，{'今天' if days == 0 else f'{days} 天前'}"
