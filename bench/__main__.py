"""`make bench`: everything in one run, one table at the end. Exit code 1 when a target or a peer is missing."""

import argparse
import asyncio
import shutil
import sys
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path

from bench import chat, imports, pages, rows, standing, table
from bench.programs import ROOT, Program, network
from bench.rows import FULL, QUICK, WINDOW, Side, Size

ALL = ("chat", "commands", "broadcast", "latency", "standing", "imports", "pages")


class Run:
    """The programs of one run, started when a row first needs them, and the rows so far."""

    def __init__(self, folder: Path, size: Size, stack: AsyncExitStack) -> None:
        self.folder, self.size, self.stack = folder, size, stack
        self.rows: list[table.Row] = []
        self.notes: list[str] = []
        self.has_nonebot = find_spec("nonebot") is not None

    async def prepare(self) -> None:
        self.ours = await self._side("ours", "bench.ours", "--folder", self.folder / "home", *self._scale())
        self.bare = await self._side("bare", "bench.bare")

    def _scale(self) -> list[object]:
        return ["--households", rows.households(self.size), "--groups", self.size.groups]

    async def _side(self, name: str, module: str, *words: object) -> Side:
        net = await self._own(await network(self.folder, self.size.groups))
        words = (module, "--port", net.hello["port"], *words)
        return Side(await self._own(await Program.obedient(name, self.folder, *words)), net)

    async def _own(self, program: Program) -> Program:
        self.stack.push_async_callback(program.stop)
        return program

    async def chat(self) -> None:
        before = (await self.ours.program.ask("counters"))["handled"]
        ceiling = await self._ceiling()
        ours, bare = await rows.by_turns([rows.flood(self.ours), rows.flood(self.bare)], self.size, 1000)
        handled = (await self.ours.program.ask("counters"))["handled"] - before
        self._pair("1 ordinary chat, judged and forgotten", "msg/s", ours, bare, "bare aiohttp + json", 0.4)
        self._note("1", ours, bare, f"the network alone writes {ceiling:,.0f} frames/s")
        taken = len(chat.ALL_TALK) - len(chat.ordinary())
        self.notes.append(
            f"row 1: {len(chat.ordinary()):,} texts in turn; {taken} more are left out, triage takes them for requests;"
            f" {handled:.0f} messages were handled"
        )

    async def _ceiling(self) -> float:
        side = await self._side("drain", "bench.bare", "--drain")
        [samples] = await rows.by_turns([rows.drained(side)], self.size, 10_000)
        return rows.rate(samples)

    async def commands(self) -> None:
        measures = [rows.commands(self.ours, "帮助"), rows.commands(self.bare, "/echo 帮助")]
        if self.has_nonebot:
            measures.append(rows.commands(await self._nonebot(), "/echo 帮助"))
        ours, bare, *rest = await rows.by_turns(measures, self.size, 200)
        name = f"2 帮助 answered through the outbox, {WINDOW} in flight"
        self._pair(name, "cmd/s", ours, rest[0] if rest else None, "NoneBot2 echo, no database", 1.0)
        self._note("2", ours, rest[0] if rest else bare, f"bare echo {rows.rate(bare):,.0f}/s")

    async def _nonebot(self) -> Side:
        net = await self._own(await network(self.folder))
        words = ("-m", "bench.nonebot_echo", "--port", net.hello["port"])
        return Side(await self._own(await Program.start("nonebot", self.folder, *words)), net)

    async def broadcast(self) -> None:
        measures = [rows.broadcast(self.ours, recorded=True), rows.broadcast(self.bare, recorded=False)]
        groups = self.size.groups
        ours, bare = await rows.rounds(measures, [groups, groups], min(3, self.size.rounds))
        what = f"3 broadcast to {groups:,} groups, recorded"
        self._pair(what, "calls/s", ours, bare, "bare aiohttp, no database", 0.3)
        self._note("3", ours, bare, "every group reached once, every row `sent`")

    async def latency(self) -> None:
        idle, storm = await rows.settled(self.ours.network, 0, self.size)
        others = rows.STORM_CHATTER + rows.STORM_COMMANDS
        name = "4 family's frame to alert's frame"
        self.rows.append(table.below(f"{name}, idle, {self.size.idle} households", idle, 0.1))
        self.rows.append(table.below(f"{name}, in a flood of {others}/s for {self.size.storm} s", storm, 1.0))
        self.notes.append(
            f"row 4: one by one; then {rows.STORM_NEEDS} requests/s among {rows.STORM_CHATTER} chat lines/s and"
            f" {rows.STORM_COMMANDS} 帮助/s, open loop"
        )

    async def standing(self) -> None:
        times = 1 if self.size is QUICK else 3
        first, starts = await standing.ours(self.folder, times)
        ours = standing.middle(starts)
        other = standing.middle(await standing.nonebot(self.folder, times)) if self.has_nonebot else None
        beside = ("", "")
        if other is not None:
            beside = (f"NoneBot2: {other.seconds:.2f} s", f"NoneBot2: {other.memory:.0f} MiB")
        self.rows.append(table.Row("5 process start to /healthz, sandbox", f"{ours.seconds:.2f} s", beside[0]))
        self.rows.append(table.Row("5 resident memory when idle, sandbox", f"{ours.memory:.0f} MiB", beside[1]))
        extra = standing.middle((await standing.ours(self.folder, times, wechat=True))[1])
        self.rows.append(table.Row("5 the same with a WeChat channel: start", f"{extra.seconds:.2f} s", ""))
        self.rows.append(table.Row("5 the same with a WeChat channel: memory", f"{extra.memory:.0f} MiB", ""))
        self.notes.append(
            f"row 5: the very first start makes database and sample: {first:.2f} s; NoneBot2 counts as started when"
            f" it has dialled, with no database and no page; memory {standing.SETTLE:.0f} s after the start"
        )

    async def imports(self) -> None:
        found, notes = await asyncio.to_thread(imports.rows, self.folder, self.size)
        self.rows += found
        self.notes += notes

    async def pages(self) -> None:
        found, notes = await pages.rows(self.folder, self.size)
        self.rows += found
        self.notes += notes

    def _pair(
        self, what: str, unit: str, ours: list[rows.Sample], other: list[rows.Sample] | None, peer: str, least: float
    ) -> None:
        beside = f"{peer}: " + ("not installed" if other is None else f"{rows.rate(other):,.0f}")
        ratio = None if other is None else rows.ratio(ours, other)
        self.rows.append(table.compared(what, f"{rows.rate(ours):,.0f} {unit}", beside, ratio, least))

    def _note(self, number: str, ours: list[rows.Sample], other: list[rows.Sample], more: str) -> None:
        raw = " | ".join(" ".join(f"{sample.rate:.0f}" for sample in side) for side in (ours, other))
        cpu = " | ".join(f"{rows.cpu(side):.0f}" for side in (ours, other))
        busy = max(sample.network for sample in ours + other)
        used = f"CPU µs each {cpu}; load generator at most {busy:.0%} busy"
        self.notes.append(f"row {number}: rounds {raw}; {used}; {more}")


async def main(size: Size, only: list[str], keep: bool) -> int:
    folder = ROOT / "test-output" / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print("\n".join(table.machine(rows.disk(folder))), flush=True)
    async with AsyncExitStack() as stack:
        run = Run(folder, size, stack)
        if {*only} - {"standing", "imports", "pages"}:
            await run.prepare()
        for name in only:
            print(f"… {name}", file=sys.stderr, flush=True)
            await getattr(run, name)()
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    table.show(run.rows)
    print("\n".join(run.notes))
    if not run.has_nonebot:
        print("NoneBot2 is not installed here, so row 2 has nothing to compare with: run `make bench`, it installs it.")
    return int(any(row.met is False for row in run.rows))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller and less exact, under a minute")
    parser.add_argument("--only", nargs="+", choices=ALL, default=list(ALL))
    parser.add_argument("--keep", action="store_true", help="keep databases and logs below test-output/bench")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(QUICK if given.quick else FULL, given.only, given.keep)))
