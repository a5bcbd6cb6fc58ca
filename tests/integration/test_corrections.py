"""改类, 加急, 办结 不是求助: a chair knows better than the bot, and what they say may be kept as an example."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.actions.figures import reports
from bot.actions.requests import correcting, help, labels
from bot.actions.requests.help import Need
from bot.errors import Conflict
from bot.models import Audit, HelpRequest, Household, Label, Member, db
from bot.triage import judge
from tests.asked import one_family_has_asked, request, steps_of
from tests.people import ADMIN, CHAIR, CHANNEL, LIU, MA, NEED, OUTSIDER, STRANGER, TOP_CHAIR, VOLUNTEER, staff_id
from tests.room import Room

DOUBTFUL = "唉，家里这阵子难啊"


@pytest.fixture
async def room(database: str) -> Room:
    return await one_family_has_asked()


@pytest.fixture
async def keeping(database: str) -> Room:
    await one_family_has_asked()
    room = Room(privacy={"keep_labels": True})
    await room.news()
    return room


async def say(room: Room, text: str, who: str = CHAIR) -> str:
    *_, said = await room.say(text, who)
    assert (said.kind, said.chat) == ("direct", who)
    return said.text


async def kept() -> list[tuple[str, bool, list[str], str]]:
    return [(row.words or "", row.ask, row.kinds, row.urgency) for row in await Label.all().order_by("id")]


async def doubtful(room: Room) -> None:
    """Request 2, of which the bot was not sure."""
    house = await Household.get(code="H0201")
    await help.raise_request(
        Need("message", ("daily",), "normal", DOUBTFUL, house.unit_id, house.id, CHANNEL, MA, sure=False), room.rules
    )
    await room.news()


async def test_the_kind_is_corrected_with_a_line_of_history(room: Room) -> None:
    assert (
        await say(room, "改类 1 缺降压药，看病就医") == "1 号（H0123）的需要改成了：药品、看病就医（原来是 米面粮油）。"
    )
    assert (await request()).kinds == ["medicine", "medical"]
    assert await steps_of() == ["raised", "kinds"]
    assert "王秀兰 改类 米面粮油 → 药品、看病就医" in await say(room, "详情 1")
    assert (await Audit.get(action="help.kinds")).detail == {"kinds": ["medicine", "medical"]}
    assert "本来就是：药品、看病就医" in await say(room, "改类 1 药 看病")
    assert "改成哪一类？可以写：米面粮油、药品" in await say(room, "改类 1 随便")
    assert "提醒" not in await say(room, "改类1 钱") and (await request()).state == "open"


@pytest.mark.parametrize("line", ["改类 1 药品", "加急 1", "办结 1 不是求助"])
async def test_only_for_who_decides(room: Room, line: str) -> None:
    assert "没有 1 号求助单" in await say(room, line, OUTSIDER)
    assert "这一步请主席来办" in await say(room, line, VOLUNTEER)
    assert await room.say(line, STRANGER) == []
    assert await steps_of() == ["raised"]
    for who in (TOP_CHAIR, ADMIN):
        assert await say(room, line, who)
    assert len(await steps_of()) == 2


async def test_more_urgent_rings_again(room: Room) -> None:
    before = await request()
    alert, said = await room.say("加急 1", CHAIR)
    assert (alert.purpose, alert.chat) == ("alert", CHAIR) and "急" in alert.text
    assert said.text == "1 号（H0123）的程度改成了：急（原来是 一般）。"
    after = await request()
    assert (after.urgency, after.alert_step) == ("urgent", before.alert_step + 1)
    assert after.next_alert_at is not None and before.next_alert_at is not None
    assert after.next_alert_at < before.next_alert_at
    assert await steps_of() == ["raised", "urgency"]
    assert "本来就是“急”" in await say(room, "加急 1")
    said = (await room.say("加急 1 万分紧急", CHAIR))[-1]
    assert "万分紧急（原来是 急）" in said.text
    assert [one.purpose for one in await room.say("加急 1 取消", CHAIR)] == ["reply"], "less urgent rings nowhere"
    assert (await request()).urgency == "normal"


async def test_who_brings_it_hears_of_the_hurry(room: Room) -> None:
    await room.say("派 1 陈小满", CHAIR)
    told, said = await room.say("加急 1", CHAIR)
    assert told.chat == VOLUNTEER and told.text.startswith("您手上的 1 号（H0123），主席改成了“急”")
    assert said.chat == CHAIR
    found = await request()
    assert (found.state, found.alert_step) == ("assigned", 0) and not found.next_alert_at, "timed anew at its new pace"
    await room.say("办结 1 不需要", CHAIR)
    assert "已经办结" in await say(room, "加急 1 万分紧急")


async def test_a_doubtful_one_that_is_urgent_is_an_alert(room: Room) -> None:
    await doubtful(room)
    assert (await request(2)).state == "review"
    alerts = [one for one in await room.say("加急 2", TOP_CHAIR) if one.purpose == "alert"]
    assert alerts and (await request(2)).state == "open"


async def test_no_request_after_all(room: Room) -> None:
    before = (await reports.report()).total("opened").times
    assert (await say(room, "办结 1 误报 在说电视剧")).splitlines()[0] == "1 号（H0123）办结：不是求助，在说电视剧。"
    found = await request()
    assert (found.state, found.closed_as) == ("closed", "mistaken")
    totals = await reports.report()
    assert (before, totals.total("opened").times, totals.total("ended").times) == (1, 0, 0), "it counts nowhere"
    await say(room, "重开 1")
    assert (await reports.report()).total("opened").times == 1


async def test_what_was_helped_with_was_a_request(room: Room) -> None:
    await room.say("送达 1 米10斤", CHAIR)
    assert "已经送过：米10斤，不能算误报" in await say(room, "办结 1 不是求助")
    assert await Label.all().count() == 0


async def test_two_chairs_at_the_very_same_moment(room: Room) -> None:
    chair, top = await staff_id(CHAIR), await staff_id(TOP_CHAIR)
    done = await asyncio.gather(
        correcting.kinds(1, chair, ["money"], room.rules), correcting.kinds(1, top, ["medicine"], room.rules)
    )
    first, second = done if done[0].before == "米面粮油" else done[::-1]
    assert (first.before, second.before) == ("米面粮油", first.after), "the second one saw what the first one said"


async def test_two_chairs_one_after_the_other(room: Room) -> None:
    chair, top = await staff_id(CHAIR), await staff_id(TOP_CHAIR)
    await correcting.urgency(1, chair, "urgent", room.rules)
    with pytest.raises(Conflict):
        await correcting.urgency(1, top, "urgent", room.rules)
    await correcting.kinds(1, chair, ["money"], room.rules)
    with pytest.raises(Conflict):
        await correcting.kinds(1, top, ["money"], room.rules)


async def test_nothing_is_kept_unless_it_is_wanted(room: Room) -> None:
    for line in ("改类 1 药品", "加急 1", "办结 1 不是求助"):
        await say(room, line)
    assert await Label.all().count() == 0


async def test_each_correction_is_an_example(keeping: Room) -> None:
    await say(keeping, "改类 1 药品")
    await say(keeping, "加急 1")
    await say(keeping, "办结 1 不是求助")
    assert await kept() == [
        (NEED, True, ["medicine"], "normal"),
        (NEED, True, ["medicine"], "urgent"),
        (NEED, False, [], "normal"),
    ]
    [raw, *_] = await db.fetch("SELECT * FROM label")
    assert set(raw) == {"id", "day", "words", "ask", "kinds", "urgency"}, "no sender, household or request"
    assert NEED.encode() not in bytes(raw["words"])
    assert (await Label.all())[0].day == datetime(2026, 11, 30, 16, tzinfo=UTC), "midnight in Shanghai, no hour"


async def test_a_review_that_is_taken_up_was_heard_rightly(keeping: Room) -> None:
    await say(keeping, "收到 1")
    assert await kept() == [], "of an alert nothing new is learnt"
    await doubtful(keeping)
    await say(keeping, "收到 2", TOP_CHAIR)
    assert [(words, ask) for words, ask, _, _ in await kept()] == [(DOUBTFUL, True)]


async def test_what_staff_wrote_is_no_example(keeping: Room) -> None:
    await say(keeping, "代报 H0124 缺药")
    await say(keeping, "改类 2 钱")
    assert (await HelpRequest.get(id=2)).kinds == ["money"] and await kept() == []


async def test_numbers_and_names_are_struck_out_before_it_is_kept(keeping: Room) -> None:
    await keeping.say(
        "我是刘桂芳，家里真没米了，打138-0000-0100 或１３８００００１２３４，H0123，幺三八零零零零零一零零", LIU
    )
    await say(keeping, "改类 1 药品")
    words = (await kept())[0][0]
    assert "家里真没米了" in words and "某某" in words
    assert not [one for one in ("刘桂芳", "138", "１３８", "0123", "幺三八") if one in words], words


async def test_the_export_is_what_judge_reads_and_names_nobody(keeping: Room, tmp_path: Path) -> None:
    await Label.create(day=await _day(), words="王秀兰说吴德顺家没药了", ask=True, kinds=["medicine"], urgency="urgent")
    await Label.create(day=await _day(), words="说着玩的", ask=True, kinds=["food"], urgency="normal")
    await Label.create(day=await _day(), words="说着玩的", ask=False)
    path = tmp_path / "labels.jsonl"
    assert await labels.export(path) == 2
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == [
        {"text": "某某说某某家没药了", "label": "help", "kind": "medicine", "urgency": "urgent"},
        {"text": "说着玩的", "label": "none"},
    ]
    assert (await Audit.get(action="labels.export")).detail == {"rows": 2}
    assert await Member.filter(name="吴德顺").exists()


async def _day() -> datetime:
    return datetime(2026, 12, 1, tzinfo=UTC)


async def test_the_reasons_of_the_judgement_are_kept_encrypted_and_told(room: Room) -> None:
    found = await request()
    assert found.why is not None and found.why.split("\n") == list(judge(NEED).reasons)
    [raw] = await db.fetch("SELECT why FROM help_request")
    assert found.why.encode() not in bytes(raw["why"])
    await room.say("孩子也断药了，求求谁帮一把", LIU)
    joined = (await request()).why or ""
    assert set(found.why.split("\n")) < set(joined.split("\n"))
    assert f"判断依据：{'、'.join(joined.split(chr(10)))}" in await say(room, "详情 1")
