"""Finds the system's Chromium, or brings it on a Debian-like machine: no browser is downloaded from elsewhere."""

import os
import shutil
import subprocess

NAMES = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = ("apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk")
REMEDY = f"没有找到 Chromium,浏览器测试跑不了。请运行:sudo {' '.join(INSTALL)}"


def find() -> str | None:
    """The path of a Chromium that can be started, or None."""
    named = os.environ.get("SONGNUAN_CHROMIUM")
    return next((path for name in (named, *NAMES) if name and (path := shutil.which(name))), None)


def find_or_install() -> str | None:
    """Like `find`; when there is none, let apt bring it if that is ours to do (root on a Debian-like system)."""
    if (path := find()) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return path
    print("正在安装 Chromium 和中文字体……", flush=True)
    for command in (("apt-get", "update"), INSTALL):
        done = quietly(command)
        if done.returncode:
            print(done.stdout[-2000:], flush=True)
            return None
    return find()


def in_ci() -> bool:
    """In CI a missing tool is a failure; on a person's machine it is a visible skip."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def quietly(command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
