"""The log: one record one line, whatever users write; text for people or JSON for machines; nobody's data.

Only our own loggers follow the configured level. Libraries stay at WARNING: at DEBUG the database drivers
print the values of every statement, which are families' names and words.
"""

import logging
import re
import sys
import unicodedata
from datetime import UTC, datetime
from typing import Literal, TextIO

from pythonjsonlogger.json import JsonFormatter

from bot import clock

OURS = "bot"
_HARMLESS = frozenset({"\u200d", "\ufe0f", "\u3000"})  # joins of emoji, and the wide blank of Chinese texts
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SECRETS = (
    (re.compile(r"(?<![\d.])1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"), "[电话]"),
    (re.compile(r"(?<!\d)\d{17}[\dXx](?![\dXx])"), "[证件号]"),
    (re.compile(r"(?<=://)[^\s/@]+(?=@)"), "[账号]"),
    (re.compile(r"(?i)((?:token|secret|password|[?&]key)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;)}]+"), r"\1[隐去]"),
    (re.compile(r"(?i)(bearer )[^\s\"']+"), r"\1[隐去]"),
)


def printable(text: str) -> str:
    """Text of unknown origin on one line: line ends, escape sequences and the like are shown, not obeyed."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if letter in _HARMLESS or unicodedata.category(letter) not in _UNSAFE:
        return letter
    return letter.encode("unicode_escape").decode()


def discreet(text: str) -> str:
    """The last defence, should a phone or a secret get into a message after all."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class TextFormatter(logging.Formatter):
    """`2026-12-01 08:30:00 INFO    bot.sender  …`, in the union's time. A traceback follows, set in."""

    def format(self, record: logging.LogRecord) -> str:
        at = clock.local(datetime.fromtimestamp(record.created, UTC))
        message = printable(discreet(record.getMessage()))
        lines = [f"{at:%Y-%m-%d %H:%M:%S} {record.levelname:<7} {record.name}  {message}"]
        if record.exc_info:
            lines += _set_in(self.formatException(record.exc_info))
        if record.stack_info:
            lines += _set_in(record.stack_info)
        return "\n".join(lines)


def _set_in(text: str) -> list[str]:
    """The mark in front is what a forged line cannot get rid of."""
    return [f"    | {printable(line)}" for line in discreet(text).split("\n")]


class JsonLines(JsonFormatter):
    """One object a line, pure ASCII: time in UTC, level, logger, message, and the traceback if there is one."""

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=True)

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, str] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": discreet(record.getMessage()),
        }
        if record.exc_info:
            fields["exception"] = discreet(str(self.formatException(record.exc_info)))
        return str(self.jsonify_log_record(fields))


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that a second `setup` replaces it and leaves other people's handlers alone."""


def setup(level: str, form: Literal["text", "json"], stream: TextIO | None = None) -> None:
    """Write the log to `stream` (standard error) from now on; may be called again."""
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Handler)]:
        root.removeHandler(old)
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextFormatter())
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
    logging.captureWarnings(True)
