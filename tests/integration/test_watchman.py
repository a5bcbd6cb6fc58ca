"""When a line is down, people hear it by another road: once, within a minute, and once more when it is over."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from aiohttp import web

from bot import clock, mail
from bot.actions.delivery import outbox, resending
from bot.actions.upkeep import settings, troubles
from bot.channels.wecom import LIMITS as ROBOTS
from bot.events import Chat, Health, Limits, Line, Text
from bot.jobs import heartbeat
from bot.jobs.watchman import Facts, Watchman
from bot.models import Broadcast, Delivery, Group, Identity, Staff, Unit
from tests import people
from tests.integration.test_mail import settings as letters
from tests.servers.post_office import PostOffice, post_office

NIGHT = datetime(2026, 12, 1, 18, tzinfo=UTC)  # two in the morning: bad news do not wait for the day
PLAIN = Limits(4000, "chars", frozenset({"text"}))


class Scene:
    """`qq` with our people on it, `wx` where the top chair is too, `wecom` with robots; nobody is down at first."""

    def __init__(self, office: PostOffice | None = None) -> None:
        self.at = NIGHT
        clock.use(lambda: self.at)
        self.lines = {name: Health(Line.ONLINE, NIGHT - timedelta(days=1)) for name in ("qq", "wx", "wecom")}
        self.rest: dict[str, float] = {}
        self.office = office
        self.restart()

    def restart(self) -> None:
        letter = partial(mail.send, letters(self.office.port, encryption="none")) if self.office else None
        limits = {"qq": PLAIN, "wx": PLAIN, "wecom": ROBOTS}
        self.watchman = Watchman(Facts(lambda: self.lines, lambda: self.rest, limits, letter))

    def turn(self, name: str, state: Line, detail: str = "") -> None:
        self.lines[name] = Health(state, self.at, detail)

    async def beats(self, seconds: int) -> None:
        for _ in range(seconds // 10):
            self.at += timedelta(seconds=10)
            await self.watchman.tick()

    async def told(self) -> list[tuple[str, str, str]]:
        """(channel, chat, words) of what was written about troubles so far."""
        rows = await Delivery.filter(key__startswith="w:").order_by("id")
        found = [(row.channel, row.chat_id, outbox.decode(row.body or "")[0]) for row in rows]
        return [(channel, chat, part.text) for channel, chat, part in found if isinstance(part, Text)]


@pytest.fixture
async def cast(database: str) -> None:
    await people.settle()
    top = await Staff.get(name="高建军")
    await Identity.create(channel="wx", user_id="gao", staff=top, bound_at=NIGHT)
    await Identity.create(channel="wecom", user_id="工作群/gao", staff=top, bound_at=NIGHT)
    unit = await Unit.get(code="G")
    await Group.create(
        channel="wecom", chat_id="工作群", name="工作群", unit=unit, tags=["staff"], enabled=True, learnt_at=NIGHT
    )


async def queue(purpose: outbox.Purpose, number: int) -> None:
    chat = Chat("group", people.FAMILY_GROUP)
    await outbox.enqueue([outbox.Draft(f"{purpose}{n}", purpose, "qq", chat, (Text("x"),)) for n in range(number)])


async def test_a_line_that_is_down_for_a_minute_is_told_once_with_what_waits(cast: None) -> None:
    scene = Scene()
    await queue("tip", 3)
    await queue("alert", 1)
    await scene.beats(30)
    scene.turn("qq", Line.LOGGED_OUT, "请重新登录")
    await scene.beats(60)
    assert [row[:2] for row in await scene.told()] == [("wx", "gao"), ("wecom", "工作群")]
    [(_, _, words), _] = await scene.told()
    assert words == "【送暖有事】\n渠道 qq 从 12月2日 02:00 起账号掉线：请重新登录。等着发的有：提醒 1 条，提示 3 条。"
    row = await Delivery.filter(channel="wx").get()
    assert (row.purpose, row.quiet_hours, row.chat_kind) == ("alert", "", "direct")
    await scene.beats(300)
    scene.restart()
    await scene.beats(300)
    assert len(await scene.told()) == 2  # a restart says nothing twice


async def test_its_end_is_told_once_and_not_before_it_holds(cast: None) -> None:
    scene = Scene()
    scene.turn("qq", Line.REFUSED)
    await scene.beats(60)
    scene.turn("qq", Line.ONLINE)
    await scene.beats(30)
    scene.turn("qq", Line.OFFLINE)  # it comes and goes: one trouble
    await scene.beats(90)
    scene.turn("qq", Line.ONLINE)
    scene.restart()
    await scene.beats(50)
    assert len(await scene.told()) == 2
    await scene.beats(120)
    assert [words for channel, _, words in await scene.told() if channel == "wx"][1:] == [
        "【送暖好了】\n渠道 qq 从 12月2日 02:03 起又通了，等着的会接着发。"
    ]
    # qq carries it as well, now that it is back: to the chair, the admin and the staff group of the top
    assert sorted(chat for channel, chat, _ in await scene.told() if channel == "qq") == [
        people.TOP_CHAIR, people.ADMIN, people.STAFF_GROUP,
    ]  # fmt: skip
    scene.turn("qq", Line.OFFLINE)
    await scene.beats(70)
    assert len([1 for channel, _, _ in await scene.told() if channel == "wx"]) == 3  # a new trouble is news


async def test_a_short_break_is_no_news(cast: None) -> None:
    scene = Scene()
    for _ in range(5):
        scene.turn("qq", Line.OFFLINE)
        await scene.beats(50)
        scene.turn("qq", Line.ONLINE)
        await scene.beats(20)
    assert await scene.told() == [] and await troubles.known() == {}


async def test_dialling_again_and_again_is_one_outage(cast: None) -> None:
    scene = Scene()
    for _ in range(4):
        scene.turn("qq", Line.CONNECTING)
        await scene.beats(10)
        scene.turn("qq", Line.OFFLINE)
        await scene.beats(10)
    assert len(await scene.told()) == 2


async def test_a_letter_goes_out_when_no_line_is_left(cast: None) -> None:
    async with post_office() as office:
        scene = Scene(office)
        for name in scene.lines:
            scene.turn(name, Line.OFFLINE)
        office.closed = "451 not now"
        await scene.beats(120)
        assert office.letters == [] and await scene.told() == []
        office.closed = ""
        scene.restart()
        await scene.beats(70)
        [(subject, text, to)] = office.letters
        assert subject == "送暖有事，请看一下" and to == ["chair@example.cn", "it@example.cn"]
        assert [f"渠道 {name} 从" in text for name in scene.lines] == [True] * 3
        for name in scene.lines:
            scene.turn(name, Line.ONLINE)
        await scene.beats(300)
        assert [letter[0] for letter in office.letters[1:]] == ["送暖好了"]
        assert office.letters[1][1].count("又通了") == 3
        assert await troubles.known() == {}


@pytest.mark.parametrize(
    ("reason", "words"), [("canary", "前三个群都不确定发没发出"), ("canary_refused", "前面的群都不收")]
)
async def test_a_line_that_rests_and_a_broadcast_that_stopped_are_told(cast: None, reason: str, words: str) -> None:
    async with post_office() as office:
        scene = Scene(office)
        scene.rest = {"qq": 590.0}
        await scene.beats(10)
        row = await Broadcast.create(schedule_key="daily", slot=NIGHT, body="[]", outcome="fired", fired_at=NIGHT)
        held = [outbox.Draft(f"h{n}", "tip", "qq", Chat("group", str(n)), None, broadcast_id=row.id) for n in range(4)]
        await outbox.enqueue(held)
        await Delivery.filter(broadcast_id=row.id).update(status="held", reason=reason)
        await scene.beats(60)
        said = [words for channel, _, words in await scene.told() if channel == "wx"]
        assert len(said) == 2 and "提示先停 10 分钟" in said[0] and f"{words}，其余 4 个群先停着" in said[1]
        assert len(office.letters) == 2
        scene.rest = {}
        await resending.resend([one.id for one in await Delivery.filter(broadcast_id=row.id)])
        await scene.beats(60)
        assert len(office.letters) == 2 and await troubles.known() == {}


async def test_of_two_processes_one_keeps_watch_and_the_other_takes_over(cast: None) -> None:
    """QQ dials one of them only: to the other it never comes up, and that must not be news again and again."""
    scene = Scene()
    dark = {**scene.lines, "qq": Health(Line.CONNECTING, NIGHT)}
    other = Watchman(Facts(lambda: dark, dict, {"qq": PLAIN, "wx": PLAIN, "wecom": ROBOTS}))
    for _ in range(30):
        await scene.beats(10)
        await other.tick()
    assert await scene.told() == []
    scene.watchman = other  # the first one is gone
    await scene.beats(50)
    assert len(await scene.told()) == 2


async def test_after_a_restore_nobody_is_told(cast: None) -> None:
    scene = Scene()
    await settings.put(settings.HOLD, "now")
    scene.turn("qq", Line.OFFLINE)
    await scene.beats(90)
    assert await scene.told() == []


async def test_the_heart_beats_only_while_all_is_well(cast: None) -> None:
    asked: list[str] = []

    async def ping(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=500 if len(asked) > 1 else 200)

    app = web.Application()
    app.router.add_get("/ping/secret", ping)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/ping/secret"
    well: Mapping[str, Health] = {"qq": Health(Line.ONLINE, NIGHT)}
    ill: Mapping[str, Health] = {**well, "wx": Health(Line.LOGGED_OUT, NIGHT)}
    try:
        assert not await heartbeat.tick(url, lambda: ["发送 qq 停住了"], lambda: well)
        assert not await heartbeat.tick(url, list, lambda: ill)
        assert not await heartbeat.tick("", list, lambda: well)
        await settings.put(settings.HOLD, "now")
        assert not await heartbeat.tick(url, list, lambda: well)
        await settings.put(settings.HOLD, "")
        assert asked == []
        assert await heartbeat.tick(url, list, lambda: well)
        assert not await heartbeat.tick(url, list, lambda: well)  # the other side is ill
    finally:
        await runner.cleanup()
    assert not await heartbeat.tick(url, list, lambda: well)  # and now it is gone
    assert len(asked) == 2
