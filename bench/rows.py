"""The measurements: each pair by turns, A B A B, in one run; figures and ratios are the medians of the rounds."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.programs import Program

WINDOW = 64


class Size(NamedTuple):
    """How much is measured."""

    rounds: int
    seconds: float  # about, of one round of a flood or of commands
    groups: int
    idle: int  # requests one by one
    storm: int  # seconds of flood with requests in it


FULL = Size(rounds=5, seconds=2.5, groups=10_000, idle=200, storm=20)
QUICK = Size(rounds=2, seconds=0.5, groups=1_000, idle=40, storm=4)
STORM_NEEDS, STORM_CHATTER, STORM_COMMANDS = 10, 160, 40  # a second


class Sample(NamedTuple):
    """One round: items a second, CPU seconds of the measured program an item, and how busy the network was."""

    rate: float
    cpu: float
    network: float


class Side(NamedTuple):
    """A program that is measured, and the network that it is connected to."""

    program: Program
    network: Program

    async def sample(self, count: int, work: Awaitable[float]) -> Sample:
        """`work` returns the seconds that `count` items took."""
        before = self.program.cpu(), self.network.cpu()
        took = await work
        cpu, network = self.program.cpu() - before[0], self.network.cpu() - before[1]
        return Sample(count / took, cpu / count, network / took)


Measure = Callable[[int], Awaitable[Sample]]


async def by_turns(measures: list[Measure], size: Size, first: int) -> list[list[Sample]]:
    """Each measure finds out how many items fill a round, then all of them by turns."""
    counts = []
    for measure in measures:
        rate = (await measure(first)).rate
        rate = (await measure(max(first, int(rate * size.seconds / 5)))).rate
        counts.append(max(first, int(rate * size.seconds)))
    return await rounds(measures, counts, size.rounds)


async def rounds(measures: list[Measure], counts: list[int], times: int) -> list[list[Sample]]:
    """A B A B: what slows the machine down for a while slows both sides down."""
    found = [[await measure(count) for measure, count in zip(measures, counts, strict=True)] for _ in range(times)]
    return [list(samples) for samples in zip(*found, strict=True)]


def flood(side: Side) -> Measure:
    """Ordinary messages: from the first byte written to the last message judged (or counted)."""

    async def work(count: int) -> float:
        before = (await side.program.ask("counters"))["received"]
        done, sent = await asyncio.gather(
            side.program.ask("received", count=before + count), side.network.ask("flood", count=count)
        )
        return float(done["at"] - sent["started"])

    return lambda count: side.sample(count, work(count))


def drained(side: Side) -> Measure:
    """Frames that the network can write when nobody looks at them."""
    return lambda count: side.sample(count, _took(side.network, "flood", count=count))


def commands(side: Side, text: str) -> Measure:
    """Commands, with 64 people waiting for their answer."""
    return lambda count: side.sample(count, _took(side.network, "commands", count=count, window=WINDOW, text=text))


async def _took(network: Program, load: str, **order: object) -> float:
    done = await network.ask(load, **order)
    return float(done["ended"] - done["started"])


def broadcast(side: Side, *, recorded: bool) -> Measure:
    """Calls to groups; ours from the first row written to the last row recorded as sent."""

    async def work(groups: int) -> float:
        await side.network.ask("calls", count=groups, later=True)
        begun = await side.program.ask("broadcast", groups=groups)
        arrived = await side.network.ask("result")
        if arrived["groups"] != groups:
            raise AssertionError(f"{arrived['groups']} groups of {groups} were reached")
        ended = (await side.program.ask("recorded", groups=groups))["ended"] if recorded else begun["ended"]
        return float(ended - begun["started"])

    return lambda groups: side.sample(groups, work(groups))


async def settled(network: Program, first: int, size: Size) -> tuple[dict[str, float], dict[str, float]]:
    """Latency from a family's frame to the alert's frame: one by one, and in a storm."""
    idle = await network.ask("requests", first=first, count=size.idle)
    storm = await network.ask(
        "requests",
        first=first + size.idle,
        count=size.storm * STORM_NEEDS,
        rate=STORM_NEEDS,
        chatter=STORM_CHATTER,
        commands=STORM_COMMANDS,
    )
    return idle, storm


def households(size: Size) -> int:
    return size.idle + size.storm * STORM_NEEDS + 1


def rate(samples: list[Sample]) -> float:
    return median(sample.rate for sample in samples)


def ratio(ours: list[Sample], other: list[Sample]) -> float:
    """Each round against the one beside it, so that a slow minute of the machine cancels out."""
    return median(one.rate / two.rate for one, two in zip(ours, other, strict=True))


def cpu(samples: list[Sample]) -> float:
    """Microseconds of CPU an item; steadier than the rate on a machine that is shared."""
    return 1e6 * median(sample.cpu for sample in samples)


def disk(folder: Path, times: int = 50) -> float:
    """Median seconds of one write with fsync: what each durable commit waits for at least."""
    took = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(times):
            began = time.monotonic()
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())
            took.append(time.monotonic() - began)
    return median(took)
