"""The day after something was brought: did it arrive?"""

from bot.actions.requests import confirming
from bot.actions.requests.alerts import Rules
from bot.actions.upkeep import settings


async def tick(rules: Rules) -> int:
    """Returns how many families were asked. On hold after a restore: none, they may have answered long ago."""
    if await settings.get(settings.HOLD):
        return 0
    return await confirming.ask(rules)
