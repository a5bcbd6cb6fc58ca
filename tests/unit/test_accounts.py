"""When a queue will be empty: at the account's pace, around quiet hours and the day's cap."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot import clock, quiet
from bot.actions.delivery.accounts import Caps, finish, midnight

NINE = datetime(2026, 12, 1, 1, tzinfo=UTC)
OLD = NINE - timedelta(days=100)
QUIET = "21:30-07:00"


def test_by_gap_minute_and_hour() -> None:
    for caps, seconds in [
        (Caps(gap_seconds=(3, 8)), 5.5),
        (Caps(gap_seconds=(3, 8), per_minute=6), 10),
        (Caps(gap_seconds=(3, 8), per_minute=6, per_hour=100), 36),
    ]:
        assert finish(100, caps, 0, OLD, "", NINE) == NINE + timedelta(seconds=100 * seconds)
    assert finish(0, Caps(), 0, OLD, "", NINE) is None


def test_quiet_hours_and_the_cap_put_off() -> None:
    hourly = Caps(per_hour=1)
    late = NINE + timedelta(hours=12)  # 21:00: one goes, the other tomorrow at seven
    assert finish(2, hourly, 0, OLD, QUIET, late) == NINE + timedelta(hours=23)
    assert finish(3, Caps(per_hour=60, per_day=10), 8, OLD, "", NINE) == midnight(NINE) + timedelta(days=1, minutes=1)


@given(
    st.integers(1, 3000), st.integers(0, 50), st.integers(0, 600), st.integers(0, 500), st.integers(0, 24 * 60),
    st.sampled_from(["", QUIET, "12:00-14:00"]),
)  # fmt: skip
def test_never_sooner_than_pace_and_cap_allow(
    waiting: int, sent: int, per_hour: int, per_day: int, minutes: int, hours: str
) -> None:
    now = NINE + timedelta(minutes=minutes)
    caps = Caps(gap_seconds=(1, 3), per_hour=per_hour, per_day=per_day)
    done = finish(waiting, caps, sent, OLD, hours, now)
    if done is None:
        assert waiting > 50 * min(per_day or 10**9, (per_hour or 10**9) * 14)  # more than sixty days
        return
    assert done >= now + (waiting - 1) * timedelta(seconds=caps.seconds_each)
    if per_day:
        days = (clock.local(done - timedelta(seconds=1)).date() - clock.local(now).date()).days + 1
        assert waiting <= max(0, per_day - sent) + per_day * (days - 1)
    last = clock.local(done - timedelta(seconds=caps.seconds_each))
    assert not quiet.parse(hours).covers(last) or quiet.parse(hours).covers(last + timedelta(seconds=1))
