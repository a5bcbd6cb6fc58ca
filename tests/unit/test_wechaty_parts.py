"""The small parts of the WeChat line: its settings, its errors, and packages of 2022 on the Pythons of today."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError

from bot import config
from bot.channels.wechaty.gateway import Event
from bot.channels.wechaty.login import Login, draw
from bot.channels.wechaty.outcomes import Broken, judge
from bot.errors import ProblemsFound
from tests.stage import logged

ROOT = Path(__file__).parents[2]
OTHERS = [found for minor in range(11, 15) if (found := shutil.which(f"python3.{minor}"))]
IMPORT = """
import json, logging, sys
before = set(sys.modules)
from bot.channels.wechaty import compat
from bot.channels.wechaty.gateway import Gateway
from bot.config import Wechaty
loud = [name for name, found in logging.root.manager.loggerDict.items() if getattr(found, "handlers", None)]
brought = sorted(name for name in set(sys.modules) - before if name.split(".")[0] in ("wechaty", "quart", "sqlalchemy"))
print(json.dumps([compat.PuppetService.__name__, loud, brought]))
"""


def ran(python: str, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A program of its own, with warnings as errors."""
    command = [python, "-W", "error", "-c", *words]
    env = {
        "PYTHONPATH": str(ROOT),
        "PATH": os.environ["PATH"],
        "MULTIDICT_NO_EXTENSIONS": "1",
        "WECHATY_LOG": "no-such-level",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60)


def test_the_pinned_packages_are_imported_without_a_sound(tmp_path: Path) -> None:
    done = ran(sys.executable, IMPORT, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == ["PuppetService", [], []]
    assert list(tmp_path.iterdir()) == [], "their cache folder is not made"


def test_without_the_extra_the_rest_works_and_the_remedy_is_named(tmp_path: Path) -> None:
    code = """
import sys
sys.modules["wechaty_puppet_service"] = sys.modules["grpclib"] = None
from pathlib import Path
from bot.app import building
from bot.config import load
from bot.errors import ProblemsFound
config = load(Path(sys.argv[1]), {})
print(building.limits(config)["wechat"].text_max)
try:
    building.channels(config)
except ProblemsFound as found:
    print(found)
"""
    (tmp_path / "config.toml").write_text('[channels.wechat]\ntype = "wechaty"\ntoken = "t"\n')
    done = ran(sys.executable, code, str(tmp_path / "config.toml"), cwd=tmp_path)
    assert done.stdout.startswith("2000\nconfig.toml  渠道“wechat”要用的 wechaty 没有安装"), done.stderr
    assert "sh tools/setup.sh wechat" in done.stdout


def test_a_bot_without_wechat_loads_none_of_it() -> None:
    code = (
        "import bot.app, sys; print({'grpclib', 'wechaty_grpc', 'betterproto', 'pyee', 'requests'} & set(sys.modules))"
    )
    assert ran(sys.executable, code, cwd=ROOT).stdout == "set()\n"


def test_every_python_of_this_machine_can_import_them(tmp_path: Path) -> None:
    """Beside our own Python there are no packages; these are of Python alone, so ours serve for all of them."""
    code = """
import importlib.util, sys
sys.path.append(sys.argv[2])
spec = importlib.util.spec_from_file_location("compat", sys.argv[1])
compat = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compat)
print(compat.PuppetService.__name__)
"""
    file = ROOT / "bot/channels/wechaty/compat.py"
    works = [python for python in {sys.executable, *OTHERS} if ran(python, "", cwd=tmp_path).returncode == 0]
    assert sys.executable in works
    for python in works:
        done = ran(python, code, str(file), sysconfig.get_path("purelib"), cwd=tmp_path)
        assert done.stdout == "PuppetService\n", f"{python}: {done.stderr}"


def problems(tmp_path: Path, text: str) -> str:
    (tmp_path / "config.toml").write_text(f'[channels.wechat]\ntype = "wechaty"\n{text}')
    try:
        config.load(tmp_path / "config.toml", {})
    except ProblemsFound as found:
        return str(found)
    return ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('token = "t"', ""),
        ('token = "t"\ntls = false', ""),
        ('token = "t"\ntls = false\nendpoint = "[::1]:8788"', ""),
        ('token = "t"\nendpoint = "10.0.0.5:8788"', ""),
        ("enabled = false", ""),
        ("", "没有 token"),
        ('token = "t"\ntls = false\nendpoint = "10.0.0.5:8788"', "不加密却不限于本机"),
        ('token = "t"\ntls = false\nendpoint = "gateway:8788"', "不加密却不限于本机"),
        ('token = "t"\nendpoint = ""', "endpoint 看不懂"),
        ('token = "t"\nendpoint = "127.0.0.1"', "endpoint 看不懂"),
        ('token = "t"\nendpoint = "http://127.0.0.1:1"', "endpoint 看不懂"),
        ('token = "t"\nendpoint = "me@127.0.0.1:1"', "endpoint 看不懂"),
        ('token = "t"\nendpoint = "127.0.0.1:99999"', "endpoint 看不懂"),
        ('token = "t"\nself_id = "a b"', "self_id"),
    ],
)
def test_settings(tmp_path: Path, text: str, said: str) -> None:
    found = problems(tmp_path, text)
    assert said in found and bool(said) == bool(found)


