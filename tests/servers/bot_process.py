"""The real bot as a process of its own, to be killed: `python -m tests.servers.bot_process CONFIG`.

`--clock-offset SECONDS` makes the machine's clock wrong, as a machine's clock sometimes is. With `--wait`
it begins at the first line on its standard input: the slow imports are behind it then.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import clock, log
from bot.app import run
from bot.config import load
from tests import guard


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--clock-offset", type=float, default=0.0)
    parser.add_argument("--wait", action="store_true")
    options = parser.parse_args()
    if options.wait and not sys.stdin.readline():
        return 0
    guard.install()
    config = load(options.config, {})
    log.setup(config.log.level, config.log.format)
    if options.clock_offset:
        wrong = timedelta(seconds=options.clock_offset)
        clock.use(lambda: datetime.now(UTC) + wrong)
    return asyncio.run(run(config))


if __name__ == "__main__":
    sys.exit(main())
