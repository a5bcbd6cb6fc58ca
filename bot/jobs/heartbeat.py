"""A sign of life for somebody elsewhere, each minute while all is truly well. Silence is the alarm.

So it also works when this machine burns: nothing here has to be able to complain. The address is a secret.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

import aiohttp

from bot.actions.upkeep import settings
from bot.events import Health, Line

log = logging.getLogger(__name__)
PATIENCE = aiohttp.ClientTimeout(total=15)


async def tick(url: str, reasons: Callable[[], Sequence[str]], health: Callable[[], Mapping[str, Health]]) -> bool:
    """Ask for `url` if clock, sender, channels and database are fine; returns whether it was asked and answered."""
    lines = health().values()
    if not url or reasons() or not lines or any(one.state is not Line.ONLINE for one in lines):
        return False
    if await settings.get(settings.HOLD):  # read from the database: raises when that is not well
        return False
    try:
        async with aiohttp.ClientSession(timeout=PATIENCE) as session, session.get(url) as answer:
            if answer.status < 400:
                return True
            log.warning("the heartbeat was answered with %d", answer.status)
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        log.warning("the heartbeat could not be sent: %s", type(error).__name__)
    return False
