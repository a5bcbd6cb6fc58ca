"""帮助: what can I write here? The answer fits who is asking."""

from bot.actions.conversation import Answer
from bot.actions.directory import Speaker
from bot.handlers.desk import Desk, called, spoken_to
from bot.router import Router, Turn, command

MENUS = {"chair": "menu-chair", "volunteer": "menu-volunteer", "admin": "menu-office", "editor": "menu-office"}


def routes(desk: Desk) -> Router:
    router = Router()

    async def menu(turn: Turn) -> Answer:
        speaker = turn.speaker
        if isinstance(speaker, Speaker) and speaker.is_staff:
            return Answer(desk.say(MENUS[speaker.role], name=speaker.name))
        if isinstance(speaker, Speaker):
            return Answer(desk.say("menu-family", phone=desk.phone))
        return Answer(desk.say("menu-stranger", phone=desk.phone))

    router.add(menu, command("帮助", "菜单", "help", "Help", "HELP"), _alone, spoken_to)
    router.add(menu, command("?"), _alone, called)  # among staff a lone question mark is small talk
    return router


def _alone(turn: Turn) -> dict[str, str] | None:
    """“帮助我” and the like are no question about the menu."""
    return {} if len(turn.text) <= 5 else None
