"""What a phone sends from /calls and what it shows: for the tests of those pages."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.people import VOLUNTEER
from tests.web import Console, Page

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = "0b6c0e9a-5d0f-4a53-9d53-3a3b1c7d0001"


async def send(site: Console, code: str, outcome: str, who: str = VOLUNTEER, **fields: str) -> tuple[int, Any]:
    """One call from the queue of a phone."""
    await site.token(who)
    page = await site.post("/calls/record", {"code": code, "outcome": outcome, "key": KEY} | fields, as_=who)
    return page.status, json.loads(page.html)


async def show(site: Console, who: str = VOLUNTEER) -> Page:
    return await site.get("/calls", as_=who)
