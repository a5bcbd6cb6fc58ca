"""The sections of config.toml but the channels, with their defaults and rules of their own.

Messages of validators are "what is wrong→ what to write": both halves are shown to the person.
"""

import re
from datetime import date, time
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from bot.quiet import parse


def is_loopback(host: str) -> bool:
    """Can only this machine reach it?"""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def safe_address(url: str) -> bool:
    """May a secret travel in it? Over https, or to this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    return secure and bool(host) and "@" not in parts.netloc


class Section(BaseModel):
    """An unknown key is a mistake, never a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"没有“{name}”这个时区→ 国内写 Asia/Shanghai")
    return name


def _quiet(hours: str) -> str:
    parse(hours)
    return hours


def _day(value: object) -> object:
    """A day as 2026-10-01, with or without quotes; nothing that only looks like one."""
    if type(value) is date:
        return value
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise ValueError(f'“{value}”不是一个日期→ 写成 "2026-10-01" 这样')
    return day


def _clock_time(text: str) -> str:
    try:
        if time.fromisoformat(text).strftime("%H:%M") == text:
            return text
    except ValueError:
        pass
    raise ValueError(f'“{text}”不是一个时刻→ 写成 "08:30" 这样')


def _clock_time_or_never(text: str) -> str:
    return text and _clock_time(text)


ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,190}")
QuietHours = Annotated[str, AfterValidator(_quiet)]
Day = Annotated[date, BeforeValidator(_day)]


class UnionInfo(Section):
    name: str = Field(default="矿区工会", min_length=1, max_length=40)
    timezone: Annotated[str, AfterValidator(_timezone)] = "Asia/Shanghai"
    hotline: str = Field(default="12356", max_length=20)
    phone: str = Field(default="", max_length=40)

    def __str__(self) -> str:
        return self.name  # so that a text may say {{ union }} as well as {{ union.phone }}


class Database(Section):
    url: str = Field(default="sqlite://data/songnuan.db", repr=False)  # may hold a password
    key_file: str = "secrets/songnuan.key"
    backups: str = "data/backups"
    backup_at: Annotated[str, AfterValidator(_clock_time_or_never)] = "03:30"

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if not url.startswith(("sqlite://", "asyncpg://", "postgres://", "postgresql://")):
            raise ValueError("url 看不懂→ 写 sqlite://data/songnuan.db，或 postgres://用户:密码@主机:5432/库名")
        return url


class Web(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8420, ge=0, le=65535)
    public_url: str = ""
    behind_proxy: bool = False
    idle_hours: float = Field(default=12, gt=0, le=7 * 24)
    session_days: float = Field(default=7, gt=0, le=90)

    @field_validator("public_url")
    @classmethod
    def _https(cls, url: str) -> str:
        parts = urlsplit(url)
        bare = parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
        if url and not (parts.scheme == "https" and parts.hostname and bare):
            raise ValueError("public_url 看不懂→ 写 https://名字，后面什么都不加；没有 https 就空着，只在本机用")
        return url


class Broadcasts(Section):
    quiet_hours: QuietHours = "21:30-07:00"
    expire_hours: float = Field(default=6, gt=0, le=72)
    approval: bool = True


Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
Hours = Annotated[float, Field(gt=0, le=24 * 60)]


class Escalation(Section):
    """Pairs are [normal, urgent]."""

    remind_minutes: Minutes = 30
    urgent_minutes: Minutes = 5
    times_each: int = Field(default=2, ge=1, le=10)
    working_hours: QuietHours = "07:00-19:00"
    off_minutes: tuple[Minutes, Minutes] = (60, 10)
    assign_hours: tuple[Hours, Hours] = (24, 2)
    deliver_hours: tuple[Hours, Hours] = (72, 12)
    digest_at: Annotated[str, AfterValidator(_clock_time)] = "08:30"
    counsellors: list[str] = []


class Relief(Section):
    cash_by_grade: dict[str, Annotated[int, Field(ge=0, le=1_000_000)]] = {
        "深度": 2000,
        "意外致困": 1000,
        "相对": 500,
        "其他": 200,
    }


class Callbacks(Section):
    hours: QuietHours = "08:30-20:00"
    release_days: int = Field(default=3, ge=0, le=365)
    silent_days: int = Field(default=14, ge=1, le=365)


class Privacy(Section):
    views_a_day: int = Field(default=60, ge=0, le=100_000)
    keep_labels: bool = False


class Calendar(Section):
    workdays: list[Day] = []
    holidays: list[Day] = []


AUDIT_FLOOR = 24  # months: who saw what is kept at least so long, whatever is configured


class Retention(Section):
    """How long things are kept; 0 is for good."""

    outbox_days: int = Field(default=30, ge=0, le=3650)
    words_months: int = Field(default=24, ge=0, le=240)
    strangers_months: int = Field(default=6, ge=0, le=240)
    signin_days: int = Field(default=30, ge=0, le=3650)
    labels_months: int = Field(default=24, ge=0, le=240)
    audit_months: int = Field(default=36, ge=0, le=240)
    journal_days: int = Field(default=30, ge=0, le=3650)
    backups_days: int = Field(default=30, ge=0, le=3650)

    @field_validator("audit_months")
    @classmethod
    def _long_enough(cls, months: int) -> int:
        if 0 < months < AUDIT_FLOOR:
            raise ValueError(f"审计留得太短→ 至少写 {AUDIT_FLOOR}，0 为一直留")
        return months


class Mail(Section):
    """By which bad news go out when the chat networks do not; empty host: not at all."""

    host: str = ""
    port: int = Field(default=465, ge=1, le=65535)
    encryption: Literal["tls", "starttls", "none"] = "tls"
    user: str = ""
    password: str = Field(default="", repr=False)
    sender: str = ""
    to: list[str] = []

    @model_validator(mode="after")
    def _complete(self) -> "Mail":
        if self.host and not (self.sender and self.to):
            raise ValueError(
                'host 写了，还要写 sender 和 to→ 例如 sender = "bot@example.cn"，to = ["chair@example.cn"]'
            )
        if wrong := [one for one in filter(None, [self.sender, *self.to]) if not ADDRESS.fullmatch(one)]:
            raise ValueError(f"“{wrong[0]}”不是一个邮箱地址→ 写成 名字@主机")
        if self.host and self.encryption == "none" and not is_loopback(self.host):
            raise ValueError('encryption = "none" 只许本机的邮件服务→ 写 tls 或 starttls')
        return self


class Watch(Section):
    url: str = Field(default="", repr=False)  # whoever knows it may say that we are alive
    public: bool = False

    @field_validator("url")
    @classmethod
    def _safe(cls, url: str) -> str:
        if url and not safe_address(url):
            raise ValueError("url 看不懂→ 写 https:// 开头的心跳地址，不用就空着")
        return url


class Log(Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "text"] = "text"
