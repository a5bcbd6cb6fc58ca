"""Tables and sentences on a terminal. Names that came from a chat network are made harmless on the way."""

import json
import sys
import unicodedata
from collections.abc import Sequence
from datetime import datetime

from bot import clock
from bot.log import printable

WEEKDAYS = "一二三四五六日"


def say(text: str = "") -> None:
    print("\n".join(map(printable, text.split("\n"))))


def complain(text: str) -> None:
    print(printable(text), file=sys.stderr)


def as_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def table(rows: Sequence[Sequence[object]], head: Sequence[str]) -> None:
    """Columns under their heads, aligned as wide as Chinese letters are shown."""
    cells = [[printable(str(cell)) for cell in row] for row in [head, *rows]]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = [cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)]
        print("  ".join(padded).rstrip())


def width(text: str) -> int:
    return sum(
        2 if unicodedata.east_asian_width(letter) in "WF" else 0 if unicodedata.combining(letter) else 1
        for letter in text
    )


def moment(instant: datetime) -> str:
    """`2026-12-01 周二 08:30`, in the union's time."""
    local = clock.local(instant)
    return f"{local:%Y-%m-%d} 周{WEEKDAYS[local.weekday()]} {local:%H:%M}"


def stamp(instant: datetime | None) -> str | None:
    """For JSON: with its offset."""
    return None if instant is None else clock.local(instant).isoformat(timespec="seconds")
