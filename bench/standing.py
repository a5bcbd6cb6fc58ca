"""Start-up time and idle memory of a new installation with the sandbox, and NoneBot's beside them."""

import asyncio
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.programs import ROOT, Program, free_port, network

CONFIG = """
[web]
port = {port}
[channels.sandbox]
type = "sandbox"
"""
WECHAT = """
[channels.wechat]
type = "wechaty"
endpoint = "127.0.0.1:9"
token = "nobody-listens-there"
tls = false
"""
SETTLE = 3.0  # seconds after the start at which memory is read


class Standing(NamedTuple):
    """Medians: seconds from process start until it answers, and MiB once it is idle."""

    seconds: float
    memory: float


async def ours(folder: Path, rounds: int, *, wechat: bool = False) -> tuple[float, list[Standing]]:
    """(seconds of the very first start, which makes the database; the starts after it)."""
    home = folder / ("wechat" if wechat else "sandbox")
    home.mkdir()
    for name in ("messages", "schedules"):
        (home / name).symlink_to(ROOT / name)
    starts = [await _our_start(home, WECHAT if wechat else "") for _ in range(rounds + 1)]
    return starts[0].seconds, starts[1:]


async def _our_start(home: Path, more: str) -> Standing:
    port = free_port()
    (home / "config.toml").write_text(CONFIG.format(port=port) + more, encoding="utf-8")
    program = await Program.start("songnuan", home, "-m", "bot", "run")
    try:
        async with asyncio.timeout(60):
            while not await _answers(port):  # noqa: ASYNC110 - nothing but the port tells it
                await asyncio.sleep(0.01)
        return await _standing(program, time.monotonic())
    finally:
        await program.stop()


async def _answers(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.write(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
    answer = await reader.read(64)
    writer.close()
    return answer.startswith(b"HTTP/")  # with a line that is down it says 503, and is up all the same


async def nonebot(folder: Path, rounds: int) -> list[Standing]:
    """NoneBot has no page to ask: it counts as started when it has dialled the network."""
    return [await _nonebot_start(folder) for _ in range(rounds)]


async def _nonebot_start(folder: Path) -> Standing:
    net = await network(folder)
    program = await Program.start("nonebot", folder, "-m", "bench.nonebot_echo", "--port", net.hello["port"])
    try:
        return await _standing(program, (await net.ask("connected"))["at"])
    finally:
        await program.stop()
        await net.stop()


async def _standing(program: Program, up: float) -> Standing:
    await asyncio.sleep(SETTLE)
    return Standing(up - program.started, program.memory())


def middle(starts: list[Standing]) -> Standing:
    return Standing(median(start.seconds for start in starts), median(start.memory for start in starts))
