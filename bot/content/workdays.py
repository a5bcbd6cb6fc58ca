"""Is a day a workday in China? Public holidays and make-up days, with what config.toml says on top."""

from datetime import date

import chinese_calendar

from bot.config import Calendar

_SATURDAY = 5


class Workdays:
    """The State Council names next year's holidays only in autumn: past the data, Monday to Friday it is."""

    def __init__(self, overrides: Calendar | None = None) -> None:
        overrides = overrides or Calendar()
        self._overrides = dict.fromkeys(overrides.workdays, True) | dict.fromkeys(overrides.holidays, False)

    def is_workday(self, day: date) -> bool:
        if day in self._overrides:
            return self._overrides[day]
        official = _official(day)
        return day.weekday() < _SATURDAY if official is None else official

    def known(self, day: date) -> bool:
        """False: the answer for this day is only the Monday-to-Friday rule, and pages should say so."""
        return day in self._overrides or _official(day) is not None

    def note(self, day: date) -> str:
        """What to tell people about a day that is not known; empty for one that is."""
        if self.known(day):
            return ""
        return f"{day.year} 年的放假安排还没有收录，暂按周一至周五算工作日；可在 config.toml 的 [calendar] 里补上"


def _official(day: date) -> bool | None:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # how chinese_calendar says that a year is not in it
        return None
