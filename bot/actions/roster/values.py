"""What may stand in a cell of a roster: each kind of value is read here, or refused with a reason.

Reasons are read by whoever mends the file: they name the column and the remedy, never what a family said.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from bot import clock
from bot.actions.households import phones
from bot.errors import BadInput

CATEGORIES = ("工伤残职工", "工亡遗属", "孤寡老人", "留守儿童", "困难职工", "一线医护家庭")
HARDSHIP = "困难职工"
GRADES = ("深度", "相对", "意外致困")
CLEAR = "清空"  # in a cell: what is known here is to be forgotten; an empty cell leaves it as it is
HIDDEN = "***"  # what an export shows in place of words; coming back, it says nothing
MASKED_PHONE = re.compile(r"\d{0,4}\*{4}\d{4}")
TITLE_MAX, DATES_MAX = 20, 12

CODE = re.compile(r"[\w-]{1,20}")
DAY = re.compile(
    r"(?:(?<!\d)\d{4}\s*[-/.年]\s*)?(?<!\d)(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*日?(?:\s*00:00(?::00)?)?"
)
BETWEEN = re.compile(r"[,;、\n]")
FULL_DATE = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?(?:[T ].*)?")
YES, NO = frozenset("是 有 y yes true 1 √ ✓ 勿打 退订".split()), frozenset("否 无 没有 n no false 0 ×".split())


class Refusal(BadInput):
    """This cell, and with it the row, cannot be used."""


class Day(NamedTuple):
    """A day of the year and what it is."""

    month: int
    day: int
    title: str


Days = frozenset[Day]
Read = Callable[[str], object]


def words(label: str, longest: int, *, clear: bool = True, numbers: bool = True) -> Read:
    """Any text up to a length; without `numbers`, one that is kept in clear and may hold none to call."""

    def read(text: str) -> str | None:
        if not numbers and phones.hidden_in(text):
            raise Refusal(f"{label}里有号码，这一栏不加密，号码请写进电话一栏")
        if len(text) > longest:
            raise Refusal(f"{label}太长，最多 {longest} 个字")
        if text == CLEAR and not clear:
            raise Refusal(f"{label}不能清空，请写上新的")
        return None if text == HIDDEN else text

    return read


def code(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).upper()
    if not CODE.fullmatch(text):
        raise Refusal("户编号只能有汉字、字母、数字和横线，最多 20 个字")
    return text


def phone(text: str) -> str:
    """Normalised; or as it stands when it is masked or to be cleared."""
    if text == CLEAR or MASKED_PHONE.fullmatch(text):
        return text
    found = phones.normalise(text)
    if found is None:
        raise Refusal("电话不对：一格写一个手机号，或者带区号的座机")
    return found


@lru_cache(maxsize=256)
def category(text: str) -> tuple[str, str | None]:
    """The category, and the grade if the cell names it as well: 深度困难职工, 困难职工（相对）."""
    text = re.sub(r"[\s()]", "", unicodedata.normalize("NFKC", text))
    if text in CATEGORIES:
        return text, None
    for name in GRADES:
        if text in {name + HARDSHIP, HARDSHIP + name, f"{name}困难", f"{HARDSHIP}{name}困难"}:
            return HARDSHIP, name
    raise Refusal(f"类别不认识，请用：{'、'.join(CATEGORIES)}")


@lru_cache(maxsize=256)
def grade(text: str) -> str:
    if text == CLEAR:
        return text
    short = unicodedata.normalize("NFKC", text).removesuffix(HARDSHIP).removesuffix("困难")
    short = "意外致困" if short == "意外" else short
    if short not in GRADES:
        raise Refusal(f"等级不认识，请用：{'、'.join(GRADES)}")
    return short


def yes_or_no(label: str) -> Read:
    def read(text: str) -> bool:
        said = unicodedata.normalize("NFKC", text).lower()
        if said not in YES | NO:
            raise Refusal(f"{label}请写“是”或“否”")
        return said in YES

    return read


def days(label: str) -> Read:
    """忌日 03-12；生日 5月1日: a day of the year each, with or without what it is."""

    @lru_cache(maxsize=4096)
    def read(text: str) -> Days | None:
        if text == HIDDEN:
            return None
        if text == CLEAR:
            return frozenset()
        found = frozenset(_day(piece, label) for piece in BETWEEN.split(unicodedata.normalize("NFKC", text)) if piece)
        if len(found) > DATES_MAX:
            raise Refusal(f"{label}太多，最多 {DATES_MAX} 个")
        return found

    return read


def _day(piece: str, label: str) -> Day:
    if "农历" in piece or "阴历" in piece:
        raise Refusal(f"{label}请写公历的月和日，农历的日子每年不同")
    hits = list(DAY.finditer(piece))
    if len(hits) != 1:
        raise Refusal(f"{label}看不懂，请写成“忌日 03-12”这样，几个日子用分号隔开")
    title = piece[: hits[0].start()] + " " + piece[hits[0].end() :]
    return valid_day(int(hits[0][1]), int(hits[0][2]), title, label)


def valid_day(month: int, day: int, title: str, label: str = "日子") -> Day:
    """Raises Refusal for a day that no year has."""
    try:
        date(2024, month, day)  # a leap year
    except ValueError:
        raise Refusal(f"{label}里没有 {month} 月 {day} 日这一天") from None
    title = " ".join(unicodedata.normalize("NFKC", title).replace(":", " ").split())
    if len(title) > TITLE_MAX or BETWEEN.search(title) or DAY.search(title):
        raise Refusal(f"{label}的说明请写短一点，最多 {TITLE_MAX} 个字，例如 忌日")
    return Day(month, day, title)


def as_text(found: Days) -> str:
    """The days as a cell that is read back the same."""
    return "；".join(f"{day.title} {day.month:02d}-{day.day:02d}".strip() for day in sorted(found))


@lru_cache(maxsize=4096)
def full_date(text: str) -> date:
    """Of a consent: a whole date, not in the future."""
    hit = FULL_DATE.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        found = date(int(hit[1]), int(hit[2]), int(hit[3])) if hit else None
    except ValueError:
        found = None
    if found is None or found.year < 1990:
        raise Refusal("同意日期看不懂，请写成 2026-03-10 这样")
    if found > clock.local(clock.now()).date():
        raise Refusal("同意日期还没到，请核对年份")
    return found
