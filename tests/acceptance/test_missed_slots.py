"""The bot was off when something was due: what is made up for, what is not, and that nobody is flooded."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import clock, config
from bot.actions.broadcasting import broadcasts
from bot.actions.broadcasting.programme import Programme
from bot.actions.staff import directory
from bot.actions.upkeep import settings
from bot.actions.upkeep.restore import release
from bot.app import building
from bot.jobs.broadcasts import MISSED_SHOWN, arrange, tick
from bot.models import Broadcast, Delivery, Group, ScheduleState
from tests.servers.bot_site import write_site

GROUPS = 3
NINE = datetime(2026, 12, 1, 1, tzinfo=UTC)  # 9:00 in Shanghai
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DAILY = 'cron = "0 9 * * *"'


def programme(folder: Path, when: str = DAILY) -> Programme:
    """What a bot with this one schedule would say."""
    loaded = config.load(write_site(folder, "ws://127.0.0.1:1/", schedules=1, texts=50, when=when), {})
    return building.programme(loaded, building.texts(loaded))


@pytest.fixture
async def groups(database: str) -> None:
    for number in range(GROUPS):
        await Group.create(channel="qq", chat_id=str(number), enabled=True, tags=[], learnt_at=NINE)
    await directory.changed()


def it_is(at: datetime) -> None:
    clock.use(lambda: at)


async def planned() -> datetime | None:
    return (await ScheduleState.get(key="s0")).next_slot


async def outcomes() -> list[tuple[datetime, str, str]]:
    return [(row.slot, row.outcome, row.reason) for row in await Broadcast.all().order_by("slot")]


async def started(folder: Path, when: str = DAILY) -> Programme:
    """Planned at eight on the first day; then the bot is off."""
    it_is(NINE - HOUR)
    plan = programme(folder, when)
    await arrange(plan)
    assert await planned() is not None
    return plan


async def back(plan: Programme, at: datetime) -> None:
    """The bot starts again and looks at the clock."""
    it_is(at)
    await arrange(plan)
    await tick(plan)


@pytest.mark.parametrize(
    ("late_hours", "back_after", "newest"),
    [
        (0, HOUR, ("skipped", "missed")),
        (3, HOUR, ("fired", "late")),
        (3, 3 * HOUR + timedelta(minutes=1), ("skipped", "missed")),
        (3, timedelta(minutes=4), ("fired", "")),
        (0, timedelta(minutes=4), ("fired", "")),
    ],
)
async def test_down_for_three_slots(
    groups: None, tmp_path: Path, late_hours: int, back_after: timedelta, newest: tuple[str, str]
) -> None:
    plan = await started(tmp_path, f"{DAILY}\nlate_hours = {late_hours}")
    await back(plan, NINE + 2 * DAY + back_after)
    missed = [(NINE, "skipped", "missed"), (NINE + DAY, "skipped", "missed")]
    assert await outcomes() == [*missed, (NINE + 2 * DAY, *newest)]
    assert await Delivery.all().count() == (GROUPS if newest[0] == "fired" else 0)
    assert await planned() == NINE + 3 * DAY


async def test_a_missed_slot_uses_up_no_text(groups: None, tmp_path: Path) -> None:
    plan = await started(tmp_path, f"{DAILY}\nlate_hours = 0")
    await back(plan, NINE + 2 * DAY + HOUR)
    it_is(NINE + 3 * DAY)
    await tick(plan)
    (said,) = await Broadcast.filter(outcome="fired")
    assert said.message_key == "tips/s0-0000"


async def test_a_month_of_silence_is_no_flood_and_no_pause(groups: None, tmp_path: Path) -> None:
    plan = await started(tmp_path, 'cron = "*/5 * * * *"')
    began = clock.monotonic()
    now = NINE + 30 * DAY + timedelta(minutes=2)
    await back(plan, now)
    assert clock.monotonic() - began < 20  # about a second; the limit is for a busy machine
    assert await Broadcast.all().count() <= MISSED_SHOWN + 2
    assert await Delivery.all().count() == GROUPS
    assert (await outcomes())[-1] == (NINE + 30 * DAY, "fired", "")
    assert await planned() == NINE + 30 * DAY + timedelta(minutes=5)


async def test_an_edited_schedule_is_planned_anew_and_an_unchanged_one_is_not(groups: None, tmp_path: Path) -> None:
    plan = await started(tmp_path)
    it_is(NINE + HOUR)
    await arrange(plan)
    assert await planned() == NINE, "the missed slot was forgotten"
    edited = programme(tmp_path, 'cron = "0 15 * * *"')
    await arrange(edited)
    assert await planned() == NINE + 6 * HOUR
    assert await tick(edited) == 0
    it_is(NINE + 6 * HOUR)
    assert await tick(edited) == 1
    assert await outcomes() == [(NINE + 6 * HOUR, "fired", "")]


async def test_a_removed_schedule_rests_and_may_come_back(groups: None, tmp_path: Path) -> None:
    plan = await started(tmp_path)
    without = plan._replace(schedules={})
    await arrange(without)
    it_is(NINE + HOUR)
    assert await planned() is None
    assert await tick(without) == 0
    await back(plan, NINE + HOUR)
    assert await planned() == NINE + DAY
    assert await outcomes() == []


async def test_two_ticks_at_once_fire_once(groups: None, tmp_path: Path) -> None:
    plan = await started(tmp_path)
    it_is(NINE)
    assert sum(await asyncio.gather(*(tick(plan) for _ in range(4)))) == 1
    assert await outcomes() == [(NINE, "fired", "")]
    assert await Delivery.all().count() == GROUPS


async def test_a_slot_that_was_fired_before_does_not_hold_up_the_schedule(groups: None, tmp_path: Path) -> None:
    """The clock was set back and the file edited in between: the same slot is planned a second time."""
    plan = await started(tmp_path)
    it_is(NINE)
    assert await tick(plan) == 1
    (mark,) = {state.fingerprint for state in (await broadcasts.states()).values()}
    await broadcasts.plan("s0", mark, NINE)
    assert await tick(plan) == 0
    assert await planned() == NINE + DAY
    assert await Delivery.all().count() == GROUPS


async def test_on_hold_after_a_restore_nothing_is_fired_and_release_plans_from_now(
    groups: None, tmp_path: Path
) -> None:
    plan = await started(tmp_path)
    await settings.put(settings.HOLD, "2026-12-01T02:00:00+00:00")
    await back(plan, NINE + DAY + HOUR)
    assert await outcomes() == [] and not await Delivery.exists()
    assert await release()
    await arrange(plan)
    await tick(plan)
    assert await planned() == NINE + 2 * DAY  # yesterday's slot may have gone out before the restore
    assert await outcomes() == []
