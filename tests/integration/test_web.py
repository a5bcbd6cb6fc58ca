"""The HTTP side of a running bot: /healthz says what is wrong, /metrics counts, and pages are for this machine only."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import make_mocked_request
from prometheus_client.parser import text_string_to_metric_families

from bot import clock, config
from bot.app import App
from bot.events import Line
from bot.web.app import build
from bot.web.rendering import SECURITY_HEADERS
from tests.people import LIU, URGENT
from tests.servers.onebot_rig import eventually
from tests.stage import ROOT, Stage, stage
from tests.web import quiet_site

SANDBOX = """
[web]
port = 0
[channels.play]
type = "sandbox"
"""


@pytest.fixture
async def scene(tmp_path: Path, database_url: str) -> AsyncIterator[Stage]:
    async with stage(tmp_path, database_url) as scene:
        yield scene


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[App]:
    (tmp_path / "config.toml").write_text(SANDBOX)
    for name in ("messages", "schedules"):
        (tmp_path / name).symlink_to(ROOT / name)
    app = App(config.load(tmp_path / "config.toml", {}))
    await app.start()
    yield app
    await app.stop()


async def get(app: App, path: str, **headers: str) -> tuple[int, str, Any]:
    async with (
        ClientSession() as http,
        http.get(f"http://127.0.0.1:{app.port}{path}", headers=headers, allow_redirects=False) as answer,
    ):
        return answer.status, await answer.text(), answer.headers.copy()


async def health(app: App) -> tuple[int, dict[str, Any]]:
    status, body, _ = await get(app, "/healthz")
    return status, json.loads(body)


async def test_all_is_well(scene: Stage) -> None:
    await scene.say(URGENT, LIU)
    await scene.hears(f"direct:{LIU}", "记下了")
    await eventually(lambda: not any(worker._in_flight or worker._done for worker in scene.app.sender.workers))
    status, body = await health(scene.app)
    assert (status, body["status"], body["reasons"]) == (200, "ok", [])
    assert body["channels"]["qq"]["state"] == "online" and body["open_requests"] == 1
    assert body["queue"]["failed"] == body["queue"]["unknown"] == 0
    assert not [word for word in ("刘桂芳", "H0123", LIU, "断粮") if word in json.dumps(body, ensure_ascii=False)]


async def test_a_line_that_is_down_is_named(scene: Stage) -> None:
    await scene.peer.stop()
    await eventually(lambda: scene.app.channels[0].health().state is not Line.ONLINE)
    status, body = await health(scene.app)
    assert (status, body["status"]) == (503, "trouble")
    assert len(body["reasons"]) == 1 and body["reasons"][0].startswith("渠道 qq 连不上。")
    await scene.peer.start()
    await scene.online()
    assert (await health(scene.app))[0] == 200


async def test_an_account_that_is_logged_out_is_named(scene: Stage) -> None:
    await scene.peer.set_online(False)
    await eventually(lambda: scene.app.channels[0].health().state is Line.LOGGED_OUT)
    status, body = await health(scene.app)
    assert status == 503 and body["reasons"][0].startswith("渠道 qq 账号掉线。")


async def test_a_clock_that_stands_still_is_named(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.app.clockwork.stop()
    real = clock.monotonic
    monkeypatch.setattr(clock, "monotonic", lambda: real() + 120)
    await eventually(lambda: not scene.app.sender.stalled(30))
    status, body = await health(scene.app)
    assert status == 503
    assert "定时任务 broadcasts 停住了，请重启送暖并看日志。" in body["reasons"]
    assert "定时任务 escalation 停住了，请重启送暖并看日志。" in body["reasons"]
    assert not [reason for reason in body["reasons"] if reason.startswith("发送")]


async def test_a_sender_that_hangs_is_named(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    worker, hanging, go_on = scene.app.sender.workers[0], asyncio.Event(), asyncio.Event()

    async def hang() -> float:
        hanging.set()
        await go_on.wait()
        return 0.01

    with monkeypatch.context() as patch:
        patch.setattr(worker, "turn", hang)
        await asyncio.wait_for(hanging.wait(), 10)
        real = clock.monotonic
        patch.setattr(clock, "monotonic", lambda: real() + 31)
        await eventually(lambda: scene.app.sender.stalled(30) == [worker.name])
        status, body = await health(scene.app)
        assert status == 503 and "发送 qq/urgent 停住了，请重启送暖并看日志。" in body["reasons"]
        go_on.set()


async def test_a_sender_that_died_is_named(scene: Stage) -> None:
    task = scene.app.sender._tasks.pop()
    task.cancel()
    await asyncio.wait([task])
    scene.app.sender._tasks.append(asyncio.create_task(asyncio.sleep(0)))
    await eventually(lambda: bool(scene.app.sender.crashed()))
    status, body = await health(scene.app)
    assert status == 503 and body["reasons"] == ["发送 qq/tips 停住了，请重启送暖并看日志。"]


async def test_metrics_are_metrics_and_name_nobody(scene: Stage) -> None:
    await scene.say(URGENT, LIU)
    await scene.hears(f"direct:{LIU}", "记下了")
    _, body, headers = await get(scene.app, "/metrics")
    assert headers["Content-Type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(body)}
    values = {name: family.samples[0].value for name, family in families.items() if family.samples}
    assert values["songnuan_messages_received"] == values["songnuan_messages_handled"] == 1
    assert values["songnuan_errors"] == 0 and values["songnuan_channel_up"] == 1
    open_ = {sample.labels["state"]: sample.value for sample in families["songnuan_help_requests"].samples}
    assert open_ == {"open": 1}
    labels = [sample.labels for family in families.values() for sample in family.samples]
    assert {key for label in labels for key in label} <= {"channel", "status", "state", "purpose", "le"}
    assert LIU not in body


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "songnuan.lan:8420", "192.0.2.1", ""])
async def test_a_foreign_host_name_sees_nothing(host: str) -> None:
    app = build(quiet_site(sandbox="play", alone=True))
    app.freeze()
    for path in ("/", "/sandbox", "/healthz", "/metrics", "/static/base.css"):
        assert (await app._handle(from_("127.0.0.1", path, app, Host=host))).status == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8420", "[::1]:8420", "LOCALHOST"])
async def test_this_machine_by_any_of_its_names(host: str) -> None:
    app = build(quiet_site())
    app.freeze()
    assert (await app._handle(from_("127.0.0.1", "/sign-in", app, Host=host))).status == 200


@pytest.mark.parametrize("remote", ["192.0.2.7", "10.0.0.5", "::ffff:192.0.2.7", "fe80::1", ""])
async def test_from_elsewhere_nothing_is_seen(remote: str) -> None:
    app = build(quiet_site(sandbox="play"))
    app.freeze()
    for path in ("/", "/sandbox", "/healthz", "/metrics", "/static/base.css", "/sign-in", "/me"):
        assert (await app._handle(from_(remote, path, app, **{"X-Forwarded-For": "127.0.0.1"}))).status == 403
    assert (await app._handle(from_("127.0.0.1", "/sandbox", app))).status == 200


async def test_a_proxy_on_this_machine_does_not_make_the_world_local() -> None:
    app = build(quiet_site(sandbox="play"))
    app.freeze()
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
        for path in ("/", "/sandbox", "/healthz", "/metrics"):
            assert (await app._handle(from_("127.0.0.1", path, app, **{name: "192.0.2.7"}))).status == 403


def from_(remote: str, path: str, app: web.Application, **headers: str) -> web.Request:
    """A request as aiohttp would hand it over; no test leaves this machine to make one."""
    transport = mock.Mock()
    transport.get_extra_info.side_effect = {"peername": (remote, 5000)}.get
    return make_mocked_request("GET", path, headers={"Host": "127.0.0.1"} | headers, app=app, transport=transport)


async def test_every_answer_carries_the_headers_that_forbid_foreign_things(sandbox: App) -> None:
    status, body, headers = await get(sandbox, "/sandbox")
    assert status == 200 and 'id="app"' in body
    assert {name: headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "<script>" not in body and "style=" not in body and " onclick" not in body
    for path in ("/static/base.css", "/healthz", "/metrics", "/nowhere"):
        _, _, headers = await get(sandbox, path)
        assert headers["X-Content-Type-Options"] == "nosniff", path


async def test_the_front_door_of_the_sandbox_shows_both_sides(sandbox: App) -> None:
    status, body, _ = await get(sandbox, "/")
    assert status == 200 and 'href="/sandbox"' in body and "以王秀兰的身份进入" in body


async def test_without_a_sandbox_there_is_no_such_page(scene: Stage) -> None:
    status, _, headers = await get(scene.app, "/")
    assert (status, headers["Location"]) == (303, "/sign-in")
    assert (await get(scene.app, "/sandbox"))[0] == 404


async def test_static_files_are_no_way_into_the_rest(sandbox: App) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"):
        status, body, _ = await get(sandbox, path)
        assert status in (403, 404) and "import" not in body, path
