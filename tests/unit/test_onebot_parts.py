"""The small machines of the QQ channel: backoff, echoes, the account, lanes, the door's two checks."""

import asyncio
from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request
from aiohttp.web import Request

from bot.channels.common.backoff import Backoff
from bot.channels.common.condition import Condition
from bot.channels.common.lanes import Lanes
from bot.channels.onebot.account import Account
from bot.channels.onebot.calls import Echoes
from bot.channels.onebot.reverse import is_local, token_matches
from bot.events import Line


def request(remote: str = "127.0.0.1", path: str = "/onebot/qq", **headers: str) -> Request:
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (remote, 5000) if name == "peername" else default
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", path, headers=named, transport=transport)


def test_backoff_doubles_up_to_its_ceiling_and_starts_afresh() -> None:
    backoff = Backoff(1, 60, draw=lambda: 0.0)
    assert [backoff.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.next() == 1


def test_backoff_has_jitter() -> None:
    draws = iter([0.0, 0.5, 1.0])
    backoff = Backoff(4, 4, draw=lambda: next(draws))
    assert [backoff.next() for _ in range(3)] == [4, 3, 2]


def test_a_late_answer_finds_its_delivery_once() -> None:
    echoes = Echoes()
    echo = echoes.make("d1")
    assert echoes.late_ref(echo) == "d1"
    assert echoes.late_ref(echo) is None, "a duplicate"


def test_an_answered_or_invented_echo_is_not_late() -> None:
    echoes = Echoes()
    echo = echoes.make("d1")
    echoes.answered(echo)
    assert echoes.late_ref(echo) is None
    assert echoes.late_ref(echo[:-1] + "9") is None
    for forged in (None, 1, "", "d1", "d1/1", "d1/zzzzzzzz.1", ["d1"], {"a": 1}):
        assert echoes.late_ref(forged) is None


def test_an_answer_to_the_run_before_a_restart_is_late() -> None:
    before, after = Echoes(), Echoes()
    assert after.late_ref(before.make("delivery/7")) == "delivery/7"


def test_each_attempt_has_its_own_echo() -> None:
    echoes = Echoes()
    assert echoes.make("d1") != echoes.make("d1")


def test_a_configured_account_is_never_exchanged() -> None:
    account = Account("10000001")
    assert account.confirm("10000001") and not account.confirm("10000002")
    assert account.is_me(10000001) and account.is_me("10000001")
    assert not account.is_me(10000002) and not account.is_me(None) and not account.is_me("x")


def test_the_first_confirmed_account_stays() -> None:
    account = Account("")
    assert account.is_me(10000003), "until the login is known, the first event says who we are"
    assert account.confirm("10000001") and account.self_id == "10000001"
    assert not account.confirm("10000002") and not account.is_me(10000003)


@pytest.mark.parametrize("forged", ["x", "0", "1e5"])
def test_an_account_is_a_number(forged: str) -> None:
    assert not Account("").confirm(forged)


def test_since_is_kept_while_the_state_stays() -> None:
    condition = Condition("qq")
    since = condition.health.since
    condition.report(Line.OFFLINE, "正在重试")
    assert (condition.health.since, condition.health.detail) == (since, "正在重试")
    condition.report(Line.ONLINE)
    assert condition.health.since >= since


async def test_order_within_a_chat_while_another_one_is_slow() -> None:
    slow, seen = asyncio.Event(), list[str]()

    async def handle(item: str) -> None:
        if item == "slow":
            await slow.wait()
        seen.append(item)

    lanes = Lanes(handle, lanes=2)
    lanes.start()
    busy, free = _two_lanes()
    lanes.put(busy, "slow")
    for number in range(100):
        lanes.put(free, str(number))
    lanes.put(busy, "last")
    while len(seen) < 100:  # noqa: ASYNC110 - the lane works as soon as the loop runs
        await asyncio.sleep(0)
    assert seen == [str(number) for number in range(100)]
    slow.set()
    await lanes.stop(5)
    assert seen[100:] == ["slow", "last"]


async def test_a_full_lane_holds_back_and_loses_nothing() -> None:
    gate, seen = asyncio.Event(), list[int]()

    async def handle(item: int) -> None:
        await gate.wait()
        seen.append(item)

    lanes = Lanes(handle, lanes=1, depth=2)
    lanes.start()
    assert lanes.put("a", 0) is None and lanes.put("a", 1) is None
    waiting = lanes.put("a", 2)
    assert waiting is not None
    gate.set()
    await waiting
    await lanes.stop(5)
    assert seen == [0, 1, 2]


async def test_a_raising_handler_does_not_end_its_lane(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []

    async def handle(item: str) -> None:
        if item == "bad":
            raise ValueError("家里断药了")
        seen.append(item)

    lanes = Lanes(handle, lanes=1)
    lanes.start()
    lanes.put("a", "bad")
    lanes.put("a", "good")
    await lanes.stop(5)
    assert seen == ["good"]
    assert "ValueError" in caplog.text and "断药" not in caplog.text


async def test_stop_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(item: int) -> None:
        await asyncio.Event().wait()

    lanes = Lanes(handle, lanes=1)
    lanes.start()
    lanes.put("a", 1)
    lanes.put("a", 2)
    await lanes.stop(0.01)
    assert "not handled" in caplog.text


@pytest.mark.parametrize(
    ("sent", "token", "fits"),
    [
        ({"Authorization": "Bearer t"}, "t", True),
        ({"Authorization": "bearer  t "}, "t", True),
        ({"Authorization": "Bearer "}, "", True),
        ({}, "", True),
        ({"Authorization": "Bearer "}, "t", False),
        ({}, "t", False),
        ({"Authorization": "Bearer T"}, "t", False),
        ({"Authorization": "Basic t"}, "t", False),
        ({"Authorization": "Bearer 口令"}, "口令", True),
        ({"Authorization": "Bearer x"}, "", False),
    ],
)
def test_the_token(sent: dict[str, str], token: str, fits: bool) -> None:
    assert token_matches(request(**sent), token) is fits


@pytest.mark.parametrize("given", ["\udcff", "\ud800", "\x00", "口令"])
def test_a_token_of_odd_bytes_is_only_wrong(given: str) -> None:
    assert not token_matches(Mock(headers={"Authorization": f"Bearer {given}"}), "t")
    assert not token_matches(Mock(headers={}, query={"access_token": given}), "t")


def test_the_token_in_the_address() -> None:
    assert token_matches(request(path="/onebot/qq?access_token=t"), "t")
    assert not token_matches(request(path="/onebot/qq?access_token=x"), "t")


@pytest.mark.parametrize(
    ("remote", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.7", False),
        ("::ffff:192.0.2.7", False),
        ("2001:db8::1", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_only_this_machine(remote: str, local: bool) -> None:
    assert is_local(request(remote)) is local


@pytest.mark.parametrize("header", ["X_Forwarded_For", "X_Real_IP", "Forwarded"])
def test_a_relayed_visitor_is_not_local(header: str) -> None:
    assert not is_local(request("127.0.0.1", **{header: "192.0.2.7"}))


def _two_lanes() -> tuple[str, str]:
    """Two chats that fall into different lanes; string hashes differ from run to run."""
    other = next(str(number) for number in range(1, 1000) if hash(str(number)) % 2 != hash("0") % 2)
    return "0", other
