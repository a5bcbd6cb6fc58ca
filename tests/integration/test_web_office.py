"""The office's pages: people, groups, channels and the audit, through a real server; and once in Chromium."""

from datetime import timedelta

import pytest

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.delivery.accounts import Caps
from bot.events import Chat, Health, Line, Text
from bot.models import Audit, Delivery, Group, Identity, Staff, Unit
from tests import people
from tests.browsing import browsing, look
from tests.web import console


async def test_a_person_is_added_bound_moved_and_leaves(database: str) -> None:
    async with console(database) as site:
        page = await site.post("/staff/new", {"name": "  ", "role": "volunteer", "unit": "M1"}, as_=people.ADMIN)
        assert page.status == 422 and "请填写姓名" in page.text
        page = await site.post("/staff/new", {"name": "郑红梅", "role": "deputy", "unit": "M1"}, as_=people.ADMIN)
        staff = await Staff.get(name="郑红梅")
        assert (page.location, staff.role, staff.deputy) == (f"/staff/{staff.id}", "chair", True)
        page = await site.post(f"/staff/{staff.id}/code", as_=people.ADMIN)
        assert page.status == 200 and "绑定 " in page.text and page.headers["Cache-Control"] == "no-store"
        assert "绑定 " not in (await site.get(f"/staff/{staff.id}", as_=people.ADMIN)).text.split("发一个绑定码")[0]
        await site.post(f"/staff/{staff.id}/appoint", {"role": "volunteer", "unit": "M2"}, as_=people.ADMIN)
        staff = await Staff.get(id=staff.id).select_related("unit")
        assert (staff.role, staff.deputy, staff.unit.code) == ("volunteer", False, "M2")
        page = await site.post(f"/staff/{staff.id}/leave", {"to": ""}, as_=people.ADMIN)
        assert "都已失效" in page.text and not (await Staff.get(id=staff.id)).active
        assert (await site.get(f"/staff/{staff.id}", as_=people.ADMIN)).status == 404


async def test_nobody_takes_their_own_role_away(database: str) -> None:
    async with console(database) as site:
        me = await people.staff_id(people.ADMIN)
        page = await site.post(f"/staff/{me}/appoint", {"role": "volunteer", "unit": "G"}, as_=people.ADMIN)
        assert page.status == 403 and "另一位管理员" in page.text


async def test_an_account_is_unbound(database: str) -> None:
    async with console(database) as site:
        who = await people.staff_id(people.VOLUNTEER)
        account = (await Identity.get(staff_id=who)).id
        await site.post(f"/staff/{who}/accounts/{account}/unbind", as_=people.ADMIN)
        assert not await Identity.filter(staff_id=who).exists()
        other = (await Identity.get(user_id=people.CHAIR)).id  # not an account of this person
        page = await site.post(f"/staff/{who}/accounts/{other}/unbind", as_=people.ADMIN)
        assert page.status == 404 and await Identity.filter(id=other).exists()


async def test_an_admin_of_one_mine_sees_that_mine(database: str) -> None:
    async with console(database) as site:
        mine = await Unit.get(code="M2")
        await Staff.filter(id=await people.staff_id(people.ADMIN)).update(unit_id=mine.id)
        page = await site.get("/staff", as_=people.ADMIN)
        assert "孙立新" in page.text and "王秀兰" not in page.text
        chair = await people.staff_id(people.CHAIR)
        for path in ("", "/code", "/leave", "/appoint"):
            method = site.post if path else site.get
            assert (await method(f"/staff/{chair}{path}", as_=people.ADMIN)).status == 404
        group = await Group.get(chat_id=people.FAMILY_GROUP)
        assert "向阳家属群" not in (await site.get("/groups", as_=people.ADMIN)).text
        assert (await site.get(f"/groups/{group.id}", as_=people.ADMIN)).status == 403
        assert (await site.post(f"/groups/{group.id}/trial", as_=people.ADMIN)).status == 403
        await site.get("/audit", as_=people.ADMIN)
        assert "王秀兰" not in (await site.get("/audit", as_=people.ADMIN)).text


