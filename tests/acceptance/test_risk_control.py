"""The shipped pacing on a simulated day with 300 groups on one account (tests/risk, docs/risk-control.md)."""

from datetime import timedelta

import pytest

from bot.config import Pacing
from tests.risk import day
from tests.risk.model import Rules

GROUPS = 300
EVENING = timedelta(hours=21, minutes=30)


@pytest.fixture
def time(database: str, monkeypatch: pytest.MonkeyPatch) -> day.Time:
    return day.Time(monkeypatch)


@pytest.mark.parametrize("seed", [1, 2])
async def test_three_tips_are_done_before_quiet_hours_and_nothing_freezes(time: day.Time, seed: int) -> None:
    await day.prepare(GROUPS, days_old=30)
    found = await day.play(time, *day.shipped("onebot"), seed=seed)
    assert (found.frozen, found.twice) == ("", 0)
    assert found.status.keys() <= {"sent", "unknown"} and sum(found.status.values()) == 3 * GROUPS
    assert found.status["unknown"] < 3 * GROUPS * 0.05
    assert found.last < EVENING


async def test_a_restart_at_noon_flushes_nothing(time: day.Time) -> None:
    await day.prepare(GROUPS, days_old=30)
    found = await day.play(time, *day.shipped("onebot"), restart_at="08:40")
    assert (found.frozen, found.twice) == ("", 0)
    assert sum(found.status.values()) == 3 * GROUPS and found.last < EVENING


async def test_wechat_does_one_tip_a_day(time: day.Time) -> None:
    await day.prepare(GROUPS, days_old=30)
    found = await day.play(time, *day.shipped("wechaty"), tips=("08:30",))
    assert (found.frozen, found.twice) == ("", 0)
    assert sum(found.status.get(name, 0) for name in ("sent", "unknown")) == GROUPS
    assert found.last < timedelta(hours=12)


async def test_a_new_account_stops_at_its_cap(time: day.Time) -> None:
    await day.prepare(GROUPS, days_old=0)
    found = await day.play(time, *day.shipped("onebot"), tips=("08:30",))
    assert found.frozen == ""
    assert found.status["sent"] + found.status.get("unknown", 0) == 100
    assert found.status["expired"] == GROUPS - 100  # too late by the time it might go on, and nothing is flushed


@pytest.mark.parametrize(
    ("pacing", "why"),
    [
        (Pacing(gap_seconds=(0, 0), per_minute=0, per_hour=0, window=1), "haste"),
        (Pacing(gap_seconds=(2.5, 3), per_minute=0, per_hour=0), "per minute"),
    ],
)
async def test_the_model_punishes_haste(time: day.Time, pacing: Pacing, why: str) -> None:
    _, quiet, life = day.shipped("onebot")
    await day.prepare(GROUPS, days_old=30)
    assert (await day.play(time, pacing, quiet, life, tips=("08:30",))).frozen == why


async def test_an_account_that_answers_nothing_is_left_alone(time: day.Time) -> None:
    """Every send vanishes: three groups are tried, then a person is needed; the other 297 are held, not burnt."""
    await day.prepare(GROUPS, days_old=30)
    found = await day.play(time, *day.shipped("onebot"), tips=("08:30",), rules=Rules(lost=1.0))
    assert found.status == {"unknown": 3, "held": GROUPS - 3} and found.frozen == ""
