"""Call lists in order: rounds that are over are closed, what is left untouched goes back, mornings bring the lists."""

from bot.actions.outreach import assignments, callnotes, rounds
from bot.actions.outreach.calling import Calling
from bot.actions.requests.alerts import Rules
from bot.actions.upkeep import settings


async def tick(rules: Rules, times: Calling) -> int:
    """Returns how many households went back. On hold after a restore: none, and nobody is told anything."""
    if await settings.get(settings.HOLD):
        return 0
    await rounds.close_ended()
    released = await assignments.release(times.release_days)
    await callnotes.send(rules, times)
    return released
