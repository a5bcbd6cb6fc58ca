"""The day's digest for each chair, at the hour that config.toml sets."""

from bot.actions.requests import digest
from bot.actions.requests.alerts import Rules
from bot.actions.upkeep import settings


async def tick(rules: Rules) -> int:
    """Returns how many messages were written: none before the hour, and none twice a day."""
    if await settings.get(settings.HOLD):
        return 0
    return await digest.send(rules)
