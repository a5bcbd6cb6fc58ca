"""The tools that judge all other tests are judged here: the guard, the sum at the end, the databases, the browser."""

import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import asyncpg
import pytest

from tests import browser, guard
from tests.__main__ import tally


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("::ffff:192.0.2.1", 80), ("10.0.0.1", 80), ("0.0.0.0", 80)])
def test_no_way_out(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        with pytest.raises(guard.OutsideWorld):
            sock.connect(address)
        with pytest.raises(guard.OutsideWorld):
            sock.sendto(b"", address)
    assert len(guard.refused) == 2
    guard.refused.clear()


@pytest.mark.parametrize("look_up", [lambda host: socket.getaddrinfo(host, 80), socket.gethostbyname])
def test_no_names_but_ours(look_up: object) -> None:
    assert callable(look_up)
    with pytest.raises(guard.OutsideWorld):
        look_up("songnuan.invalid")
    guard.refused.clear()
    assert look_up("localhost")
    assert guard.refused == []


async def test_loopback_and_unix_sockets_are_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as unix, socket.socket(socket.AF_UNIX) as client:
        unix.bind(path)
        unix.listen()
        client.connect(path)
    assert guard.refused == []


@pytest.mark.db
async def test_postgres_answers(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SELECT current_setting('fsync')") == "off"
    finally:
        await connection.close()


def test_chromium_starts(chromium: str) -> None:
    done = subprocess.run([chromium, "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert "Chrom" in done.stdout


def _suite(folder: Path, source: str) -> Path:
    (folder / "test_it.py").write_text(source)
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", f"--junitxml={report}"]
    subprocess.run([*command, str(folder)], capture_output=True, check=False, timeout=60)
    return report


def test_the_sum_counts_errors_as_failed(tmp_path: Path) -> None:
    source = """
import pytest
@pytest.fixture
def broken(): raise ValueError
@pytest.fixture
def leaves_a_mess():
    yield
    raise ValueError
def test_good(): pass
def test_bad(): assert False
def test_broken(broken): pass
def test_mess(leaves_a_mess): pass
def test_skipped(): pytest.skip("no")
"""
    assert tally(_suite(tmp_path, source), 1) == Counter(passed=1, failed=3, skipped=1)


@pytest.mark.parametrize(("source", "status"), [("import nothing_like_it", 2), ("", 5)])
def test_a_run_without_tests_has_failed(tmp_path: Path, source: str, status: int) -> None:
    assert tally(_suite(tmp_path, source), status)["failed"] == 1
    assert tally(tmp_path / "missing.xml", -9) == Counter(failed=1)


def test_chromium_is_looked_for_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chromium"
    shutil.copy(shutil.which("true") or "", program)
    monkeypatch.setattr(browser, "NAMES", ("chromium",))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SONGNUAN_CHROMIUM", "")
    assert browser.find() == str(program)
    program.unlink()
    assert browser.find() is None
