"""Songnuan as it runs, with one OneBot channel that dials the network of the benchmark, and a SQLite file.

`python -m bench.ours --folder DIR --port N` fills a new database in DIR, starts the whole app and obeys orders.
Nothing of the app is replaced; only the pacing is switched off, which exists to keep QQ from freezing an account.
"""

import argparse
import asyncio
import cProfile
import gc
import itertools
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench import orders
from bench.seeding import seed
from bot import clock, log
from bot.actions.broadcasting import broadcasts
from bot.actions.staff import directory
from bot.app import App
from bot.config import Config, load
from bot.events import Line
from bot.models import db, keys

CHANNEL = "qq"
CONFIG = """
[web]
port = 0
[broadcasts]
quiet_hours = ""
[channels.qq]
type = "onebot"
mode = "forward"
url = "ws://127.0.0.1:{port}/"
quiet_hours = ""
[channels.qq.pacing]
gap_seconds = [0, 0]
per_minute = 0
per_hour = 0
per_day = 0
canary = false
per_group_day = 0
window = 256
"""


class Bench:
    """Obeys the orders that only this program can: what the app counted, and a broadcast."""

    def __init__(self, app: App, profile: Path | None) -> None:
        self._app = app
        self._slots = itertools.count(1)
        self._broadcast = 0
        self._profiler = cProfile.Profile() if profile else None
        self._profile = profile

    async def obey(self, order: orders.Order) -> orders.Order:
        match order["do"]:
            case "counters":
                return self._counters()
            case "received":
                await self._until(lambda: self._counters()["received"] >= order["count"])
                return {"at": time.monotonic(), **self._counters()}
            case "broadcast":
                return await self._fire(order["groups"])
            case "recorded":
                return await self._recorded(order["groups"])
            case "profile":
                return self._switch_profile(order["on"])
        raise ValueError(order["do"])

    def _counters(self) -> dict[str, float]:
        metrics = self._app.metrics
        return {"received": metrics.received, "handled": metrics.handled, "errors": metrics.errors}

    async def _until(self, condition: Any) -> None:
        while not condition():  # noqa: ASYNC110 - the counters have no event
            await asyncio.sleep(0.002)

    async def _fire(self, groups: int) -> orders.Order:
        """What `jobs.broadcasts` does once a slot is due, from its decision on."""
        texts = self._app.programme.texts
        parts = texts.render(next(key for key in sorted(texts.messages) if key.startswith("tips/")), **self._facts())
        now = clock.now()
        firing = broadcasts.Firing(
            schedule_key="bench",
            slot=now + timedelta(seconds=next(self._slots)),
            next_slot=None,
            message_key="bench",
            title="bench",
            render=lambda unit: parts,
            per_unit=False,
            expires_at=now + timedelta(hours=6),
        )
        audience = sorted(directory.groups_for((), ()), key=lambda place: place.group_id)[:groups]
        started = time.monotonic()
        done = await broadcasts.fire(firing, audience, {})
        assert done is not None
        self._broadcast = done.id
        return {"started": started, "queued": time.monotonic()}

    def _facts(self) -> dict[str, object]:
        return {"union": self._app.config.union, "unit": "", "date": ""}

    async def _recorded(self, groups: int) -> orders.Order:
        """Waits until all rows are `sent`; asked for after the last call was seen, so it disturbs nothing."""
        query = "SELECT count(*) AS n FROM delivery WHERE broadcast_id = ? AND status = 'sent'"
        async with asyncio.timeout(60):
            while (await db.fetch(query, self._broadcast))[0]["n"] < groups:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        return {"ended": time.monotonic()}

    def _switch_profile(self, on: bool) -> orders.Order:
        if self._profiler is None or self._profile is None:
            return {}
        if on:
            self._profiler.enable()
        else:
            self._profiler.disable()
            self._profiler.dump_stats(self._profile)
        return {}


def prepare(folder: Path, port: int) -> Config:
    """A config of its own in `folder`, with the project's texts and no schedule that could fire meanwhile."""
    (folder / "schedules").mkdir(parents=True)
    (folder / "messages").symlink_to(Path(__file__).parents[1] / "messages")
    (folder / "config.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
    return load(folder / "config.toml", {})


async def serve(folder: Path, port: int, households: int, groups: int, profile: Path | None) -> None:
    config = prepare(folder, port)
    log.setup(config.log.level, config.log.format)
    keys.use(keys.load(config.resolve(config.database.key_file), create=True))
    await db.open_(config.database_url)
    await seed(CHANNEL, households, groups)
    await db.close()
    app = App(config)
    await app.start()
    gc.freeze()  # as `songnuan run` does
    while app.health()[CHANNEL].state is not Line.ONLINE:  # noqa: ASYNC110 - no event tells it
        await asyncio.sleep(0.01)
    orders.say({"ready": True})
    await orders.obey(Bench(app, profile).obey)
    await app.stop()


def options() -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--households", type=int, default=10)
    parser.add_argument("--groups", type=int, default=10)
    parser.add_argument("--profile", type=Path)
    return vars(parser.parse_args())


if __name__ == "__main__":
    asyncio.run(serve(**options()))
