"""The `songnuan` command in this process: people, groups, roster, outbox and status, on every database."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot import clock
from bot.actions.broadcasting import broadcasts, groups, scheduling
from bot.actions.delivery import outbox
from bot.actions.requests import help
from bot.actions.roster import sample as samples
from bot.actions.staff import directory, people, signin
from bot.actions.upkeep import settings
from bot.cli import main
from bot.events import Chat, GroupInfo, Text
from bot.models import Broadcast, Delivery, Group, HelpRequest, Household, ScheduleState, Staff, Unit, db, keys
from bot.models.fields import to_ms
from bot.sample import load
from tests.database import TEST_KEY
from tests.web import quiet_site

pytestmark = pytest.mark.db

Run = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def here(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A config of its own beside the real schedules; nothing listens on its port."""
    (tmp_path / "config.toml").write_text('[channels.qq]\ntype = "onebot"\n[web]\nport = 1\n')
    for name in ("messages", "schedules"):
        (tmp_path / name).symlink_to(Path(__file__).parents[2] / name)
    (tmp_path / "songnuan.key").write_text(TEST_KEY.hex())
    (tmp_path / "songnuan.key").chmod(0o600)
    monkeypatch.setenv("SONGNUAN_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("SONGNUAN_DATABASE__URL", database_url)
    monkeypatch.setenv("SONGNUAN_DATABASE__KEY_FILE", "songnuan.key")
    monkeypatch.setenv("SONGNUAN_TEST_DB", "not a setting")
    return tmp_path


@pytest.fixture
def songnuan(here: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line; returns the exit code and everything that was printed."""

    async def run(*argv: object) -> tuple[int, str]:
        capsys.readouterr()
        code = await asyncio.to_thread(main, [str(word) for word in argv])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


@asynccontextmanager
async def inside(url: str) -> AsyncIterator[None]:
    keys.use(keys.Keyring(TEST_KEY))
    await db.open_(url, upgrade=False)
    try:
        await directory.refresh()
        yield
    finally:
        await db.close()
        clock.use(None)


async def test_an_admin_comes_in_when_no_chat_works(songnuan: Run, database_url: str) -> None:
    await songnuan("unit", "add", "G", "北岭集团")
    for name, role in (("周文静", "管理员"), ("王秀兰", "主席")):
        await songnuan("staff", "add", name, role, "G")
    code, said = await songnuan("staff", "password", "周文静")
    address, _, token = said.splitlines()[0].partition("：")[2].rpartition("/")
    assert (code, address) == (0, "http://127.0.0.1:1/sign-in")
    code, said = await songnuan("staff", "password", "王秀兰")
    assert code == 1 and "只有管理员用密码" in said
    async with inside(database_url):
        assert await signin.look(token) == "周文静"


async def test_from_an_empty_database_to_a_bound_chair(songnuan: Run, database_url: str) -> None:
    assert await songnuan("unit", "list") == (0, "还没有单位。用 songnuan unit add 编号 名称 添加。\n")
    assert await songnuan("unit", "add", "M1", "向阳煤矿") == (0, "已添加单位 M1（向阳煤矿）。\n")
    assert (await songnuan("unit", "add", "S1", "采煤一队", "--parent", "M1"))[0] == 0
    assert (await songnuan("unit", "add", "A0", "北岭煤业集团"))[0] == 0
    assert await songnuan("unit", "list") == (0, "A0  北岭煤业集团\nM1  向阳煤矿\n  S1  采煤一队\n")
    code, said = await songnuan("staff", "add", "王秀兰", "主席", "M1")
    assert code == 0 and "王秀兰（主席），编号 1" in said
    assert (await songnuan("staff", "add", "赵志强", "副主席", "M1"))[0] == 0
    code, said = await songnuan("staff", "code", "王秀兰")
    mark = said.splitlines()[0].rpartition("：")[2]
    assert code == 0 and f"绑定 {mark}" in said and "24 小时" in said
    async with inside(database_url):
        assert (await people.bind("qq", "10001", mark)).name == "王秀兰"
        assert (await Staff.get(name="赵志强")).deputy
    code, said = await songnuan("staff", "list")
    assert [line.split() for line in said.splitlines()[1:]] == [
        ["1", "王秀兰", "主席", "向阳煤矿", "qq"],
        ["2", "赵志强", "副主席", "向阳煤矿", "未绑定"],
    ]
    assert await songnuan("staff", "leave", 1) == (0, "王秀兰 已停用：账号、登录和绑定码都已失效。\n")
    async with inside(database_url):
        assert directory.speaker("qq", "10001") is None


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("unit", "add", "M2", "清河煤矿", "--parent", "M9"), "没有这个编号的单位"),
        (("unit", "add", "M1", "清河煤矿"), "已经有这个编号的单位"),
        (("staff", "add", "甲", "主席", "M9"), "没有这个编号的单位"),
        (("staff", "add", "甲", "矿长", "M1"), "没有“矿长”这个角色"),
        (("staff", "code", "没有的人"), "没有找到在用的工作人员“没有的人”"),
        (("staff", "code", "99999999999999999999"), "没有找到在用的工作人员"),
        (("staff", "leave", "7"), "没有找到在用的工作人员“7”"),
        (("group", "on", "qq", "777"), "没有这个群"),
        (("group", "on", "wechat", "777"), "没有“wechat”这个渠道，config.toml 里有：qq"),
        (("import", "no-such.csv"), "找不到这个文件"),
    ],
)
async def test_what_cannot_be_done_is_said_in_one_sentence(songnuan: Run, argv: tuple[str, ...], said: str) -> None:
    await songnuan("unit", "add", "M1", "向阳煤矿")
    code, answer = await songnuan(*argv)
    assert code == 1 and said in answer
    assert len(answer.splitlines()) == 1 and "Traceback" not in answer


async def test_two_people_of_one_name_are_told_apart(songnuan: Run) -> None:
    await songnuan("unit", "add", "M1", "向阳煤矿")
    for _ in range(2):
        await songnuan("staff", "add", "李梅", "volunteer", "M1")
    code, said = await songnuan("staff", "code", "李梅")
    assert code == 1 and "有 2 位叫“李梅”" in said and "1（向阳煤矿），2（向阳煤矿）" in said
    assert (await songnuan("staff", "code", "2"))[0] == 0


async def test_groups_are_switched_on_and_off(songnuan: Run, database_url: str) -> None:
    await songnuan("unit", "add", "M1", "向阳煤矿")
    async with inside(database_url):
        await groups.learnt("qq", [GroupInfo("777", "家属群\x1b[31m"), GroupInfo("888", "")])
    code, said = await songnuan("group", "list")
    assert code == 0 and r"家属群\x1b[31m" in said and "\x1b" not in said and said.count("关  ") == 2
    code, said = await songnuan("group", "on", "qq", "777")
    assert code == 1 and "单位" in said
    code, said = await songnuan("group", "on", "qq", "777", "--unit", "M1", "--tags", "family，workers")
    assert code == 0 and "标签：family、workers" in said
    async with inside(database_url):
        group = await Group.get(chat_id="777")
        assert group.enabled and group.tags == ["family", "workers"]
    assert (await songnuan("group", "off", "qq", "777"))[0] == 0
    async with inside(database_url):
        assert not (await Group.get(chat_id="777")).enabled


async def test_a_roster_comes_in_and_refused_rows_are_named(songnuan: Run, here: Path, database_url: str) -> None:
    await songnuan("unit", "add", "M1", "向阳煤矿")
    roster = here / "roster.csv"
    good = "户编号,姓名,电话,单位,类别\nH0001,刘桂芳,13800000001,M1,工亡遗属\n"
    roster.write_text(good + "H0002,,13800000002,M1,工亡遗属\n")
    code, said = await songnuan("import", roster, "--dry-run")
    assert code == 1 and "新增 1 户" in said and "第 3 行：没有姓名" in said and "没有改动" in said
    async with inside(database_url):
        assert not await Household.exists()
    roster.write_text(good)
    assert await songnuan("import", roster) == (0, "新增 1 户，更新 0 户，没有变化 0 户。\n")
    async with inside(database_url):
        assert (await Household.get()).code == "H0001"


async def in_doubt() -> None:
    """One delivery of each state that a person has to look at, and two that nobody has to."""
    await people.add_unit("M1", "向阳煤矿")
    await groups.learnt("qq", [GroupInfo("777", "家属群")])
    now = clock.now()
    body = outbox.encode((Text("睡前看炉子"),))
    tip = await Broadcast.create(
        schedule_key="daily-tip", slot=now, title="睡前看炉子", body=body, outcome="fired", fired_at=now
    )
    found = {"unknown": "timeout", "held": "group_off", "failed": "muted", "sent": "", "queued": ""}
    target = Chat("group", "777")
    await outbox.enqueue([outbox.Draft(key, "tip", "qq", target, None, broadcast_id=tip.id) for key in found])
    for status, reason in found.items():
        await Delivery.filter(key=status).update(status=status, reason=reason, settled_at=now)
    await outbox.enqueue([outbox.Draft("r", "reply", "qq", Chat("direct", "10086"), (Text("秘密"),))])
    await Delivery.filter(key="r").update(status="unknown", reason="failed_1200", settled_at=now)


async def test_every_doubtful_send_is_shown_and_a_person_decides(songnuan: Run, database_url: str) -> None:
    assert await songnuan("doubtful") == (0, "没有不确定、暂停或失败的投递。\n")
    async with inside(database_url):
        await in_doubt()
        numbers = {row.key: row.id for row in await Delivery.all()}
    code, said = await songnuan("doubtful", "--json")
    shown = {row["id"]: row for row in json.loads(said)}
    assert code == 0 and set(shown) == {numbers[key] for key in ("unknown", "held", "failed", "r")}
    first = shown[numbers["unknown"]]
    assert (first["target"], first["title"], first["reason"]) == ("家属群", "睡前看炉子", "timeout")
    assert shown[numbers["r"]]["target"] == "私聊" and "1200" in shown[numbers["r"]]["explanation"]
    code, said = await songnuan("doubtful")
    assert "等回执超时" in said and "10086" not in said and "秘密" not in said
    assert "还有 3 条没有列出" in (await songnuan("doubtful", "--limit", 1))[1]
    code, said = await songnuan("resend", numbers["unknown"], numbers["failed"])
    assert (code, said) == (0, "2 条已重新排队，送暖运行时就会发出。\n")
    code, said = await songnuan("resend", numbers["sent"], numbers["held"], 99999)
    assert (code, said.split()[-5:]) == (1, [str(numbers["sent"]), "家属群", "已经发出了", "99999", "没有这个编号"])
    async with inside(database_url):
        states = {row.key: row.status for row in await Delivery.all()}
    assert states == dict.fromkeys(("unknown", "failed", "held", "queued"), "queued") | {"sent": "sent", "r": "unknown"}


async def test_status_counts_what_there_is(songnuan: Run, database_url: str) -> None:
    async with inside(database_url):
        await in_doubt()
        await samples_of_help()
        await broadcasts.plan("daily-tip", "", clock.now())
        await settings.put(settings.HOLD, "2026-12-01T00:00:00+00:00")
    code, said = await songnuan("status", "--json")
    facts = json.loads(said)
    assert code == 0 and facts["bot"] is None and facts["on_hold_since"].startswith("2026-12-01")
    assert facts["queue"] == {"qq": {"failed": 1, "held": 1, "queued": 1, "sent": 1, "unknown": 2}}
    assert (facts["doubtful"], facts["groups"]) == (2, {"enabled": 0, "all": 1})
    assert facts["requests"] == {"open": 1, "oldest_minutes": 45}
    (schedule,) = facts["schedules"]
    assert (schedule["name"], schedule["title"], schedule["outcome"]) == ("每日防护提示", "睡前看炉子", "fired")
    code, said = await songnuan("status")
    assert "没有在运行" in said and "最久的等了 45 分钟" in said and "songnuan release" in said


async def samples_of_help() -> None:
    since = clock.now() - help.JOIN_WITHIN / 32
    for state in ("open", "acknowledged"):
        await HelpRequest.create(source="message", urgency="normal", state=state, opened_at=since)


async def test_status_asks_the_running_bot(songnuan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def healthz(request: web.Request) -> web.Response:
        return web.json_response({"status": "trouble", "reasons": ["渠道 qq 账号掉线。"]}, status=503)

    site = web.Application()
    site.router.add_get("/healthz", healthz)
    runner = web.AppRunner(site)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        monkeypatch.setenv("SONGNUAN_WEB__PORT", str(runner.addresses[0][1]))
        code, said = await songnuan("status")
    finally:
        await runner.cleanup()
    assert code == 0 and "但有问题：\n  渠道 qq 账号掉线。" in said


async def test_preview_knows_groups_cursor_and_pause(songnuan: Run, database_url: str) -> None:
    async with inside(database_url):
        await samples.create(load(), "qq")
        await broadcasts.plan("daily-tip", "", None)
    first = [row for row in json.loads((await songnuan("preview", "--json"))[1]) if row["schedule"] == "daily-tip"]
    assert len(first) == 14 and {row["groups"] for row in first} == {3}
    async with inside(database_url):
        await db.fetch("UPDATE schedule_state SET cursor = 1 WHERE key = 'daily-tip' RETURNING key")
    second = [row for row in json.loads((await songnuan("preview", "--json"))[1]) if row["schedule"] == "daily-tip"]
    assert [row["message"] for row in second[:-1]] == [row["message"] for row in first[1:]]
    async with inside(database_url):
        await db.fetch("UPDATE schedule_state SET paused = ? WHERE key = 'daily-tip' RETURNING key", True)
    code, said = await songnuan("preview", "--days", 2)
    assert code == 0 and "排期“每日防护提示”已停用" in said and said.count("每日防护提示") == 1


async def test_a_lost_key_is_never_replaced(songnuan: Run, here: Path) -> None:
    await songnuan("unit", "add", "M1", "向阳煤矿")
    (here / "songnuan.key").unlink()
    code, said = await songnuan("unit", "list")
    assert code == 1 and "找不到密钥文件" in said and not (here / "songnuan.key").exists()


async def test_a_key_of_another_database_is_noticed(songnuan: Run, here: Path, database_url: str) -> None:
    async with inside(database_url):
        await samples.create(load(), "qq")
    (here / "songnuan.key").write_text("0" * 64)
    code, said = await songnuan("staff", "list")
    assert code == 1 and "密钥文件和数据库不是一对" in said


async def test_preview_shows_what_was_planned_on_the_pages(songnuan: Run, database_url: str) -> None:
    async with inside(database_url):
        await samples.create(load(), "qq")
        by = (await Staff.create(name="何雨晴", role="editor", unit=await Unit.get(parent_id=None))).id
        when = {"cron": "0 10 * * *"}
        spec = {"name": "报警器", "when": when, "send": {"pick": "fixed", "messages": ["tips/co-alarm"]}}
        row = await scheduling.plan(spec, quiet_site().programme, by=by)
        state = await ScheduleState.get(key=row.key)
        assert state.next_slot is not None
        await scheduling.skip(row.key, to_ms(state.next_slot), quiet_site().programme, skipped=True, by=by)
    rows = [row for row in json.loads((await songnuan("preview", "--json"))[1]) if row["name"] == "报警器"]
    assert len(rows) == 14 and [row["left_out"] for row in rows] == [True] + [False] * 13
    said = (await songnuan("preview", "--days", 2))[1]
    assert "（跳过）" in said and "报警器" in said
