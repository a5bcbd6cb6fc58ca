"""Time limits: by state and urgency, slower outside working hours, and nobody is hurried on a holiday."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from bot.actions.requests.pace import Pace
from bot.config import Config

TUESDAY = datetime(2026, 12, 1, 1, tzinfo=UTC)  # 9:00
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "urgency", "minutes"),
    [(0, "normal", 30), (0, "urgent", 5), (12, "normal", 60), (12, "emergency", 10), (4 * 24, "normal", 60)],
)
def test_how_long_until_the_next_alert(hours: int, urgency: str, minutes: int) -> None:
    at = TUESDAY + hours * HOUR
    assert Pace().next_alert(urgency, at) == at + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("state", "urgency", "since", "due"),
    [
        ("acknowledged", "normal", 0, 24),
        ("acknowledged", "urgent", 0, 2),
        ("acknowledged", "urgent", 9, 11),  # 20:00, after working hours: urgent does not wait
        ("acknowledged", "normal", 77, 142),  # Friday 14:00: Monday at seven
        ("assigned", "normal", 0, 72),
        ("assigned", "emergency", 0, 12),
        ("delivering", "normal", 0, 48),
    ],
)
def test_when_it_is_due(state: str, urgency: str, since: int, due: int) -> None:
    assert Pace().due(state, urgency, TUESDAY + since * HOUR) == TUESDAY + due * HOUR


def test_a_holiday_is_waited_out() -> None:
    """October 1 to 7 are days off in 2026."""
    eve = datetime(2026, 9, 30, 2, tzinfo=UTC)
    assert Pace().due("acknowledged", "normal", eve) == datetime(2026, 10, 7, 23, tzinfo=UTC)


def test_without_working_hours_nothing_waits() -> None:
    at = TUESDAY + 12 * HOUR
    pace = Pace(working_hours="")
    assert pace.due("acknowledged", "normal", at) == at + 24 * HOUR
    assert pace.next_alert("normal", at) == at + timedelta(minutes=30)


@pytest.mark.parametrize("text", ["8:30", "24:00", "0830", "08:30:00", "早上", ""])
def test_an_hour_that_is_none(text: str) -> None:
    with pytest.raises(ValidationError, match="不是一个时刻"):
        Config.model_validate({"escalation": {"digest_at": text}})
