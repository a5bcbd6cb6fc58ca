"""/calls as a phone sends to it: one tap for the result, sent twice and written once, colleagues at once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.figures.reports import Span, report
from bot.actions.outreach import callbacks
from bot.actions.outreach.callbacks import Call
from bot.models import FollowUp, HelpRequest, Household, Seen
from tests import people
from tests.mycalls import HOUR, KEY, NOON, send, show
from tests.people import CHAIR, VOLUNTEER
from tests.rounds import held, opened, second_volunteer, sound, state_of
from tests.web import console


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    clock.use(lambda: NOON)
    yield
    clock.use(None)


async def test_sent_twice_is_written_once(database: str) -> None:
    async with console(database) as site:
        await opened()
        status, first = await send(site, "H0123", "no_answer", note="没人", seen="0", waited=str(40 * 60_000))
        assert status == 200 and first["said"] == "H0123 已记：无人接听。下次：12-02 11:20 以后。"
        assert first["today"] == 1 and first["codes"] == ["H0124"]
        assert await send(site, "H0123", "no_answer", note="没人", waited="99999999") == (200, first)
        call = await FollowUp.get()
        assert (call.at, call.note, call.outcome) == (NOON - timedelta(minutes=40), "没人", "no_answer")
        assert await Seen.filter(key=f"web:{call.staff_id}:{KEY}").exists()
        assert await state_of("H0123") == ("waiting", 1)
        await sound()


async def test_what_is_refused_uses_no_key(database: str) -> None:
    async with console(database) as site:
        await opened()
        assert await send(site, "H0123", "perfect") == (422, {"refused": "结果是什么？请按一个。"})
        assert (await send(site, "H0123", "call_later 昨天"))[0] == 422
        assert (await send(site, "H0201", "well"))[0] == 404
        assert (await send(site, "H0123", "well", key="x"))[0] == 422
        assert await FollowUp.all().count() == 0
        assert (await send(site, "H0123", "well"))[0] == 200
        status, said = await send(site, "H0124", "well")
        assert status == 409 and "另一户" in said["refused"]
        assert await FollowUp.all().count() == 1


async def test_who_has_been_there_says_so(database: str) -> None:
    async with console(database) as site:
        await opened()
        assert 'name="visited"' in (await show(site)).html
        _, said = await send(site, "H0123", "no_answer", visited="1")
        assert said["said"].startswith("H0123 已记：上门-没遇到人。下次：")
        assert "H0123 已记：上门-没遇到人。" in (await show(site)).text, "and after a reload"
        await send(site, "H0124", "well", key=KEY.replace("0001", "0002"))
        today = Span(NOON.date(), NOON.date())
        assert [(await report(today)).total(key).times for key in ("called-visit", "called-phone")] == [1, 1]
        clock.use(lambda: NOON + 25 * HOUR)
        site.forget(VOLUNTEER)
        assert "上门-没遇到人" in (await show(site)).text, "on the card of the next day"


async def test_a_need_reaches_the_chair(database: str) -> None:
    async with console(database) as site:
        await opened()
        _, said = await send(site, "H0123", "needs_help", kinds="medicine", urgency="urgent", note="降压药断了")
        request = await HelpRequest.get()
        assert said["said"] == f"H0123 已记：接通-需帮助。已提醒主席，求助单 {request.id} 号。"
        assert (request.kinds, request.urgency, request.source) == (["medicine"], "urgent", "callback")


async def test_words_of_despair_are_never_ordinary(database: str) -> None:
    async with console(database) as site:
        await send(site, "H0123", "needs_help", urgency="normal", note=people.LIFE)
        assert (await HelpRequest.get()).urgency == "emergency"


@pytest.mark.parametrize(
    ("outcome", "fields", "at"),
    [
        ("call_later 1小时后", {}, NOON + HOUR),
        ("call_later 今晚7点", {}, NOON + 7 * HOUR),
        ("call_later", {"time": "2026-12-03T15:30"}, datetime(2026, 12, 3, 7, 30, tzinfo=UTC)),
        ("call_later", {}, NOON + 4 * HOUR),
        ("call_later 1小时后", {"waited": str(30 * 60_000)}, NOON + HOUR / 2),
    ],
)
async def test_when_to_call_again(database: str, outcome: str, fields: dict[str, str], at: datetime) -> None:
    async with console(database) as site:
        await opened()
        assert (await send(site, "H0123", outcome, **fields))[0] == 200
        assert (await Household.get(code="H0123")).next_call_at == at


async def test_a_colleague_was_faster_and_both_are_told(database: str) -> None:
    async with console(database) as site:
        await opened()
        other = await second_volunteer()
        await callbacks.record("H0123", Call("well"), other, site.site.rules, site.site.calling)
        status, said = await send(site, "H0123", "no_answer", waited=str(5 * 60_000))
        assert status == 200 and "何家宁 12:00 也打过（接通-平安），两条都留着。" in said["said"]
        assert await FollowUp.filter(undone_at=None).count() == 2
        assert (await Household.get(code="H0123")).next_call_at is None, "what came later in the day stands"
        assert await state_of("H0123") == ("done", 1)


async def test_undo_takes_back_the_one_that_was_shown_and_no_other(database: str) -> None:
    async with console(database) as site:
        await opened()
        _, first = await send(site, "H0123", "no_answer")
        _, second = await send(site, "H0124", "well", key=KEY.replace("0001", "0002"))
        assert "H0124 已记：接通-平安。" in (await show(site)).text
        page = await site.post("/calls/undo", {"id": str(first["id"]), "json": "1"}, as_=VOLUNTEER)
        assert (page.status, json.loads(page.html)) == (409, {"refused": "只能撤销最近记的一条。"})
        for _ in range(2):  # the answer may have been lost on the way
            page = await site.post("/calls/undo", {"id": str(second["id"]), "json": "1"}, as_=VOLUNTEER)
            assert json.loads(page.html) == {"code": "H0124"}
        assert await FollowUp.filter(undone_at=None).count() == 1
        page = await site.post("/calls/undo", {"id": str(first["id"])}, as_=VOLUNTEER)
        assert page.location == "/calls" and await held() == {"H0123": "陈小满", "H0124": "陈小满"}
        await site.token(CHAIR)
        page = await site.post("/calls/undo", {"id": str(first["id"])}, as_=CHAIR)
        assert page.status == 404
