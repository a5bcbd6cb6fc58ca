"""A whole broadcast that meets quiet hours is put off at once: row by row it would hold the database for seconds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import clock
from bot.actions.delivery import claiming, outbox
from bot.actions.delivery.claiming import Lane
from bot.events import Chat, Text
from bot.models import Broadcast, Delivery

NIGHT = datetime(2026, 12, 1, 14, tzinfo=UTC)  # 22:00 in Shanghai
UNTIL = datetime(2026, 12, 1, 23, tzinfo=UTC)
QUIET = "21:30-07:00"


@pytest.mark.parametrize("canary", [True, False])
async def test_one_look_is_enough(database: str, canary: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.use(lambda: NIGHT)
    row = await Broadcast.create(
        schedule_key="x", slot=NIGHT, body=outbox.encode((Text("提示"),)), outcome="fired", fired_at=NIGHT
    )
    end = NIGHT + timedelta(hours=20)
    drafts = [("qq", str(n), QUIET) for n in range(30)] + [("qq", "late", "23:00-07:00"), ("wx", "1", QUIET)]
    await outbox.enqueue(
        [
            outbox.Draft(f"{on}{to}", "tip", on, Chat("group", to), None, row.id, quiet_hours=hours, expires_at=end)
            for on, to, hours in drafts
        ]
    )
    looks = []

    async def counted(*args: Any) -> list[dict[str, Any]]:
        looks.append(args)
        return await candidates(*args)

    candidates = claiming._candidates
    monkeypatch.setattr(claiming, "_candidates", counted)
    (ready,) = await claiming.claim(Lane("qq", 2, 9, "me", timedelta(minutes=4), canary=canary), 1)
    assert ready.chat.id == "late" and len(looks) == 2
    assert await Delivery.filter(reason="quiet_hours", not_before=UNTIL, status="queued").count() == 30
    assert (await Delivery.get(channel="wx")).reason == ""


async def test_one_group_that_waits_for_the_morning_holds_up_nobody(database: str) -> None:
    """A tip came back just before quiet hours; a broadcast that may go at night has that group as its first."""
    clock.use(lambda: NIGHT)
    group = Chat("group", "0")
    await outbox.enqueue([outbox.Draft("old", "tip", "qq", group, (Text("早"),), quiet_hours=QUIET)])
    await Delivery.all().update(attempts=1, reason="offline")  # its line was gone at 21:29
    lane = Lane("qq", 2, 9, "me", timedelta(minutes=4), canary=True)
    assert await claiming.claim(lane, 9) == []
    row = await Broadcast.create(
        schedule_key="x", slot=NIGHT, body=outbox.encode((Text("提示"),)), outcome="fired", fired_at=NIGHT
    )
    end = NIGHT + timedelta(hours=6)
    await outbox.enqueue(
        [outbox.Draft(f"b{n}", "tip", "qq", Chat("group", str(n)), None, row.id, expires_at=end) for n in range(3)]
    )
    assert [one.chat for one in await claiming.claim(lane, 9)] == [group]
