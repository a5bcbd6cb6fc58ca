"""What a person sends again goes when it may, as they decided, and never without its words."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.broadcasting import groups
from bot.actions.delivery import claiming, outbox, resending
from bot.actions.delivery.claiming import Lane
from bot.actions.privacy import retention
from bot.errors import Retryable, SendError, Unknown
from bot.events import Chat, GroupInfo, Part, Receipt, Text
from bot.models import Broadcast, Delivery
from bot.settings import Retention

LANE = Lane("qq", 2, 9, "test", timedelta(minutes=4), canary=True)
NIGHT = datetime(2026, 12, 1, 14, tzinfo=UTC)  # 22:00 in Shanghai
MORNING = NIGHT + timedelta(hours=10)


async def broadcast(groups: int, quiet: str = "", own: tuple[Part, ...] | None = None) -> None:
    """`own`: a text that names the unit; the broadcast itself has none then."""
    body = outbox.encode((Text("提示"),)) if own is None else ""
    row = await Broadcast.create(schedule_key="daily", slot=NIGHT, body=body, outcome="fired", fired_at=NIGHT)
    until = clock.now() + timedelta(hours=24)
    await outbox.enqueue(
        [
            outbox.Draft(f"b:{n}", "tip", "qq", Chat("group", str(n)), own, row.id, quiet_hours=quiet, expires_at=until)
            for n in range(groups)
        ]
    )


async def turn(result: Receipt | SendError) -> list[str]:
    ready = await claiming.claim(LANE, 100)
    await outbox.record([outbox.Outcome(one.id, one.purpose, one.attempts, result, one.lease) for one in ready])
    return [one.chat.id for one in ready]


async def doubtful(quiet: str) -> list[int]:
    """Three groups in doubt, so two are held; a person sends these again. Returns their ids."""
    await broadcast(5)
    for _ in range(3):
        await turn(Unknown("timeout"))
    assert await turn(Unknown("timeout")) == []
    await Delivery.all().update(quiet_hours=quiet)
    held = [row.id for row in await Delivery.filter(status="held")]
    assert await resending.resend(held) == 2
    return held


async def test_it_is_not_held_again_after_quiet_hours(database: str) -> None:
    clock.use(lambda: NIGHT)
    await doubtful("21:30-07:00")
    assert await turn(Receipt("1", NIGHT)) == []
    clock.use(lambda: MORNING)
    assert await turn(Receipt("1", MORNING)) == ["3", "4"]


async def test_it_is_not_held_again_when_the_line_was_gone(database: str) -> None:
    clock.use(lambda: NIGHT)
    await doubtful("")
    assert await turn(Retryable("offline")) == ["3", "4"]
    clock.use(lambda: MORNING)
    assert await turn(Receipt("1", MORNING)) == ["3", "4"]


async def test_what_was_kept_long_enough_has_no_words_to_send(database: str) -> None:
    clock.use(lambda: NIGHT)
    await broadcast(1, own=(Text("向阳煤矿装一个"),))
    await turn(Unknown("timeout"))
    clock.use(lambda: NIGHT + timedelta(days=31))
    await retention.sweep(Retention().model_dump())
    row = await Delivery.get()
    assert row.body is None
    assert await resending.resend([row.id]) == 0
    assert (await Delivery.get()).status == "unknown"


@pytest.mark.parametrize("purpose", ["alert", "reply"])
async def test_a_row_that_lost_its_words_while_it_was_under_way_does_not_go_out(
    database: str, purpose: outbox.Purpose
) -> None:
    """Erasure takes the words of a row that is being sent; that one came back as not sent."""
    clock.use(lambda: NIGHT)
    await outbox.enqueue([outbox.Draft("a", purpose, "qq", Chat("direct", "5"), (Text("喂"),))])
    lane = LANE._replace(first=0)
    (ready,) = await claiming.claim(lane, 9)
    await Delivery.all().update(body=None)
    await outbox.record([outbox.Outcome(ready.id, purpose, 1, Retryable("offline"), ready.lease)])
    clock.use(lambda: MORNING)
    assert await claiming.claim(lane, 9) == []
    row = await Delivery.get()
    assert (row.status, row.reason) == ("expired", "no_words")


async def test_each_row_that_is_refused_is_named_with_its_group_and_why(database: str) -> None:
    clock.use(lambda: NIGHT)
    await groups.learnt("qq", [GroupInfo("0", "家属群")])
    await broadcast(6)
    rows = await Delivery.all().order_by("id")
    for row, status in zip(rows, ("sent", "queued", "sending", "unknown", "failed", "expired"), strict=True):
        await Delivery.filter(id=row.id).update(status=status)
    await Broadcast.create(schedule_key="old", slot=NIGHT, body="", outcome="fired", fired_at=NIGHT)
    await Delivery.filter(id=rows[4].id).update(broadcast_id=(await Broadcast.get(schedule_key="old")).id)
    done, refused = await resending.again([*(row.id for row in rows), 99999])
    assert done == 2
    assert [(one.id, one.target, one.why) for one in refused] == [
        (rows[0].id, "家属群", "已经发出了"),
        (rows[1].id, "1", "还在等待，会自己发"),
        (rows[2].id, "2", "正在发"),
        (rows[4].id, "4", "原文已经不保留了，没有可发的"),
        (99999, "", "没有这个编号"),
    ]
    await Broadcast.all().update(stopped_at=NIGHT)
    await Delivery.filter(id=rows[3].id).update(status="unknown")
    assert [one.why for one in (await resending.again([rows[3].id]))[1]] == ["这次播发已经叫停了"]


async def test_the_sender_hears_of_it_at_once(database: str) -> None:
    clock.use(lambda: NIGHT)
    await broadcast(1)
    await turn(Unknown("timeout"))
    heard = list[bool]()
    end = outbox.listen(lambda: heard.append(True))
    try:
        assert await resending.resend([(await Delivery.get()).id]) == 1
    finally:
        end()
    assert heard
