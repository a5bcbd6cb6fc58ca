"""The form of a schedule: plain fields become what a schedule file would say, and back again.

A cron line that the fields cannot show (several hours, steps) is kept as it is, in a field of its own.
"""

import re
from typing import Any

from bot.content import Schedule
from bot.content.schedules import When
from bot.errors import BadInput
from bot.web.languages import N_
from bot.web.visit import Form, Visit

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = (N_("周一"), N_("周二"), N_("周三"), N_("周四"), N_("周五"), N_("周六"), N_("周日"))
_NUMBERS = re.compile(r"[0-9]{1,2}(?:[,-][0-9]{1,2})*")
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])")
BLANK: dict[str, object] = {
    "mode": "once", "name": "", "note": "", "date": "", "at": "08:30", "dates": "", "weekday": [], "days": "",
    "months": "", "cron": "", "workdays_only": False, "late_hours": "3", "unit": [], "tag": [], "pick": "fixed",
    "message": "", "messages": "", "quiet_hours": "",
}  # fmt: skip


def spec_of(sent: Form) -> dict[str, Any]:
    """What a file would hold. BadInput for a field that cannot be understood; the rest is checked as files are."""
    several = sent.text("messages", 4000) if sent.text("mode") == "series" else ""
    messages = [one for one in re.split(r"[\s,，、]+", several or sent.text("message", 100)) if one]
    spec: dict[str, Any] = {
        "name": sent.text("name", 40),
        "note": sent.text("note", 300),
        "when": _when(sent),
        "audience": {"units": sent.all("unit"), "tags": sent.all("tag")},
        "send": {"pick": sent.text("pick", 20) or "fixed", "messages": messages},
    }
    if not spec["name"]:
        raise BadInput("请给这个排期起个名字")
    if not messages:
        raise BadInput("请选要发的文案")
    return spec


def _when(sent: Form) -> dict[str, Any]:
    late, quiet = sent.text("late_hours", 5) or "3", sent.text("quiet_hours", 20)
    if not late.isdecimal():
        raise BadInput("晚了几小时还发，要写成一个整数")
    when: dict[str, Any] = {"late_hours": int(late)} | ({"quiet_hours": quiet} if quiet else {})
    if sent.text("mode") == "once":
        more = [line.strip() for line in sent.text("dates").splitlines() if line.strip()]
        return when | {"dates": [*_moment(sent), *more]}
    when["workdays_only"] = sent.on("workdays_only")
    return when | {"cron": sent.text("cron", 100) or _cron(sent)}


def _moment(sent: Form) -> list[str]:
    day = sent.text("date", 20)
    if not day and sent.text("dates"):
        return []
    if not day:
        raise BadInput("请选哪一天发")
    return [f"{day} {_time(sent)}"]


def _time(sent: Form) -> str:
    found = _TIME.fullmatch(sent.text("at", 8))
    if not found:
        raise BadInput("几点发要写成 08:30 这样")
    return f"{int(found[1]):02}:{found[2]}"


def _cron(sent: Form) -> str:
    hour, minute = _time(sent).split(":")
    weekdays = ",".join(day for day in DAYS if day in sent.all("weekday")) or "*"
    days, months = _numbers(sent, "days", "哪几号"), _numbers(sent, "months", "哪几个月")
    return f"{int(minute)} {int(hour)} {days} {months} {weekdays}"


def _numbers(sent: Form, name: str, what: str) -> str:
    text = re.sub(r"[，、\s]+", ",", sent.text(name, 60)).strip(",")
    if text and not _NUMBERS.fullmatch(text):
        raise BadInput(f"{what}要写成 10,25 这样")
    return text or "*"


def typed_of(schedule: Schedule) -> dict[str, object]:
    """A schedule as the form shows it."""
    when = schedule.when
    typed = BLANK | {
        "name": schedule.name,
        "note": schedule.note,
        "mode": "series" if when.cron else "once",
        "workdays_only": when.workdays_only,
        "late_hours": f"{when.late_hours:g}",
        "quiet_hours": when.quiet_hours or "",
        "unit": schedule.audience.units,
        "tag": schedule.audience.tags,
        "pick": schedule.send.pick,
    }
    single = len(schedule.send.messages) == 1 and "*" not in schedule.send.messages[0] and schedule.send.pick == "fixed"
    typed |= {"message": schedule.send.messages[0]} if single else {"messages": "\n".join(schedule.send.messages)}
    if when.cron is None:
        first, *more = [moment.strftime("%Y-%m-%d %H:%M") for moment in sorted(when.dates)]
        return typed | {"date": first[:10], "at": first[11:], "dates": "\n".join(more)}
    fields = _fields(when.cron)
    return typed | ({"cron": when.cron} if fields is None else fields)


def _fields(cron: str) -> dict[str, object] | None:
    minute, hour, days, months, weekdays = cron.split()
    named = _weekdays(weekdays)
    plain = minute.isdecimal() and hour.isdecimal() and all(x == "*" or _NUMBERS.fullmatch(x) for x in (days, months))
    if not plain or named is None:
        return None
    return {
        "at": f"{int(hour):02}:{int(minute):02}",
        "days": "" if days == "*" else days,
        "months": "" if months == "*" else months,
        "weekday": named,
    }


def _weekdays(text: str) -> list[str] | None:
    """Their names in order, [] for every day; None for a way of writing that has none."""
    if text == "*":
        return []
    found: list[str] = []
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            return None
        found += DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]
    return found


def in_words(visit: Visit, when: When) -> str:
    """When it goes out, for people: 每周二、五 18:30."""
    if when.cron is None:
        moments = [moment.strftime("%m-%d %H:%M") for moment in sorted(when.dates)]
        return "、".join(moments[:3]) + (visit._("等 %(n)s 次", n=len(moments)) if len(moments) > 3 else "")
    fields = _fields(when.cron)
    if fields is None:
        return when.cron
    weekdays = [visit._(DAY_NAMES[DAYS.index(str(day))]) for day in _listed(fields["weekday"])]
    words = visit._("每%(days)s", days="、".join(weekdays)) if weekdays else visit._("每天")
    if fields["days"]:
        words = visit._("每月 %(days)s 日", days=_and(fields["days"])) + (f" {words}" if weekdays else "")
    if fields["months"]:
        words = visit._("%(months)s 月里", months=_and(fields["months"])) + words
    return f"{words} {fields['at']}" + (visit._("（只在工作日）") if when.workdays_only else "")


def _and(numbers: object) -> str:
    return str(numbers).replace(",", "、")


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
