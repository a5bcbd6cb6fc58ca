"""Volunteers, chairs and families who know only what the bot has written to them, and answer in one line each.

Each of them turns what was heard into lines to be written later; the story lets the time pass.
"""

import re
from abc import ABC, abstractmethod
from asyncio import gather
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot import clock
from bot.app.reception import Reception
from bot.handlers import build
from bot.metrics import Metrics
from tests.replay.families import THINGS, Family
from tests.room import Room, incoming

SHORTLY, HOUR, DAY = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
NEXT, VISITED = "下一户", "上门看过了"
# What the bot says when it has not understood, or must not do what somebody wants.
REFUSALS = re.compile("看不懂|不认识|没看到|没找到|没有找到|名册上没有|不是派给您的|这一步请|已经办结|还没有记|先写")


class Person(ABC):
    """`todo` holds (from when, line)."""

    def __init__(self, account: str, name: str) -> None:
        self.account, self.name = account, name
        self.todo: list[tuple[datetime, str]] = []

    def later(self, after: timedelta, line: str) -> None:
        self.todo.append((clock.now() + after, line))

    def due(self) -> list[str]:
        """What to write now: one line at a time, as people do."""
        ready = sorted(one for one in self.todo if one[0] <= clock.now())[:1]
        for one in ready:
            self.todo.remove(one)
        return [line for _, line in ready]

    @abstractmethod
    def hears(self, text: str) -> None:
        """Read what the bot wrote, and make up one's mind what to write and when."""


class Relative(Person):
    """Somebody of a family in need, with a chat account."""

    def __init__(self, family: Family) -> None:
        super().__init__(family.account, family.name)
        self.family = family

    def hears(self, text: str) -> None:
        if "收到了吗" in text:
            self.later(2 * HOUR, self.family.answer())


class Listener(Person):
    """Whoever is above everybody: nothing climbs to them while the chairs do their work."""

    def __init__(self, account: str, name: str) -> None:
        super().__init__(account, name)
        self.heard: list[str] = []

    def hears(self, text: str) -> None:
        self.heard.append(text)


class Chair(Person):
    """Takes every alert at once and gives it to the volunteers of the mine in turn."""

    def __init__(self, account: str, name: str, families: dict[str, Family]) -> None:
        super().__init__(account, name)
        self.families, self.helpers, self.given = families, [""], 0

    def hears(self, text: str) -> None:
        alert = re.match(r"【(?:求助|紧急) (\d+) 号】", text)
        taken = re.match(r"(\d+) 号交给您了：(H\d+) ", text)
        if alert:
            self.later(SHORTLY, f"收到 {alert[1]}")
        elif taken:
            family, self.given = self.families[taken[2]], self.given + 1
            things = f" {family.parcel}" if family.promised else ""
            self.later(HOUR, f"派 {taken[1]} {self.helpers[self.given % len(self.helpers)]}{things}")


