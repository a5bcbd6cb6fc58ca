"""Perhaps a life in danger, and nobody can be sure: people look at once, and calmly; the family sees no drama."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from bot import clock
from bot.actions.requests.alerts import Rules
from bot.handlers import help as listening
from bot.jobs import digest, escalation
from bot.models import Delivery, HelpRequest, Label
from bot.triage import Judgement, judge, judge_folded
from tests import people
from tests.people import (
    CHAIR,
    DEPUTY,
    FAMILY_GROUP,
    LIFE,
    LIU,
    NEED,
    OUTSIDER,
    STRANGER,
    TOP_CHAIR,
    VOLUNTEER,
    WU,
)
from tests.room import Room, Said

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
NIGHT = datetime(2026, 12, 1, 18, tzinfo=UTC)  # 2:00 in Shanghai
NIGHTLY = {"channels": {"qq": {"type": "onebot", "token": "warm-token", "quiet_hours": "21:30-07:00"}}}
HEAVY, DULL = "这几天把屋里都收拾利索了", "说不清是不是事"
DOUBTS = {
    HEAVY: Judgement("review", 0.7, ("psychological",), "emergency", ("收拾",)),
    DULL: Judgement("review", 0.5, ("psychological",), "normal", ("说不清",)),
}


@pytest.fixture
async def room(database: str, monkeypatch: pytest.MonkeyPatch) -> Room:
    """What these two sentences are judged to be is settled here, so that the model may learn."""
    monkeypatch.setattr(
        listening, "judge_folded", lambda text, closely: DOUBTS.get(text) or judge_folded(text, closely=closely)
    )
    clock.use(lambda: NOON)
    await people.settle()
    return Room(escalation={"counsellors": ["陈小满"]}, privacy={"keep_labels": True})


def alerted(said: list[Said]) -> list[str]:
    return [one.chat for one in said if one.purpose == "alert"]


async def _later(rules: Rules, room: Room, minutes: int) -> list[str]:
    at = clock.now() + timedelta(minutes=minutes)
    clock.use(lambda: at)
    await escalation.tick(rules)
    return alerted(await room.deliver())


def barely_heard() -> str:
    """A sentence that goes under in a crowd, and is heard where one listens closely."""
    lines = (files("bot.triage") / "examples" / "validation.jsonl").read_text("utf-8").splitlines()
    texts: list[str] = [line["text"] for line in map(json.loads, lines) if line.get("urgency") == "emergency"]
    closely = [text for text in texts if judge(text, closely=True).urgency == "emergency"]
    return next(text for text in closely if judge(text).urgency != "emergency")


async def test_what_a_family_says_and_what_is_said_alone_is_listened_to_closely(room: Room) -> None:
    words = barely_heard()
    await room.say(words, STRANGER, FAMILY_GROUP)
    assert not await HelpRequest.filter(urgency="emergency").count(), "one of many, who talk all day"
    assert CHAIR in alerted(await room.say(words, LIU, FAMILY_GROUP))
    assert alerted(await room.say(words, STRANGER))


async def test_in_a_group_the_bot_is_silent_and_the_people_of_an_emergency_are_told(room: Room) -> None:
    said = await room.say(HEAVY, LIU, FAMILY_GROUP)
    assert sorted(alerted(said)) == sorted([CHAIR, DEPUTY, VOLUNTEER]) and len(said) == 3
    first = said[0].text.splitlines()
    assert first[0].startswith("【请看一眼 1 号】可能有人心里很难") and first[1].startswith("H0123 刘桂芳")
    assert HEAVY in said[0].text and "12356" in said[0].text and first[-1] == "您来看，就回：收到 1"
    assert "紧急" not in said[0].text and "想不开" not in said[0].text
    request = await HelpRequest.get()
    assert (request.state, request.urgency) == ("review", "emergency")
    assert await room.say(HEAVY, LIU, FAMILY_GROUP) == [], "once is enough"


async def test_alone_it_is_answered_warmly_and_short(room: Room) -> None:
    first = [one.text for one in await room.say(HEAVY, LIU) if one.purpose == "reply"]
    again = [one.text for one in await room.say(HEAVY, LIU) if one.purpose == "reply"]
    assert len(first) == len(again) == 1
    assert first[0].startswith("谢谢您跟我说这些") and again[0].startswith("您说的我都转给")
    for text in (*first, *again):
        assert "12356" in text and len(text) < 100 and "120" not in text and "110" not in text


async def test_it_climbs_like_what_is_urgent_until_the_receipt(room: Room) -> None:
    await room.say(HEAVY, LIU, FAMILY_GROUP)
    assert await room.deliver()
    assert set(await _later(room.rules, room, 5)) == {CHAIR, DEPUTY, VOLUNTEER}
    assert set(await _later(room.rules, room, 5)) == {DEPUTY, TOP_CHAIR, VOLUNTEER}
    assert (await HelpRequest.get()).state == "review"
    await room.say("收到 1", VOLUNTEER)
    assert (await HelpRequest.get()).state == "acknowledged"
    assert await _later(room.rules, room, 60) == []
    assert not await Label.all().count(), "who looks does not know yet what it is"


async def test_who_was_told_by_nobody_cannot_take_it(room: Room) -> None:
    await room.say(HEAVY, LIU, FAMILY_GROUP)
    await room.say("收到 1", OUTSIDER)
    assert (await HelpRequest.get()).state == "review"


async def test_it_wakes_people(room: Room) -> None:
    clock.use(lambda: NIGHT)
    night = Room(**NIGHTLY)
    await night.say(HEAVY, LIU, FAMILY_GROUP)
    assert set(alerted(await night.deliver())) == {CHAIR, DEPUTY}


async def test_a_receipt_drops_what_waits_to_be_sent(room: Room) -> None:
    await room.say(HEAVY, LIU, FAMILY_GROUP)
    await room.say("收到 1", CHAIR)
    assert alerted(await room.deliver()) == []
    assert {row.reason for row in await Delivery.filter(purpose="alert")} == {"acknowledged"}


async def test_it_stays_apart_from_rice(room: Room) -> None:
    await room.say(NEED, LIU)
    assert alerted(await room.say(HEAVY, LIU)) != []
    assert [(one.state, one.urgency) for one in await HelpRequest.all().order_by("id")] == [
        ("open", "normal"),
        ("review", "emergency"),
    ]
    await room.say(HEAVY, WU)
    rice = await room.say(NEED, WU)
    assert [one.text.splitlines()[0] for one in rice if one.purpose == "alert"] == ["【求助 4 号】"]
    assert (await HelpRequest.get(id=3)).state == "review"


async def test_said_outright_it_is_an_emergency(room: Room) -> None:
    await room.say(HEAVY, LIU)
    said = await room.say(LIFE, LIU)
    assert set(alerted(said)) >= {CHAIR, VOLUNTEER}
    assert any(one.text.startswith("【紧急 1 号】") and HEAVY in one.text for one in said)
    assert (await HelpRequest.get()).state == "open"


async def test_said_outright_after_the_receipt_it_rings_again(room: Room) -> None:
    await room.say(HEAVY, LIU)
    await room.say("收到 1", CHAIR)
    assert alerted(await room.say(HEAVY, LIU)) == []
    said = await room.say(LIFE, LIU)
    assert CHAIR in alerted(said) and any(one.text.startswith("【紧急 2 号】") for one in said)
    await room.say("收到 2", CHAIR)
    assert alerted(await room.say(LIFE, LIU)) == [], "who knows need not be told again"


async def test_a_plain_doubt_still_waits_for_the_digest(room: Room) -> None:
    assert await room.say(DULL, LIU, FAMILY_GROUP) == [] and await room.say(DULL, WU) == []
    assert await _later(room.rules, room, 24 * 60) == []
    morning = datetime(2026, 12, 2, 0, 45, tzinfo=UTC)
    clock.use(lambda: morning)
    await digest.tick(room.rules)
    told = [one for one in await room.news() if one.chat == CHAIR]
    assert len(told) == 1 and told[0].purpose != "alert" and "待核实" in told[0].text


async def test_who_slept_through_it_sees_it_first_the_next_morning(room: Room) -> None:
    await room.say(DULL, WU)
    await room.say(HEAVY, LIU, FAMILY_GROUP)
    listed = (await room.say("求助单", CHAIR))[0].text.splitlines()
    doubts = listed[next(at for at, line in enumerate(listed) if line.startswith("待核实")) + 1 :]
    assert [line.split(" ")[0] for line in doubts[:2]] == ["2", "1"]
    morning = (await room.say("今天", CHAIR))[0].text
    assert morning.startswith("请先看一眼：1 单可能有人心里很难")
    await room.say("收到 2", CHAIR)
    assert "请先看一眼" not in (await room.say("今天", CHAIR))[0].text
    assert "请先看一眼" not in (await room.say("今天", OUTSIDER))[0].text, "of another mine"
