"""A real OneBot program dials us: who may come in, and what happens when two do."""

import asyncio

import aiohttp
import pytest

from bot.errors import Retryable, Unknown
from bot.events import Line
from tests.servers.onebot_rig import GROUP, TOKEN, Rig, eventually, reverse, spawn

GOOD = {"Authorization": f"Bearer {TOKEN}", "X-Self-ID": "10000001", "X-Client-Role": "Universal"}


async def knock(rig: Rig, headers: dict[str, str], query: str = "") -> int:
    """Dial our door; the HTTP status, 101 when let in."""
    async with aiohttp.ClientSession() as http:
        try:
            async with http.ws_connect(f"http://127.0.0.1:{rig.port}/onebot/qq{query}", headers=headers):
                return 101
        except aiohttp.WSServerHandshakeError as error:
            return error.status


async def test_both_directions() -> None:
    async with reverse() as rig:
        await rig.ready()
        await rig.peer.say("水漫进屋了", user="20000007")
        await eventually(lambda: len(rig.inbox.messages) == 1)
        assert rig.inbox.messages[0].text == "水漫进屋了"
        await rig.send("马上到")
        assert [(sent.chat, sent.text) for sent in rig.peer.sent] == [(f"group:{GROUP}", "马上到")]


async def test_waiting_for_the_first_dial() -> None:
    async with reverse(start_peer=False) as rig:
        assert rig.channel.health().state is Line.CONNECTING
        with pytest.raises(Retryable, match="offline"):
            await rig.send()


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer ", "", "Basic " + TOKEN])
async def test_a_wrong_token_is_401_before_anything_else(given: str) -> None:
    async with reverse(start_peer=False, config={"self_id": "10000001"}) as rig:
        headers = {"Authorization": given, "X-Self-ID": "not the account", "X-Forwarded-For": "192.0.2.1"}
        assert await knock(rig, headers) == 401
        assert rig.channel.health().state is Line.REFUSED
        assert rig.channel._account.self_id == "10000001"


async def test_a_wrong_token_names_no_account() -> None:
    async with reverse(start_peer=False) as rig:
        assert await knock(rig, {**GOOD, "Authorization": "Bearer wrong", "X-Self-ID": "10000009"}) == 401
        assert await knock(rig, GOOD) == 101, "the stranger has not taken the account's place"


async def test_a_wrong_token_does_not_disturb_a_good_line() -> None:
    async with reverse() as rig:
        await rig.ready()
        assert await knock(rig, {**GOOD, "Authorization": "Bearer wrong"}) == 401
        assert rig.channel.health().state is Line.ONLINE
        await rig.send()


async def test_a_peer_with_a_wrong_token_comes_in_once_it_is_mended() -> None:
    async with reverse(token="wrong") as rig:
        await rig.peer.wait_for(lambda: rig.peer.dials[:2] == [401, 401])
        await rig.until(Line.REFUSED)
        rig.peer.token = TOKEN
        await rig.ready()


async def test_no_token_configured() -> None:
    """NapCat then sends `Bearer ` with nothing behind it."""
    async with reverse(token="", config={"token": ""}) as rig:
        await rig.ready()


async def test_the_token_may_stand_in_the_address() -> None:
    async with reverse(start_peer=False) as rig:
        headers = {"X-Self-ID": "10000001"}
        assert await knock(rig, headers, f"?access_token={TOKEN}") == 101
        assert await knock(rig, headers, "?access_token=x") == 401


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"X-Self-ID": "10000002"}, 403),
        ({"X-Self-ID": ""}, 403),
        ({"X-Forwarded-For": "192.0.2.1"}, 403),
        ({"X-Client-Role": "Event"}, 400),
    ],
)
async def test_who_is_not_let_in(changes: dict[str, str], status: int) -> None:
    async with reverse(start_peer=False, config={"self_id": "10000001"}) as rig:
        assert await knock(rig, GOOD | changes) == status


async def test_a_browser_cannot_enter_a_door_without_token() -> None:
    async with reverse(start_peer=False, config={"token": ""}) as rig:
        assert await knock(rig, {"X-Self-ID": "10000001", "Origin": "https://example.org"}) == 403


async def test_an_unconfigured_account_is_the_first_one() -> None:
    async with reverse() as rig:
        await rig.ready()
        assert await knock(rig, {**GOOD, "X-Self-ID": "10000002"}) == 403


async def test_a_second_connection_takes_the_place_of_the_first() -> None:
    async with reverse() as rig:
        await rig.ready()
        rig.peer.faults.set("silent", times=1)
        waiting = asyncio.create_task(rig.send("旧线"))
        await rig.peer.wait_sent(1)
        rig.peer.redial = 60
        async with aiohttp.ClientSession() as http, http.ws_connect(rig.peer.dial, headers=GOOD) as second:
            with pytest.raises(Unknown, match="dropped"):
                await waiting
            await rig.peer.wait_for(lambda: not rig.peer.sessions)
            assert (await second.receive_json())["action"] == "get_login_info"


async def test_a_peer_that_dies_and_dials_again() -> None:
    async with reverse() as rig:
        await rig.ready()
        rig.peer.faults.set("silent", times=1)
        waiting = asyncio.create_task(rig.send())
        await rig.peer.wait_sent(1)
        rig.peer.kill_connections()
        with pytest.raises(Unknown, match="dropped"):
            await waiting
        await rig.peer.connected()
        await rig.until(Line.ONLINE)
        await rig.send()


async def test_a_frozen_peer_is_noticed_by_its_missing_heartbeat() -> None:
    async with reverse(heartbeat=0.05, redial=60) as rig:
        await rig.watched()
        rig.peer.freeze()
        await rig.until(Line.OFFLINE)


async def test_after_stop_nobody_comes_in() -> None:
    async with reverse() as rig:
        await rig.ready()
        await rig.channel.stop()
        assert await knock(rig, GOOD) == 403


async def test_a_peer_in_another_process_is_steered_through_its_door() -> None:
    async with reverse(start_peer=False) as rig:
        door = f"ws://127.0.0.1:{rig.port}/onebot/qq"
        process, port = await spawn("--mode", "reverse", "--dial", door, "--token", TOKEN, "--redial", "0.1")
        try:
            await rig.ready()
            async with aiohttp.ClientSession() as http:
                control = f"http://127.0.0.1:{port}/_control"
                await http.post(control, json={"do": "say", "text": "停水三天了", "group": GROUP})
                await eventually(lambda: [message.text for message in rig.inbox.messages] == ["停水三天了"])
                await http.post(control, json={"do": "faults", "answer": "timeout_1200", "times": 1})
                with pytest.raises(Unknown, match="timeout"):
                    await rig.send()
                async with http.post(control, json={"do": "online", "online": False}) as answer:
                    assert (await answer.json())["sent"] == 1
                await rig.until(Line.LOGGED_OUT)
                await http.post(control, json={"do": "quit"})
            assert await process.wait() == 0
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
