"""A backup each night at the hour that config.toml sets: without it an old one could never be let go."""

from datetime import datetime, time, timedelta
from pathlib import Path

from bot import clock
from bot.actions.upkeep import backup, settings

LAST = "backup"  # the setting that remembers for which night it was made


async def tick(at: str, folder: Path) -> bool:
    """Returns whether one was written. The first beat of all only sets the clock; a missed night is made up for."""
    if not at or await settings.get(settings.HOLD):
        return False
    due = _latest(time.fromisoformat(at)).isoformat()
    before = await settings.get(LAST)
    if not await settings.advance(LAST, due):
        return False
    try:
        await backup.backup(folder)
    except BaseException:
        await settings.put(LAST, before)  # the next beat tries again, and /healthz says that it does not come through
        raise
    return True


def _latest(at: time) -> datetime:
    """The last moment that the clock showed this hour; as UTC, so that later ones sort later."""
    now = clock.now()
    local = clock.local(now)
    today = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return (today if today <= local else today - timedelta(days=1)).astimezone(now.tzinfo)
