"""Runs all tests on SQLite and on PostgreSQL, side by side; the last line is the sum: N passed, N failed, N skipped.

The second run takes only the tests that touch the database; the others would prove nothing new. What it says is
shown when both are done, so that the two do not talk at once.
More words on the command line go to pytest as they are.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

from tests import npm
from tests.browser import REMEDY, find_or_install

ROOT = Path(__file__).parent.parent
REPORTS = ROOT / "test-output"
FIRST = "sqlite"
DATABASES = {FIRST: "SQLite", "postgres": "PostgreSQL"}
NOTHING_SELECTED = 5  # pytest's exit status
PATIENCE = 19 * 60  # seconds for one run; a test that hangs must not hold the machine for ever


def main(words: Sequence[str]) -> int:
    """Run both and print the sum; the exit status says whether all is well."""
    chromium = find_or_install()
    if chromium is None:
        print(REMEDY)
    if not npm.install():
        print(npm.REMEDY)
    REPORTS.mkdir(exist_ok=True)
    total: Counter[str] = Counter()
    with ThreadPoolExecutor() as pool:
        runs = {database: pool.submit(_run, database, chromium, words) for database in DATABASES}
        for database, label in DATABASES.items():
            print(f"── {label} ──", flush=True)
            total += runs[database].result()
            print(_said(database), end="", flush=True)
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)
    return 1 if total["failed"] or not total["passed"] else 0


def _said(database: str) -> str:
    """What a run wrote that was not shown while it ran."""
    log = REPORTS / f"{database}.log"
    return log.read_text("utf-8", errors="replace") if database != FIRST else ""


def _run(database: str, chromium: str | None, words: Sequence[str]) -> Counter[str]:
    report = REPORTS / f"{database}.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "--durations=10", f"--junitxml={report}", *words]
    env = os.environ | {"SONGNUAN_TEST_DB": database, "SONGNUAN_CHROMIUM": chromium or ""}
    with (
        tempfile.TemporaryDirectory(prefix="songnuan-", ignore_cleanup_errors=True) as temp,
        open(REPORTS / f"{database}.log", "wb") as log,
    ):
        out = None if database == FIRST else log
        env |= {"TMPDIR": temp}
        try:
            status = subprocess.run(command, cwd=ROOT, env=env, stdout=out, stderr=out, timeout=PATIENCE).returncode
        except subprocess.TimeoutExpired:
            print(f"{PATIENCE} 秒还没有跑完,已中止", flush=True)
            return Counter(failed=1)
        finally:
            _stop_databases(Path(temp))
    if status == NOTHING_SELECTED and words:  # a selection by hand may well leave one database without tests
        return Counter()
    return tally(report, status)


def _stop_databases(temp: Path) -> None:
    """A run that was cut short could not stop its PostgreSQL itself."""
    for note in temp.glob("songnuan-pg-*/data/postmaster.pid"):
        with suppress(ProcessLookupError):
            os.kill(int(note.read_text().split()[0]), signal.SIGQUIT)


def tally(report: Path, status: int) -> Counter[str]:
    """Count a report; a run that ended badly without naming a failed test (a crash, no tests) is one failure."""
    counts: Counter[str] = Counter()
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            number = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
            counts["failed"] += number["failures"] + number["errors"]
            counts["skipped"] += number["skipped"]
            counts["passed"] += number["tests"] - sum(number[key] for key in ("failures", "errors", "skipped"))
    if status and not counts["failed"]:
        counts["failed"] = 1
    return counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
