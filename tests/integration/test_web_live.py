"""/live: a page hears that something changed once it is safe, what it was about, and never whom."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientResponse, ClientSession

from bot.actions.privacy import audit
from bot.actions.staff import sessions
from bot.actions.upkeep import news
from bot.models import db
from bot.web import live
from bot.web.gate import COOKIE
from tests import people
from tests.web import Console, console


@asynccontextmanager
async def line(site: Console, who: str = people.CHAIR) -> AsyncIterator[ClientResponse]:
    headers = {"Cookie": f"{COOKIE}={await site.token(who)}"}
    async with ClientSession() as http, http.get(f"{site.address}/live", headers=headers) as answer:
        if answer.status == 200:
            assert answer.content_type == "text/event-stream"
            await answer.content.readuntil(b": welcome\n\n")
        yield answer


async def heard(answer: ClientResponse) -> str:
    async with asyncio.timeout(5):
        return (await answer.content.readuntil(b"\n\n")).decode().strip()


async def test_a_change_is_heard_after_its_commit_and_names_nobody(database: str) -> None:
    async with console(database) as site, line(site) as one, line(site, people.OUTSIDER) as other:
        async with db.transaction():
            for number in range(3):
                await audit.note("help.raised", "request", number, household=7)
            await audit.note("callback.recorded", "household", 7)
            await audit.note("backup.write", "backup")
            assert not one.content._buffer
        for answer in (one, other):
            assert [await heard(answer), await heard(answer)] == ["data: requests", "data: calls"]


async def test_what_was_rolled_back_is_not_heard(database: str) -> None:
    async with console(database) as site, line(site) as one:
        with pytest.raises(RuntimeError):
            async with db.transaction():
                await audit.note("help.raised", "request", 1)
                raise RuntimeError
        await audit.note("round.created", "round", 1)
        assert await heard(one) == "data: calls"


async def test_a_quiet_line_beats_and_ends_with_its_session(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.01)
    async with console(database) as site, line(site) as one:
        assert await heard(one) == ": beat"
        number = await people.staff_id(people.CHAIR)
        await sessions.end_others(0, by=number)
        async with asyncio.timeout(5):
            await one.content.read()
            assert one.content.at_eof()


async def test_a_session_has_only_so_many_lines(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LINES_MAX", 1)
    async with console(database) as site, line(site) as one, line(site, people.ADMIN) as other:
        assert (one.status, other.status) == (200, 200)
        async with line(site) as second:
            assert second.status == 204, "which tells a browser not to come again"


async def test_open_lines_do_not_delay_a_stop(database: str) -> None:
    async with asyncio.timeout(5):
        async with console(database) as site:
            headers = {"Cookie": f"{COOKIE}={await site.token(people.CHAIR)}"}
            async with ClientSession() as http:
                answer = await http.get(f"{site.address}/live", headers=headers)
                await site.close()
                assert (await answer.content.read()).endswith(b": beat\n\n")


def test_every_topic_is_one_word() -> None:
    assert all(topic.isalpha() for topic in news.EVERY) and all("." not in word for word in news.TOPICS)
