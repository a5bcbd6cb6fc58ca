"""What the channel says of itself on the console, and since when."""

import logging

from bot import clock
from bot.events import Health, Line

_log = logging.getLogger(__name__)


class Condition:
    """`report` moves `since` only when the state changes, so that an outage shows its full length."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.health = Health(Line.OFFLINE, clock.now(), "还没有启动")

    @property
    def state(self) -> Line:
        return self.health.state

    def report(self, state: Line, detail: str = "") -> None:
        before = self.health
        if state is not before.state:
            _log.info("%s: %s -> %s", self._name, before.state.value, state.value)
        since = before.since if state is before.state else clock.now()
        self.health = Health(state, since, detail)
