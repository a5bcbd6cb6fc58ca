"""`make replay`: what a union did in February 2020 with shared spreadsheets, done once more with this bot.

3,700 households called back, 567 in need, 176,000 yuan of food. The exit code is not 0 if any number differs.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bot import clock
from bot.actions.staff import directory
from bot.models import db, keys
from tests import guard
from tests.replay import totals
from tests.replay.families import SEED_HOUSEHOLDS
from tests.replay.story import Story


def say(line: str) -> None:
    print(line, flush=True)


async def replay(folder: Path, households: int, seed: int) -> int:
    began, url, key_file = time.monotonic(), f"sqlite://{folder / 'replay.db'}", folder / "replay.key"
    keys.use(keys.load(key_file, create=True))
    await db.open_(url)
    try:
        await directory.refresh()
        story = Story(households, seed, folder, say)
        await story.play()
        problems = story.problems + await totals.kept()
    finally:
        await db.close()
        clock.use(None)
    found = await totals.totals(url, key_file)
    problems += totals.wrong(found, story.families)
    say("\n" + await totals.command(url, key_file))
    say(totals.table(found, story.families))
    said = ", ".join(f"{word} {count:,}" for word, count in story.hall.counts.most_common(12))
    say(f"\n{story.hall.said:,} lines written to the bot: {said}, …; {story.hall.heard:,} messages from it")
    rows = sum(len(one.get("rows", [])) for one in found.values())
    say(f"{len(found)} totals opened to {rows:,} rows, {time.monotonic() - began:.0f} seconds")
    say("\n".join(problems[:40]) or "all sums agree, to the fen")
    return 1 if problems else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make replay", description=__doc__)
    parser.add_argument("--households", type=int, default=SEED_HOUSEHOLDS, help="fewer: all numbers in proportion")
    parser.add_argument("--seed", type=int, default=1, help="of the synthetic roster")
    options = parser.parse_args()
    guard.install()
    folder = Path(tempfile.mkdtemp(prefix="songnuan-replay-"))
    try:
        return asyncio.run(replay(folder, options.households, options.seed))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
