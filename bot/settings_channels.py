"""The kinds of channel in config.toml, each with its defaults, and how fast an account may speak.

Messages of validators are "what is wrong→ what to write": both halves are shown to the person.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator

from bot.settings import QuietHours, Section, safe_address


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


ROBOT_PACED = Pacing(gap_seconds=(0, 0), per_minute=0, per_hour=0, per_day=0, warm_up_days=0, window=16)


class WeCom(Section):
    type: Literal["wecom"]
    enabled: bool = True
    robots_file: str = "secrets/wecom.toml"
    url: str = "https://qyapi.weixin.qq.com"
    timeout_seconds: float = Field(default=20, gt=0, le=30)
    quiet_hours: QuietHours | None = None
    pacing: Annotated[Pacing, _over(ROBOT_PACED)] = ROBOT_PACED

    @field_validator("url")
    @classmethod
    def _encrypted(cls, url: str) -> str:
        """The key of a robot stands in the address: in clear only within this machine."""
        if not safe_address(url):
            raise ValueError("url 看不懂→ 写 https://主机，例如 https://qyapi.weixin.qq.com")
        return url


AnyChannel = Annotated[Sandbox | OneBot | Wechaty | WeCom, Field(discriminator="type")]
