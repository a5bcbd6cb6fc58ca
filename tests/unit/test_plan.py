"""The plan: slots come one after the other, and the preview shows what the job will do."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot import clock
from bot.config import Calendar
from bot.content import Library, Message, Schedule, Workdays, late_policy, next_slot, pick, season_of, slots

WORKDAYS = Workdays()
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def schedule(kind: str = "rotate", messages: tuple[str, ...] = ("tips/*",), **when: Any) -> Schedule:
    when = when or {"cron": "30 8 * * *"}
    send = {"pick": kind, "messages": list(messages)}
    return Schedule.model_validate({"key": "daily", "name": "每日提示", "when": when, "send": send})


def at(text: str) -> datetime:
    """An instant, written in the union's time."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.zone()).astimezone(UTC)


def message(key: str, *seasons: str) -> Message:
    return Message(
        key=key,
        title=key,
        topic="",
        seasons=frozenset(seasons or ("spring", "summer", "autumn", "winter")),  # type: ignore[arg-type]
        source="",
        variables=frozenset(),
        chunks=(),
        file=f"messages/{key}.md",
        key_line=2,
        body_line=5,
    )


def library(*messages: Message) -> Library:
    return Library({message.key: message for message in sorted(messages, key=lambda message: message.key)})


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    only = draw(st.booleans())
    if draw(st.booleans()):
        dates = draw(st.lists(MOMENTS.map(lambda m: f"{m:%Y-%m-%d %H:%M}"), min_size=1, max_size=5, unique=True))
        return schedule(dates=dates, workdays_only=only)
    minute = draw(st.sampled_from(["0", "30", "*/15", "5,50", "7-59/10"]))
    hour = draw(st.sampled_from(["8", "*", "8-10", "0,23"]))
    day = draw(st.sampled_from(["*", "1", "*/9", "last"]))
    weekday = draw(st.sampled_from(["*", "mon", "mon-fri", "sat,sun"]))
    return schedule(cron=f"{minute} {hour} {day} * {weekday}", workdays_only=only)


# slots


@given(schedules(), MOMENTS)
def test_the_next_slot_is_later_and_a_slot(plan: Schedule, after: datetime) -> None:
    slot = next_slot(plan, after, WORKDAYS)
    assume(slot is not None)
    assert slot is not None and slot > after
    assert slot.tzinfo is UTC
    assert next_slot(plan, slot - timedelta(seconds=1), WORKDAYS) == slot
    if plan.when.workdays_only:
        assert WORKDAYS.is_workday(clock.local(slot).date())


@given(schedules(), MOMENTS, st.integers(0, 20))
def test_the_preview_is_the_next_slot_again_and_again(plan: Schedule, start: datetime, days: int) -> None:
    end = start + timedelta(days=days)
    walked, slot = [], next_slot(plan, start - timedelta(microseconds=1), WORKDAYS)
    while slot and slot < end:
        walked.append(slot)
        slot = next_slot(plan, slot, WORKDAYS)
    preview = slots(plan, start, end, WORKDAYS)
    assert preview == walked
    assert all(a < b for a, b in pairwise(preview))


@given(schedules(), MOMENTS, st.integers(0, 8), st.integers(0, 8))
def test_a_preview_may_be_cut_anywhere(plan: Schedule, start: datetime, first: int, second: int) -> None:
    middle = start + timedelta(days=first)
    end = middle + timedelta(days=second)
    parts = slots(plan, start, middle, WORKDAYS) + slots(plan, middle, end, WORKDAYS)
    assert parts == slots(plan, start, end, WORKDAYS)


def test_cron_speaks_the_time_of_the_union() -> None:
    assert next_slot(schedule(), at("2026-11-24 08:30"), WORKDAYS) == datetime(2026, 11, 25, 0, 30, tzinfo=UTC)


def test_day_and_weekday_must_both_fit() -> None:
    plan = schedule(cron="0 9 13 * fri")
    assert next_slot(plan, at("2026-11-24 00:00"), WORKDAYS) == at("2027-08-13 09:00")


