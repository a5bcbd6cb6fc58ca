"""A backup each night at the hour that config.toml sets: without it an old one could never be let go."""

from datetime import datetime, time, timedelta
from pathlib import Path

from bot import clock
from bot.actions.upkeep import backup, settings

# Settings: for which night it was begun, for which it was finished, and in which hour of the clock it was begun last.
LAST, DONE, BEGUN = "backup", "backup.done", "backup.begun"


async def tick(at: str, folder: Path) -> bool:
    """Returns whether one was written. The first beat of all only sets the clock; a missed night is made up for."""
    if not at or await settings.get(settings.HOLD):
        return False
    due = _latest(time.fromisoformat(at)).isoformat()
    before, hour = await settings.get(LAST), clock.now().replace(minute=0, second=0, microsecond=0).isoformat()
    if await settings.advance(LAST, due):
        await settings.put(BEGUN, hour)
    elif not before:
        await settings.put(DONE, due)
        await settings.put(BEGUN, hour)
        return False
    elif not await _was_cut_off(before) or not await settings.advance(BEGUN, hour):
        return False
    try:
        await backup.backup(folder)
    except BaseException:
        await settings.put(LAST, before)  # the next beat tries again, and /healthz says that it does not come through
        raise
    await settings.put(DONE, due)
    return True


async def _was_cut_off(begun: str) -> bool:
    """Whoever began it was killed, or is still at it: in the next hour it is begun anew, and twice does no harm."""
    return await settings.get(DONE) < begun


def _latest(at: time) -> datetime:
    """The last moment that the clock showed this hour; as UTC, so that later ones sort later."""
    now = clock.now()
    local = clock.local(now)
    today = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return (today if today <= local else today - timedelta(days=1)).astimezone(now.tzinfo)
