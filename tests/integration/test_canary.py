"""Of a broadcast one group goes first, and the account's day is counted in the database."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.delivery import accounts, canaries, claiming, outbox, resending
from bot.actions.delivery.accounts import Caps
from bot.actions.delivery.claiming import Lane
from bot.config import Pacing
from bot.errors import Permanent, SendError, Unknown
from bot.events import Chat, Receipt, Text
from bot.models import Broadcast, Delivery, db
from bot.sender.pacing import Pacer

LANE = Lane("qq", 2, 9, "test", timedelta(minutes=4), canary=True)
MORNING = datetime(2026, 12, 1, 2, tzinfo=UTC)
LIFE = timedelta(days=36500)  # the clock is the real one in some of these


async def broadcast(groups: int, slot: int = 0) -> None:
    row = await Broadcast.create(
        schedule_key="daily", slot=MORNING + timedelta(minutes=slot), body=outbox.encode((Text("提示"),)),
        outcome="fired", fired_at=MORNING,
    )  # fmt: skip
    await outbox.enqueue(
        [
            outbox.Draft(f"b:{slot}:{n}", "tip", "qq", Chat("group", str(n)), None, row.id, expires_at=MORNING + LIFE)
            for n in range(groups)
        ]
    )


async def turn(result: Receipt | SendError, limit: int = 100) -> int:
    """Claim what may go, and let all of it end the same way; returns how many that was."""
    ready = await claiming.claim(LANE, limit)
    await outbox.record([outbox.Outcome(one.id, one.purpose, one.attempts, result, one.lease) for one in ready])
    return len(ready)


async def test_the_rest_goes_when_the_first_group_has_it(database: str) -> None:
    await broadcast(5)
    assert len(await claiming.claim(LANE, 100)) == 1
    assert await claiming.claim(LANE, 100) == []  # on its way: nobody knows yet
    await outbox.sweep(all_sending=True)  # a crash: the first is in doubt, so the next goes alone
    assert await turn(Receipt("1", clock.now())) == 1
    assert await turn(Receipt("1", clock.now())) == 3


async def test_a_group_that_refuses_is_passed_over(database: str) -> None:
    await broadcast(6)
    for _ in range(4):
        assert await turn(Permanent("muted")) == 1
    assert await turn(Receipt("1", clock.now())) == 1
    assert await turn(Receipt("1", clock.now())) == 1


@pytest.mark.parametrize("code", ["bad_request", "bad_media", "too_long", "unsupported", "a_new_one"])
async def test_a_text_that_two_groups_refuse_is_not_tried_with_the_others(database: str, code: str) -> None:
    await broadcast(6)
    await broadcast(2, slot=5)
    assert await turn(Permanent("muted"), 1) == 1  # that one is the group's own affair
    assert await turn(Permanent(code), 1) == 1
    assert await turn(Permanent(code), 1) == 1
    assert await turn(Receipt("1", clock.now())) == 1  # the other broadcast is not to blame
    held = await Delivery.filter(status="held", reason="canary_refused")
    assert sorted(row.key for row in held) == ["b:0:3", "b:0:4", "b:0:5"]
    assert await resending.resend([row.id for row in held]) == 3
    assert await turn(Receipt("1", clock.now())) == 4


async def test_an_account_that_everybody_has_thrown_out_stops_after_ten(database: str) -> None:
    await broadcast(14)
    for _ in range(10):
        assert await turn(Permanent("not_in_group")) == 1
    assert await turn(Permanent("not_in_group")) == 0
    assert await Delivery.filter(status="held", reason="canary_refused").count() == 4


async def test_rows_that_cannot_be_read_say_nothing_about_the_others(database: str) -> None:
    await broadcast(14)
    for _ in range(11):
        assert await turn(Permanent("unreadable")) == 1
    assert not await Delivery.filter(status="held").exists()


async def test_what_went_out_in_all_the_years_is_not_looked_through(database: str) -> None:
    """These are asked in each claim, and rows of the outbox are kept."""
    if not db.on_sqlite():
        return  # its planner knows how many rows there are and needs no help; what it chooses here says nothing
    candidates = claiming.CANDIDATES.format(canary="", gone="0")
    for statement, values, table, served_by in (
        (canaries.STOPPED, ("qq", "qq"), "u", "broadcast_id=?"),
        (accounts.FULL.format(marks="?"), (1, 0, 6), "d", "settled_at>?"),
        (candidates, ("qq", 0, 9, 0, 0, 9), "d", "status=? AND priority>?"),
        (candidates, ("qq", 0, 9, 0, 0, 9), "e", "chat_id=? AND status=?"),
    ):
        plan = [row["detail"] for row in await db.fetch(f"EXPLAIN QUERY PLAN {statement}", *values)]
        [step] = [one for one in plan if one.split()[1] == table]
        assert served_by in step, plan


async def test_what_the_network_refuses_later_holds_nobody(database: str) -> None:
    await broadcast(6)
    await turn(Receipt("1", clock.now()))
    assert await turn(Permanent("bad_request"), 3) == 3
    assert await turn(Receipt("1", clock.now())) == 2


async def test_three_in_doubt_hold_the_rest_for_a_person(database: str) -> None:
    await broadcast(6)
    await broadcast(2, slot=5)
    await turn(Unknown("timeout"), 1)
    await turn(Unknown("timeout"), 1)
    await turn(Unknown("timeout"), 1)
    assert await turn(Receipt("1", clock.now()), 100) == 1  # the other broadcast has doubts of its own only
    held = await Delivery.filter(status="held", reason="canary")
    assert sorted(row.key for row in held) == ["b:0:3", "b:0:4", "b:0:5"]
    assert await resending.resend([row.id for row in held]) == 3
    assert await turn(Receipt("1", clock.now())) == 4  # whoever says so has looked


async def test_two_broadcasts_have_a_canary_each(database: str) -> None:
    await broadcast(3)
    await Delivery.filter(key="b:0:0").update(chat_id="elsewhere")
    await broadcast(3, slot=5)
    assert await turn(Receipt("1", clock.now())) == 2


async def sent(purpose: outbox.Purpose, number: int, at: datetime, status: str = "sent") -> None:
    keys = [f"{purpose}:{status}:{at}:{n}" for n in range(number)]
    await outbox.enqueue([outbox.Draft(key, purpose, "qq", Chat("group", "1"), (Text("x"),)) for key in keys])
    await Delivery.filter(key__in=keys).update(status=status, settled_at=at)


async def test_hour_and_day_are_counted_where_a_restart_forgets_nothing(database: str) -> None:
    clock.use(lambda: MORNING)
    pacer = Pacer("qq", Pacing(gap_seconds=(0, 0), per_minute=0, per_hour=10, per_day=14, warm_up_days=0), urgent=False)
    assert await pacer.allowance(99) == (10, 0.0)
    await sent("reply", 6, MORNING - timedelta(minutes=30), "unknown")
    assert await pacer.allowance(99) == (4, 0.0)
    await sent("tip", 4, MORNING)
    assert await pacer.allowance(99) == (0, 60.0)
    clock.use(lambda: MORNING + timedelta(hours=2))
    assert await pacer.allowance(99) == (4, 0.0)
    await sent("tip", 4, MORNING + timedelta(hours=1, minutes=30))
    assert await pacer.allowance(99) == (0, 12 * 3600.0)  # it is 12 o'clock: until midnight


async def test_a_new_account_begins_with_few(database: str) -> None:
    clock.use(lambda: MORNING)
    caps = Caps(per_day=2000, warm_up_days=7, warm_up_start=100)
    await sent("tip", 30, MORNING)
    await sent("tip", 5, MORNING, "queued")
    day = await accounts.ledger("qq", caps, "")
    assert (day.sent, day.cap, day.left, day.warming, day.waiting) == ({"tip": 30}, 100, 70, 1, 5)
    clock.use(lambda: MORNING + timedelta(days=3))
    assert (await accounts.ledger("qq", caps, "")).cap == 100 + 1900 * 3 // 7
    clock.use(lambda: MORNING + timedelta(days=7))
    day = await accounts.ledger("qq", caps, "")
    assert (day.cap, day.left, day.warming) == (2000, 2000, 0)


async def test_an_account_that_spoke_before_is_not_new(database: str) -> None:
    clock.use(lambda: MORNING)
    await sent("tip", 1, MORNING - timedelta(days=30))
    assert (await accounts.ledger("qq", Caps(per_day=9, warm_up_days=7), "")).warming == 0


async def test_what_is_on_its_way_counts_for_the_day(database: str) -> None:
    """A slow network holds several at once: all of them may arrive."""
    clock.use(lambda: MORNING)
    pacer = Pacer("qq", Pacing(gap_seconds=(0, 0), per_minute=0, per_hour=0, per_day=5, warm_up_days=0), urgent=False)
    await sent("tip", 2, MORNING)
    await broadcast(4)
    assert len(await claiming.claim(LANE._replace(canary=False), 3)) == 3
    assert (await pacer.allowance(99))[0] == 0
