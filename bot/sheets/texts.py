"""The text of a cell: made one clean line when it is read, and made harmless when it is written."""

import re
import unicodedata

WHOLE = re.compile(r"(\d{5,})\.0+")
# What makes a table program take a text for a formula; Chinese editions take the full-width ones too.
STARTS_FORMULA = tuple("=+-@\t\r＝＋－＠")


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