def test_a_ca_that_is_not_there_or_none_is_said_at_the_start(tmp_path: Path) -> None:
    from bot.app import building

    (tmp_path / "empty.pem").write_text("nothing\n")
    for name in ("missing.pem", "empty.pem"):
        assert problems(tmp_path, f'token = "t"\nca_file = "{name}"') == ""
        with pytest.raises(ProblemsFound, match="ca_file"):
            building.channels(config.load(tmp_path / "config.toml", {}))


@pytest.mark.parametrize(
    ("error", "code", "policy"),
    [
        (GRPCError(Status.UNAUTHENTICATED, 'Invalid Wechaty TOKEN "secret"'), "refused", "retryable"),
        (GRPCError(Status.UNKNOWN, "Error: not logged in"), "logged_out", "retryable"),
        (GRPCError(Status.UNIMPLEMENTED), "unsupported", "permanent"),
        (GRPCError(Status.INVALID_ARGUMENT, "secret"), "bad_request", "permanent"),
        (GRPCError(Status.RESOURCE_EXHAUSTED, "Received message larger than max (5 vs 4)"), "bad_media", "permanent"),
        (GRPCError(Status.RESOURCE_EXHAUSTED, "slow down"), "failed_resource_exhausted", "unknown"),
        (GRPCError(Status.INTERNAL, "secret"), "failed_internal", "unknown"),
        (GRPCError(Status.UNAVAILABLE), "failed_unavailable", "unknown"),
        (TimeoutError(), "timeout", "unknown"),
        (ConnectionRefusedError(), "offline", "retryable"),
        (ssl.SSLError(), "offline", "retryable"),
        (ConnectionResetError(), "dropped", "unknown"),
        (StreamTerminatedError("secret"), "dropped", "unknown"),
        (Broken(), "dropped", "unknown"),
        (KeyError("secret"), "bug", "unknown"),
    ],
)
def test_what_an_error_means(error: Exception, code: str, policy: str) -> None:
    outcome = judge(error)
    assert (outcome.code, outcome.policy) == (code, policy)
    assert "secret" not in str(outcome)


async def test_a_code_is_drawn_once_and_forgotten_when_it_is_scanned() -> None:
    shown: list[str] = []
    login = Login("wechat", shown.append)
    async with logged() as log:
        for status, code in [(2, "a"), (2, "a"), (2, "b"), (3, "b"), (2, None), (2, ""), (2, "x" * 3000), (None, "c")]:
            login.scanned(Event(22, {"status": status, "qrcode": code}))
    assert len(shown) == 2 and draw("a") in shown[0] and draw("b") in shown[1]
    assert login.code is None
    assert log.getvalue().count("ERROR") == 2
