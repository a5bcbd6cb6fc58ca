"""Looks whether the bot itself is well, and tells people by another road when it is not.

A line that drops comes back by itself most times, so a minute passes before anybody is told; and another minute before
it is said to be over, so that a line that comes and goes is one trouble and not twenty.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from bot import clock
from bot.actions.delivery import canaries
from bot.actions.upkeep import settings, troubles
from bot.actions.upkeep.troubles import OVER, OWED, Roads, Trouble
from bot.errors import SongnuanError
from bot.events import Health, Limits, Line

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=60)
MAIL_PAUSE = timedelta(seconds=60)  # after a letter that was not taken
LINES = {
    Line.CONNECTING: "还没连上",
    Line.ONLINE: "在线",
    Line.OFFLINE: "连不上",
    Line.LOGGED_OUT: "账号掉线",
    Line.REFUSED: "被拒绝",
}
FIRST_GROUPS = {
    canaries.DOUBT: "前三个群都不确定发没发出，其余 {groups} 个群先停着。请到群里看看，再到送暖里决定要不要接着发。",
    canaries.REFUSAL: "前面的群都不收，其余 {groups} 个群先停着。请看看文案和账号，再到送暖里决定要不要接着发。",
}
LINE, REST, CANARY = "line:", "rest:", "canary:"


class Facts(NamedTuple):
    """What the watchman may look at, and how he writes a letter (subject, text); None: he cannot."""

    health: Callable[[], Mapping[str, Health]]
    resting: Callable[[], Mapping[str, float]]
    limits: Mapping[str, Limits]
    letter: Callable[[str, str], Awaitable[None]] | None = None


class Watchman:
    """Remembers since when each line is up or down; what was said is in the database."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._up: dict[str, datetime] = {}
        self._down: dict[str, datetime] = {}
        self._letter_at = clock.now()
        self._name = uuid4().hex[:12]

    async def tick(self) -> None:
        """One look. Keeps still after a restore: then a person is there anyway."""
        if await settings.get(settings.HOLD) or not await troubles.on_watch(self._name):
            return
        now, seen = clock.now(), self._facts.health()
        self._remember(now, seen)
        every = [*await self._lines(now, seen), *self._rests(now), *await self._canaries(now, seen)]
        found = {one.key: one for one in every}
        said = await troubles.known()
        roads = self._roads(seen)
        if await troubles.begin([one for key, one in found.items() if key not in said], roads) == 0 and not roads.mail:
            log.error("something is wrong and there is no road left by which to tell anybody")
        gone = [key for key, (stage, _) in said.items() if key not in found and stage != OVER]
        await troubles.end([one for key in gone if (one := self._over(key, now, seen))], roads)
        await self._letters(found, now)

    def _remember(self, now: datetime, seen: Mapping[str, Health]) -> None:
        for name, one in seen.items():
            here, there = (self._up, self._down) if one.state is Line.ONLINE else (self._down, self._up)
            there.pop(name, None)
            here.setdefault(name, min(one.since, now))

    async def _lines(self, now: datetime, seen: Mapping[str, Health]) -> list[Trouble]:
        late = [(name, since) for name, since in self._down.items() if name in seen and now - since >= PATIENCE]
        return [Trouble(LINE + name, await _line(name, since, seen[name]), since) for name, since in late]

    def _rests(self, now: datetime) -> list[Trouble]:
        return [
            Trouble(
                REST + name,
                f"渠道 {name} 连着三条不确定发没发出，提示先停 {seconds / 60:.0f} 分钟。请到群里看看，再到送暖里处理。",
                now,
            )
            for name, seconds in self._facts.resting().items()
        ]

    async def _canaries(self, now: datetime, channels: Iterable[str]) -> list[Trouble]:
        return [
            Trouble(
                f"{CANARY}{broadcast}:{channel}",
                f"渠道 {channel} 的一次播发，{FIRST_GROUPS[reason].format(groups=groups)}",
                now,
            )
            for broadcast, channel, reason, groups in await troubles.held_back(channels)
        ]

    def _roads(self, seen: Mapping[str, Health]) -> Roads:
        up = [name for name, one in seen.items() if one.state is Line.ONLINE]
        private = [name for name in up if self._facts.limits[name].private]
        return Roads(up, private, self._facts.letter is not None)

    def _over(self, key: str, now: datetime, seen: Mapping[str, Health]) -> Trouble | None:
        """What is said of a trouble that is no more; None while that is not certain."""
        if not key.startswith(LINE):
            return Trouble(key, "", now)
        name = key.removeprefix(LINE)
        if name not in seen:
            return Trouble(key, "", now)  # it was taken out of config.toml
        since = self._up.get(name)
        if since is None or now - since < PATIENCE:
            return None
        return Trouble(key, _back(key, since), since)

    async def _letters(self, found: Mapping[str, Trouble], now: datetime) -> None:
        """What is owed, in one letter. It is tried again until it is taken: twice is better than never."""
        if self._facts.letter is None or now < self._letter_at:
            return
        said = await troubles.known()
        begun = [found[key].text for key, (stage, _) in said.items() if stage == OWED and key in found]
        over = [_back(key, since) for key, (stage, since) in said.items() if stage == OVER]
        if not begun and not over:
            return
        subject = "送暖有事，请看一下" if begun else "送暖好了"
        try:
            await self._facts.letter(subject, "\n\n".join([*begun, *over]))
        except SongnuanError as error:
            log.warning("a letter about a trouble was not taken (%s), trying again", error)
            self._letter_at = now + MAIL_PAUSE
            return
        await troubles.lettered([key for key, (stage, _) in said.items() if stage == OVER or key in found])


async def _line(name: str, since: datetime, health: Health) -> str:
    detail = f"：{health.detail}" if health.detail else ""
    queue = await troubles.waiting(name)
    waits = f"等着发的有：{queue}。" if queue else ""
    return f"渠道 {name} 从 {_moment(since)} 起{LINES[health.state]}{detail}。{waits}"


def _back(key: str, since: datetime) -> str:
    return f"渠道 {key.removeprefix(LINE)} 从 {_moment(since)} 起又通了，等着的会接着发。"


def _moment(instant: datetime) -> str:
    local = clock.local(instant)
    return f"{local.month}月{local.day}日 {local:%H:%M}"
