"""A bot as a visitor starts it: `songnuan run` in a folder of its own, with everything as shipped."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Pictures for the README are only made anew when they are asked for: README_SHOTS=1
README = ROOT / "docs" / "images" if os.environ.get("README_SHOTS") == "1" else None


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[str]:
    """Gives the address that it prints; at the end it stops like on Ctrl-C and has nothing to complain of."""
    shutil.copyfile(ROOT / "config.toml", folder / "config.toml")
    for name in ("messages", "schedules"):
        (folder / name).symlink_to(ROOT / name)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SONGNUAN_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=folder,
        env={**kept, "SONGNUAN_WEB__PORT": "0", "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    found = re.search(r"http://127\.0\.0\.1:\d+/sandbox", line)
    assert found, line
    try:
        yield found[0].removesuffix("/sandbox")
    finally:
        process.terminate()
        rest = (await asyncio.wait_for(process.stdout.read(), 30)).decode()
        assert await process.wait() == 0 and rest == "送暖已停止。\n"
