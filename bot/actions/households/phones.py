"""One way to write a phone number, so that the same one is found again however an office typed it."""

import re
import unicodedata
from functools import lru_cache

from bot.models import keys, marks

MOBILE = re.compile(r"1[3-9]\d{9}")
LANDLINE = re.compile(r"0(?:10|2\d)[2-9]\d{7}|0[3-9]\d\d[2-9]\d{6,7}")  # with its area code
COUNTRY = re.compile(r"(?:\+|00)86|86(?=1[3-9]\d{9}$)")
EXTENSION = re.compile(r"\d{7,8}\s*-\s*\d{1,6}\s*$")  # a call to it would reach the wrong desk
RUN = re.compile(r"[+＋(（]?\d[\d\s\-－–—.．·_()（）]{5,}\d")  # digits with what people put between them
LONG = re.compile(r"\d{7}")
SEVEN = re.compile(r"(?:\d\D*){7}")  # so many digits at all: most names have none
BETWEEN = re.compile(r"[\s()\-.·_]+")


def normalise(text: str) -> str | None:
    """The digits of a mainland mobile or landline (with area code); None when it is neither."""
    if text.isascii() and MOBILE.fullmatch(text):  # as most are written
        return text
    text = unicodedata.normalize("NFKC", text)
    text = "".join("-" if unicodedata.category(letter) == "Pd" else letter for letter in text)
    has_extension = EXTENSION.search(text) is not None
    text = BETWEEN.sub("", text)
    local = COUNTRY.sub("", text, count=1) if COUNTRY.match(text) else text
    if local != text and not MOBILE.fullmatch(local) and not local.startswith("0"):
        local = "0" + local  # +86 351 … : abroad the area code is written without its zero
    if not local.isascii():
        return None
    return local if MOBILE.fullmatch(local) or (LANDLINE.fullmatch(local) and not has_extension) else None


def index(phone: str) -> str:
    """The blind index to write for a normalised number."""
    return keys.current().index(marks.whole(phone))


def indexes(phone: str) -> list[str]:
    """Those to look for: while the key is being changed there are two."""
    return keys.current().indexes(marks.whole(phone))


def ending_index(digits: str) -> str:
    """The blind index to write for the last four digits."""
    return _ending_index(keys.current(), digits[-4:])


def ending_indexes(digits: str) -> list[str]:
    return keys.current().indexes(marks.ending(digits))


@lru_cache(maxsize=10_000)
def _ending_index(ring: keys.Keyring, four: str) -> str:
    """There are only ten thousand of them, and a large roster has each many times."""
    return ring.index(marks.ending(four))


def hidden_in(text: str) -> bool:
    """Does a text that is kept in clear (a name, a best time) hold what looks like a number to call?"""
    return without(text) != text


def without(text: str) -> str:
    """The text with such numbers struck out: people put them into their nicknames."""
    return RUN.sub(_struck, text).strip() if SEVEN.search(text) else text


def _struck(run: re.Match[str]) -> str:
    return "" if normalise(run[0]) is not None or LONG.search(unicodedata.normalize("NFKC", run[0])) else run[0]


def masked(phone: str) -> str:
    """138****0001: enough to recognise, too little to call."""
    return f"{phone[:-8]}****{phone[-4:]}"
