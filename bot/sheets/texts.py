"""The text of a cell: made one clean line when it is read, and made harmless when it is written."""

import re
import unicodedata
from collections.abc import Sequence

from bot.sheets import limits

LOST = "\ufffd"  # stands where a letter was that nobody can read any more
WHOLE = re.compile(r"(\d{5,})\.0+")
# What makes a table program take a text for a formula; Chinese editions take the full-width ones too.
STARTS_FORMULA = tuple("=+-@\t\r＝＋－＠")


def neat(row: Sequence[str]) -> list[str]:
    """The cells cleaned, and cut where they are so long that they are refused: a bomb is not carried any further.

    Most rows have nothing to clean, and the row as a whole shows it many times sooner than each of its cells.
    """
    line = f",{','.join(row)},"
    spotless = line.isprintable() and not ("  " in line or ", " in line or " ," in line or ".0" in line)
    cells = list(row) if spotless else [clean(cell) for cell in row]
    return cells if len(line) <= limits.CELL_MAX else [cell[: limits.CELL_MAX + 1] for cell in cells]


def damage(cells: Sequence[str]) -> str | None:
    """Why such a row cannot be taken, in words for the office; None when nothing is wrong with it."""
    line = "".join(cells)
    if LOST in line:
        return limits.LOST_LETTERS
    return limits.LONG_CELL if len(line) > limits.CELL_MAX and max(map(len, cells)) > limits.CELL_MAX else None


def clean(text: str) -> str:
    """One line without blanks around it and without letters that no one sees or that cannot be stored."""
    if text.isalnum():  # most cells: no blank, no point, nothing unseen
        return text
    if not text.isprintable():  # rare, and looking at each letter is slow
        text = "".join(letter for letter in text if _visible(letter))
    text = " ".join(text.split())
    whole = WHOLE.fullmatch(text) if ".0" in text else None
    return whole[1] if whole else text


def _visible(letter: str) -> bool:
    return letter in "\t\r\n" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")


def neutral(text: str) -> str:
    """The text as a cell that no table program takes for a formula; `plain` gives it back."""
    return f"'{text}" if text.startswith("'") or text.lstrip().startswith(STARTS_FORMULA) else text


def plain(text: str) -> str:
    """What a cell said before `neutral`."""
    if text.startswith("'") and (text.startswith("''") or text[1:].lstrip().startswith(STARTS_FORMULA)):
        return text[1:]
    return text
