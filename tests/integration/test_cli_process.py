"""The real command as a process of its own: run beside others, backup to restore to release, pipes and signals."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "bot"]
Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder as an installation has it."""
    config = (ROOT / "config.toml").read_text()
    (tmp_path / "config.toml").write_text(config.replace("port = 8420", f"port = {free_port()}"))
    for name in ("messages", "schedules"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def environ() -> dict[str, str]:
    """Also with the variables of the test run: they are no settings."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "SONGNUAN_TEST_DB": "sqlite", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def songnuan(home: Path, environ: dict[str, str]) -> Run:
    def run(*argv: str, typed: str = "", **more: str) -> Done:
        env, command = {**environ, **more}, [*COMMAND, *argv]
        return subprocess.run(
            command, cwd=home, env=env, input=typed, text=True, encoding="utf-8", capture_output=True, timeout=60
        )

    return run


@pytest.fixture
def bot(home: Path, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A running bot that has said where to look."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [*COMMAND, "run"], cwd=home, env=environ, text=True, encoding="utf-8", stdout=pipe, stderr=pipe
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("送暖已启动")
    yield process
    process.kill()
    process.communicate()


def test_beside_a_running_bot(bot: subprocess.Popen[str], songnuan: Run, home: Path) -> None:
    status = songnuan("status", "--json")
    facts = json.loads(status.stdout)
    assert (facts["bot"]["status"], facts["groups"]) == ("ok", {"enabled": 4, "all": 4})
    assert {row["name"] for row in facts["schedules"]} >= {"每日防护提示"}
    assert songnuan("unit", "add", "S1", "采煤一队", "--parent", "M1").returncode == 0
    code = songnuan("staff", "code", "王秀兰").stdout
    assert re.search(r"发送：绑定 [A-Z2-9]{8}$", code, re.MULTILINE)
    assert "王秀兰" in songnuan("staff", "list").stdout
    assert songnuan("check").returncode == 0
    assert songnuan("backup", "--to", "elsewhere").returncode == 0 and len(list(home.glob("elsewhere/*.zip"))) == 1
    again = songnuan("run")
    assert again.returncode == 1 and "另一个送暖正在用这个数据库" in again.stderr and "Traceback" not in again.stderr
    bot.send_signal(signal.SIGTERM)
    said, log = bot.communicate(timeout=30)
    assert bot.returncode == 0 and "送暖已停止" in said and "Traceback" not in log
    assert "送暖没有在运行" in songnuan("status").stdout


def test_the_port_is_taken(songnuan: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = songnuan("run", SONGNUAN_WEB__PORT=str(server.getsockname()[1]))
    assert done.returncode == 1 and "已经有程序在用" in done.stderr and "Traceback" not in done.stderr


def test_backup_restore_hold_release(songnuan: Run, home: Path) -> None:
    assert songnuan("unit", "add", "M1", "向阳煤矿").returncode == 0
    done = songnuan("backup")
    (file,) = (home / "data" / "backups").glob("*.zip")
    assert done.returncode == 0 and str(file) in done.stdout and "songnuan.key" in done.stdout
    assert songnuan("restore", str(file), "--yes").returncode == 1  # the database is not empty
    (home / "data").rename(home / "lost")
    file = home / "lost" / "backups" / file.name
    no = songnuan("restore", str(file), typed="算了\n")
    assert no.returncode == 1 and "没有恢复" in no.stderr and not (home / "data" / "songnuan.db").exists()
    assert songnuan("restore", str(file)).returncode == 1  # nobody there to answer
    yes = songnuan("restore", str(file), typed="恢复\n")
    assert yes.returncode == 0 and "songnuan release" in yes.stdout, yes.stderr
    assert "向阳煤矿" in songnuan("unit", "list").stdout
    assert json.loads(songnuan("status", "--json").stdout)["on_hold_since"]
    assert "已重新开始" in songnuan("release").stdout
    assert "没有在暂停" in songnuan("release").stdout


def test_a_backup_needs_its_key(songnuan: Run, home: Path) -> None:
    assert songnuan("unit", "add", "M1", "向阳煤矿").returncode == 0
    assert songnuan("backup", "--to", "kept").returncode == 0
    (file,) = (home / "kept").glob("*.zip")
    (home / "data").rename(home / "lost")
    (home / "secrets" / "songnuan.key").unlink()
    done = songnuan("restore", str(file), "--yes")
    assert done.returncode == 1 and "找不到密钥文件" in done.stderr and not (home / "secrets" / "songnuan.key").exists()


def test_only_the_owner_can_read_what_is_written(songnuan: Run, home: Path) -> None:
    songnuan("unit", "add", "M1", "向阳煤矿")
    modes = {path.name: path.stat().st_mode & 0o777 for path in [*home.glob("data/*"), *home.glob("secrets/*")]}
    assert {"songnuan.db", "songnuan.key"} <= modes.keys() and not any(mode & 0o077 for mode in modes.values())


def test_a_reader_that_has_seen_enough(home: Path, environ: dict[str, str]) -> None:
    process = subprocess.Popen(
        [*COMMAND, "preview", "--days", "366"],
        cwd=home, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert (process.stderr.read(), process.wait(timeout=30)) == (b"", 0)
    process.stderr.close()


def test_a_terminal_without_chinese(songnuan: Run) -> None:
    done = songnuan("unit", "add", "M1", "向阳煤矿", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "") and "M1" in done.stdout


def test_version() -> None:
    done = subprocess.run([*COMMAND, "--version"], cwd=ROOT, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0 and re.fullmatch(r"songnuan \d+\.\d+\.\d+\n", done.stdout)
