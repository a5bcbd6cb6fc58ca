"""The outbox's promises, on a real database."""

from datetime import timedelta

from bot import clock
from bot.actions.delivery import claiming, outbox
from bot.errors import Permanent, Retryable, Unknown
from bot.events import Chat, OwnMessage, Receipt, Text
from bot.models import Delivery, db

ALL = claiming.Lane("qq", 0, 9, "me", timedelta(seconds=60))


def draft(key: str, chat: str = "1", purpose: outbox.Purpose = "tip", **more: object) -> outbox.Draft:
    return outbox.Draft(key, purpose, "qq", Chat("group", chat), (Text(f"text {key}"),), **more)  # type: ignore[arg-type]


async def statuses() -> dict[str, str]:
    return {row.key: row.status for row in await Delivery.all()}


async def test_the_same_key_twice_is_one_delivery(database: str) -> None:
    await outbox.enqueue([draft("a"), draft("b", "2")])
    await outbox.enqueue([draft("a"), draft("c", "3")])
    assert await statuses() == {"a": "queued", "b": "queued", "c": "queued"}
    await outbox.enqueue([draft("a")])
    assert await Delivery.all().count() == 3


async def test_a_claim_takes_one_a_target_in_order_and_commits_sending(database: str) -> None:
    await outbox.enqueue([draft("a1"), draft("a2"), draft("b1", "2")])
    first = await claiming.claim(ALL, 10)
    assert [ready.parts for ready in first] == [(Text("text a1"),), (Text("text b1"),)]
    assert await statuses() == {"a1": "sending", "a2": "queued", "b1": "sending"}
    assert await claiming.claim(ALL, 10) == []
    await outbox.record([outbox.Outcome(first[0].id, "tip", 1, Receipt("m1", clock.now()))])
    assert [ready.parts for ready in await claiming.claim(ALL, 10)] == [(Text("text a2"),)]


async def test_an_alert_overtakes_a_tip(database: str) -> None:
    await outbox.enqueue([draft("tip", "1"), draft("alert", "2", "alert")])
    assert [ready.purpose for ready in await claiming.claim(ALL, 1)] == ["alert"]


async def test_each_policy_leads_to_its_state(database: str) -> None:
    await outbox.enqueue([draft(key, key) for key in "abcd"])
    ready = {r.chat.id: r.id for r in await claiming.claim(ALL, 10)}
    await outbox.record(
        [
            outbox.Outcome(ready["a"], "tip", 1, Receipt(None, clock.now())),
            outbox.Outcome(ready["b"], "tip", 1, Permanent("muted")),
            outbox.Outcome(ready["c"], "tip", 1, Unknown("timeout")),
            outbox.Outcome(ready["d"], "tip", 1, Retryable("rate", retry_after=60)),
        ]
    )
    assert await statuses() == {"a": "sent", "b": "failed", "c": "unknown", "d": "queued"}
    assert await claiming.claim(ALL, 10) == []  # d waits its minute


async def test_a_late_answer_settles_unknown_and_never_unsettles_sent(database: str) -> None:
    await outbox.enqueue([draft("a")])
    (ready,) = await claiming.claim(ALL, 1)
    await outbox.record([outbox.Outcome(ready.id, "tip", 1, Unknown("timeout"))])
    assert await outbox.settle(str(ready.id), Receipt("77", clock.now()))
    assert not await outbox.settle(str(ready.id), Permanent("late"))
    row = await Delivery.get(id=ready.id)
    assert (row.status, row.message_id) == ("sent", "77")


async def test_our_own_echo_settles_unknown(database: str) -> None:
    await outbox.enqueue([draft("a")])
    (ready,) = await claiming.claim(ALL, 1)
    await outbox.record([outbox.Outcome(ready.id, "tip", 1, Unknown("timeout"))])
    other = OwnMessage(Chat("group", "1"), "something else", "5", clock.now())
    assert not await outbox.settle_echo("qq", other)
    assert await outbox.settle_echo("qq", OwnMessage(Chat("group", "1"), "text a ", "6", clock.now()))
    assert await statuses() == {"a": "sent"}


async def test_a_dead_senders_rows_become_unknown_but_alerts_go_again(database: str) -> None:
    await outbox.enqueue([draft("tip", "1"), draft("alert", "2", "alert")])
    await claiming.claim(ALL, 10)
    assert await outbox.sweep() == 0  # the lease still runs
    later = clock.now() + timedelta(seconds=61)
    clock.use(lambda: later)
    assert await outbox.sweep() == 2
    assert await statuses() == {"tip": "unknown", "alert": "queued"}


async def test_a_row_that_cannot_be_read_fails_alone(database: str) -> None:
    await outbox.enqueue([draft("good"), draft("bad", "2")])
    await db.fetch("UPDATE delivery SET body = ? WHERE key = 'bad' RETURNING id", b"\x01 not ours")
    assert [ready.parts for ready in await claiming.claim(ALL, 10)] == [(Text("text good"),)]
    rows = await Delivery.all().order_by("id").values_list("status", "reason")
    assert [tuple(row) for row in rows] == [("sending", ""), ("failed", "unreadable")]


async def test_quiet_hours_put_off_and_expiry_ends(database: str) -> None:
    night = clock.now().replace(hour=15, minute=0, second=0, microsecond=0)  # 23:00 in Shanghai
    clock.use(lambda: night)
    await outbox.enqueue(
        [
            draft("a", "1", quiet_hours="21:30-07:00"),
            draft("b", "2", quiet_hours="21:30-07:00", expires_at=night + timedelta(hours=2)),
        ]
    )
    assert await claiming.claim(ALL, 10) == []
    assert await claiming.next_due(ALL) == night + timedelta(hours=8)
    morning = night + timedelta(hours=8)
    clock.use(lambda: morning)
    assert len(await claiming.claim(ALL, 10)) == 1
    assert await statuses() == {"a": "sending", "b": "expired"}
