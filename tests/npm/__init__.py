"""What tests need from npm, installed by `npm ci` beside this file. Missing: a failure in CI, elsewhere a skip."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser import in_ci, quietly

FOLDER = Path(__file__).parent
MODULES = FOLDER / "node_modules"
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "nodejs", "npm")
REMEDY = f"没有装好 tests/npm 里的工具，这个测试跑不了。请运行：sudo {' '.join(INSTALL)}，再运行 make test"


def install() -> bool:
    """Bring what package-lock.json names, unless it is there already; returns whether all is there."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    stamp = MODULES / ".ready"
    if stamp.is_file() and stamp.read_bytes() == lock:
        return True
    npm = _program()
    if npm is None:
        return False
    print("正在安装测试用的 npm 工具……", flush=True)
    done = subprocess.run(
        [npm, "ci", "--no-progress"], cwd=FOLDER, env=os.environ | {"CI": "true"}, capture_output=True
    )
    if done.returncode:
        print(done.stderr.decode("utf-8", "replace")[-2000:], flush=True)
        return False
    stamp.write_bytes(lock)
    return True


def _program() -> str | None:
    """npm, brought by apt if that is ours to do (root on a Debian-like system); None when it cannot be had."""
    if (found := shutil.which("npm")) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    for command in (("apt-get", "update"), INSTALL):
        done = quietly(command)
        if done.returncode:
            print(done.stdout[-2000:], flush=True)
            return None
    return shutil.which("npm")


def find(path: str) -> Path:
    """A file of an installed package, for example "axe-core/axe.min.js"."""
    if not (MODULES / path).is_file():
        if in_ci():
            pytest.fail(REMEDY, pytrace=False)
        pytest.skip(REMEDY)
    return MODULES / path