async def test_units_are_added_below_one_another(database: str) -> None:
    async with console(database) as site:
        await site.post("/units", {"code": "M11", "name": "掘进一队", "unit": "M1"}, as_=people.ADMIN)
        assert "掘进一队" in (await site.get("/units", as_=people.ADMIN)).text
        page = await site.post("/units", {"code": "M11", "name": "又一个", "unit": "M1"}, as_=people.ADMIN)
        assert page.status == 409 and "换一个编号" in page.text and 'value="又一个"' in page.html


async def test_a_group_is_switched_on_and_stands_in(database: str) -> None:
    async with console(database) as site:
        group = await Group.get(chat_id=people.SILENT_GROUP)
        other = await Group.create(channel="wx", chat_id="w1", name="微信家属群", tags=[], learnt_at=clock.now())
        page = await site.post(f"/groups/{other.id}", {"enabled": "1", "unit": ""}, as_=people.ADMIN)
        assert page.status == 422 and "属于哪个单位" in page.text
        typed = [
            ("enabled", "1"),
            ("unit", "M1"),
            ("tag", "family"),
            ("more", "老人，采一队"),
            ("first", str(group.id)),
        ]
        assert (await site.post(f"/groups/{other.id}", typed, as_=people.ADMIN)).location == f"/groups/{other.id}"
        other = await Group.get(id=other.id)
        assert (other.enabled, other.tags, other.same_as_id) == (True, ["family", "老人", "采一队"], group.id)
        assert (await Audit.filter(action="group.stand_in").count()) == 1


async def test_a_trial_goes_through_the_outbox(database: str) -> None:
    async with console(database) as site:
        group = await Group.get(chat_id=people.FAMILY_GROUP)
        page = await site.post(f"/groups/{group.id}/trial", as_=people.ADMIN, hx=True)
        row = await Delivery.get(key__startswith="trial:")
        assert f"/groups/{group.id}/trial/{row.id}" in page.html and row.status == "queued"
        await Delivery.filter(id=row.id).update(status="failed", reason="muted")
        page = await site.get(f"/groups/{group.id}/trial/{row.id}", as_=people.ADMIN)
        assert "被禁言" in page.text and "hx-trigger" not in page.html
        off = await Group.get(chat_id=people.SILENT_GROUP)
        page = await site.post(f"/groups/{off.id}/trial", as_=people.ADMIN, hx=True)
        assert page.status == 422 and "还没打开" in page.text


async def doubtful() -> int:
    chat = Chat("group", people.FAMILY_GROUP)
    group = await Group.get(chat_id=people.FAMILY_GROUP)
    await outbox.enqueue([outbox.Draft("x", "tip", people.CHANNEL, chat, (Text("提示"),), group_id=group.id)])
    row = await Delivery.get(key="x")
    await Delivery.filter(id=row.id).update(status="unknown", reason="timeout", settled_at=clock.now())
    return int(row.id)


def lines() -> dict[str, Health]:
    return {people.CHANNEL: Health(Line.LOGGED_OUT, clock.now(), "账号掉线了"), "wx": Health(Line.ONLINE, clock.now())}


async def test_channels_tell_the_day_and_what_is_in_doubt(database: str) -> None:
    pacing = {people.CHANNEL: (Caps(per_day=50), "")}
    async with console(database, channels=lines, pacing=pacing, resting=lambda: {people.CHANNEL: 30.0}) as site:
        row = await doubtful()
        page = await site.get("/channels", as_=people.ADMIN)
        assert "账号掉线" in page.text and "先停十分钟" in page.text and "49" in page.text
        page = await site.get(f"/channels/{people.CHANNEL}/doubtful", as_=people.ADMIN)
        assert "向阳家属群" in page.text and "等回执超时" in page.text
        page = await site.post(f"/channels/{people.CHANNEL}/doubtful", {"id": str(row)}, as_=people.ADMIN)
        assert page.location.endswith("done=1") and (await Delivery.get(id=row)).status == "queued"
        page = await site.post("/channels/wx/doubtful", {"id": str(row)}, as_=people.ADMIN)  # not of that channel
        assert page.location.endswith("done=0")


