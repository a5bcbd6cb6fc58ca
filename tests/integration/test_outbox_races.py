"""Two at the outbox at once, and news that come out of turn. (The rest of its promises: test_outbox_machine.py.)"""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot import clock
from bot.actions.delivery import claiming, outbox, resending
from bot.errors import Permanent
from bot.events import Chat, Receipt, Text
from bot.models import Delivery, db

LEASE = timedelta(seconds=60)
LANE = claiming.Lane("qq", 0, 9, "me", LEASE)


async def _write(*chats: str) -> None:
    await outbox.enqueue([outbox.Draft(f"k{chat}", "tip", "qq", Chat("group", chat), (Text(chat),)) for chat in chats])


async def test_what_is_held_in_the_middle_of_a_claim_is_not_sent(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _write("1", "2")
    looking, look = asyncio.Event(), claiming._full_groups

    async def hold() -> None:
        await looking.wait()
        await db.fetch("UPDATE delivery SET status = 'held' WHERE chat_id = '1' AND status = 'queued' RETURNING id")

    async def interrupted(*words: Any) -> set[int]:
        looking.set()
        if not db.on_sqlite():  # there the claim keeps everyone out until it is committed
            await person
        return await look(*words)

    person = asyncio.create_task(hold())
    monkeypatch.setattr(claiming, "_full_groups", interrupted)
    given = {ready.chat.id for ready in await claiming.claim(LANE, 10)}
    await person
    assert given == {row.chat_id for row in await Delivery.filter(status="sending")}
    assert "2" in given


async def test_two_claims_at_once_share_the_rows(database: str) -> None:
    await _write(*map(str, range(40)))
    lanes = [LANE._replace(owner=f"o{n}") for n in range(4)]
    given = await asyncio.gather(*(claiming.claim(lane, 10) for lane in lanes))
    ids = [ready.id for some in given for ready in some]
    assert len(ids) == len(set(ids)) == 40


async def test_an_outcome_belongs_to_its_own_claim(database: str) -> None:
    """A sender that hung past its lease comes back while the row, sent again by a person, is on its way."""
    at = clock.now()
    clock.use(lambda: at)
    await _write("1")
    (old,) = await claiming.claim(LANE, 1)
    at += LEASE + timedelta(seconds=1)
    await outbox.sweep()
    assert await resending.resend([old.id]) == 1
    (new,) = await claiming.claim(LANE._replace(owner="other"), 1)
    await outbox.record([outbox.Outcome(old.id, "tip", 1, Permanent("muted"), old.lease)])
    assert (await Delivery.get(id=old.id)).status == "sending"
    await outbox.record([outbox.Outcome(new.id, "tip", 1, Receipt("5", at), new.lease)])
    assert (await Delivery.get(id=old.id)).status == "sent"
