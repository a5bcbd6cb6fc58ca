"""What one account cannot deliver goes by another that reaches the same people."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from bot import clock
from bot.actions.delivery import failover
from bot.actions.upkeep import settings
from bot.events import Health, Line

PATIENCE = timedelta(seconds=60)  # a line that drops comes back by itself most times


async def tick(
    health: Callable[[], Mapping[str, Health]], quiet_hours: Mapping[str, str | None], usual: str = ""
) -> int:
    """One look at what is stranded; returns how many deliveries moved. Keeps still after a restore."""
    if await settings.get(settings.HOLD):
        return 0
    now, seen = clock.now(), health()
    up = [name for name, one in seen.items() if one.state is Line.ONLINE]
    down = [name for name, one in seen.items() if one.state is not Line.ONLINE and now - one.since >= PATIENCE]
    return await failover.move(up, down, quiet_hours, usual)
