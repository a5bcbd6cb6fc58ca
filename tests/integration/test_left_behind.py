"""What was written to a person who has left before it could go: it is dropped, and the next one hears at once."""

from datetime import timedelta

import pytest

from bot import clock
from bot.actions.delivery import claiming, outbox, resending
from bot.actions.delivery.claiming import Lane
from bot.actions.requests import alerts, help, notices
from bot.actions.staff import leaving
from bot.errors import Unknown
from bot.events import Text
from bot.models import Delivery, HelpRequest, Staff
from tests.people import CHAIR, CHANNEL, DEPUTY, LIU, URGENT, VOLUNTEER, settle, staff_id
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
    await HelpRequest.all().update(next_alert_at=request.next_alert_at)  # as the one who wrote it had it
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
    assert refused == resending.Refusal(row.id, "私聊", "收信的人离开了")


async def test_an_account_that_was_switched_off_without_leaving_hears_nothing_either(database: str) -> None:
    room = await alerted()
    await Staff.filter(id=await staff_id(CHAIR)).update(active=False)
    assert CHAIR not in [one.chat for one in await room.deliver()]
