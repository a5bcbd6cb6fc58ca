"""退订 and 订阅: a family decides what it wants to receive."""

from bot.actions.households import optout
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.handlers.desk import Desk, family
from bot.router import Router, command, direct


def routes(desk: Desk) -> Router:
    router = Router()

    async def off(speaker: Speaker) -> Answer:
        assert speaker.household_id is not None
        return Answer(desk.say("messages-off", changed=await optout.messages_off(speaker.household_id)))

    async def on(speaker: Speaker) -> Answer:
        assert speaker.household_id is not None
        return Answer(desk.say("messages-on", changed=await optout.messages_on(speaker.household_id)))

    router.add(off, command("退订"), family, direct)
    router.add(on, command("订阅"), family, direct)
    return router
