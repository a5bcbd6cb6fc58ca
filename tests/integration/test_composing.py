"""Texts of the pages: two pairs of eyes, nothing overwritten in silence, a file's text replaced and put back."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from bot import clock
from bot.actions.broadcasting import composing, programme
from bot.actions.broadcasting.composing import Words
from bot.actions.broadcasting.programme import Programme
from bot.actions.delivery import outbox
from bot.actions.requests.alerts import Rules
from bot.actions.staff import people as staffing
from bot.errors import BadInput, Conflict, NotAllowed
from bot.models import Audit, Delivery, OwnText, Staff, Unit
from tests import people
from tests.web import quiet_site

TIP = "tips/co-alarm"
NOTICE = Words("notices", "停水通知", body="{{ unit }}明天上午停水，请先存水。")


@pytest.fixture
async def files(database: str) -> Programme:
    await people.settle()
    return quiet_site().programme


@cache
def rules() -> Rules:
    return quiet_site().rules


async def another_editor() -> int:
    return (await Staff.create(name="何雨晴", role="editor", unit=await Unit.get(code="G"))).id


async def handed_in(files: Programme, words: Words = NOTICE, key: str = "") -> OwnText:
    by = await people.staff_id(people.EDITOR)
    row = await composing.begin(words, files, key=key, by=by)
    return await composing.submit(row.id, files, rules(), version=row.version, by=by)


async def in_use(files: Programme, words: Words = NOTICE, key: str = "") -> OwnText:
    row, by = await handed_in(files, words, key), await people.staff_id(people.TOP_CHAIR)
    return await composing.approve(row.id, files, version=row.version, by=by)


async def says(files: Programme, key: str) -> str:
    now = await programme.current(files)
    return "\n".join(
        getattr(part, "text", "") for part in now.texts.render(key, union="工会", unit="向阳", date="今天")
    )


async def test_a_text_is_used_once_a_second_person_said_yes(files: Programme) -> None:
    row = await handed_in(files)
    assert row.key not in (await programme.current(files)).texts.messages
    with pytest.raises(NotAllowed, match="另一个人"):
        await composing.approve(row.id, files, version=row.version, by=await people.staff_id(people.EDITOR))
    await composing.approve(row.id, files, version=row.version, by=await people.staff_id(people.TOP_CHAIR))
    assert await says(files, row.key) == "向阳明天上午停水，请先存水。"
    deeds = [row.action for row in await Audit.filter(action__startswith="text.").order_by("id")]
    assert deeds == ["text.write", "text.submit", "text.approve"]


async def test_whoever_changed_a_comma_may_not_approve_it_either(files: Programme) -> None:
    row, second = await handed_in(files), await another_editor()
    changed = NOTICE._replace(body="明天停水。")
    row = await composing.change(row.id, changed, version=row.version, by=second)
    row = await composing.submit(row.id, files, rules(), version=row.version, by=second)
    for by in (second, await people.staff_id(people.EDITOR)):
        with pytest.raises(NotAllowed):
            await composing.approve(row.id, files, version=row.version, by=by)
    await composing.approve(row.id, files, version=row.version, by=await people.staff_id(people.ADMIN))


async def test_without_the_rule_a_text_is_used_at_once(files: Programme) -> None:
    row = await handed_in(files._replace(approval=False))
    assert (row.state, row.approved_by_id) == ("approved", None)


async def test_of_two_editors_the_second_is_told(files: Programme) -> None:
    row, second = await handed_in(files), await another_editor()
    first = await people.staff_id(people.EDITOR)
    await composing.change(row.id, NOTICE._replace(body="甲"), version=row.version, by=first)
    with pytest.raises(Conflict, match="刚才有人动过"):
        await composing.change(row.id, NOTICE._replace(body="乙"), version=row.version, by=second)
    assert (await OwnText.get(id=row.id)).body == "甲"
    with pytest.raises(Conflict):  # nor is anything approved that was not what was looked at
        await composing.approve(row.id, files, version=row.version, by=await people.staff_id(people.TOP_CHAIR))


async def test_of_two_editors_at_one_file_the_second_is_told_who_is_at_it(files: Programme) -> None:
    tip = Words("tips", "一氧化碳报警器", "co", (), "工会", "装一个报警器。")
    await handed_in(files, tip, TIP)
    with pytest.raises(Conflict, match="林晓雨"):
        await composing.begin(tip, files, key=TIP, by=await another_editor())


async def test_a_file_is_replaced_changed_again_and_put_back(files: Programme) -> None:
    written = await says(files, TIP)
    tip = Words("tips", "一氧化碳报警器", "co", ("winter",), "工会", "装一个报警器。")
    row = await in_use(files, tip, TIP)
    assert await says(files, TIP) == "装一个报警器。"
    assert (await programme.current(files)).texts.messages[TIP].seasons == {"winter"}
    newer = await handed_in(files, tip._replace(body="今天就装报警器。"), TIP)
    assert await says(files, TIP) == "装一个报警器。", "a change was used before anybody said yes"
    await composing.approve(newer.id, files, version=1, by=await people.staff_id(people.TOP_CHAIR))
    assert await says(files, TIP) == "今天就装报警器。"
    assert (await OwnText.get(id=row.id)).state == "withdrawn"
    await composing.withdraw(newer.id, files, version=1, by=await people.staff_id(people.EDITOR))
    assert await says(files, TIP) == written


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{{ phone }}", "没有“phone”这个变量"),
        ("{{ 'x' * 999999999 }}", "太复杂"),
        ("{% for a in unit %}{% for b in unit %}x{% endfor %}{% endfor %}", "太复杂"),
        ("![图](images/../../config.toml)", "找不到文件"),
        ("![图](pictures/" + "0" * 64 + ".jpg)", "先上传"),
        ("天" * 4000, "太长"),
        ("", "没有正文"),
    ],
)
async def test_what_is_not_in_order_is_not_handed_in(files: Programme, body: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        await handed_in(files, NOTICE._replace(body=body))


async def test_a_mine_s_editor_writes_notices_for_it_and_no_tips_for_all(files: Programme) -> None:
    by = (await Staff.create(name="何雨晴", role="editor", unit=await Unit.get(code="M1"))).id
    with pytest.raises(NotAllowed):
        await composing.begin(NOTICE._replace(kind="tips", topic="水", source="矿"), files, by=by)
    row = await composing.begin(NOTICE, files, by=by)
    row = await composing.submit(row.id, files, rules(), version=row.version, by=by)
    with pytest.raises(NotAllowed, match=staffing.MAY_NOT):
        await composing.approve(row.id, files, version=row.version, by=await people.staff_id(people.OUTSIDER))
    await composing.approve(row.id, files, version=row.version, by=await people.staff_id(people.CHAIR))


async def test_what_was_sent_back_says_why_and_may_be_handed_in_again(files: Programme) -> None:
    row, editor = await handed_in(files), await people.staff_id(people.EDITOR)
    chair = await people.staff_id(people.TOP_CHAIR)
    with pytest.raises(BadInput):
        await composing.send_back(row.id, "", version=row.version, by=chair)
    row = await composing.send_back(row.id, "写明几点停", version=row.version, by=chair)
    assert (row.state, row.remark) == ("sent_back", "写明几点停")
    row = await composing.change(row.id, NOTICE._replace(body="明早八点停水。"), version=row.version, by=editor)
    assert (await composing.submit(row.id, files, rules(), version=row.version, by=editor)).state == "waiting"


async def told() -> list[str]:
    """Who was told of a text that waits, by account, since this was asked last."""
    rows = await Delivery.filter(key__startswith="n:text:", status="queued").order_by("chat_id")
    await Delivery.filter(id__in=[row.id for row in rows]).update(status="sent")
    said = {outbox.plain(outbox.decode(row.body or "")) for row in rows}
    assert all("林晓雨写好了“停水通知”" in one and "“文案”" in one and "http" not in one for one in said)
    return [row.chat_id for row in rows]


async def test_who_may_say_yes_hears_that_a_text_waits(files: Programme) -> None:
    await handed_in(files._replace(approval=False))
    assert await told() == [], "nobody has to look at it"
    await handed_in(files)
    assert await told() == [people.TOP_CHAIR, people.ADMIN], "not who wrote it, and no mine's chair"
    mine = await Staff.create(name="林晓雨", role="editor", unit=await Unit.get(code="M1"))
    row = await composing.begin(NOTICE, files, by=mine.id)
    await composing.submit(row.id, files, rules(), version=row.version, by=mine.id)
    above = [people.CHAIR, people.DEPUTY, people.TOP_CHAIR, people.ADMIN, people.EDITOR]
    assert await told() == above, "nobody of the other mine"


async def test_a_text_that_is_changed_again_and_again_is_told_of_once(files: Programme) -> None:
    editor, chair = await people.staff_id(people.EDITOR), await people.staff_id(people.TOP_CHAIR)
    noon = datetime(2026, 12, 1, 4, tzinfo=UTC)

    async def again(row: OwnText, minutes: int) -> OwnText:
        clock.use(lambda: noon + timedelta(minutes=minutes))
        row = await composing.change(row.id, NOTICE._replace(body=f"{minutes}"), version=row.version, by=editor)
        return await composing.submit(row.id, files, rules(), version=row.version, by=editor)

    clock.use(lambda: noon)
    row = await handed_in(files)
    assert len(await told()) == 2
    row = await again(row, 9)
    assert await told() == []
    row = await again(row, 20)
    assert len(await told()) == 2
    row = await composing.send_back(row.id, "写明几点停", version=row.version, by=chair)
    row = await again(row, 21)
    assert len(await told()) == 2, "it is the answer to what was asked"
    row = await composing.send_back(row.id, "写明几点停", version=row.version, by=chair)
    clock.use(lambda: noon + timedelta(minutes=22))
    await composing.submit(row.id, files, rules(), version=row.version, by=editor)
    assert len(await told()) == 2, "unchanged, it is handed in again all the same"
