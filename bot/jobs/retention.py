"""Once a day: what has been kept long enough goes, from the tables and from the folder of the backups."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

from bot import clock
from bot.actions.privacy import retention
from bot.actions.upkeep import backup, settings

log = logging.getLogger(__name__)

DAY_BEGINS = timedelta(hours=4)  # when the night's backup is made and nobody writes yet


async def tick(keep: Mapping[str, int], backups: Path, tidy: Callable[[], object] = lambda: None) -> bool:
    """`keep` is [retention]. Returns whether it was time. On hold after a restore: not yet, a person is still looking.

    `tidy` drops what channels keep beside the database.
    """
    done = await retention.last()
    if await settings.get(settings.HOLD) or (done is not None and _day(done) == _day(clock.now())):
        return False
    gone = await retention.sweep(keep)
    files = await asyncio.to_thread(backup.prune, backups, keep["backups_days"])
    tidy()
    if gone or files:
        log.info("kept long enough: %d rows and %d backups are gone", sum(gone.values()), len(files))
    return True


def _day(moment: datetime) -> date:
    return clock.local(moment - DAY_BEGINS).date()
