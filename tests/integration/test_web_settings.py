"""/settings: a few settings are changed on a page; they lie over the file from the next start on, and for commands."""

from argparse import Namespace
from pathlib import Path

import pytest

from bot.actions.upkeep import adjusting
from bot.app import App
from bot.cli import loading
from bot.config import Config, adjusted
from bot.models import Audit, Setting, Staff, Unit
from tests import people
from tests.browsing import browsing, look
from tests.room import SETTINGS
from tests.web import Console, Page, console

HELP = {
    "part": "help",
    "escalation.remind_minutes": "30",
    "escalation.urgent_minutes": "5",
    "escalation.times_each": "2",
    "escalation.digest_at": "08:30",
}


async def save(site: Console, typed: dict[str, str], who: str = people.ADMIN) -> Page:
    return await site.post("/settings", typed, as_=who)


async def test_only_what_differs_is_kept(database: str) -> None:
    async with console(database) as site:
        page = await site.get("/settings", as_=people.ADMIN)
        assert "文件里的值" in page.text and "重启后生效" not in page.text and 'value="08:30-20:00"' in page.html
        page = await save(site, HELP | {"escalation.urgent_minutes": "3"})
        assert page.location == "/settings#help"
        assert await adjusting.stored() == {"escalation.urgent_minutes": 3}
        row = await Audit.get(action="setting.put")
        assert row.detail == {"key": "escalation.urgent_minutes", "before": None, "after": 3}
        page = await site.get("/settings", as_=people.ADMIN)
        assert "在这里改过" in page.text and "文件里是 5" in page.text and "重启送暖以后生效" in page.text


async def test_back_to_the_file(database: str) -> None:
    async with console(database) as site:
        await save(site, {"part": "send", "broadcasts.quiet_hours": "20:00-08:00"})
        assert await adjusting.stored() == {"broadcasts.approval": False, "broadcasts.quiet_hours": "20:00-08:00"}
        seen = {"seen:broadcasts.approval": "bool:False", "seen:broadcasts.quiet_hours": "str:20:00-08:00"}
        await save(site, {"part": "send", "back": "broadcasts.approval"} | seen)
        assert await adjusting.stored() == {"broadcasts.quiet_hours": "20:00-08:00"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"escalation.remind_minutes": "0"}, "一般的，多久提醒下一次"),
        ({"escalation.remind_minutes": "很久"}, "整数"),
        ({"escalation.digest_at": "8点"}, "08:30"),
        (
            {"part": "calls", "callbacks.hours": "早上", "callbacks.release_days": "3", "callbacks.silent_days": "14"},
            "早上",
        ),
        ({"part": "other"}, "没有这一组设置"),
    ],
)
async def test_what_the_setting_does_not_take_is_refused(database: str, typed: dict[str, str], said: str) -> None:
    async with console(database) as site:
        page = await save(site, HELP | typed)
        assert page.status == 422 and said in page.text
        assert await adjusting.stored() == {} and not await Audit.filter(action="setting.put").exists()


async def test_of_two_who_change_the_same_one_is_told(database: str) -> None:
    async with console(database) as site:
        await save(site, HELP | {"escalation.remind_minutes": "20"})
        page = await save(site, HELP | {"escalation.remind_minutes": "40"})
        assert page.status == 409 and "刚才被别人改过" in page.text
        assert await adjusting.stored() == {"escalation.remind_minutes": 20}


async def test_they_belong_to_the_whole_union(database: str) -> None:
    async with console(database) as site:
        mine = await Unit.get(code="M1")
        await Staff.filter(id=await people.staff_id(people.ADMIN)).update(unit_id=mine.id)
        page = await save(site, HELP | {"escalation.remind_minutes": "20"})
        assert page.status == 403 and await adjusting.stored() == {}
        assert "最上级单位的管理员" in (await site.get("/settings", as_=people.ADMIN)).text


def test_a_change_lies_over_the_file_and_a_wrong_one_is_left_out() -> None:
    file = Config.model_validate(SETTINGS)
    values = {
        "escalation.urgent_minutes": 3,
        "relief.cash_by_grade.深度": 3000,
        "callbacks.hours": "nonsense",
        "database.url": "sqlite://elsewhere.db",
        "escalation.nothing": 1,
        "privacy": 1,
    }
    config, problems = adjusted(file, values)
    assert config.escalation.urgent_minutes == 3 and config.escalation.remind_minutes == file.escalation.remind_minutes
    assert config.relief.cash_by_grade == file.relief.cash_by_grade | {"深度": 3000}
    assert config.callbacks == file.callbacks and config.database == file.database and config.channels == file.channels
    assert len(problems) == 4 and config.base == file.base


async def _times_each(config: Config, args: Namespace) -> int:
    return config.escalation.times_each


async def test_a_bot_that_starts_lives_by_them(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2]
    for name in ("messages", "schedules"):
        (tmp_path / name).symlink_to(folder / name)
    file = Config.model_validate({"web": {"port": 0}}).at(tmp_path)
    app = App(file)
    await app.start()
    await Setting.create(key="set:escalation.times_each", value="7")
    await Setting.create(key="set:callbacks.hours", value='"nonsense"')
    await app.stop()
    app = App(file)
    await app.start()
    try:
        assert app.rules.times_each == app.desk.rules.times_each == app.site.rules.times_each == 7
        assert app.calling.hours == file.callbacks.hours and app.site.config_file.escalation.times_each == 2
    finally:
        await app.stop()
    assert await loading._within(file, Namespace(), _times_each) == 7  # and so does a command


@pytest.mark.parametrize("width", [390, 1440])
async def test_settings_in_a_browser(database: str, chromium: str, width: int) -> None:
    async with console(database) as site, browsing(chromium, site, people.ADMIN, width=width) as page:
        await page.goto("/settings")
        await page.get_by_label("紧急的，多久提醒下一次").fill("3")
        await page.locator("#help").get_by_role("button", name="保存").click()
        await page.get_by_text("重启送暖以后生效").wait_for()
        await look(page, "settings")
        await page.get_by_role("button", name="回到文件里的值").click()
        await page.get_by_text("在这里改过").wait_for(state="detached")
