"""An editor and a second pair of eyes in Chromium: written, approved, planned, sent, stopped; and the calendar."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions import broadcasts, claiming, directory, outbox
from bot.actions.broadcasts import Firing
from bot.actions.claiming import Lane
from bot.errors import Unknown
from bot.events import Receipt, Text
from bot.jobs.broadcasts import arrange, tick
from bot.models import Broadcast, Delivery, Group, Unit
from tests import people
from tests.browsing import browsing, look
from tests.web import Console, console

EIGHT = datetime(2026, 12, 10, 0, tzinfo=UTC)  # 8:00 in Shanghai
LANE = Lane(people.CHANNEL, 0, 9, "test", timedelta(minutes=5))


async def past(site: Console) -> None:
    """Some days that were, one of them with a group in doubt."""
    for day in range(1, 8):
        at = EIGHT - timedelta(days=day)
        clock.use(lambda at=at: at)  # type: ignore[misc]
        firing = Firing(
            "daily-tip", at, None, "tips/co-alarm", "装一个一氧化碳报警器", said, False, at + timedelta(hours=6)
        )
        await broadcasts.fire(firing, directory.groups_for([], ["family"]), {people.CHANNEL: ""})
        ready = await claiming.claim(LANE, 50)
        result = Unknown("timeout") if day == 3 else Receipt(None, at)
        await outbox.record([outbox.Outcome(one.id, one.purpose, 1, result, one.lease) for one in ready])
    clock.use(lambda: EIGHT)
    await arrange(site.site.programme)


def said(unit: str) -> tuple[Text, ...]:
    return (Text("装一个"),)


async def many_groups() -> None:
    unit = await Unit.get(code="M1")
    names = ("井下一队", "井下二队", "机电队", "运输队", "家属三号院", "家属五号院")
    for number, name in enumerate(names):
        await Group.create(
            channel=people.CHANNEL,
            chat_id=f"71{number}",
            name=name,
            unit=unit,
            enabled=True,
            tags=["family"],
            learnt_at=EIGHT,
        )
    await directory.changed()
    await directory.refresh()


@pytest.mark.parametrize("width", [390, 1440])
async def test_from_the_first_word_to_the_stop(database: str, chromium: str, width: int) -> None:
    clock.use(lambda: EIGHT)
    async with console(database) as site:
        await many_groups()
        async with browsing(chromium, site, people.EDITOR, width=width) as page:
            await page.goto("/texts/new")
            await page.fill("[name=title]", "停水通知")
            await page.fill("[name=body]", "{{ unit }}的家属：\n明天上午八点到十点停水，请先存两桶水。")
            await page.wait_for_selector("#preview .bubble")
            await look(page, "text-write")
            await page.click("button[value=submit]")
            await page.wait_for_selector("text=等人审")
            where = page.url
        async with browsing(chromium, site, people.TOP_CHAIR, width=width) as page:
            await page.goto(where)
            await look(page, "text-approve")
            await page.click("text=可以用")
            await page.wait_for_selector("text=谁审的")
        async with browsing(chromium, site, people.EDITOR, width=width) as page:
            await page.goto(where)
            await page.click("text=排一次")
            await page.fill("[name=name]", "停水")
            await page.fill("[name=date]", "2026-12-10")
            await page.fill("[name=at]", "09:00")
            await page.check("[name=tag][value=family]")
            await look(page, "schedule-write")
            await page.click("text=排上")
            await page.wait_for_selector("text=接下来")
            await look(page, "schedule")
            clock.use(lambda: EIGHT + timedelta(hours=1))
            await tick(site.site.programme)
            ready = await claiming.claim(LANE, 2)
            now = clock.now()
            await outbox.record([outbox.Outcome(ready[0].id, "tip", 1, Receipt("1", now), ready[0].lease)])
            await outbox.record([outbox.Outcome(ready[1].id, "tip", 1, Unknown("timeout"), ready[1].lease)])
            row = await Broadcast.get(title="停水通知")
            await page.goto(f"/broadcasts/{row.id}")
            await look(page, "broadcast-moving")
            page.on("dialog", lambda dialog: dialog.accept())
            await page.click("text=叫停")
            await page.wait_for_selector("text=没发出去的不会再发")
            assert await Delivery.filter(broadcast_id=row.id, reason="stopped").count() == 5
            await page.goto(f"/broadcasts/{row.id}")
            await look(page, "broadcast-stopped")


@pytest.mark.parametrize("width", [390, 1440])
async def test_the_calendar(database: str, chromium: str, width: int) -> None:
    clock.use(lambda: EIGHT)
    async with console(database) as site:
        await past(site)
        async with browsing(chromium, site, people.EDITOR, width=width, dark=width == 390) as page:
            for address, name in (
                ("/calendar", "calendar"),
                ("/calendar?week=2026-12-10", "calendar-week"),
                ("/schedules", "schedules"),
                ("/texts", "texts"),
                ("/texts/file?key=tips/co-four-steps", "text-file"),
                ("/broadcasts", "broadcasts"),
            ):
                await page.goto(address)
                await look(page, name, dark=width == 390)
