"""`make torture`: hundreds of kills against thousands of groups; a line for each, and a table at the end."""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests import guard
from tests.torture.kills import torture


def main() -> int:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--groups", type=int, default=2000)
    parser.add_argument("--network", choices=["qq", "wechat"], default="qq")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same seed kills at the same moments")
    options = parser.parse_args()
    guard.install()
    folder = Path(tempfile.mkdtemp(prefix="songnuan-torture-"))
    began = time.monotonic()
    print(
        f"seed {options.seed}, {options.kills} kills, {options.groups} groups on {options.network}, in {folder}",
        flush=True,
    )
    verdict = asyncio.run(torture(folder, **vars(options), report=lambda line: print(line, flush=True)))
    for name, number in {**verdict.counts, "seconds": round(time.monotonic() - began)}.items():
        print(f"{name:28} {number:9}")
    print("\n".join(verdict.problems) or "every promise was kept", flush=True)
    if not verdict.problems:
        shutil.rmtree(folder)
    return 1 if verdict.problems else 0


if __name__ == "__main__":
    sys.exit(main())
