"""A broadcast under way: stopped at once and for good, passed on without anybody reading it twice."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.broadcasting import broadcasts, steering
from bot.actions.broadcasting.broadcasts import Firing
from bot.actions.broadcasting.programme import Programme
from bot.actions.delivery import claiming, outbox, resending
from bot.actions.delivery.claiming import Lane
from bot.actions.staff import directory
from bot.errors import BadInput, Conflict, NotAllowed, Retryable
from bot.events import Text
from bot.models import Broadcast, Delivery, Group, Staff, Unit
from tests import people
from tests.web import quiet_site

NINE = datetime(2026, 12, 1, 1, tzinfo=UTC)
LANE = Lane(people.CHANNEL, 0, 9, "test", timedelta(minutes=5))
GROUPS = 12


@pytest.fixture
async def files(database: str) -> Programme:
    clock.use(lambda: NINE)
    await people.settle()
    unit = await Unit.get(code="M1")
    for number in range(GROUPS):
        await Group.create(
            channel=people.CHANNEL, chat_id=f"71{number:04}", unit=unit, enabled=True, tags=["many"], learnt_at=NINE
        )
    await directory.changed()
    await directory.refresh()
    return quiet_site().programme


async def fired(tags: list[str], per_unit: bool = False) -> Broadcast:
    end = NINE + timedelta(hours=6)
    firing = Firing("x", NINE, None, "tips/co-alarm", "报警器", lambda u: (Text(f"{u}装一个"),), per_unit, end)
    done = await broadcasts.fire(firing, directory.groups_for([], tags), {people.CHANNEL: ""})
    assert done is not None
    return done


async def states(row: Broadcast) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in await Delivery.filter(broadcast_id=row.id):
        found[one.status] = found.get(one.status, 0) + 1
    return found


async def editor() -> int:
    return await people.staff_id(people.EDITOR)


async def test_stopped_is_stopped(files: Programme) -> None:
    row = await fired(["many"])
    flying = await claiming.claim(LANE, 3)
    assert await steering.stop(row.id, by=await editor()) == GROUPS - 3
    assert await claiming.claim(LANE, 50) == []
    assert await states(row) == {"sending": 3, "expired": GROUPS - 3}
    assert {one.reason for one in await Delivery.filter(status="expired")} == {"stopped"}
    with pytest.raises(Conflict, match="已经有人叫停"):
        await steering.stop(row.id, by=await editor())
    # what comes back as not sent does not go out a second time, nor by a person's hand
    later = Retryable("busy", retry_after=1)
    await outbox.record([outbox.Outcome(one.id, one.purpose, 1, later, one.lease) for one in flying])
    clock.use(lambda: NINE + timedelta(minutes=1))
    assert await claiming.claim(LANE, 50) == []
    assert await states(row) == {"expired": GROUPS}
    ids = [one.id for one in await Delivery.all()]
    assert await resending.resend(ids) == 0
    with pytest.raises(Conflict):
        await steering.resend(row.id, ids, by=await editor())
    with pytest.raises(Conflict):
        await steering.forward(row.id, [(await Group.get(chat_id=people.WORKERS_GROUP)).id], files, by=await editor())


async def test_rows_that_slipped_in_after_the_stop_are_caught_when_they_are_claimed(files: Programme) -> None:
    row = await fired(["many"])
    await steering.stop(row.id, by=await editor())
    await Delivery.filter(broadcast_id=row.id).update(status="queued", reason="other_road")  # as fail-over does
    assert await claiming.claim(LANE, 50) == []
    assert await states(row) == {"expired": GROUPS}


async def test_passed_on_and_nobody_reads_it_twice(files: Programme) -> None:
    row, first = await fired(["many"]), await group("710000")
    twin = await Group.create(
        channel="play", chat_id="t", unit_id=first.unit_id, enabled=True, learnt_at=NINE, same_as_id=first.id, rank=1
    )
    chosen = [first.id, twin.id, (await group(people.WORKERS_GROUP)).id, (await group(people.SILENT_GROUP)).id]
    assert await steering.forward(row.id, chosen, files, by=await editor()) == 1
    assert await steering.forward(row.id, chosen, files, by=await editor()) == 0
    assert await Delivery.filter(broadcast_id=row.id).count() == GROUPS + 1
    gone = [one.chat.id for one in await claiming.claim(LANE, 50)]
    assert people.WORKERS_GROUP in gone and people.SILENT_GROUP not in gone


async def test_who_has_it_is_known_by_the_people_and_not_by_what_was_noted_of_them_then(files: Programme) -> None:
    """The twin got it as a group of its own; only later somebody said that both are the same people."""
    row, first = await fired(["many"]), await group(people.WORKERS_GROUP)
    twin = await group("710000")
    await Group.filter(id=twin.id).update(same_as_id=first.id, rank=1)
    assert await steering.forward(row.id, [first.id], files, by=await editor()) == 0


async def test_a_text_that_names_the_unit_is_said_anew_for_the_unit(files: Programme) -> None:
    row, workers = await fired(["family"], per_unit=True), await group(people.WORKERS_GROUP)
    assert await steering.forward(row.id, [workers.id], files, by=await editor()) == 1
    said = {one.chat.id: one.parts for one in await claiming.claim(LANE, 50)}
    assert said[people.FAMILY_GROUP] == (Text("向阳煤矿装一个"),)
    assert "报警器" in str(said[people.WORKERS_GROUP])


async def test_chosen_rows_are_sent_again_and_no_others(files: Programme) -> None:
    row = await fired(["many"])
    await Delivery.filter(broadcast_id=row.id).update(status="unknown")
    await fired_again(row)
    one, *_, other = await Delivery.filter(broadcast_id=row.id).order_by("id")
    stranger = await Delivery.exclude(broadcast_id=row.id).first()
    assert stranger is not None
    assert await steering.resend(row.id, [one.id, stranger.id], by=await editor()) == 1
    assert (await Delivery.get(id=one.id)).status == "queued" and (await Delivery.get(id=other.id)).status == "unknown"
    assert (await Delivery.get(id=stranger.id)).status == "unknown"
    with pytest.raises(BadInput):
        await steering.resend(row.id, [], by=await editor())


async def test_a_mine_s_editor_steers_what_is_its_own_alone(files: Programme) -> None:
    row = await fired([])  # to groups of every unit
    by = (await Staff.create(name="何雨晴", role="editor", unit=await Unit.get(code="M1"))).id
    workers = await Delivery.get(chat_id=people.WORKERS_GROUP)
    for deed in (
        steering.stop(row.id, by=by),
        steering.resend(row.id, [workers.id], by=by),
        steering.forward(row.id, [(await group(people.WORKERS_GROUP)).id], files, by=by),
    ):
        with pytest.raises(NotAllowed):
            await deed
    assert (await Broadcast.get(id=row.id)).stopped_at is None


async def group(chat_id: str) -> Group:
    return await Group.get(chat_id=chat_id)


async def fired_again(row: Broadcast) -> None:
    """Another broadcast, in doubt as well."""
    firing = Firing("y", NINE, None, "tips/co-alarm", "", lambda unit: (Text("乙"),), False, NINE + timedelta(hours=6))
    other = await broadcasts.fire(firing, directory.groups_for([], ["many"]), {people.CHANNEL: ""})
    assert other is not None
    await Delivery.filter(broadcast_id=other.id).update(status="unknown")
