"""A small union on disk for a bot process (config, texts, schedules, key), and the process itself.

No schedule here is ever due by itself: tests plan the slots, so that they know which there must be.
Each schedule goes once through texts of its own, so that every slot says something that no other says.
"""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOKEN = "warm-token"
NEVER = 'cron = "0 0 1 1 *"'  # only at New Year, when nobody tests
PATIENCE = 60.0

CONFIG = """\
[database]
url = "{database}"
[web]
port = 0
[broadcasts]
quiet_hours = ""
[log]
level = "WARNING"
[channels.{network}]
{channel}
token = "{token}"
[channels.{network}.pacing]
gap_seconds = [0, 0]
per_minute = 0
per_hour = 0
per_day = 0
canary = false
per_group_day = 0
window = {window}
"""
CHANNELS = {
    "qq": 'type = "onebot"\nmode = "forward"\nurl = "{peer}"',
    "wechat": 'type = "wechaty"\nendpoint = "{peer}"\ntls = false',
}
SCHEDULE = """\
name = "{key}"
[when]
{when}
[send]
pick = "sequence"
messages = ["tips/{key}-*"]
"""
TEXT = """\
+++
key = "tips/{key}"
title = "{key}"
topic = "cold"
source = "送暖测试"
+++
天冷添衣,路上慢走。({key})
"""


def write_site(
    folder: Path,
    peer: str,
    *,
    network: str = "qq",
    database: str = "sqlite://data/songnuan.db",
    schedules: int = 3,
    texts: int = 20,
    window: int = 64,
    when: str = NEVER,
) -> Path:
    """Returns the path of its config.toml; the schedules are called s0, s1, …"""
    for name in ("messages/tips", "schedules", "secrets", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    key = folder / "secrets" / "songnuan.key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    config = folder / "config.toml"
    config.write_text(
        CONFIG.format(
            database=database,
            network=network,
            channel=CHANNELS[network].format(peer=peer),
            token=TOKEN,
            window=window,
        )
    )
    for number in range(schedules):
        name = f"s{number}"
        (folder / "schedules" / f"{name}.toml").write_text(SCHEDULE.format(key=name, when=when))
        for text in range(texts):
            (folder / "messages" / "tips" / f"{name}-{text:04}.md").write_text(TEXT.format(key=f"{name}-{text:04}"))
    return config


@dataclass
class Bot:
    """A running bot process. What it logs is added to bot.log beside its config."""

    process: asyncio.subprocess.Process
    log: Path

    @classmethod
    async def start(cls, config: Path, *words: str) -> "Bot":
        """Returns at once; `ready` waits until it works. With the word "--wait" it begins at `go`."""
        command = [sys.executable, "-m", "tests.servers.bot_process", str(config), *words]
        log = config.with_name("bot.log")
        pipe = asyncio.subprocess.PIPE
        with log.open("ab") as errors:
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=errors)
        return cls(process, log)

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")

    async def ready(self) -> None:
        """It has started; raises AssertionError with the end of its log when it could not."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self.process.stdout.readline()
        assert line, f"the bot did not start:\n{self.log.read_text()[-3000:]}"

    async def lives_for(self, seconds: float) -> bool:
        """Waits so long, or until it ends; returns whether it is still there."""
        try:
            async with asyncio.timeout(seconds):
                await self.process.wait()
        except TimeoutError:
            return True
        return False

    async def kill(self) -> None:
        """kill -9: no last word. Harmless when it has ended already."""
        if self.process.returncode is None:
            self.process.kill()
        await self._gone()

    async def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self._gone()

    async def _gone(self) -> int:
        async with asyncio.timeout(PATIENCE):
            await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode
