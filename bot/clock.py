"""The only place that asks for the time, so that tests and a shared database can set it.

Everything inside is aware UTC; `local` turns an instant into the union's own time for people.
With PostgreSQL two machines may disagree by minutes: the app measures the database's clock and
calls `follow`, after which all of them live by that one clock.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from time import monotonic as monotonic
from zoneinfo import ZoneInfo

Source = Callable[[], datetime]


def _system() -> datetime:
    return datetime.now(UTC)


class _State:
    source: Source = staticmethod(_system)
    offset = timedelta()
    zone: tzinfo = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return _State.source() + _State.offset


def local(instant: datetime) -> datetime:
    """The same instant in the union's time zone; only for showing and for calendar rules."""
    return instant.astimezone(_State.zone)


def zone() -> tzinfo:
    """The union's time zone (config `union.timezone`)."""
    return _State.zone


def set_zone(name: str) -> None:
    """Set the union's time zone by its IANA name; raises ZoneInfoNotFoundError for an unknown one."""
    _State.zone = ZoneInfo(name)


def use(source: Source | None) -> None:
    """Replace the system clock (tests); None puts it back and forgets the offset."""
    _State.source = source or _system
    _State.offset = timedelta()


def follow(reference: datetime) -> timedelta:
    """Live by another clock from now on: `reference` is what it shows at this moment. Returns the offset."""
    _State.offset = reference - _State.source()
    return _State.offset