async def test_the_code_to_scan_is_for_the_top_units_admins(database: str) -> None:
    async with console(
        database, channels=lines, login_code=lambda name: "http://127.0.0.1/l/abc" if name == "wx" else ""
    ) as site:
        assert "/channels/wx/login.svg" in (await site.get("/channels", as_=people.ADMIN)).html
        page = await site.get("/channels/wx/login.svg", as_=people.ADMIN)
        assert page.status == 200 and page.html.startswith("<svg") and page.headers["Cache-Control"] == "no-store"
        assert (await site.get(f"/channels/{people.CHANNEL}/login.svg", as_=people.ADMIN)).status == 404
        mine = await Unit.get(code="M2")
        await Staff.filter(id=await people.staff_id(people.ADMIN)).update(unit_id=mine.id)
        assert (await site.get("/channels/wx/login.svg", as_=people.ADMIN)).status == 404
        assert "login.svg" not in (await site.get("/channels", as_=people.ADMIN)).html


async def test_the_audit_is_searched_and_taken_out(database: str) -> None:
    async with console(database) as site:
        chair = await people.staff_id(people.CHAIR)
        await site.post("/units", {"code": "M11", "name": "掘进一队", "unit": "M1"}, as_=people.ADMIN)
        assert "添加了单位" in (await site.get("/audit?kind=unit.", as_=people.ADMIN)).text
        assert "没有这样的记录" in (await site.get(f"/audit?who={chair}&kind=unit.", as_=people.ADMIN)).text
        tomorrow = (clock.local(clock.now()) + timedelta(days=1)).date()
        assert "没有这样的记录" in (await site.get(f"/audit?from={tomorrow}", as_=people.ADMIN)).text
        assert (await site.get("/audit?from=gestern", as_=people.ADMIN)).status == 422
        page = await site.get("/audit.csv", as_=people.ADMIN)
        assert "周文静" in page.text and await Audit.filter(action="audit.export").count() == 1


async def test_the_audit_is_read_page_by_page(database: str) -> None:
    async with console(database) as site:
        await Audit.bulk_create([Audit(at=clock.now(), action="unit.add", subject="unit") for _ in range(250)])
        page = await site.get("/audit?kind=unit.", as_=people.ADMIN)
        assert page.html.count("<tr>") == 101 and "更早的" in page.text
        older = page.html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
        assert "before=" in older and (await site.get(older, as_=people.ADMIN)).html.count("<tr>") == 101


@pytest.mark.parametrize("width", [390, 1440])
async def test_the_offices_pages_in_a_browser(database: str, chromium: str, width: int) -> None:
    pacing = {people.CHANNEL: (Caps(per_day=50, warm_up_days=3, warm_up_start=20), "")}
    async with (
        console(database, channels=lines, pacing=pacing) as site,
        browsing(chromium, site, people.ADMIN, width=width) as page,
    ):
        await doubtful()
        await page.goto("/staff")
        await look(page, "staff")
        await page.get_by_role("link", name="陈小满").click()
        await page.get_by_role("button", name="发一个绑定码").click()
        await page.get_by_test_id("code").wait_for()
        await look(page, "staff-one")
        await page.goto("/groups")
        await look(page, "groups")
        await page.get_by_role("link", name="还没打开的群").click()
        await page.get_by_label("打开：给这个群发提示").check()
        await page.get_by_role("button", name="保存").click()
        await page.get_by_role("button", name="试发", exact=True).click()
        await page.get_by_role("status").filter(has_text="排队").wait_for()
        await look(page, "group-one")
        await page.goto("/channels")
        await look(page, "channels")
        await page.get_by_role("link", name="不确定、暂停和失败的").click()
        await look(page, "doubtful")
        await page.goto("/audit")
        await look(page, "audit")
