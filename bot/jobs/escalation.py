"""Reminds of requests that nobody has acknowledged, or that stand still since, and climbs to the next person."""

from bot.actions.requests import help, overdue
from bot.actions.requests.alerts import Rules
from bot.actions.upkeep import settings


async def tick(rules: Rules) -> int:
    """Returns how many requests were alerted again. On hold after a restore: none, the news may be old."""
    if await settings.get(settings.HOLD):
        return 0
    return await help.climb(rules) + await overdue.remind(rules)