class Volunteer(Person):
    """Calls one household after another, brings what is to be brought, and asks whether it has arrived."""

    def __init__(self, account: str, name: str, families: dict[str, Family]) -> None:
        super().__init__(account, name)
        self.families = families
        self.brought: set[str] = set()

    def asks(self, at: datetime) -> None:
        """For the next household, not before then; whatever was meant before is old."""
        self.todo = [(when, line) for when, line in self.todo if line != NEXT]
        self.todo.append((at, NEXT))

    def goes_home(self) -> None:
        tomorrow = morning(clock.local(clock.now()))
        self.todo = [(max(when, tomorrow) if line == NEXT else when, line) for when, line in self.todo]

    def hears(self, text: str) -> None:
        for pattern, reaction in REACTIONS:
            if found := re.search(pattern, text):
                reaction(self, text, *found.groups())
                return

    def _dials(self, text: str, code: str) -> None:
        family = self.families[code]
        if family.slips and not family.tries:
            self.later(SHORTLY / 2, "未接")
            self.later(SHORTLY, f"改 {family.words}")
        else:
            self.later(SHORTLY / 2, family.dialled())
        self.asks(clock.now() + SHORTLY + SHORTLY / 2)

    def _visits(self, text: str, code: str) -> None:
        family = self.families[code]
        family.tries.clear()
        self.later(DAY, f"回访 {code} {family.words}，{VISITED}")

    def _rests(self, text: str, month: str, day: str, hour: str, minute: str) -> None:
        local = clock.local(clock.now())
        at = local.replace(month=int(month), day=int(day), hour=int(hour), minute=int(minute))
        self.asks(min(max(at, local + SHORTLY), local + DAY))

    def _stops(self, text: str) -> None:
        """Enough for today; promises to families still count, so one look in the evening."""
        local = clock.local(clock.now())
        evening = local.replace(hour=19, minute=10)
        self.asks(evening if local < evening else morning(local))

    def _brings(self, text: str, number: str, code: str) -> None:
        family = self.families[code]
        self.brought.add(number)
        said = f"{THINGS} 1{family.fen // 100}元" if family.corrected else family.parcel  # a digit too many
        self.later(4 * HOUR, f"送达 {number}" if "带去：" in text else f"送达 {number} {said}")
        if family.corrected:
            self.later(4 * HOUR + SHORTLY, f"更正 {number} {family.parcel}")

    def _asks(self, text: str, number: str, code: str) -> None:
        answer = self.families[code].answer()
        self.later(HOUR, f"回访确认 {number}" + (" 没收到" if answer == "2" else ""))
        if answer == "2":
            self.later(3 * HOUR, f"送达 {number}")

    def _brings_again(self, text: str, number: str) -> None:
        if number in self.brought:
            self.later(2 * HOUR, f"送达 {number}")


REACTIONS = (
    (r"^下一户：(H\d+) ", Volunteer._dials),
    (r"(?s)^已记：(H\d+) .*接下来：请上门看看", Volunteer._visits),
    (r"下一户是 (\d+)月(\d+)日 (\d+):(\d+) 以后", Volunteer._rests),
    (r"够多了|今天没有要打的了|没有分给您的户|现在不是打电话的时候", Volunteer._stops),
    (r"^(\d+) 号交给您了：(H\d+) ", Volunteer._brings),
    (r"^(\d+) 号（(H\d+)）的家属没法在这里问", Volunteer._asks),
    (r"^(\d+) 号（H\d+）家属说没收到：", Volunteer._brings_again),
)


def morning(local: datetime) -> datetime:
    """When calls may begin on the next day."""
    return (local + DAY).replace(hour=8, minute=30, second=0)


class Hall:
    """Everybody writes at once, in the order of their names, and reads what the bot wrote back."""

    def __init__(self) -> None:
        self.room, self.metrics = Room(), Metrics()
        self.room.reception = Reception(build(self.room.desk), self.metrics)
        self.people: dict[str, Person] = {}
        self.said, self.heard = 0, 0
        self.counts = Counter[str]()
        self.refused: list[str] = []

    def enter(self, people: Iterable[Person]) -> None:
        self.people |= {one.account: one for one in people}

    async def say(self, lines: Sequence[tuple[Person, str]]) -> list[tuple[Person, str]]:
        """Returns what came into the outbox because of it; whoever it is for has heard it."""
        self.said += len(lines)
        for _, line in lines:
            self.counts[line.split()[0]] += 1
        await gather(*(self.room.reception.received(incoming(line, who.account)) for who, line in lines))
        return await self.listen()

    async def listen(self) -> list[tuple[Person, str]]:
        news = [(self.people[one.chat], one.text) for one in await self.room.news()]
        self.heard += len(news)
        self.refused += [text for _, text in news if REFUSALS.search(text)]
        for person, text in news:
            person.hears(text)
        return news

    async def speak(self) -> int:
        lines = [(person, line) for person in self.people.values() for line in person.due()]
        if lines:
            await self.say(lines)
        return len(lines)

    def next_moment(self) -> datetime | None:
        return min((at for person in self.people.values() for at, _ in person.todo), default=None)
