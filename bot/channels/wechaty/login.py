"""The QR code by which a person signs the WeChat account in: drawn on the terminal, kept for whoever else shows it."""

import logging
import sys
from collections.abc import Callable
from io import StringIO

import segno

from bot.channels.wechaty.gateway import Event

_log = logging.getLogger(__name__)
_SHOWN = (2, 5)  # waiting for a scan; the code ran out (the next one follows)


def draw(code: str) -> str:
    """As text for a terminal, two rows of the code in a line."""
    out = StringIO()
    segno.make(code, error="l").terminal(out=out, compact=True)
    return out.getvalue()


def on_terminal(text: str) -> None:
    """Never into a file: whoever holds the code can sign in."""
    if sys.stdout.isatty():
        print(text, flush=True)


class Login:
    """`code` is what the QR code says while one is waiting to be scanned, otherwise None."""

    def __init__(self, name: str, show: Callable[[str], None]) -> None:
        self.code: str | None = None
        self._name = name
        self._show = show

    def scanned(self, event: Event) -> None:
        code = event.data.get("qrcode")
        if event.data.get("status") not in _SHOWN or not isinstance(code, str) or not 0 < len(code) <= 2000:
            self.code = None  # scanned, or confirmed on the phone: not to be scanned again
        elif code != self.code:
            self.code = code
            _log.error("%s: WeChat is not logged in, a QR code waits to be scanned", self._name)
            self._show(f"\n微信没有登录。请用机器人的微信扫一扫（渠道 {self._name}）：\n{draw(code)}")

    def forget(self) -> None:
        self.code = None
