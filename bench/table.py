"""The one table that `make bench` prints."""

import os
import platform
import sqlite3
import sys
import unicodedata
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

PACKAGES = ("songnuan", "aiohttp", "tortoise-orm", "msgspec", "nonebot2", "nonebot-adapter-onebot")
HEAD = ("", "ours", "compared with", "ratio", "target", "met")


class Row(NamedTuple):
    """One line. `met` None: there is no target."""

    what: str
    ours: str
    other: str = ""
    ratio: str = ""
    target: str = ""
    met: bool | None = None


def compared(what: str, ours: str, other: str, ratio: float | None, least: float) -> Row:
    """A row of two rates; without the other side (`ratio` None) nothing is met."""
    shown = "" if ratio is None else f"{ratio:.2f}"
    return Row(what, ours, other, shown, f">= {least}", ratio is not None and ratio >= least)


def below(what: str, figures: dict[str, float], most: float) -> Row:
    """A row of latencies in seconds, judged by its p99."""
    p50, p99, worst = (1000 * figures[name] for name in ("p50", "p99", "most"))
    text = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {worst:.1f} ms"
    return Row(what, text, "", "", f"p99 < {1000 * most:.0f} ms", figures["p99"] < most)


def machine(fsync: float) -> list[str]:
    """What it was measured on."""
    found = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return [
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
        f" ({_processor()}), load {os.getloadavg()[0]:.1f} at the start; one fsync {1000 * fsync:.2f} ms",
        f"{found}, SQLite {sqlite3.sqlite_version} (WAL, synchronous=FULL)",
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


def show(rows: Sequence[Row]) -> None:
    cells = [HEAD, *((*row[:5], {True: "yes", False: "NO", None: ""}[row.met]) for row in rows)]
    widths = [max(_width(line[at]) for line in cells) for at in range(len(HEAD))]
    for line in cells:
        print("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip())
    sys.stdout.flush()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
