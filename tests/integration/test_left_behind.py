"""What was written to a person who has left before it could go: it is dropped, and the next one hears at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot import clock
from bot.actions.delivery import claiming, outbox, resending
from bot.actions.delivery.claiming import Lane
from bot.actions.requests import alerts, help, notices
from bot.actions.staff import leaving
from bot.errors import Unknown
from bot.events import Text
from bot.models import Delivery, HelpRequest, Identity, Staff, db
from tests.people import CHAIR, CHANNEL, DEPUTY, LIU, TOP_CHAIR, URGENT, VOLUNTEER, settle, staff_id
from tests.room import Room

LANE = Lane(CHANNEL, 0, 9, "test", timedelta(minutes=4))


async def alerted() -> Room:
    await settle()
    room = Room()
    await room.say(URGENT, LIU)
    return room


async def alert() -> Delivery:
    return await Delivery.get(purpose="alert", chat_id=CHAIR)


async def test_an_alert_that_was_on_its_way_is_dropped_and_nobody_is_called_twice(database: str) -> None:
    """It came back in doubt after they had left; the deputy had been called at that moment already."""
    room = await alerted()
    (ready,) = [one for one in await claiming.claim(LANE, 9) if one.purpose == "alert"]
    await leaving.leave(await staff_id(CHAIR), rules=room.rules)
    assert await help.climb(room.rules) == 1
    called_at = (await HelpRequest.get()).next_alert_at
    await outbox.record([outbox.Outcome(ready.id, ready.purpose, 1, Unknown("timeout"), ready.lease)])
    later = clock.now() + timedelta(seconds=30)
    clock.use(lambda: later)
    assert [one.chat for one in await room.deliver() if one.purpose == "alert"] == [DEPUTY]
    row = await alert()
    assert (row.status, row.reason) == ("expired", "left")
    assert (await HelpRequest.get()).next_alert_at == called_at


async def test_an_alert_written_at_the_moment_they_left_goes_to_the_next(database: str) -> None:
    room = await alerted()
    request = await HelpRequest.get()
    await leaving.leave(await staff_id(CHAIR), rules=room.rules)
    await Delivery.filter(purpose="alert").update(status="queued", reason="", settled_at=None)
    # as the one who wrote it had it
    await HelpRequest.all().update(next_alert_at=request.next_alert_at, alert_step=request.alert_step)
    assert not [one for one in await room.deliver() if one.purpose == "alert"]
    assert (await alert()).reason == "left"
    assert await help.climb(room.rules) == 1
    assert [one.chat for one in await room.deliver() if one.purpose == "alert"] == [DEPUTY]


async def test_news_for_them_is_dropped_and_news_for_others_is_not(database: str) -> None:
    room = await alerted()
    who = [alerts.Recipient(await staff_id(one), CHANNEL, one) for one in (VOLUNTEER, DEPUTY)]
    await leaving.leave(who[0].staff_id, rules=room.rules)
    await notices.tell(who, (Text("1 号送到了"),), "normal", "x", room.rules)
    assert [one.chat for one in await room.deliver() if one.text == "1 号送到了"] == [DEPUTY]
    assert (await Delivery.get(chat_id=VOLUNTEER)).reason == "left"


@pytest.mark.parametrize("status", ["expired", "unknown", "failed"])
async def test_nobody_can_send_it_again(database: str, status: str) -> None:
    room = await alerted()
    await Delivery.filter(purpose="alert").update(status=status)
    await leaving.leave(await staff_id(CHAIR), rules=room.rules)
    row = await alert()
    assert await resending.resend([row.id]) == 0
    _, [refused] = await resending.again([row.id])
    assert refused == resending.Refusal(row.id, "私聊", "收信的账号已经不是工作人员的了")


async def test_an_account_that_was_switched_off_without_leaving_hears_nothing_either(database: str) -> None:
    room = await alerted()
    await Staff.filter(id=await staff_id(CHAIR)).update(active=False)
    assert CHAIR not in [one.chat for one in await room.deliver()]


async def due() -> None:
    """It is the time of the next alert."""
    at = (await HelpRequest.get()).next_alert_at
    assert at is not None
    clock.use(lambda: at + timedelta(seconds=1))


async def climb(room: Room, times: int) -> None:
    """Nobody answers: so many more alerts are due, and go."""
    await room.deliver()
    for _ in range(times):
        await due()
        await help.climb(room.rules)
        await room.deliver()


async def next_heard(room: Room) -> list[str]:
    await help.climb(room.rules)
    return [one.chat for one in await room.deliver() if one.purpose == "alert"]


async def test_nobody_on_the_ladder_is_left_out_when_one_leaves(database: str) -> None:
    """Chair and deputy were asked twice, then the deputy leaves: the chair above is next, and not an admin."""
    room = await alerted()
    await climb(room, 3)
    await leaving.leave(await staff_id(DEPUTY), rules=room.rules)
    assert await next_heard(room) == [TOP_CHAIR]


async def test_nor_when_the_alert_was_waiting_to_go(database: str) -> None:
    room = await alerted()
    await climb(room, 2)
    await due()
    await help.climb(room.rules)
    await Staff.filter(id=await staff_id(DEPUTY)).update(active=False)
    assert not [one for one in await room.deliver() if one.purpose == "alert"]
    assert await next_heard(room) == [TOP_CHAIR]


async def test_nor_when_everybody_is_asked_once(database: str) -> None:
    room = await alerted()
    await Staff.filter(id=await staff_id(CHAIR)).update(active=False)
    assert not [one for one in await room.deliver() if one.purpose == "alert"]
    room.rules = room.rules._replace(times_each=1)
    assert await next_heard(room) == [DEPUTY]


@pytest.mark.parametrize("first", [True, False])
async def test_whoever_stands_beside_the_one_who_left_hears_it_once(database: str, first: bool) -> None:
    """Two chairs; one has gone before the alert could leave."""
    await settle()
    chair = await Staff.get(id=await staff_id(CHAIR))
    beside = await Staff.create(name="钱守义", role="chair", unit_id=chair.unit_id)
    await Identity.create(channel=CHANNEL, user_id="31000099", staff_id=beside.id, bound_at=clock.now())
    room = Room()
    await room.say(URGENT, LIU)
    await Staff.filter(id=chair.id if first else beside.id).update(active=False)
    stays = "31000099" if first else CHAIR
    assert [one.chat for one in await room.deliver() if one.purpose == "alert"] == [stays]
    assert await next_heard(room) == []


async def test_a_claim_and_a_leaving_do_not_wait_for_each_other(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One chair has gone already; the other leaves while the sender finds the alert of the first."""
    await settle()
    chair = await Staff.get(id=await staff_id(CHAIR))
    gone = await Staff.create(name="钱守义", role="chair", unit_id=chair.unit_id)
    await Identity.create(channel=CHANNEL, user_id="31000099", staff_id=gone.id, bound_at=clock.now())
    room = Room()
    await room.say(URGENT, LIU)
    await Delivery.filter(chat_id="31000099").update(priority=0)
    await Staff.filter(id=gone.id).update(active=False)
    begun, looked, mark = asyncio.Event(), asyncio.Event(), claiming._mark_sending
    others = leaving._alert_others

    async def half_way(*words: Any) -> Any:  # it has the deliveries, and not yet the request
        begun.set()
        if not db.on_sqlite():  # there the claim waits for the whole of it
            await looked.wait()
        return await others(*words)

    async def marked(*words: Any) -> Any:
        looked.set()
        return await mark(*words)

    monkeypatch.setattr(leaving, "_alert_others", half_way)
    monkeypatch.setattr(claiming, "_mark_sending", marked)
    async with asyncio.TaskGroup() as both:
        both.create_task(leaving.leave(chair.id, rules=room.rules))
        await begun.wait()
        both.create_task(claiming.claim(LANE, 50))
    assert {row.status for row in await Delivery.filter(purpose="alert")} == {"expired"}
