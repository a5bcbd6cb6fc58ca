"""What an answer means. The expensive mistake is calling a message unsent that may be out."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.channels.onebot.frames import decode
from bot.channels.onebot.outcomes import judge
from bot.errors import SendError
from bot.events import Receipt

WIRE = Path(__file__).parents[1] / "wire" / "onebot"


def outcome(name: str, **changes: Any) -> Receipt | SendError:
    raw = msgspec.json.decode((WIRE / f"{name}.json").read_bytes())
    return judge(decode(msgspec.json.encode(raw | changes)))


@pytest.mark.parametrize(("name", "expected"), [("answer_ok", "1893055760"), ("answer_ok_no_id", None)])
def test_sent(name: str, expected: str | None) -> None:
    receipt = outcome(name)
    assert isinstance(receipt, Receipt)
    assert receipt.message_id == expected


@pytest.mark.parametrize(
    ("name", "policy", "code"),
    [
        ("answer_async", "unknown", "async"),
        ("answer_timeout", "unknown", "timeout"),
        ("answer_gocq_doubt", "unknown", "timeout"),
        ("answer_media", "unknown", "failed_1200"),
        ("answer_other", "unknown", "failed_1200"),
        ("answer_removed", "permanent", "not_in_group"),
        ("answer_group_missing", "permanent", "not_in_group"),
        ("answer_muted", "permanent", "muted"),
        ("answer_stranger", "permanent", "not_a_friend"),
        ("answer_unsupported", "permanent", "unsupported"),
        ("answer_bad_request", "permanent", "bad_request"),
        ("answer_token", "retryable", "refused"),
    ],
)
def test_not_sent_or_doubtful(name: str, policy: str, code: str) -> None:
    error = outcome(name)
    assert isinstance(error, SendError)
    assert (error.policy, error.code) == (policy, code)


@pytest.mark.parametrize(
    "changes", [{"retcode": None}, {"status": None}, {"status": "ok", "retcode": 9}, {"retcode": 7}]
)
def test_what_we_have_never_seen_is_doubtful(changes: dict[str, Any]) -> None:
    error = outcome("answer_other", **changes)
    assert isinstance(error, SendError)
    assert error.policy == "unknown"


def test_the_wording_is_not_repeated() -> None:
    error = outcome("answer_other", wording="发给 20000001 的“家里断药了”失败", message="")
    assert "断药" not in str(error) and "20000001" not in str(error)
