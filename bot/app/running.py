"""Starts everything in order and stops it in reverse, so that nothing is left `sending`."""

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial

from aiohttp import web

from bot import clock, handlers, sample, triage
from bot.actions.broadcasting import broadcasts
from bot.actions.delivery import outbox
from bot.actions.figures import overview
from bot.actions.privacy import keyed
from bot.actions.roster.sample import create as create_sample
from bot.actions.staff import conversation, directory
from bot.actions.upkeep import adjusting, backup
from bot.app import building, keeping
from bot.app.reception import Reception
from bot.config import Config, adjusted
from bot.events import Health
from bot.jobs import (
    Clockwork,
    backups,
    confirmation,
    digest,
    escalation,
    failover,
    heartbeat,
    releases,
    retention,
    upkeep,
)
from bot.jobs import broadcasts as broadcasting
from bot.metrics import Metrics
from bot.models import db, keys
from bot.sender import Sender
from bot.web.app import build as build_web
from bot.web.passing import Place
from bot.web.site import Site

log = logging.getLogger(__name__)

STALLED_SECONDS = 30.0
FIRST_TIP = timedelta(seconds=20)
FIRST_TIP_SCHEDULE = "daily-tip"
DIRECTORY_SECONDS = 2.0


class App:
    """One running bot. `start()`, then `stop()`; both may be called once."""

    def __init__(self, config: Config) -> None:
        self.file = config
        self.metrics = Metrics()
        self.clockwork = Clockwork()
        self.port = 0
        self.site: Site
        self._exit = AsyncExitStack()
        self._build(config)

    def _build(self, config: Config) -> None:
        self.config = config
        clock.set_zone(config.union.timezone)
        library = building.texts(config)
        self.programme = building.programme(config, library)
        self.desk = desk = building.desk(config, library)
        self.rules = desk.rules
        self.calling = desk.calling
        self.channels = building.channels(config)
        self.sender = Sender(self.channels, building.pacing(config))
        self.reception = Reception(handlers.build(desk), self.metrics)

    async def start(self) -> None:
        """Lock, key, database, then what was left unfinished, then web, channels, sender and clock."""
        async with AsyncExitStack() as stack:
            os.umask(0o077)  # what the bot writes is for its own account only
            stack.enter_context(db.Instance(self.config.database_url))
            stack.push_async_callback(db.close)
            await db.open_(self.config.database_url)
            keys.use(
                keys.load(self.config.resolve(self.config.database.key_file), create=await overview.nothing_kept())
            )
            await keyed.check()
            await self._adjust()
            stack.push_async_callback(conversation.settled)
            await self._prepare()
            await self._serve(stack)
            await asyncio.to_thread(triage.warm)
            for channel in self.channels:
                stack.push_async_callback(channel.stop)
                await channel.start(self.reception)
            self.sender.start()
            stack.push_async_callback(self.sender.stop)
            self._wind_up()
            stack.push_async_callback(self.clockwork.stop)
            self._exit = stack.pop_all()

    async def stop(self) -> None:
        """In reverse: the clock first, then the sender finishes what is in flight, then channels, web, database."""
        await self._exit.aclose()

    async def _adjust(self) -> None:
        """What was changed on the pages lies over the file; what does not fit any more is left out, and told."""
        values = await adjusting.stored()
        if values:
            config, problems = adjusted(self.file, values)
            for problem in problems:
                log.warning("a setting of the pages is not used: %s", problem)
            self._build(config)

    async def _prepare(self) -> None:
        await follow_database_clock()
        alone = db.is_sqlite(self.config.database_url)  # the instance lock says so
        left = await outbox.sweep(all_sending=alone)
        if left:
            log.warning("%d deliveries were cut off by the last stop, see `songnuan doubtful`", left)
        if parts := await asyncio.to_thread(backup.clear, self.config.resolve(self.config.database.backups)):
            log.warning("removed %d backups that were cut off half-way, the next one comes within the hour", len(parts))
        first_run = await self._sample()
        await directory.refresh()
        await broadcasting.arrange(self.programme)
        if first_run and (schedule := self.programme.schedules.get(FIRST_TIP_SCHEDULE)):
            # A visitor should see a tip arrive within a minute, whatever the hour.
            mark = broadcasting.fingerprint(schedule)
            await broadcasts.plan(schedule.key, mark, clock.now() + FIRST_TIP)

    async def _sample(self) -> bool:
        """The sample union, on the first run of a config that has the sandbox, and only there."""
        name = building.sandbox_name(self.config)
        return name is not None and await create_sample(sample.load(), name)

    async def _serve(self, stack: AsyncExitStack) -> None:
        routes = [route for channel in self.channels for route in channel.routes()]
        place = Place(self.config.resolve(building.PASSING), alone=db.is_sqlite(self.config.database_url))
        self.site = building.site(self.config, self.desk, self, self.programme, file=self.file, place=place)
        runner = web.AppRunner(build_web(self.site, routes), access_log=None, handle_signals=False)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, self.config.web.host, self.config.web.port).start()
        self.port = self.desk.pages.port = runner.addresses[0][1]

    def _wind_up(self) -> None:
        every = self.clockwork.every
        every(1.0, "broadcasts", partial(broadcasting.tick, self.programme))
        every(60.0, "schedules", partial(broadcasting.arrange, self.programme))
        every(2.0, "escalation", partial(escalation.tick, self.rules))
        every(60.0, "confirmation", partial(confirmation.tick, self.rules))
        every(60.0, "digest", partial(digest.tick, self.rules))
        every(60.0, "releases", partial(releases.tick, self.rules, self.calling))
        every(DIRECTORY_SECONDS, "directory", directory.refresh)
        every(15.0, "sweep", upkeep.sweep)
        every(3600.0, "tidy", upkeep.tidy)
        section, backups_in = self.config.database, self.config.resolve(self.config.database.backups)
        tidy = keeping.tidy(self.config, self.channels)
        every(60.0, "backup", partial(backups.tick, section.backup_at, backups_in))
        every(900.0, "retention", partial(retention.tick, self.config.retention.model_dump(), backups_in, tidy))
        files = self.programme
        every(10.0, "failover", partial(failover.tick, self.health, files.channel_quiet, files.quiet_hours))
        every(10.0, "watchman", building.watchman(self.config, self).tick)
        every(60.0, "heartbeat", partial(heartbeat.tick, self.config.watch.url, self.troubles, self.health))
        every(60.0, "clock", follow_database_clock)
        self.clockwork.start()

    def health(self) -> Mapping[str, Health]:
        return {channel.name: channel.health() for channel in self.channels}

    def login_code(self, channel: str) -> str:
        """What a phone has to scan so that this account is signed in; "" when there is nothing to scan."""
        return next((str(getattr(one, "login_qr", None) or "") for one in self.channels if one.name == channel), "")

    def resting(self) -> Mapping[str, float]:
        """Channels whose tips rest after sends in doubt, and for how many seconds more."""
        return self.sender.resting()

    def troubles(self) -> list[str]:
        """What should move and does not, in Chinese, for /healthz."""
        lanes = dict.fromkeys([*self.sender.stalled(STALLED_SECONDS), *self.sender.crashed()])
        found = [f"发送 {name} 停住了，请重启送暖并看日志。" for name in lanes]
        found += [
            f"渠道 {name} 连着三条不确定发没发出，提示先停 {seconds / 60:.0f} 分钟，请到群里看看（songnuan doubtful）。"
            for name, seconds in self.resting().items()
        ]
        return found + [f"定时任务 {name} 停住了，请重启送暖并看日志。" for name in self.clockwork.overdue()]


async def follow_database_clock() -> None:
    """Several machines on one PostgreSQL live by its clock; with SQLite there is only our own."""
    if not db.on_sqlite():
        rows = await db.fetch("SELECT clock_timestamp() AS at")
        offset = clock.follow(rows[0]["at"])
        if abs(offset) > timedelta(seconds=2):
            log.warning("the database's clock is %.0f s ahead of this machine's, following it", offset.total_seconds())


async def run(config: Config) -> int:
    """Start, say where to look, and work until SIGTERM or Ctrl-C; returns the exit code."""
    app = App(config)
    await app.start()
    gc.freeze()  # what is there now stays: to look through it again and again held every page up for 0.1 s at times
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # on Windows; there Ctrl-C cancels the wait below, which stops us too
            loop.add_signal_handler(name, stopping.set)
    page = "/sandbox" if building.sandbox_name(config) else "/healthz"
    print(f"送暖已启动，请在这台电脑上打开 http://127.0.0.1:{app.port}{page} （按 Ctrl-C 停止）", flush=True)
    try:
        await stopping.wait()
    finally:
        await app.stop()
        print("送暖已停止。", flush=True)
    return 0
