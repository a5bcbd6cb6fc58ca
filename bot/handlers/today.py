"""今天, 统计: the day so far in six numbers, for a chair who has no page open.

To the chair alone, wherever they wrote: on a quiet day the sum is what one family was given.
"""

from bot.actions.figures import today
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.actions.staff.scope import scope
from bot.errors import ActionError
from bot.handlers.desk import Desk, among_staff, staff
from bot.quantities import yuan
from bot.router import Findings, Router, Turn, command


def routes(desk: Desk) -> Router:
    router = Router()

    async def numbers(turn: Turn, speaker: Speaker) -> Answer:
        assert speaker.staff_id is not None
        try:
            units = await scope(speaker.staff_id, today.ROLES)
        except ActionError as error:
            return desk.refuse(error)
        found = await today.numbers(units)
        said = desk.say(
            "today",
            unit=units.name,
            opened=found.opened,
            acknowledged=found.acknowledged,
            suspected=found.suspected,
            called=found.called,
            reached=found.reached,
            visited=found.visited,
            needing=found.needing,
            households=found.given_households,
            money=yuan(found.given_fen),
        )
        return Answer(private=(*said, *desk.on_page(turn, "/today")))

    router.add(numbers, command("今天", "统计"), staff(*today.ROLES, "admin"), among_staff, _alone)
    return router


def _alone(turn: Turn) -> Findings | None:
    """“今天 好冷” is small talk."""
    return {} if len(turn.text.rstrip("?!。")) == 2 else None
