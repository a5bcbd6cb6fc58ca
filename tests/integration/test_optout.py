"""A family that unsubscribed hears nothing that it did not ask for, not even what already waited."""

import pytest

from bot.actions.delivery import outbox
from bot.actions.households import optout
from bot.actions.staff import people
from bot.errors import NotAllowed, NotFound
from bot.events import Chat, Text
from bot.models import Audit, Delivery, Household, Identity, Member


async def family(code: str, user_id: str) -> Household:
    unit = await people.add_unit(f"U{code}", "单位")
    household = await Household.create(code=code, unit=unit, category="困难职工")
    member = await Member.create(household=household, name="甲")
    await people.bind_member("qq", user_id, member.id)
    return household


def draft(key: str, chat: Chat, purpose: outbox.Purpose) -> outbox.Draft:
    return outbox.Draft(key, purpose, "qq", chat, (Text("x"),))


async def test_what_waits_is_held_but_answers_go_out(database: str) -> None:
    household = await family("H0001", "f1")
    await family("H0002", "f2")
    await outbox.enqueue(
        [
            draft("mine", Chat("direct", "f1"), "tip"),
            draft("answer", Chat("direct", "f1"), "reply"),
            draft("theirs", Chat("direct", "f2"), "tip"),
            draft("group", Chat("group", "f1"), "tip"),
        ]
    )
    assert await optout.messages_off(household.id)
    assert {row.key: row.status for row in await Delivery.all()} == {
        "mine": "held",
        "answer": "queued",
        "theirs": "queued",
        "group": "queued",
    }
    assert (await Household.get(id=household.id)).messages_off
    assert not (await Household.get(code="H0002")).messages_off


async def test_saying_it_twice_changes_nothing_and_it_can_be_taken_back(database: str) -> None:
    household = await family("H0001", "f1")
    assert not await optout.messages_on(household.id)
    assert await optout.messages_off(household.id)
    assert not await optout.messages_off(household.id)
    assert await optout.messages_on(household.id)
    assert not (await Household.get(id=household.id)).messages_off
    actions = [row.action for row in await Audit.filter(subject="household").order_by("id")]
    assert actions == ["messages.off", "messages.on"]
    assert await Identity.filter(user_id="f1").exists()


async def test_only_for_a_household_there_is_by_staff_of_its_unit(database: str) -> None:
    household = await family("H0001", "f1")
    await family("H0002", "f2")
    outside = await people.add_staff("乙", "chair", "UH0002")
    with pytest.raises(NotFound):
        await optout.messages_off(99999)
    with pytest.raises(NotAllowed):
        await optout.messages_off(household.id, by=outside.id)
    inside = await people.add_staff("丙", "volunteer", "UH0001")
    assert await optout.messages_off(household.id, by=inside.id)
