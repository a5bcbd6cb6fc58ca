"""kill -9, again and again: a real bot broadcasts to a real peer and is killed at random moments.

The moments come from a seed: while it starts, while it fires a slot, while it sends. There is always
something due, so every life of the bot has work to lose. At the end one life may finish, and the books
are compared.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from bot import clock
from bot.actions.broadcasting import broadcasts
from bot.content import load_schedules
from bot.jobs.broadcasts import fingerprint
from bot.models import db
from bot.models.fields import to_ms
from tests.servers.bot_site import PATIENCE, Bot, write_site
from tests.servers.onebot_process import peer_process
from tests.servers.wechaty_process import ME, WechatyGateway, room_id
from tests.torture.books import Sent, Slot, Verdict, audit, integrity

WINDOW = 64
SCHEDULES = 3
MOMENTS = {"sending": 6, "firing": 3, "starting": 2}  # how often each is chosen
FIRST_TICK = 1.0  # seconds after the start when slots are looked for


async def until_none(statement: str, *values: object) -> None:
    """Waits until a query finds nothing any more."""
    async with asyncio.timeout(2 * PATIENCE):
        while await db.fetch(statement, *values):  # noqa: ASYNC110 - another process does not announce it
            await asyncio.sleep(0.05)


class Peer(Protocol):
    """A chat network in a process of its own, which outlives every bot."""

    @property
    def url(self) -> str: ...

    def ledger(self) -> Sequence[Sent]: ...

    async def count(self) -> int: ...

    async def order(self, verb: str, **more: Any) -> object: ...

    async def reaches(self, count: int) -> None: ...


class Yard:
    """A site, a peer, and which slots were planned. `bot` is the one that lives, if one does."""

    def __init__(self, folder: Path, network: str, peer: Peer, groups: int, texts: int) -> None:
        self.peer = peer
        self.groups = groups
        self.texts = texts
        self.config = write_site(folder, peer.url, network=network, schedules=SCHEDULES, texts=texts, window=WINDOW)
        schedules = load_schedules(folder / "schedules")
        self.marks = {key: fingerprint(schedule) for key, schedule in schedules.items()}
        self.slots: set[Slot] = set()
        self.bot: Bot | None = None
        self.start_seconds = 1.0  # how long the last start took
        self._spare: Bot | None = None  # has its imports behind it, so that kills follow quickly

    async def furnish(self) -> None:
        """The first start makes the tables and learns the groups; then a person switches them on."""
        bot = await self.start()
        await bot.ready()
        await db.open_(f"sqlite://{self.config.parent / 'data/songnuan.db'}", upgrade=False)
        await until_none("SELECT 1 FROM (SELECT count(*) AS n FROM chat_group) AS c WHERE n < ?", self.groups)
        assert await bot.stop() == 0
        await db.fetch("UPDATE chat_group SET enabled = ? RETURNING id", True)

    async def start(self) -> Bot:
        self.bot = self._spare or await Bot.start(self.config, "--wait")
        self.bot.go()
        self._spare = await Bot.start(self.config, "--wait")
        return self.bot

    async def leave(self) -> None:
        """Whatever happened, no process stays behind."""
        for bot in (self.bot, self._spare):
            if bot is not None:
                await bot.kill()

    async def plan(self) -> None:
        """Make one more slot due, of the schedule that has said least and waits for nothing."""
        said = Counter(slot.schedule for slot in self.slots)
        waiting = {row["key"] for row in await self._unfired()}
        key = min(self.marks.keys() - waiting, key=lambda key: (said[key], key))
        assert said[key] < self.texts, "more slots than texts"
        slot = clock.now()
        await broadcasts.plan(key, self.marks[key], slot)
        self.slots.add(Slot(key, to_ms(slot)))

    async def waiting(self) -> int:
        """Deliveries that are still to be sent, written or not."""
        rows = await db.fetch("SELECT count(*) AS n FROM delivery WHERE status = 'queued'")
        return int(rows[0]["n"]) + self.groups * len(await self._unfired())

    async def _unfired(self) -> list[dict[str, str]]:
        return await db.fetch("SELECT key FROM schedule_state WHERE next_slot <= ?", to_ms(clock.now()))

    async def finish(self) -> int:
        """One life to the end of the work; returns the exit code after SIGTERM."""
        bot = await self.start()
        await bot.ready()
        await until_none("SELECT 1 FROM schedule_state WHERE next_slot <= ?", to_ms(clock.now()))
        await until_none("SELECT 1 FROM delivery WHERE status IN ('queued', 'sending') LIMIT 1")
        return await bot.stop()

    async def audit(self, most_unknown: int) -> Verdict:
        verdict = await audit(self.peer.ledger(), self.slots, self.groups, most_unknown)
        verdict.problems += await integrity()
        return verdict


@asynccontextmanager
async def _gateway(folder: Path, groups: int) -> AsyncIterator[WechatyGateway]:
    rooms = [(room_id(number), f"{number} 号群") for number in range(groups)]
    gateway = WechatyGateway(rooms=rooms, people={ME: "送暖"}, ledger=folder / "ledger.jsonl")
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.kill()


@asynccontextmanager
async def yard(folder: Path, groups: int, texts: int, network: str = "qq") -> AsyncIterator[Yard]:
    """Everything in place, and the database open here too."""
    async with AsyncExitStack() as stack:
        peer: Peer = await stack.enter_async_context((peer_process if network == "qq" else _gateway)(folder, groups))
        place = Yard(folder, network, peer, groups, texts)
        try:
            await place.furnish()
            yield place
        finally:
            await place.leave()
            await db.close()


async def torture(
    folder: Path,
    *,
    kills: int,
    groups: int,
    seed: int,
    network: str = "qq",
    report: Callable[[str], None] = lambda line: None,
) -> Verdict:
    """Kill so many times, finish, and compare the books."""
    rng = random.Random(seed)
    found: Counter[str] = Counter()
    async with yard(folder, groups, texts=kills // 4 + 4, network=network) as place:
        for number in range(1, kills + 1):
            moment = rng.choices(list(MOMENTS), list(MOMENTS.values()))[0]
            await _life(place, moment, rng)
            seen = await _seen()
            found[f"killed while {moment}"] += 1
            found["kills that cut sends"] += seen > 0
            report(f"{number:4}/{kills}  {moment:8}  {await place.peer.count():7} sent  {seen:3} cut off")
        code = await place.finish()
        verdict = await place.audit(kills * WINDOW)
        if code:
            verdict.problems.append(f"exit code {code} after SIGTERM")
    verdict.counts = {"kills": kills, "groups": groups, **found, **verdict.counts}
    return verdict


async def _life(place: Yard, moment: str, rng: random.Random) -> None:
    """From a start to a kill."""
    if await place.waiting() < place.groups:
        await place.plan()
    before, work = await place.peer.count(), await place.waiting()
    bot = await place.start()
    if moment == "starting":
        assert await bot.lives_for(rng.uniform(0, place.start_seconds))
    else:
        began = time.monotonic()
        await bot.ready()
        place.start_seconds = time.monotonic() - began
        if moment == "firing":
            assert await bot.lives_for(FIRST_TICK + rng.uniform(-0.2, 0.3))
        else:
            await place.peer.reaches(before + rng.randint(1, min(work, place.groups)))
    await bot.kill()


async def _seen() -> int:
    """Rows that the dead bot left in `sending`."""
    rows = await db.fetch("SELECT count(*) AS n FROM delivery WHERE status = 'sending'")
    return int(rows[0]["n"])
