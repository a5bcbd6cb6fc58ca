"""What can go wrong at the QQ peer; every switch may be thrown while it runs."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from tests.servers import onebot_wire as wire
from tests.servers.onebot_ledger import Sent

DELIVERED = frozenset({"ok", "async", "silent", "late", "timeout_1200", "drop"})
UNDELIVERED = frozenset({"blocked_1200", "failed", "muted", "removed", "unsupported", "lost"})


@dataclass
class Faults:
    """`answer` is the way sends are answered, for the next `times` of them (None: until changed):

    delivered: ok, async, silent (never answered), late (held until `release`), timeout_1200,
    drop (the connection dies instead of an answer)
    not delivered: blocked_1200 (looks like timeout_1200), failed (`retcode`, `wording`), muted, removed,
    unsupported, lost (accepted by nobody, never answered)
    """

    answer: str = "ok"
    times: int | None = None
    by_group: dict[str, str] = field(default_factory=dict)  # the same, for single groups
    retcode: int = 1200
    wording: str = "消息发送失败"
    delay: float = 0.0  # seconds before each answer
    heartbeat: float = 0.0  # seconds between heartbeats; 0: none
    online: bool = True
    report_self: bool = False
    login_as: str = ""  # another account answers get_login_info
    groups_fail: bool = False
    held: list[Sent] = field(default_factory=list)
    moving: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.moving.set()

    def set(self, answer: str, times: int | None = None) -> None:
        if answer not in DELIVERED | UNDELIVERED:
            raise ValueError(f"no such fault: {answer}")
        self.answer, self.times = answer, times

    @property
    def frozen(self) -> bool:
        return not self.moving.is_set()

    def next(self, group: str) -> str:
        """How this send is to be answered."""
        single = self.by_group.get(group)
        if single is not None:
            return single
        if self.times is None:
            return self.answer
        if self.times <= 0:
            self.answer, self.times = "ok", None
            return "ok"
        self.times -= 1
        return self.answer

    def undelivered(self, kind: str, echo: str) -> dict[str, Any] | None:
        match kind:
            case "blocked_1200":
                return wire.timed_out(echo)
            case "muted":
                return wire.refused_by_qq(echo, 120, "")
            case "removed":
                return wire.refused_by_qq(echo, 110, "发送失败,你已被移出该群,请重新加群。")
            case "unsupported":
                return wire.failure(echo, 1404, "不支持的Api")
            case "failed":
                return wire.failure(echo, self.retcode, self.wording)
            case _:
                return None
