"""帮助 and 你好: what can I write here? The answer fits who is asking."""

import re
from datetime import date

from bot import clock
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.handlers.desk import Desk, called, spoken_to
from bot.router import NOTHING, Findings, Router, Turn, command, direct

MENUS = {"chair": "menu-chair", "volunteer": "menu-volunteer", "admin": "menu-office", "editor": "menu-office"}
HELLO = re.compile(
    r"(?:(?:你好|您好|在吗|在么|在不在|有人吗|有人在吗|嗨|哈喽|哈啰|早上好|上午好|中午好|下午好|晚上好|hi|hello|hey|送暖)"
    r"[啊呀哦呢]?[\s，,。.！!？?~～]*){1,3}",
    re.IGNORECASE,
)
LONGEST = 20
MOST = 10_000  # strangers who are remembered as greeted today


def routes(desk: Desk) -> Router:
    router, strangers = Router(), _Strangers()

    async def menu(turn: Turn) -> Answer:
        speaker = turn.speaker
        if isinstance(speaker, Speaker) and speaker.is_staff:
            return Answer(desk.say(MENUS[speaker.role], name=speaker.name))
        if isinstance(speaker, Speaker):
            return Answer(desk.say("menu-family", phone=desk.phone))
        return Answer(desk.say("menu-stranger", phone=desk.phone))

    async def greet(turn: Turn) -> Answer:
        speaker = turn.speaker
        known = isinstance(speaker, Speaker)
        if not known:
            strangers.remember(turn)
        name, role = (speaker.name, speaker.role) if known else ("", "")
        return Answer(desk.say("hello", name=name, role=role, phone=desk.phone))

    router.add(menu, command("帮助", "菜单", "help", "Help", "HELP"), _alone, spoken_to)
    router.add(menu, command("?"), _alone, called)  # among staff a lone question mark is small talk
    router.add(greet, direct, _hello, strangers.may_be_greeted)
    return router


def _alone(turn: Turn) -> dict[str, str] | None:
    """“帮助我” and the like are no question about the menu."""
    return {} if len(turn.text) <= 5 else None


def _hello(turn: Turn) -> Findings | None:
    """A greeting and nothing else: whatever follows it is listened to."""
    text = turn.text
    return NOTHING if len(text) <= LONGEST and not turn.message.quoted and HELLO.fullmatch(text) else None


class _Strangers:
    """Who was greeted today, in memory: nothing is kept of somebody who is on no roster, and two bots never talk on."""

    def __init__(self) -> None:
        self._day = date.min
        self._greeted: set[tuple[str, str]] = set()

    def may_be_greeted(self, turn: Turn) -> Findings | None:
        if isinstance(turn.speaker, Speaker):
            return NOTHING
        if self._day != clock.local(clock.now()).date():
            return NOTHING
        full = len(self._greeted) >= MOST
        return None if full or _whose(turn) in self._greeted else NOTHING

    def remember(self, turn: Turn) -> None:
        today = clock.local(clock.now()).date()
        if self._day != today:
            self._day, self._greeted = today, set()
        self._greeted.add(_whose(turn))


def _whose(turn: Turn) -> tuple[str, str]:
    return turn.message.channel, turn.message.sender.id
