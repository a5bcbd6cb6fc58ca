"""Reminds of requests that nobody has acknowledged, or that stand still since, and climbs to the next person."""

from bot.actions import help, overdue, settings
from bot.actions.alerts import Rules


async def tick(rules: Rules) -> int:
    """Returns how many requests were alerted again. On hold after a restore: none, the news may be old."""
    if await settings.get(settings.HOLD):
        return 0
    return await help.climb(rules) + await overdue.remind(rules)
