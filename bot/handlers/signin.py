"""登录: a link into the pages, for the one who writes and for them alone."""

from bot.actions.staff import signin
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.errors import ActionError
from bot.events import Link, Part
from bot.handlers.desk import Desk, staff, working_place
from bot.router import Findings, Router, Turn, command, direct, group

WORDS = ("登录", "登陆")  # the second is how half of all people spell it
MINUTES = int(signin.LIFETIME.total_seconds() // 60)


def routes(desk: Desk) -> Router:
    router = Router()

    async def link(speaker: Speaker) -> tuple[Part, ...]:
        assert speaker.staff_id is not None
        try:
            token = await signin.issue_link(speaker.staff_id, by=speaker.staff_id)
        except ActionError as error:
            return desk.refuse(error).here
        words = desk.say("sign-in", name=speaker.name, minutes=MINUTES, only_here=not desk.pages.public_url)
        return (*words, Link(f"{desk.pages}/sign-in/{token}", "进入送暖"))

    async def in_private(speaker: Speaker) -> Answer:
        return Answer(await link(speaker))

    async def in_group(speaker: Speaker) -> Answer:
        return Answer(desk.say("in-private"), private=await link(speaker))

    async def not_staff() -> Answer:
        return Answer(desk.say("sign-in-staff-only", phone=desk.phone))

    router.add(in_private, command(*WORDS), direct, staff(), _alone)
    router.add(not_staff, command(*WORDS), direct, _alone)
    router.add(in_group, command(*WORDS), group, working_place, staff(), _alone)
    return router


def _alone(turn: Turn) -> Findings | None:
    """“登录不上医保了” is a question about something else."""
    return {} if len(turn.text) <= 4 else None
