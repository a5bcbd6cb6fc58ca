"""Reminds of requests that nobody has acknowledged, and climbs to the next person."""

from bot.actions import help
from bot.actions.alerts import Rules


async def tick(rules: Rules) -> int:
    """Returns how many requests were alerted again."""
    return await help.climb(rules)
