"""Starts the measured programs as processes of their own, gives them orders, and ends them."""

import asyncio
import json
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PATIENCE = 300.0


class Failed(Exception):
    """A measured program ended or did not answer; its log says why."""


class Program:
    """One process: `python -m MODULE …`, working in `folder`, its log beside it."""

    def __init__(self, process: Process, name: str, log: Path, started: float) -> None:
        self.process, self.name, self.log, self.started = process, name, log, started
        self.hello: dict[str, Any] = {}

    @classmethod
    async def start(cls, name: str, folder: Path, *words: object) -> "Program":
        log = folder / f"{name}-{time.monotonic_ns()}.log"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with log.open("wb") as stderr:
            started = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *map(str, words),
                cwd=folder,
                env=environment,
                stdin=PIPE,
                stdout=PIPE,
                stderr=stderr,
                limit=1 << 24,
            )
        return cls(process, name, log, started)

    @classmethod
    async def obedient(cls, name: str, folder: Path, *words: object) -> "Program":
        """Start one that obeys orders and wait until it says that it is ready."""
        program = await cls.start(name, folder, "-m", *words)
        program.hello = await program._line()
        return program

    async def ask(self, do: str, **order: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
        return await self._line()

    async def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self.process.stdout.readline()
        if not line:
            tail = self.log.read_text(errors="replace").strip().splitlines()[-5:]
            raise Failed("\n".join([f"{self.name} ended:", *tail]))
        answer: dict[str, Any] = json.loads(line)
        return answer

    def memory(self) -> float:
        """Resident memory in MiB, as Linux counts it."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def cpu(self) -> float:
        """Seconds of CPU so far, of all threads (to a hundredth)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def stop(self) -> None:
        if self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(10):
                await self.process.communicate()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


async def network(folder: Path, groups: int = 10) -> Program:
    return await Program.obedient("network", folder, "bench.peer", "--groups", groups)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
