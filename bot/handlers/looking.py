"""看电话, 看地址, 看备注 with the reason behind: what is masked everywhere else, for one person, alone."""

from collections.abc import Awaitable, Callable

from bot.actions.households import viewing
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.errors import ActionError, BadInput
from bot.handlers.desk import Desk, staff
from bot.handlers.lifecycle import FAMILY, NUMBERED
from bot.router import Router, command, direct, group

WORDS = {"phone": ("看电话",), "address": ("看地址", "看住址"), "note": ("看备注",)}
WHOSE = "看哪一户的？请写上户编号或求助单号码，再写原因，例如：看电话 H0123 送米要联系。"


def routes(desk: Desk) -> Router:
    router = Router()

    async def not_here() -> Answer:
        return Answer(private=desk.say("in-private"))

    for what, words in WORDS.items():
        router.add(_looking(desk, what), command(*words), staff(), direct)
        router.add(not_here, command(*words), staff(), group)
    return router


def _looking(desk: Desk, what: str) -> Callable[..., Awaitable[Answer]]:
    async def look(speaker: Speaker, rest: str) -> Answer:
        assert speaker.staff_id is not None
        try:
            who, number, reason = _whose(rest)
            seen = await viewing.look(what, reason, speaker.staff_id, desk.rules, who=who, number=number)
        except ActionError as error:
            return desk.refuse(error)
        facts = {**seen._asdict(), "what": viewing.WHAT[what], "others": "、".join(seen.others)}
        return Answer(desk.say("in-clear", **facts))

    return look


def _whose(rest: str) -> tuple[str, int, str]:
    """(household, 0, reason), or ("", number of a request, reason): a bare number is a request's."""
    if numbered := NUMBERED.fullmatch(rest):
        return "", int(numbered[1]), numbered[2]
    if family := FAMILY.fullmatch(rest):
        return family[1], 0, family[2]
    raise BadInput(WHOSE)
