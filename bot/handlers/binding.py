"""绑定 CODE: ties the account that writes to a staff person or a member of a family.

Only in a direct talk, so that nobody else reads the code.
"""

from bot.actions.staff import people
from bot.actions.staff.conversation import Answer
from bot.errors import ActionError
from bot.handlers.desk import ROLE_NAMES, Desk, working_place
from bot.router import Router, Turn, command, direct, group


def routes(desk: Desk) -> Router:
    router = Router()

    async def bind(turn: Turn, rest: str) -> Answer:
        message = turn.message
        try:
            person = await people.bind(message.channel, message.sender.id, rest)
        except ActionError as error:
            return desk.refuse(error)
        return Answer(desk.say("bind-done", name=person.name, role=ROLE_NAMES.get(person.role, "家属")))

    async def not_here(turn: Turn) -> Answer:
        return Answer(desk.say("in-private"))

    router.add(bind, command("绑定"), direct)
    router.add(not_here, command("绑定"), group, working_place, _has_code)
    return router


def _has_code(turn: Turn) -> dict[str, str] | None:
    return {} if any(letter.isascii() and letter.isalnum() for letter in turn.text) else None