def test_on_workdays_only() -> None:
    plan = schedule(cron="0 9 * * *", workdays_only=True)
    assert slots(plan, at("2026-09-30 00:00"), at("2026-10-12 00:00"), WORKDAYS) == [
        at(f"2026-{day} 09:00") for day in ("09-30", "10-08", "10-09", "10-10")
    ]
    home = Workdays(Calendar.model_validate({"holidays": ["2026-10-08"]}))
    assert next_slot(plan, at("2026-10-01 00:00"), home) == at("2026-10-09 09:00")


def test_dates_come_in_order_and_end() -> None:
    plan = schedule(dates=["2026-12-21 08:00", "2026-12-07 08:00"])
    first, second = at("2026-12-07 08:00"), at("2026-12-21 08:00")
    assert next_slot(plan, at("2026-01-01 00:00"), WORKDAYS) == first
    assert next_slot(plan, first, WORKDAYS) == second
    assert next_slot(plan, second, WORKDAYS) is None


@pytest.mark.parametrize(
    "when", [{"cron": "0 9 31 feb *"}, {"cron": "0 9 1 oct *", "workdays_only": True}, {"dates": ["2020-01-01 08:00"]}]
)
def test_what_never_comes(when: dict[str, Any]) -> None:
    official = Calendar.model_validate({"holidays": [f"{year}-10-01" for year in range(2026, 2032)]})
    assert next_slot(schedule(**when), at("2026-11-24 00:00"), Workdays(official)) is None


def test_a_leap_day_comes() -> None:
    assert next_slot(schedule(cron="0 9 29 feb *"), at("2024-03-01 00:00"), WORKDAYS) == at("2028-02-29 09:00")


# messages


def test_seasons_of_the_north_east() -> None:
    months = [season_of(datetime(2026, month, 15, tzinfo=clock.zone())) for month in range(1, 13)]
    expected = ["winter"] * 3 + ["spring"] * 2 + ["summer"] * 3 + ["autumn"] * 2 + ["winter"] * 2
    assert months == expected


TIPS = library(message("tips/a", "winter"), message("tips/b"), message("tips/c", "summer"), message("letters/z"))


def picked(kind: str, cursor: int, slot: str = "2026-11-24 08:30", globs: tuple[str, ...] = ("tips/*",)) -> str | None:
    found = pick(schedule(kind, globs), TIPS, at(slot), cursor)
    return found.key if found else None


def test_each_way_to_pick() -> None:
    table = {kind: [picked(kind, cursor) for cursor in range(4)] for kind in ("fixed", "rotate", "sequence", "season")}
    assert table == {
        "fixed": ["tips/a"] * 4,
        "rotate": ["tips/a", "tips/b", "tips/c", "tips/a"],
        "sequence": ["tips/a", "tips/b", "tips/c", None],
        "season": ["tips/a", "tips/b", "tips/a", "tips/b"],
    }


def test_the_season_is_that_of_the_local_day() -> None:
    assert picked("season", 1, "2026-06-01 00:30") == "tips/c"  # still May in UTC


def test_nothing_fits() -> None:
    assert picked("season", 0, "2026-05-01 08:00", ("tips/a",)) is None
    assert picked("rotate", 0, globs=("none/*",)) is None


def test_globs_keep_the_given_order_and_name_nothing_twice() -> None:
    found = TIPS.match(["letters/*", "tips/c", "tips/*"])
    assert [message.key for message in found] == ["letters/z", "tips/c", "tips/a", "tips/b"]


@given(st.integers(1, 6), st.integers(0, 50))
def test_rotation_is_fair(number: int, start: int) -> None:
    texts = library(*(message(f"tips/{index}") for index in range(number)))
    seen = [pick(schedule("rotate"), texts, at("2026-11-24 08:30"), start + step) for step in range(number)]
    assert {message.key for message in seen if message} == set(texts.messages)


# late


@pytest.mark.parametrize(
    ("hours", "minutes", "policy"),
    [(3, 0, "send"), (3, 180, "send"), (3, 181, "skip"), (0, 4, "send"), (0, 6, "skip"), (0.5, 29, "send")],
)
def test_a_missed_slot(hours: float, minutes: int, policy: str) -> None:
    slot = at("2026-11-24 08:30")
    plan = schedule(cron="30 8 * * *", late_hours=hours)
    assert late_policy(plan, slot, slot + timedelta(minutes=minutes)) == policy
