"""What the QQ peer accepted: written down before it is answered, so that it can bear witness after a crash."""

import time
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct


class Sent(Struct):
    """One accepted message: one line of the ledger."""

    n: int
    at: float
    action: str
    chat: str  # "group:<id>" or "direct:<id>"
    message_id: int
    echo: str
    text: str
    segments: list[dict[str, Any]]


class Ledger:
    """Append-only; lines are gathered while a burst is read and reach the file before any of its answers."""

    def __init__(self, file: Path | None) -> None:
        self.sent: list[Sent] = []
        self._pending: list[bytes] = []
        self._encode = msgspec.json.Encoder().encode
        self._earlier = sum(1 for _ in file.open("rb")) if file is not None and file.exists() else 0
        self._file = file.open("ab") if file is not None else None

    @property
    def count(self) -> int:
        """Accepted messages, also of an earlier process that wrote the same file."""
        return self._earlier + len(self.sent)

    def accept(self, action: str, chat: str, echo: str, message: list[dict[str, Any]]) -> Sent:
        text = "".join(str(part["data"].get("text", "")) for part in message if part["type"] == "text")
        number = self.count + 1
        sent = Sent(number, time.time(), action, chat, 1_000_000 + number, echo, text, message)
        self.sent.append(sent)
        self._pending.append(self._encode(sent))
        return sent

    def flush(self) -> None:
        if self._file is not None and self._pending:
            self._file.write(b"\n".join(self._pending) + b"\n")
            self._file.flush()
        self._pending.clear()

    def close(self) -> None:
        self.flush()
        if self._file is not None:
            self._file.close()


def read_ledger(file: Path) -> list[Sent]:
    """All whole lines; a line that was cut off by a kill was never answered and does not count."""
    if not file.exists():
        return []
    return [msgspec.json.decode(line, type=Sent) for line in file.read_bytes().splitlines() if line.endswith(b"}")]
