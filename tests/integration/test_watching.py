"""Seen from elsewhere: /healthz for other computers, `songnuan watch` over there, and the whole bot with its roads."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot import clock, config
from bot.actions.broadcasting import groups
from bot.actions.upkeep import troubles
from bot.app import App, building
from bot.cli import main, watch
from bot.events import Line
from bot.jobs import watchman
from bot.models import Delivery, db, keys
from bot.web.app import build
from tests import people
from tests.integration.test_mail import settings as letters
from tests.integration.test_web import from_
from tests.servers.onebot_rig import eventually
from tests.servers.post_office import post_office
from tests.servers.wecom_server import wecom
from tests.web import quiet_site

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize("reasons", [[], ["发送 qq/tips 停住了"]])
async def test_from_elsewhere_one_hears_whether_all_is_well_and_no_more(database: str, reasons: list[str]) -> None:
    app = build(quiet_site(watched=True, reasons=lambda: reasons))
    app.freeze()
    answer = await app._handle(from_("192.0.2.7", "/healthz", app, Host="10.0.0.5:8420"))
    assert isinstance(answer, web.Response) and answer.text
    assert json.loads(answer.text) == {"status": "trouble" if reasons else "ok"}
    assert answer.status == (503 if reasons else 200)
    for path in ("/metrics", "/sandbox", "/today", "/"):
        assert (await app._handle(from_("192.0.2.7", path, app, Host="10.0.0.5:8420"))).status == 403
    here = await app._handle(from_("127.0.0.1", "/healthz", app))
    assert isinstance(here, web.Response) and "queue" in json.loads(here.text or "")


class Voice:
    def __init__(self) -> None:
        self.said: list[str] = []

    async def __call__(self, text: str) -> None:
        self.said.append(text)


async def test_the_watcher_speaks_once_when_it_is_silent_and_once_when_it_is_back(database: str) -> None:
    at, voice = [NOON], Voice()
    clock.use(lambda: at[0])
    watcher = watch.Watcher(timedelta(minutes=3), voice)
    for why in ("", "连不上", "", *["连不上"] * 20, "", ""):
        await watcher.heard(why)
        at[0] += timedelta(seconds=30)
    assert voice.said == [
        "送暖从 2026-12-01 周二 12:01 起没有好消息：连不上。请到那台电脑上看看。",
        "送暖又好了。",
    ]


async def test_what_is_heard_by_asking(database: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=int(request.match_info["status"]))

    app = web.Application()
    app.router.add_get("/{status}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        assert [await watch.ask(f"{base}/{status}") for status in (200, 503, 403, 500)] == [
            "", "它说自己有事", "它不让别的电脑问，那边要写 [watch] public = true", "回答是 500",
        ]  # fmt: skip
    finally:
        await runner.cleanup()
    assert await watch.ask(base) == "连不上"


async def test_it_also_speaks_by_a_letter_and_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "say.py"
    script.write_text(f"import sys\nopen({str(tmp_path / 'said')!r}, 'w').write(sys.argv[-1])\n")
    async with post_office() as office:
        facts = config.Config(mail=letters(office.port, encryption="none"))
        await watch._voice(facts, f"{sys.executable} {script}")("送暖又好了。")
        assert office.letters[0][1] == "送暖又好了。\n" and (tmp_path / "said").read_text() == "送暖又好了。"
        office.closed = "550 no"
        await watch._voice(facts, f"{sys.executable} -c 'raise SystemExit(3)'")("送暖又好了。")
    shown = capsys.readouterr()
    assert shown.out.count("送暖又好了。") == 2
    assert "命令没有成功" in shown.err and "邮件没有发出去" in shown.err


def test_the_command_asks_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["watch", "--once", "http://127.0.0.1:9/healthz"]) == 1
    assert capsys.readouterr().out == "送暖有事：连不上。\n"
    assert main(["watch", "127.0.0.1:8420"]) == 1
    assert "网址要写全" in capsys.readouterr().err


CONFIG = """
[database]
url = {url}
[web]
port = 0
[mail]
host = "localhost"
port = {post}
encryption = "none"
sender = "bot@example.cn"
to = ["chair@example.cn"]
[channels.qq]
type = "onebot"
token = "warm-token"
[channels.wecom]
type = "wecom"
url = {wecom}
"""


@pytest.mark.db
async def test_a_bot_without_its_qq_tells_the_staff_by_robot_and_by_letter(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole bot: QQ never connects, the staff group's robot and the letter say so, with what waits."""
    monkeypatch.setattr(watchman, "PATIENCE", timedelta(0))
    async with wecom({"key-00000001": "工作群"}) as server, post_office() as office:
        text = CONFIG.format(url=json.dumps(database_url), post=office.port, wecom=json.dumps(server.url))
        (tmp_path / "config.toml").write_text(text)
        (tmp_path / "secrets").mkdir()
        (tmp_path / "secrets/wecom.toml").write_text('"工作群" = "key-00000001"\n')
        for name in ("messages", "schedules"):
            (tmp_path / name).symlink_to(ROOT / name)
        keys.use(keys.load(tmp_path / "secrets/songnuan.key", create=True))
        await db.open_(database_url, upgrade=False)
        await people.settle()
        await db.close()
        app = App(config.load(tmp_path / "config.toml", {}))
        await app.start()
        try:
            await eventually(lambda: app.health()["wecom"].state is Line.ONLINE)
            await groups.switch("wecom", "工作群", True, "G", ["staff"])
            await building.watchman(app.config, app).tick()
            await server.until(1)
            assert "渠道 qq" in server.texts("工作群")[0] and "渠道 qq" in office.letters[0][1]
            assert list(await troubles.known()) == ["line:qq"]
        finally:
            await app.stop()
    await db.open_(database_url, upgrade=False)
    assert [row.status for row in await Delivery.filter(channel="wecom")] == ["sent"]
    await db.close()
