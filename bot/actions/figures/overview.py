"""How things stand, in numbers: read by /healthz, /metrics and `songnuan status`. Reads only."""

from datetime import datetime
from typing import NamedTuple

from bot.actions.upkeep import settings
from bot.models import BindCode, Delivery, HelpRequest, Household, Setting, Unit, db
from bot.models.fields import from_ms


class Overview(NamedTuple):
    """`deliveries` by (channel, status); `requests` by state; `oldest_open`: since when a request waits."""

    deliveries: dict[tuple[str, str], int]
    requests: dict[str, int]
    oldest_open: datetime | None
    on_hold_since: str

    def total(self, status: str) -> int:
        return sum(count for (_, s), count in self.deliveries.items() if s == status)


async def nothing_kept() -> bool:
    """Is the database as good as new? Only then may a new key be made: what is there could never be read again."""
    tables = (Unit, Household, HelpRequest, Delivery, BindCode, Setting)
    return not any([await table.exists() for table in tables])


async def look() -> Overview:
    deliveries = await db.fetch("SELECT channel, status, count(*) AS n FROM delivery GROUP BY channel, status")
    requests = await db.fetch("SELECT state, count(*) AS n FROM help_request GROUP BY state")
    oldest = await db.fetch("SELECT min(opened_at) AS at FROM help_request WHERE state = 'open'")
    return Overview(
        {(row["channel"], row["status"]): row["n"] for row in deliveries},
        {row["state"]: row["n"] for row in requests},
        from_ms(oldest[0]["at"]) if oldest[0]["at"] is not None else None,
        await settings.get(settings.HOLD),
    )
