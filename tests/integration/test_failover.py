"""One group, two accounts: the second takes over what the first certainly did not deliver, and nothing else."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.broadcasting import broadcasts, groups
from bot.actions.delivery import claiming, failover, outbox
from bot.actions.delivery.claiming import Lane
from bot.actions.delivery.outbox import Draft
from bot.actions.staff import directory, people
from bot.errors import BadInput, NotAllowed, Permanent, SendError, Unknown
from bot.events import Chat, GroupInfo, Health, Line, Receipt, Text
from bot.jobs import failover as job
from bot.models import Delivery, Group, ScheduleState, db
from bot.models.fields import to_ms
from tests import people as cast

MORNING = datetime(2026, 12, 1, 2, tzinfo=UTC)
LIFE = timedelta(hours=6)
OWN_QUIET = {"qq": None, "wx": None, "robot": ""}


@pytest.fixture(autouse=True)
def by_day(database: str) -> None:
    clock.use(lambda: MORNING)


async def settle(*, per_unit: bool = False) -> None:
    """三个渠道, one group each, all of them the same families; fired once."""
    await people.add_unit("M1", "向阳煤矿")
    for channel in ("qq", "wx", "robot"):
        await groups.learnt(channel, [GroupInfo("1", "家属群")])
        await groups.switch(channel, "1", True, "M1", ["family"])
    await groups.stand_in(("wx", "1"), ("qq", "1"))
    await groups.stand_in(("robot", "1"), ("wx", "1"))
    await directory.refresh_if_forgotten()
    await fire(per_unit=per_unit)


async def fire(*, per_unit: bool = False, channels: Iterable[str] = ("qq", "wx", "robot")) -> None:
    now = clock.now()
    await broadcasts.plan("daily", "x", now)
    firing = broadcasts.Firing("daily", now, None, "tips/a", "提示", lambda _: (Text("提示"),), per_unit, now + LIFE)
    await broadcasts.fire(firing, directory.groups_for([], []), dict.fromkeys(channels, "21:30-07:00"))


async def turn(channel: str, result: Receipt | SendError) -> int:
    ready = await claiming.claim(Lane(channel, 0, 9, "test", timedelta(minutes=4)), 9)
    await outbox.record([outbox.Outcome(one.id, one.purpose, one.attempts, result, one.lease) for one in ready])
    return len(ready)


@pytest.mark.parametrize("per_unit", [False, True])
async def test_a_tip_goes_once_and_by_the_first_account(database: str, per_unit: bool) -> None:
    await settle(per_unit=per_unit)
    assert [row.channel for row in await Delivery.all()] == ["qq"]


async def test_an_account_that_is_not_configured_is_passed_over(database: str) -> None:
    await settle()
    await Delivery.all().delete()
    await ScheduleState.all().delete()
    clock.use(lambda: MORNING + LIFE)
    await fire(channels=["wx", "robot"])
    assert [row.channel for row in await Delivery.all()] == ["wx"]


async def test_what_failed_goes_by_the_next_and_the_next(database: str) -> None:
    await settle()
    assert await turn("qq", Permanent("not_in_group")) == 1
    assert await failover.move(["qq", "wx", "robot"], [], OWN_QUIET) == 1
    row = await Delivery.get()
    assert (row.channel, row.status, row.reason, row.attempts, row.quiet_hours) == (
        "wx", "queued", "other_road", 0, "21:30-07:00",
    )  # fmt: skip
    await Delivery.all().update(quiet_hours="")
    assert await turn("wx", Permanent("not_in_group")) == 1
    assert await failover.move(["qq", "wx", "robot"], [], OWN_QUIET) == 1
    assert await turn("robot", Permanent("not_in_group")) == 1
    assert await failover.move(["qq", "wx", "robot"], [], OWN_QUIET) == 0  # that was the last road
    assert (await Delivery.get()).status == "failed"


@pytest.mark.parametrize("status", ["unknown", "sending", "sent", "held", "expired"])
async def test_what_may_have_gone_out_stays(database: str, status: str) -> None:
    await settle()
    await Delivery.all().update(status=status)
    assert await failover.move(["wx", "robot"], ["qq"], OWN_QUIET) == 0


async def test_in_doubt_it_stays_although_the_account_is_down(database: str) -> None:
    await settle()
    assert await turn("qq", Unknown("timeout")) == 1
    assert await failover.move(["wx", "robot"], ["qq"], OWN_QUIET) == 0


async def test_only_a_line_that_is_down_for_a_minute_is_left(database: str) -> None:
    await settle()
    now = clock.now()
    health = {"qq": Health(Line.LOGGED_OUT, now), "wx": Health(Line.OFFLINE, now), "robot": Health(Line.ONLINE, now)}
    assert await job.tick(lambda: health, OWN_QUIET) == 0
    clock.use(lambda: now + timedelta(seconds=61))
    assert await job.tick(lambda: health, OWN_QUIET) == 1
    row = await Delivery.get()
    assert (row.channel, row.chat_id, row.quiet_hours) == ("robot", "1", "")  # it has none of its own
    assert await job.tick(lambda: health, OWN_QUIET) == 0


async def test_a_row_that_is_being_claimed_is_not_taken_away(database: str) -> None:
    """Both in one moment: whoever changes the row first has it, the other finds it gone."""
    await settle()
    found = await db.fetch("SELECT id FROM delivery")
    stranded = {"id": found[0]["id"], "status": "queued", "rank": 0, "root": (await Delivery.get()).group_id}
    assert len(await claiming.claim(Lane("qq", 0, 9, "test", timedelta(minutes=4)), 9)) == 1
    assert not await failover._by_the_next(stranded, ["wx"], OWN_QUIET, to_ms(clock.now()))
    assert (await Delivery.get()).channel == "qq"


async def test_a_row_that_moved_while_it_was_looked_at_is_not_claimed_by_the_account_it_left(database: str) -> None:
    """On SQLite it is the move that finds it gone: nobody writes between the two steps of a claim."""
    await settle()
    lane, now, looked = Lane("qq", 0, 9, "test", timedelta(minutes=4)), clock.now(), asyncio.Event()

    async def move() -> int:
        await looked.wait()
        return await failover.move(["wx"], ["qq"], OWN_QUIET)

    moving = asyncio.create_task(move())
    async with db.transaction():
        rows = await claiming._candidates(lane, to_ms(now), 9)
        looked.set()
        if not db.on_sqlite():
            await moving
        marked = await claiming._mark_sending(lane, rows, now)
    assert (len(marked), await moving) == ((1, 0) if db.on_sqlite() else (0, 1))
    assert [row.channel for row in await Delivery.all()] == ["qq" if db.on_sqlite() else "wx"]


async def test_people_who_have_it_already_do_not_get_it_by_the_other_road(database: str) -> None:
    """When it was fired nobody had said yet that both groups are the same people, so each got its own."""
    await settle()
    await Delivery.all().delete()
    await ScheduleState.all().delete()
    await Group.all().update(same_as_id=None, rank=0)
    await directory.changed()
    await directory.refresh()
    clock.use(lambda: MORNING + LIFE)
    await fire(channels=["qq", "wx"])
    await groups.stand_in(("wx", "1"), ("qq", "1"))
    assert await turn("wx", Receipt("1", clock.now())) == 1
    assert await turn("qq", Permanent("muted")) == 1
    assert await failover.move(["wx"], [], OWN_QUIET) == 0


async def test_who_may_say_that_two_groups_are_the_same(database: str) -> None:
    await cast.settle()
    outsider, chair = await cast.staff_id(cast.OUTSIDER), await cast.staff_id(cast.CHAIR)
    first = (cast.CHANNEL, cast.FAMILY_GROUP)
    await groups.learnt("wx", [GroupInfo("1", "家属群")])
    with pytest.raises(NotAllowed):
        await groups.stand_in(("wx", "1"), first, by=outsider)
    assert (await groups.stand_in(("wx", "1"), first, by=chair)).rank == 1
    with pytest.raises(BadInput, match="另一个渠道"):
        await groups.stand_in((cast.CHANNEL, cast.SILENT_GROUP), first, by=chair)
    with pytest.raises(BadInput, match="替补这个群"):
        await groups.stand_in(first, ("wx", "1"), by=chair)
    assert (await groups.stand_in(("wx", "1"), None, by=chair)).same_as_id is None


async def test_quiet_hours_of_the_account_that_failed_are_left_behind(database: str) -> None:
    """The robot may speak at night; the account that takes over may not."""
    await settle()
    await Delivery.all().delete()
    await groups.stand_in(("robot", "1"), None)
    await groups.stand_in(("wx", "1"), None)
    await groups.stand_in(("wx", "1"), ("robot", "1"))
    robot = await Group.get(channel="robot")
    await outbox.enqueue(
        [Draft("x", "tip", "robot", Chat("group", "1"), (Text("提示"),), None, robot.id, expires_at=MORNING + LIFE)]
    )
    assert await failover.move(["wx"], ["robot"], OWN_QUIET, "21:30-07:00") == 1
    assert (await Delivery.get()).quiet_hours == "21:30-07:00"


async def test_what_a_group_has_had_today_counts_by_whichever_account(database: str) -> None:
    """Two tips by QQ and one by WeChat are three for the families who read them."""
    await settle()
    await Delivery.all().update(status="sent", settled_at=MORNING)
    await another("qq", "unknown")
    await another("wx", "sent")
    await another("robot", "sent", at=MORNING - timedelta(days=1))
    for number, cap in enumerate((4, 3)):
        row = await another("wx", "queued")
        lane = Lane("wx", 2, 9, f"test{number}", timedelta(minutes=4), per_group_day=cap)
        assert len(await claiming.claim(lane, 9)) == (cap == 4)
        await row.refresh_from_db()
        assert (row.status, row.reason) == (("sending", "") if cap == 4 else ("held", "group_cap"))
        await Delivery.filter(id=row.id).update(status="expired")


async def another(channel: str, status: str, at: datetime = MORNING) -> Delivery:
    key, group = f"{channel}:{status}:{at}:{await Delivery.all().count()}", await Group.get(channel=channel)
    await outbox.enqueue([Draft(key, "tip", channel, Chat("group", "1"), (Text("提示"),), None, group.id)])
    await Delivery.filter(key=key).update(status=status, settled_at=None if status == "queued" else at)
    return await Delivery.get(key=key)


async def test_a_text_that_is_refused_costs_each_account_two_tries(database: str) -> None:
    """Six groups by QQ, each with WeChat behind it: after two refusals here and two there a person looks."""
    await people.add_unit("M1", "向阳煤矿")
    for channel in ("qq", "wx"):
        await groups.learnt(channel, [GroupInfo(str(n), "家属群") for n in range(6)])
        for n in range(6):
            await groups.switch(channel, str(n), True, "M1", ["family"])
    for n in range(6):
        await groups.stand_in(("wx", str(n)), ("qq", str(n)))
    await directory.refresh_if_forgotten()
    await fire()
    tries = {"qq": 0, "wx": 0}
    for _ in range(12):
        for channel in tries:
            lane = Lane(channel, 2, 9, "test", timedelta(minutes=4), canary=True)
            ready = await claiming.claim(lane, 9)
            no = Permanent("bad_request")
            await outbox.record([outbox.Outcome(one.id, one.purpose, one.attempts, no, one.lease) for one in ready])
            tries[channel] += len(ready)
            await failover.move(["qq", "wx"], [], OWN_QUIET)
    assert tries == {"qq": 2, "wx": 2}
    assert await Delivery.filter(channel="qq", status="held", reason="canary_refused").count() == 4


async def three_by_qq_and_one_by_wechat() -> None:
    await people.add_unit("M1", "向阳煤矿")
    for channel, many in (("qq", 3), ("wx", 1)):
        await groups.learnt(channel, [GroupInfo(str(n), "家属群") for n in range(many)])
        for n in range(many):
            await groups.switch(channel, str(n), True, "M1", ["family"])
    await groups.stand_in(("wx", "0"), ("qq", "0"))
    await directory.refresh_if_forgotten()
    await fire()


async def first_by_qq(result: Receipt | SendError) -> None:
    lane = Lane("qq", 2, 9, "test", timedelta(minutes=4), canary=True)
    (one,) = await claiming.claim(lane, 9)
    await outbox.record([outbox.Outcome(one.id, one.purpose, one.attempts, result, one.lease)])


async def test_what_the_first_group_refused_goes_by_the_other_road_when_the_account_is_down(database: str) -> None:
    """The other groups cannot show any more whether the text is to blame."""
    await three_by_qq_and_one_by_wechat()
    await first_by_qq(Permanent("bad_request"))
    assert await failover.move(["qq", "wx"], [], OWN_QUIET) == 0, "it waits for what the others say"
    assert await failover.move(["wx"], ["qq"], OWN_QUIET) == 1


async def test_it_waits_for_half_an_hour_where_the_others_do_not_go(database: str) -> None:
    """The account has had its number for today: they stay where they are."""
    await three_by_qq_and_one_by_wechat()
    await first_by_qq(Permanent("bad_request"))
    clock.use(lambda: MORNING + timedelta(minutes=29))
    assert await failover.move(["qq", "wx"], [], OWN_QUIET) == 0
    clock.use(lambda: MORNING + timedelta(minutes=31))
    assert await failover.move(["qq", "wx"], [], OWN_QUIET) == 1


async def test_it_goes_by_the_other_road_as_soon_as_another_group_has_the_text(database: str) -> None:
    await three_by_qq_and_one_by_wechat()
    await first_by_qq(Permanent("bad_request"))
    await first_by_qq(Receipt("1", clock.now()))
    assert await Delivery.filter(status="queued").count() == 1
    assert await failover.move(["qq", "wx"], [], OWN_QUIET) == 1
