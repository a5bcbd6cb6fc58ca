"""The first scene of every story about a request: at noon one family has asked, and what became of it since."""

from datetime import UTC, datetime

from bot import clock
from bot.actions.requests import relief
from bot.models import HelpRequest, RequestStep
from tests import people
from tests.people import LIU, NEED
from tests.room import Room

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)


async def one_family_has_asked() -> Room:
    """Request 1 is open; the clock stands at noon in Shanghai."""
    clock.use(lambda: NOON)
    await people.settle()
    room = Room()
    await room.say(NEED, LIU)
    return room


async def request(number: int = 1) -> HelpRequest:
    return await HelpRequest.get(id=number)


async def steps_of(number: int = 1) -> list[str]:
    return [row.step for row in await RequestStep.filter(request_id=number).order_by("id")]


async def ledger(number: int = 1) -> list[tuple[str, str, int, int]]:
    return [(row.state, row.item, row.quantity, row.value_fen) for row in await relief.standing(number)]
