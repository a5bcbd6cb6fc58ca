"""When is 晚上七点半, 明天上午, 周五 19:00, 两小时后? In the wall-clock time of whoever wrote it."""

import re
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import NamedTuple

from bot.quantities.numbers import NUMERAL, number

DAYS = {"今天": 0, "今日": 0, "今晚": 0, "明天": 1, "明日": 1, "明儿": 1, "明晚": 1, "明早": 1, "后天": 2, "大后天": 3}
# The hour that a part of the day stands for, and whether a small hour in it means one after noon.
PARTS = {
    "凌晨": (5, False),
    "清早": (7, False),
    "早上": (8, False),
    "早晨": (8, False),
    "上午": (9, False),
    "中午": (12, True),
    "下午": (15, True),
    "傍晚": (18, True),
    "晚上": (19, True),
    "夜里": (20, True),
}
NIGHT = ("晚上", "夜里")
WEEKDAYS = "一二三四五六日"
_TIME = re.compile(
    rf"""(?:(?P<month>\d{{1,2}})月(?P<mday>\d{{1,2}})[日号]?
          |(?P<day>大后天|今天|今日|今晚|明天|明日|明儿|明晚|明早|后天)
          |(?P<next>下)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天1-7]))?\s*
        (?P<part>凌晨|清早|早上|早晨|上午|中午|下午|傍晚|晚上|夜里)?\s*
        (?:(?P<clock>(?:[01]?\d|2[0-3])[:：][0-5]\d)
          |(?P<hour>{NUMERAL})[点时](?!心)(?:钟|整)?
           (?:(?P<quarter>一刻|三刻|半)|(?P<minute>{NUMERAL})分?)?)?""",
    re.VERBOSE,
)
_LATER = re.compile(
    rf"(?:过)?(?P<count>{NUMERAL})个?(?P<half>半)?(?P<unit>小时|钟头|分钟|天|周|星期|礼拜)(?:以后|之后|后)"
)
_SPANS = {"小时": 60, "钟头": 60, "分钟": 1, "天": 1440, "周": 10080, "星期": 10080, "礼拜": 10080}
LONGEST = timedelta(days=366)


class Found(NamedTuple):
    """The moment that a text names, and the text without those words."""

    at: datetime
    rest: str


def find_time(text: str, now: datetime) -> Found | None:
    """The first moment named in `text`, always after `now` (aware, local); None when there is none."""
    if hit := _LATER.search(text):
        at = _later(hit, now)
        return None if at is None else Found(at, _without(text, hit))
    hits = [hit for hit in _TIME.finditer(text) if hit.group().strip() and not _inside_a_number(text, hit)]
    if len(hits) > 1 and not _has_clock(hits[0]) and (more := _only_clock(hits[1])):
        text = text[: hits[1].start()] + text[hits[1].end() :]  # 晚上再打 19:00 is 晚上19:00
        hits = [hit for hit in [_TIME.match(hits[0].group().strip() + more)] if hit]
        at = _moment(hits[0], now) if hits else None
        first = next(hit for hit in _TIME.finditer(text) if hit.group().strip())
        return None if at is None else Found(at, _without(text, first))
    moments = ((hit, _moment(hit, now)) for hit in hits)
    return next((Found(at, _without(text, hit)) for hit, at in moments if at is not None), None)


def _has_clock(hit: re.Match[str]) -> bool:
    return bool(hit["clock"] or hit["hour"])


def _only_clock(hit: re.Match[str]) -> str:
    alone = _has_clock(hit) and not (hit["day"] or hit["month"] or hit["weekday"] or hit["part"])
    return hit.group().strip() if alone else ""


def _inside_a_number(text: str, hit: re.Match[str]) -> bool:
    start, end = hit.span()
    return text[max(0, start - 1) : start].isdigit() or (text[end : end + 1].isdigit() and text[end - 1].isdigit())


def _without(text: str, hit: re.Match[str]) -> str:
    return " ".join((text[: hit.start()] + " " + text[hit.end() :]).split())


def _later(hit: re.Match[str], now: datetime) -> datetime | None:
    count = number(hit["count"])
    if count is None:
        return None
    minutes = (count + Fraction(1, 2) * bool(hit["half"])) * _SPANS[hit["unit"]]
    span = timedelta(seconds=int(min(minutes, Fraction(10**6)) * 60))
    return now + span if timedelta() < span <= LONGEST else None


def _moment(hit: re.Match[str], now: datetime) -> datetime | None:
    named = _day(hit, now)
    if named is None and (hit["month"] or hit["weekday"]):
        return None  # the 31st of November
    part = hit["part"] or {"今晚": "晚上", "明晚": "晚上", "明早": "早上"}.get(hit["day"] or "")
    clock = _clock(hit, part)
    if clock is None:
        return None
    day = named or now.date()
    if part in NIGHT and (clock.hour < 5 or clock.hour == 12):  # 晚上12点, 夜里两点: the date is tomorrow's
        return datetime.combine(day + timedelta(days=1), time(clock.hour % 12, clock.minute), now.tzinfo)
    at = datetime.combine(day, clock, now.tzinfo)
    if at > now:
        return at
    if named is not None:
        return None  # 今天 8:00 said at noon is no moment to come
    if part is None and clock.hour < 12 and (evening := at + timedelta(hours=12)) > now:
        return evening  # 七点 said at noon is seven in the evening
    return datetime.combine(day + timedelta(days=1), clock, now.tzinfo)


def _day(hit: re.Match[str], now: datetime) -> date | None:
    if hit["day"]:
        return now.date() + timedelta(days=DAYS[hit["day"]])
    if hit["month"]:
        return _date(now.date(), int(hit["month"]), int(hit["mday"]))
    if hit["weekday"]:
        return _weekday(now.date(), hit["weekday"], later=bool(hit["next"]))
    return None


def _date(today: date, month: int, day: int) -> date | None:
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _weekday(today: date, word: str, *, later: bool) -> date:
    """周五 is the next Friday, today included; 下周五 that of the week after this one."""
    wanted = int(word) - 1 if word.isdigit() else WEEKDAYS.index(word.replace("天", "日"))
    if later:
        return today + timedelta(days=7 - today.weekday() + wanted)
    return today + timedelta(days=(wanted - today.weekday()) % 7)


def _clock(hit: re.Match[str], part: str | None) -> time | None:
    if hit["clock"]:
        hour, minute = map(int, hit["clock"].replace("：", ":").split(":"))
    elif hit["hour"]:
        hours, minutes = number(hit["hour"]), _minutes(hit)
        if hours is None or minutes is None or hours.denominator != 1 or hours > 24 or minutes > 59:
            return None
        hour, minute = int(hours) % 24, minutes
    elif part or hit["day"] or hit["month"] or hit["weekday"]:
        return time(PARTS[part][0] if part else 9)
    else:
        return None
    if part and PARTS[part][1] and (5 if part in NIGHT else 1) <= hour < (5 if part == "中午" else 12):
        hour += 12
    return time(hour, minute)


def _minutes(hit: re.Match[str]) -> int | None:
    if hit["quarter"]:
        return {"一刻": 15, "半": 30, "三刻": 45}[hit["quarter"]]
    if not hit["minute"]:
        return 0
    found = number(hit["minute"].removeprefix("零") or "零")
    return int(found) if found is not None and found.denominator == 1 else None
