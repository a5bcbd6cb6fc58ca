"""The editor's pages through a real server: texts, plans and broadcasts, as people click through them."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import FormData
from PIL import Image

from bot import clock
from bot.actions.broadcasting import broadcasts
from bot.actions.broadcasting.broadcasts import Firing
from bot.actions.staff import directory
from bot.events import Text
from bot.jobs.broadcasts import arrange
from bot.models import Broadcast, Delivery, OwnSchedule, OwnText, Picture, ScheduleState, Staff, Unit
from bot.web.scheduleform import typed_of
from tests import people
from tests.web import Console, console, quiet_site

EIGHT = datetime(2026, 12, 1, 0, tzinfo=UTC)  # 8:00 in Shanghai, a Tuesday
NOTICE = {"kind": "notices", "title": "停水通知", "body": "明天上午停水，请先存水。", "then": "submit"}
ONCE = {"name": "停水", "mode": "once", "date": "2026-12-01", "at": "10:00", "tag": "family", "late_hours": "3"}


async def written(site: Console) -> OwnText:
    page = await site.post("/texts/new", NOTICE, as_=people.EDITOR)
    row = await OwnText.get(title="停水通知")
    assert page.location == f"/texts/{row.id}"
    return row


async def test_written_approved_planned_and_seen_in_the_calendar(database: str) -> None:
    clock.use(lambda: EIGHT)
    async with console(database) as site:
        row = await written(site)
        page = await site.get(f"/texts/{row.id}", as_=people.EDITOR)
        assert "要请另一个人审" in page.text and "/approve" not in page.html and "请先存水" in page.text
        assert "停水通知" in (await site.get("/texts", as_=people.TOP_CHAIR)).text
        await site.post(f"/texts/{row.id}/approve", {"version": "1"}, as_=people.TOP_CHAIR)
        page = await site.post("/schedules/new", ONCE | {"message": row.key}, as_=people.EDITOR)
        plan = await OwnSchedule.get()
        assert page.location == f"/schedules/{plan.key}"
        page = await site.get("/calendar", as_=people.EDITOR)
        assert "停水通知" in page.text and "1 个群" in page.text and "每日防护提示" in page.text
        page = await site.get("/calendar?week=2026-12-03", as_=people.EDITOR)
        assert "11-30 至 12-06" in page.text and "停水通知" in page.text
        assert "停水通知" not in (await site.get("/calendar?month=2026-10", as_=people.EDITOR)).text
        assert (await site.get("/calendar?month=2026-13", as_=people.EDITOR)).status == 422
        page = await site.post(f"/texts/{row.id}/withdraw", {"version": "1"}, as_=people.EDITOR)
        assert page.status == 422 and "先取消那个排期" in page.text
        assert (await site.post(f"/schedules/{plan.key}/cancel", as_=people.EDITOR)).location == "/schedules"
        assert "停水通知" not in (await site.get("/calendar", as_=people.EDITOR)).text


async def test_two_editors_at_one_text(database: str) -> None:
    async with console(database) as site:
        row = await written(site)
        other = await Staff.create(name="何雨晴", role="editor", unit=await Unit.get(code="G"))
        await OwnText.filter(id=row.id).update(version=2, body="改由后天停水。", written_by_id=other.id)
        mine = NOTICE | {"version": "1", "body": "明天下午停水。"}
        page = await site.post(f"/texts/{row.id}/edit", mine, as_=people.EDITOR)
        assert page.status == 409 and "刚才有人动过" in page.text
        assert (
            "改由后天停水。" in page.text and "明天下午停水。" in page.text and 'name="version" value="2"' in page.html
        )
        assert (await OwnText.get(id=row.id)).body == "改由后天停水。"
        page = await site.post(f"/texts/{row.id}/edit", mine | {"version": "2"}, as_=people.EDITOR)
        assert page.status == 303 and (await OwnText.get(id=row.id)).body == "明天下午停水。"


async def test_a_file_is_changed_here_and_put_back(database: str) -> None:
    async with console(database) as site:
        page = await site.get("/texts/file?key=tips/co-alarm", as_=people.EDITOR)
        assert "messages/tips/co-alarm.md" in page.text and "在这里改" in page.text
        page = await site.get("/texts/new?key=tips/co-alarm", as_=people.EDITOR)
        assert ("报警" in page.text and 'value="co"' in page.html) or "改稿" in page.text
        sent = NOTICE | {"kind": "tips", "key": "tips/co-alarm", "topic": "co", "source": "工会"}
        await site.post("/texts/new", sent, as_=people.EDITOR)
        row = await OwnText.get()
        await site.post(f"/texts/{row.id}/approve", {"version": "1"}, as_=people.TOP_CHAIR)
        page = await site.get("/texts/file?key=tips/co-alarm", as_=people.EDITOR)
        assert page.location == f"/texts/{row.id}"
        assert "网页改过" in (await site.get("/texts?q=co-alarm", as_=people.EDITOR)).text
        assert "换回文件" in (await site.get(f"/texts/{row.id}", as_=people.EDITOR)).text
        await site.post(f"/texts/{row.id}/withdraw", {"version": "1"}, as_=people.EDITOR)
        assert (await site.get("/texts/file?key=tips/co-alarm", as_=people.EDITOR)).status == 200
        for bad in ("tips/none", "../config", ""):
            assert (await site.get(f"/texts/file?key={bad}", as_=people.EDITOR)).status == 404


async def test_a_picture_goes_into_the_text_and_is_shown(database: str, tmp_path: Path) -> None:
    async with console(database, programme=quiet_site().programme._replace(base=tmp_path)) as site:
        out = BytesIO()
        Image.new("RGB", (30, 20), "red").save(out, "PNG")
        form = FormData(NOTICE | {"then": "picture", "alt": "水[桶]"})
        form.add_field("picture", out.getvalue(), filename="a.png", content_type="image/png")
        page = await site.post("/texts/new", form, as_=people.EDITOR)
        picture = await Picture.get()
        assert page.status == 200 and f"![水桶](pictures/{picture.digest}.jpg)" in page.text and "停水" in page.text
        shown = await site.get(f"/texts/image?path=pictures/{picture.digest}.jpg", as_=people.EDITOR)
        assert (shown.status, shown.headers["Content-Type"]) == (200, "image/jpeg")
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        body = f"停水\n![桶](pictures/{picture.digest}.jpg)"
        page = await site.post("/texts/preview", NOTICE | {"body": body}, as_=people.EDITOR)
        assert "/texts/image?path=pictures" in page.html and picture.digest in page.html
        form = FormData(NOTICE | {"then": "picture"})
        form.add_field("picture", b"<svg/>", filename="a.png", content_type="image/png")
        page = await site.post("/texts/new", form, as_=people.EDITOR)
        assert page.status == 422 and "换一张" in page.text and "请先存水" in page.text, "what was typed is lost"
        for path in ("images/../../config.toml", "/etc/passwd", "tips/co-alarm.md", "pictures/x.jpg"):
            assert (await site.get(f"/texts/image?path={path}", as_=people.EDITOR)).status == 404


async def test_the_preview_counts_as_each_network_counts(database: str) -> None:
    async with console(database) as site:
        page = await site.post("/texts/preview", NOTICE | {"body": "天冷添衣 {{ unit }}"}, as_=people.EDITOR)
        assert "9 / " in page.text and "字" in page.text and "天冷添衣 北岭集团" in page.text
        for body, why in (("{{ phone }}", "没有“phone”"), ("{{ 9 ** 99999999 }}", "太复杂"), ("x" * 9000, "太长")):
            page = await site.post("/texts/preview", NOTICE | {"body": body}, as_=people.EDITOR)
            assert page.status == 200 and why in page.text


async def test_a_plan_is_paused_skipped_moved_and_told_of_a_second_hand(database: str) -> None:
    clock.use(lambda: EIGHT)
    async with console(database) as site:
        await arrange(site.site.programme)
        where = "/schedules/daily-tip"
        page = await site.get(where, as_=people.EDITOR)
        assert "每天 08:30" in page.text and "2026-12-01 08:30" in page.text
        slot = str(int((EIGHT + timedelta(minutes=30)).timestamp() * 1000))
        await site.post(f"{where}/skip", {"slot": slot}, as_=people.EDITOR)
        assert "下一次照发" in (await site.get(where, as_=people.EDITOR)).text
        page = await site.post(f"{where}/skip", {"slot": "1"}, as_=people.EDITOR)
        assert page.status == 409
        await site.post(f"{where}/pause", as_=people.EDITOR)
        assert (await ScheduleState.get(key="daily-tip")).paused and "停用" in (
            await site.get("/schedules", as_=people.EDITOR)
        ).text
        page = await site.get(f"{where}/edit", as_=people.EDITOR)
        assert 'value="08:30"' in page.html and "tips/*" in page.text
        new = {
            "name": "每日",
            "mode": "series",
            "at": "15:00",
            "weekday": "tue",
            "messages": "tips/*",
            "pick": "season",
            "tag": "family",
        }
        page = await site.post(f"{where}/edit", new | {"version": "0", "at": "25:00"}, as_=people.EDITOR)
        assert page.status == 422 and "08:30 这样" in page.text and 'value="每日"' in page.html
        await site.post(f"{where}/edit", new | {"version": "0"}, as_=people.EDITOR)
        assert (await OwnSchedule.get()).spec["when"]["cron"] == "0 15 * * tue"
        assert (await site.post(f"{where}/edit", new | {"version": "0"}, as_=people.EDITOR)).status == 409
        assert "每周二 15:00" in (await site.get(where, as_=people.EDITOR)).text
        page = await site.post(f"{where}/cancel", as_=people.EDITOR)
        assert page.location == where and "每天 08:30" in (await site.get(where, as_=people.EDITOR)).text


@pytest.mark.parametrize("key", ["daily-tip", "winter-co", "letters", "fraud-watch", "staff-notice"])
async def test_saving_a_file_s_schedule_unchanged_changes_nothing(database: str, key: str) -> None:
    clock.use(lambda: EIGHT)
    async with console(database) as site:
        before = site.site.programme.schedules[key]
        typed = typed_of(before) | {"version": "0"}
        form = FormData()
        for name, value in typed.items():
            for one in value if isinstance(value, list) else [value] if value is not False else []:
                form.add_field(name, str(one))
        page = await site.post(f"/schedules/{key}/edit", form, as_=people.EDITOR)
        assert page.status == 303, page.text
        row = await OwnSchedule.get()
        assert before.model_validate(row.spec | {"key": key}) == before


async def fired(site: Console) -> Broadcast:
    end = clock.now() + timedelta(hours=6)
    firing = Firing("x", clock.now(), None, "tips/co-alarm", "报警器", lambda u: (Text("装一个"),), False, end)
    done = await broadcasts.fire(firing, directory.groups_for([], ["family"]), {people.CHANNEL: ""})
    assert done is not None
    return done


async def test_a_broadcast_is_watched_passed_on_stopped_and_sent_again(database: str) -> None:
    async with console(database) as site:
        row = await fired(site)
        where = f"/broadcasts/{row.id}"
        assert "在发 1" in (await site.get("/broadcasts", as_=people.EDITOR)).text
        page = await site.get(where, as_=people.EDITOR)
        assert "向阳家属群" in page.text and "松岭职工群" in page.text and "叫停" in page.text
        await Delivery.all().update(status="unknown", reason="timeout")
        page = await site.get(f"{where}?status=doubtful", as_=people.EDITOR)
        assert "等回执超时" in page.text
        chosen = str((await Delivery.get()).id)
        assert (
            await site.post(f"{where}/resend", {"delivery": chosen}, as_=people.EDITOR)
        ).location == f"{where}?queued=1"
        workers = next(place for place in directory.groups_for([], ["workers"]))
        page = await site.post(f"{where}/forward", {"group": str(workers.group_id)}, as_=people.EDITOR)
        assert "1 个群排上了" in (await site.get(page.location, as_=people.EDITOR)).text
        page = await site.post(f"{where}/stop", as_=people.EDITOR, hx=True)
        assert page.status == 200 and "林晓雨 在" in page.text and "叫停了" in page.text
        assert await Delivery.filter(status="expired", reason="stopped").count() == 2
        page = await site.post(f"{where}/stop", as_=people.EDITOR, hx=True)
        assert page.status == 409 and "已经有人叫停" in page.text
        assert "叫停了" in (await site.get("/broadcasts", as_=people.EDITOR)).text


async def test_a_mine_s_editor_sees_the_groups_of_the_mine(database: str) -> None:
    async with console(database) as site:
        row = await fired(site)
        await Staff.filter(id=await people.staff_id(people.EDITOR)).update(unit_id=(await Unit.get(code="M2")).id)
        page = await site.get(f"/broadcasts/{row.id}", as_=people.EDITOR)
        assert "向阳家属群" not in page.text and "松岭职工群" not in page.text
        assert (await site.post(f"/broadcasts/{row.id}/stop", as_=people.EDITOR)).status == 403
