"""An editor and a second pair of eyes in Chromium: written, approved, planned, sent, stopped; and the calendar."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.broadcasting import broadcasts
from bot.actions.broadcasting.broadcasts import Firing
from bot.actions.delivery import claiming, outbox
from bot.actions.delivery.claiming import Lane
from bot.actions.staff import directory
from bot.errors import Unknown
from bot.events import Receipt, Text
from bot.jobs.broadcasts import arrange, tick
from bot.models import Broadcast, Delivery, Group, Unit
from tests import people
from tests.browsing import browsing, look, sign_in
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
    async with console(database) as site:
        await past(site)
        await many_groups()
        async with browsing(chromium, site, people.EDITOR, width=width) as page:
            await page.goto("/texts/new")
            await page.fill("[name=title]", "停水通知")
            await page.fill("[name=body]", "{{ unit }}的家属：\n明天上午八点到十点停水，请先存两桶水。")
            await page.wait_for_selector("#preview .bubble")
            await look(page, "text-write")
            await page.click("button[value=submit]")
            await page.wait_for_selector("text=等人审")
            await sign_in(page.context, site, people.TOP_CHAIR)
            await page.reload()
            await look(page, "text-approve")
            await page.click("text=可以用")
            await page.wait_for_selector("text=谁审的")
            await sign_in(page.context, site, people.EDITOR)
            await page.reload()
            await page.click("text=排一次")
            await page.fill("[name=name]", "停水")
            await page.fill("[name=date]", "2026-12-10")
            await page.fill("[name=at]", "08:20")
            await page.check("[name=tag][value=family]")
            await look(page, "schedule-write")
            await page.click("text=排上")
            await page.wait_for_selector("text=接下来")
            await page.goto("/calendar")
            assert await page.locator(".slot", has_text="停水通知").count() == 1
            await look(page, "calendar")
            await page.goto(await under_way(site))
            await look(page, "broadcast")
            page.on("dialog", lambda dialog: dialog.accept())
            await page.click("text=叫停")
            await page.wait_for_selector("text=没发出去的不会再发")
            assert await Delivery.filter(reason="stopped").count() == 5


async def under_way(site: Console) -> str:
    """The time has come: one group has it, with one nobody knows, five wait. The address of the broadcast."""
    clock.use(lambda: EIGHT + timedelta(minutes=20))
    await tick(site.site.programme)
    first, second = [one for one in await claiming.claim(LANE, 4) if one.purpose == "tip"]  # before them: news for two
    said = [outbox.Outcome(first.id, "tip", 1, Receipt("1", clock.now()), first.lease)]
    await outbox.record([*said, outbox.Outcome(second.id, "tip", 1, Unknown("timeout"), second.lease)])
    return f"/broadcasts/{(await Broadcast.get(title='停水通知')).id}"
