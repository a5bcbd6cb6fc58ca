"""Two hundred groups by two hundred robots, and staff who are called: from the outbox to the server."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot import clock
from bot.actions.broadcasting import groups
from bot.actions.delivery import outbox
from bot.actions.requests import alerts
from bot.actions.staff import directory, people, robots
from bot.app import building
from bot.app.reception import Reception
from bot.channels.wecom import Timing, WeComChannel
from bot.config import Config, WeCom
from bot.errors import BadInput, Conflict, NotFound
from bot.events import Chat, Text
from bot.handlers import build
from bot.metrics import Metrics
from bot.models import Delivery, Group, HelpRequest, Staff
from bot.sender import Sender
from tests.servers.wecom_server import WeComServer, wecom

MINUTE = 1.0  # so long lasts a minute here, on both sides
STAFF_GROUP = "工作群"
NAMES = [f"家属群{number}" for number in range(199)] + [STAFF_GROUP]
KEYS = {f"key-{number:08d}": name for number, name in enumerate(NAMES)}
ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def at_work(database: str) -> AsyncIterator[tuple[WeComServer, Sender]]:
    async with wecom(KEYS, MINUTE) as server:
        section = WeCom(type="wecom", url=server.url, quiet_hours="")
        config = Config.model_validate({"channels": {"wecom": section}}).at(ROOT)
        robots = {name: key for key, name in KEYS.items()}
        timing = Timing(minute=MINUTE, probe=60)
        channel = WeComChannel("wecom", section, robots, media_root=ROOT / "messages", timing=timing)
        library = building.texts(config)
        sender = Sender([channel], building.pacing(config))
        await channel.start(Reception(build(building.desk(config, library)), Metrics()))
        sender.start()
        try:
            yield server, sender
        finally:
            await sender.stop()
            await channel.stop()


async def groups_known() -> None:
    async with asyncio.timeout(5):
        while await Group.all().count() < len(NAMES):  # noqa: ASYNC110 - told by no event
            await asyncio.sleep(0.01)


async def settle() -> list[int]:
    """A unit, five chairs who are in the staff group, and every group switched on; returns the chairs."""
    await people.add_unit("M1", "向阳煤矿")
    chairs = [(await people.add_staff(f"主席{number}", "chair", "M1")).id for number in range(5)]
    await groups_known()
    for name in NAMES:
        await groups.switch("wecom", name, True, "M1")
    for number, chair in enumerate(chairs):
        await robots.call_by(chair, "wecom", STAFF_GROUP, f"chair{number}")
    await directory.refresh()
    return chairs


async def test_two_hundred_groups_and_none_is_refused(database: str) -> None:
    """A tip for every group and forty alerts that all go by one robot: three of its minutes, and no refusal."""
    async with at_work(database) as (server, sender):
        await settle()
        life = clock.now() + timedelta(hours=1)
        tips = [
            outbox.Draft(f"t:{name}", "tip", "wecom", Chat("group", name), (Text("明早降温，请添衣"),), expires_at=life)
            for name in NAMES
        ]
        calls = [
            outbox.Draft(
                f"a:{number}:{chair}", "alert", "wecom", Chat("direct", f"{STAFF_GROUP}/chair{chair}"),
                (Text("刘桂芳：家里没米了"),), expires_at=life,
            )
            for number in range(8) for chair in range(5)
        ]  # fmt: skip
        await outbox.enqueue([*tips, *calls])
        await server.until(len(tips) + len(calls))
        await sender.stop()
        sender.start()
        assert [code for code in server.refused if code != 93000] == []
        rows = Counter((row.purpose, row.status) for row in await Delivery.all())
        assert rows == {("tip", "sent"): 200, ("alert", "sent"): 40}
        assert Counter(one.robot for one in server.taken) == Counter(NAMES) + Counter({STAFF_GROUP: 40})
        assert not any("刘桂芳" in one.text or "米" in one.text for one in server.taken)


async def test_a_help_request_calls_the_chair_with_its_number(database: str) -> None:
    async with at_work(database) as (server, _):
        await settle()
        row = await HelpRequest.create(
            source="message", urgency="urgent", state="open", opened_at=clock.now(), words="家里没米了", kinds=["food"],
            next_alert_at=clock.now(),
        )  # fmt: skip
        config = Config.model_validate({"channels": {"wecom": WeCom(type="wecom", quiet_hours="")}}).at(ROOT)
        rules = building.rules(config, building.texts(config))
        await alerts.raise_alert(row, rules)
        await server.until(5)
        assert {(one.robot, one.text) for one in server.taken} == {
            (STAFF_GROUP, f"有一条求助在等您（{row.id} 号），请到送暖里看。")
        }
        assert {one.mentions[0] for one in server.taken} == {f"chair{number}" for number in range(5)}


async def test_who_may_be_called_by_a_robot(database: str) -> None:
    await people.add_unit("M1", "向阳煤矿")
    first, second = [await people.add_staff(name, "chair", "M1") for name in ("王秀兰", "孙立新")]
    with pytest.raises(NotFound):
        await robots.call_by(first.id, "wecom", STAFF_GROUP, "wang")
    async with at_work(database):
        await groups_known()
    for account in ("13800000000", "王", "", "a b"):
        with pytest.raises(BadInput):
            await robots.call_by(first.id, "wecom", STAFF_GROUP, account)
    await robots.call_by(first.id, "wecom", STAFF_GROUP, "wang")
    await robots.call_by(first.id, "wecom", STAFF_GROUP, "wang")
    with pytest.raises(Conflict):
        await robots.call_by(second.id, "wecom", STAFF_GROUP, "wang")
    await Staff.filter(id=second.id).update(active=False)
    with pytest.raises(NotFound):
        await robots.call_by(second.id, "wecom", STAFF_GROUP, "sun")
