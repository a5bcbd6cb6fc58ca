"""导出我的资料 and 删除我的资料: a family's right to see and to be forgotten; a person of the union sees to it."""

from functools import partial

from bot.actions.households import own_data
from bot.actions.households.own_data import Wish
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.handlers.desk import Desk, family
from bot.router import Router, command, direct


def routes(desk: Desk) -> Router:
    router = Router()

    async def asked(speaker: Speaker, *, wish: Wish) -> Answer:
        assert speaker.household_id is not None
        told = await own_data.ask(speaker.household_id, wish, desk.rules)
        return Answer(desk.say("own-data", wish=wish, told=told, phone=desk.phone))

    router.add(partial(asked, wish="export"), command("导出我的资料"), family, direct)
    router.add(partial(asked, wish="erase"), command("删除我的资料"), family, direct)
    return router
