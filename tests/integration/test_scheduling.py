"""Schedules of the pages: taken up by the running bot, skipped, paused over a restart, put before a file and back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.actions.broadcasting import broadcasts, programme, scheduling, steering
from bot.actions.broadcasting.programme import Programme, read_schedule
from bot.content import Schedule
from bot.content.preview import preview
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.jobs.broadcasts import _fire as fire_due
from bot.jobs.broadcasts import arrange, tick
from bot.models import Broadcast, Delivery, OwnSchedule, ScheduleState, Staff, Unit
from bot.models.fields import to_ms
from bot.web.reads import planned
from tests import people
from tests.servers.onebot_rig import eventually
from tests.stage import stage
from tests.web import quiet_site

EIGHT = datetime(2026, 12, 1, 0, tzinfo=UTC)  # 8:00 in Shanghai, a Tuesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TIP = "tips/co-alarm"


def spec(messages: str = TIP, **changes: Any) -> dict[str, Any]:
    base = {"name": "报警器", "when": {"dates": ["2026-12-01 10:00"]}, "audience": {"tags": ["family"]}}
    return base | {"send": {"pick": "fixed", "messages": [messages]}} | changes


@pytest.fixture
async def files(database: str) -> Programme:
    """At eight; the bot has arranged what its files say."""
    it_is(EIGHT)
    await people.settle()
    files = quiet_site().programme
    await arrange(files)
    return files


def it_is(at: datetime) -> None:
    clock.use(lambda: at)


async def editor() -> int:
    return await people.staff_id(people.EDITOR)


async def sent(key: str) -> list[tuple[datetime, str, str]]:
    return [(row.slot, row.outcome, row.reason) for row in await Broadcast.filter(schedule_key=key).order_by("slot")]


async def next_of(key: str) -> datetime | None:
    return (await ScheduleState.get(key=key)).next_slot


async def test_once_at_a_time_without_a_restart(files: Programme) -> None:
    row = await scheduling.plan(spec(), files, by=await editor())
    it_is(EIGHT + 2 * HOUR)
    await tick(files)
    assert await sent(row.key) == [(EIGHT + 2 * HOUR, "fired", "")]
    (said,) = await Delivery.filter(broadcast__schedule_key=row.key)
    assert said.chat_id == people.FAMILY_GROUP
    it_is(EIGHT + 3 * HOUR)
    await arrange(files)
    assert await next_of(row.key) is None


async def test_cancelled_before_it_goes(files: Programme) -> None:
    row, by = await scheduling.plan(spec(), files, by=await editor()), await editor()
    found = await broadcasts.due()
    await scheduling.cancel(row.key, files, by=by)
    it_is(EIGHT + 2 * HOUR)
    await arrange(files)
    await tick(files)
    assert found == [] and await sent(row.key) == [] and await next_of(row.key) is None
    with pytest.raises(NotFound):
        await scheduling.cancel(row.key, files, by=by)


async def test_what_was_found_due_is_not_fired_after_it_was_paused(files: Programme) -> None:
    row = await scheduling.plan(spec(), files, by=await editor())
    it_is(EIGHT + 2 * HOUR)
    (due,) = [one for one in await broadcasts.due() if one.key == row.key]
    await scheduling.pause(row.key, files, paused=True, by=await editor())
    firing = broadcasts.Firing(row.key, due.slot, None, TIP, "", lambda unit: (), False, EIGHT + DAY)
    assert await broadcasts.fire(firing, [], {}) is None
    assert await sent(row.key) == []


async def test_the_next_is_left_out_and_the_one_after_goes(files: Programme) -> None:
    by, nine = await editor(), EIGHT + HOUR / 2
    it_is(EIGHT)
    assert await next_of("daily-tip") == nine
    await scheduling.skip("daily-tip", to_ms(nine), files, skipped=True, by=by)
    before = (await planned.days(files, EIGHT.date(), 2))[1].slots
    it_is(nine)
    await tick(files)
    assert await sent("daily-tip") == [(nine, "skipped", "left out")]
    assert (await ScheduleState.get(key="daily-tip")).cursor == 0, "a slot that was left out used up a text"
    it_is(nine + DAY)
    await tick(files)
    (_, fired) = await Broadcast.filter(schedule_key="daily-tip").order_by("slot")
    assert fired.outcome == "fired" and fired.title in [slot.title for slot in before]


async def test_left_out_by_mistake_and_put_in_again(files: Programme) -> None:
    by, slot = await editor(), EIGHT + HOUR / 2
    await scheduling.skip("daily-tip", to_ms(slot), files, skipped=True, by=by)
    await scheduling.skip("daily-tip", to_ms(slot), files, skipped=False, by=by)
    with pytest.raises(Conflict):  # not the one that stands next
        await scheduling.skip("daily-tip", to_ms(slot + DAY), files, skipped=True, by=by)
    it_is(slot)
    await tick(files)
    assert [outcome for _, outcome, _ in await sent("daily-tip")] == ["fired"]


async def test_a_pause_holds_over_a_restart_and_is_not_made_up_for(files: Programme) -> None:
    by, slot = await editor(), EIGHT + HOUR / 2
    await scheduling.pause("daily-tip", files, paused=True, by=by)
    it_is(slot + HOUR)
    again = quiet_site().programme  # another process, which knows what the database says
    await arrange(again)
    await tick(again)
    assert await sent("daily-tip") == []
    await scheduling.pause("daily-tip", again, paused=False, by=by)
    await tick(again)
    assert await sent("daily-tip") == [] and await next_of("daily-tip") == slot + DAY


async def test_a_file_s_schedule_is_moved_and_put_back(files: Programme) -> None:
    by, slot = await editor(), EIGHT + HOUR / 2
    later = spec("tips/*", name="每日", when={"cron": "0 15 * * *"})
    row = await scheduling.change("daily-tip", later, files, version=0, by=by)
    assert await next_of("daily-tip") == EIGHT + 7 * HOUR
    with pytest.raises(Conflict, match="刚才有人改过"):
        await scheduling.change("daily-tip", later, files, version=0, by=by)
    it_is(slot)
    await tick(files)
    assert await sent("daily-tip") == []
    await scheduling.cancel("daily-tip", files, by=by)
    assert await next_of("daily-tip") == slot + DAY
    assert (await OwnSchedule.get(id=row.id)).state == "withdrawn"
    row = await scheduling.change("daily-tip", later, files, version=0, by=by)
    assert (row.state, row.version) == ("active", 3)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"when": {"dates": ["2026-11-30 10:00"]}}, "已经过了"),
        ({"when": {"cron": "* * * * *"}}, "太密"),
        ({"when": {"cron": "0 0 31 2 *"}}, "永远等不到"),
        ({"when": {}}, "也只能写一个"),
        ({"audience": {"tags": ["nobody"]}}, "群标签"),
        ({"audience": {"units": ["M9"]}}, "单位"),
        ({"send": {"pick": "fixed", "messages": ["tips/none"]}}, "没有“tips/none”这条文案"),
        ({"send": {"pick": "fixed", "messages": ["replies/closed"]}}, "不能排期播发"),
        ({"nmae": "x"}, "不认识的项"),
    ],
)
async def test_the_rules_of_the_files_hold(files: Programme, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        await scheduling.plan(spec(**changes), files, by=await editor())
    assert not await OwnSchedule.exists()


async def test_a_mine_s_editor_plans_for_its_own_groups_alone(files: Programme) -> None:
    by = (await Staff.create(name="何雨晴", role="editor", unit=await Unit.get(code="M1"))).id
    row = await scheduling.plan(spec(audience={"units": ["M1"]}), files, by=by)
    for audience in ({}, {"units": ["M3"]}, {"units": ["M1", "M3"]}):
        with pytest.raises(NotAllowed):
            await scheduling.plan(spec(audience=audience), files, by=by)
        with pytest.raises(NotAllowed):
            await scheduling.change(row.key, spec(audience=audience), files, version=1, by=by)
    for step in (
        scheduling.pause("daily-tip", files, paused=True, by=by),
        scheduling.cancel("daily-tip", files, by=by),
    ):
        with pytest.raises(NotAllowed):
            await step


async def test_the_calendar_is_the_preview(files: Programme, tmp_path: Path) -> None:
    by = await editor()
    await scheduling.plan(spec(when={"cron": "0 10 * * sat"}), files, by=by)
    await scheduling.pause("pre-shift", files, paused=True, by=by)
    days = await planned.days(files, EIGHT.date(), 28)
    shown = [(slot.at, slot.title) for day in days for slot in day.slots]
    now = await programme.current(files)
    end = datetime(2026, 12, 29, tzinfo=clock.zone())
    told = preview(now.schedules, now.texts, now.workdays, EIGHT, end, {}, ["pre-shift"])
    assert shown == [(one.at, one.message.title if one.message else "") for one in told] and len(shown) > 30


async def test_the_running_bot_takes_it_up_and_stops_within_a_second(database: str, tmp_path: Path) -> None:
    async with stage(tmp_path, database, per_minute=1) as scene:
        by = await editor()
        files = scene.app.programme
        soon = clock.now() + timedelta(hours=1)
        when = {"dates": [clock.local(soon).strftime("%Y-%m-%d %H:%M")]}
        row = await scheduling.plan(spec(when=when, audience={}), files, by=by)
        await broadcasts.plan(row.key, broadcasts.fingerprint(scheduling_of(row)), clock.now())
        await eventually(lambda: len(scene.peer.sent) >= 1)
        sent = await Broadcast.get(schedule_key=row.key)
        assert sent.message_key == TIP
        began = clock.monotonic()
        spared = await steering.stop(sent.id, by=by)
        assert clock.monotonic() - began < 1
        gone = Delivery.filter(broadcast_id=sent.id, status__in=["sending", "sent"])
        assert spared >= 1 and await gone.count() + spared == await Delivery.filter(broadcast_id=sent.id).count()
        await scene.settled()  # whatever was on its way has arrived by now
        assert len([one for one in scene.peer.sent if one.chat.startswith("group")]) <= await gone.count()


def scheduling_of(row: OwnSchedule) -> Schedule:
    found = read_schedule(row)
    assert found is not None
    return found


async def test_left_out_after_it_was_found_due(files: Programme) -> None:
    """Between the look for what is due and the send a person says no: that is in time."""
    row = await scheduling.plan(spec(), files, by=await editor())
    it_is(EIGHT + 2 * HOUR)
    now = await programme.current(files)
    (due,) = [one for one in await broadcasts.due() if one.key == row.key]
    await scheduling.skip(row.key, to_ms(due.slot), files, skipped=True, by=await editor())
    assert await fire_due(now, now.schedules[row.key], due) == 0
    assert await sent(row.key) == [] and await Delivery.all().count() == 0
    await tick(files)
    assert await sent(row.key) == [(due.slot, "skipped", "left out")]
