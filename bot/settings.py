"""The sections of config.toml and the kinds of channel, with their defaults and rules of their own.

Messages of validators are "what is wrong→ what to write": both halves are shown to the person.
"""

from datetime import date, time
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from bot.quiet import parse


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


class Log(Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "text"] = "text"


class Pacing(Section):
    """How fast one account may speak. Zero means no limit; alerts never wait for the gap."""

    gap_seconds: tuple[float, float] = (3.0, 8.0)
    per_minute: int = Field(default=12, ge=0)
    per_hour: int = Field(default=400, ge=0)
    per_day: int = Field(default=2000, ge=0)
    warm_up_days: int = Field(default=7, ge=0, le=90)
    warm_up_start: int = Field(default=100, ge=1)
    canary: bool = True
    per_group_day: int = Field(default=6, ge=0)
    window: int = Field(default=1, ge=1, le=256)

    @model_validator(mode="after")
    def _ordered(self) -> "Pacing":
        low, high = self.gap_seconds
        if not 0 <= low <= high <= 600:
            raise ValueError("gap_seconds 前大后小或超过 600 秒→ 写成 [最短, 最长]，例如 [3, 8]")
        return self


def _over(default: Pacing) -> BeforeValidator:
    """What a file leaves out stays as this kind of channel has it, not as `Pacing` has it."""

    def fill(value: Any) -> Any:
        return {**default.model_dump(), **value} if isinstance(value, dict) else value

    return BeforeValidator(fill)


UNPACED = Pacing(
    gap_seconds=(0, 0), per_minute=0, per_hour=0, per_day=0, warm_up_days=0, canary=False, per_group_day=0, window=64
)
PACED = Pacing()


class Sandbox(Section):
    type: Literal["sandbox"]
    enabled: bool = True
    quiet_hours: QuietHours | None = ""
    pacing: Annotated[Pacing, _over(UNPACED)] = UNPACED


class OneBot(Section):
    type: Literal["onebot"]
    enabled: bool = True
    mode: Literal["forward", "reverse"] = "reverse"
    url: str = ""
    token: str = Field(default="", repr=False)
    allow_from: Literal["loopback", "anywhere"] = "loopback"
    self_id: str = Field(default="", pattern=r"^\d*$")
    timeout_seconds: float = Field(default=20, gt=0, le=120)
    quiet_hours: QuietHours | None = None
    pacing: Annotated[Pacing, _over(PACED)] = PACED

    @model_validator(mode="after")
    def _complete(self) -> "OneBot":
        if self.mode == "forward" and not (self.url.startswith(("ws://", "wss://")) and self.host):
            raise ValueError('mode = "forward" 时少了 url→ 例如 url = "ws://127.0.0.1:3001"')
        return self

    @property
    def host(self) -> str:
        """The host that forward mode dials."""
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""


WECHAT_PACED = Pacing(
    gap_seconds=(4, 10), per_minute=8, per_hour=300, per_day=500, warm_up_days=14, warm_up_start=30, per_group_day=4
)


class Wechaty(Section):
    type: Literal["wechaty"]
    enabled: bool = True
    endpoint: str = "127.0.0.1:8788"
    token: str = Field(default="", repr=False)
    tls: bool = True
    ca_file: str = ""
    server_name: str = ""
    self_id: str = Field(default="", pattern=r"^[!-~]{0,128}$")
    timeout_seconds: float = Field(default=20, gt=0, le=120)
    quiet_hours: QuietHours | None = None
    pacing: Annotated[Pacing, _over(WECHAT_PACED)] = WECHAT_PACED

    @field_validator("endpoint")
    @classmethod
    def _dialled(cls, endpoint: str) -> str:
        try:
            parts = urlsplit(f"//{endpoint}")
            if parts.hostname and parts.port and parts.netloc == endpoint and "@" not in endpoint:
                return endpoint
        except ValueError:
            pass
        raise ValueError('endpoint 看不懂→ 写成 主机:端口，例如 "127.0.0.1:8788"')

    @property
    def host(self) -> str:
        """The host of the gateway that we dial."""
        return urlsplit(f"//{self.endpoint}").hostname or ""


AnyChannel = Annotated[Sandbox | OneBot | Wechaty, Field(discriminator="type")]
