"""我是谁 and 解绑: whom the bot takes an account for, and how somebody makes it forget that."""

from bot.actions.staff import people
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.errors import ActionError
from bot.handlers.desk import ROLE_NAMES, Desk
from bot.router import Findings, Router, Turn, command, direct


def routes(desk: Desk) -> Router:
    router = Router()

    async def who(turn: Turn) -> Answer:
        speaker = turn.speaker
        if isinstance(speaker, Speaker):
            return Answer(desk.say("who-am-i", name=speaker.name, role=ROLE_NAMES.get(speaker.role, "家属")))
        return Answer(desk.say("who-am-i", name="", role=""))

    async def unbind(turn: Turn, speaker: Speaker) -> Answer:
        message = turn.message
        try:
            await people.unbind(message.channel, message.sender.id, by=speaker.staff_id)
        except ActionError as error:
            return desk.refuse(error)
        return Answer(desk.say("unbind-done", name=speaker.name))

    router.add(who, command("我是谁"), direct)
    router.add(unbind, command("解绑", "解除绑定"), direct, _bound, _alone)
    return router


def _bound(turn: Turn) -> Findings | None:
    return {"speaker": turn.speaker} if isinstance(turn.speaker, Speaker) else None


def _alone(turn: Turn) -> Findings | None:
    """“解绑银行卡怎么弄” is a question about something else."""
    return {} if len(turn.text) <= 5 else None
