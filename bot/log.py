"""The log: one record one line, whatever users write; text for people or JSON for machines; nobody's data.

Only our own loggers follow the configured level. Libraries stay at WARNING: at DEBUG the database drivers
print the values of every statement, which are families' names and words. What an exception says, and what a
library says of itself, is not ours either: PostgreSQL quotes the row that it refuses (DETAIL), a KeyError its
key. Of those only what cannot be a person's is written: plain ASCII, without what is quoted, without long numbers.
"""

import logging
import re
import sys
import unicodedata
from datetime import UTC, datetime
from traceback import TracebackException
from types import TracebackType
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


_OURS_AND_SAFE = re.compile(r"bot\.errors\.(?:Retryable|Permanent|Unknown|ProblemsFound): ")  # never user text
_QUOTING = re.compile(
    r"(?:asyncpg|tortoise|sqlite3|aiosqlite)\.|[\w.]*(?:KeyError|ValueError|Validation\w*|Unicode\w*)\b"
)
_QUOTED = (re.compile(r"(?s)'.*'"), re.compile(r'(?s)(?<=[:=] )".*"'))
_FOREIGN = re.compile(r"[^\x00-\x7f]+(?:[\s\d]+[^\x00-\x7f]+)*|\d{6,}")
_HIDDEN = "[…]"
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
_HEADS = ("Traceback (most recent call last)", "\nThe above exception", "\nDuring handling", "  File ")


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


def impersonal(text: str) -> str:
    """Words of a library or an exception without what may be a person's: what is not ASCII, and long numbers."""
    return _FOREIGN.sub(_HIDDEN, discreet(text))


def traceback_of(error: BaseException) -> str:
    """The stack, with all causes, and of each message what is nobody's. Values of variables are never in it."""
    return "".join(map(_without_values, TracebackException.from_exception(error).format()))


def _without_values(piece: str) -> str:
    """One piece of a traceback: a frame or a heading, which are ours, or what the exception says."""
    bare = piece.lstrip("| +-") if piece.startswith("  |") else piece
    if bare.startswith(_HEADS) or piece.startswith(_HEADS) or _OURS_AND_SAFE.match(bare):
        return piece
    if _QUOTING.match(bare):
        piece = piece.partition("\n")[0] + "\n"  # DETAIL and HINT follow, with the values
        for quoted in _QUOTED:
            piece = quoted.sub(_HIDDEN, piece)
    return impersonal(piece)


def _message(record: logging.LogRecord) -> str:
    """Ours are written with care; what others say can hold anything."""
    text = record.getMessage()
    known = record.name == OURS or record.name.startswith(f"{OURS}.")
    return discreet(text) if known else impersonal(text)


class TextFormatter(logging.Formatter):
    """`2026-12-01 08:30:00 INFO    bot.sender  …`, in the union's time. A traceback follows, set in."""

    def formatException(self, ei: _ExcInfo) -> str:
        return "" if ei[1] is None else traceback_of(ei[1])

    def format(self, record: logging.LogRecord) -> str:
        at = clock.local(datetime.fromtimestamp(record.created, UTC))
        message = printable(_message(record))
        lines = [f"{at:%Y-%m-%d %H:%M:%S} {record.levelname:<7} {record.name}  {message}"]
        if record.exc_info:
            lines += _set_in(self.formatException(record.exc_info).rstrip("\n"))
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
            "message": _message(record),
        }
        if record.exc_info:
            fields["exception"] = discreet(traceback_of(record.exc_info[1])) if record.exc_info[1] else ""
        return str(self.jsonify_log_record(fields))


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that a second `setup` replaces it and leaves other people's handlers alone."""

    def handleError(self, record: logging.LogRecord) -> None:
        """The standard one prints the arguments of the line that it could not write."""
        print(f"a line of {record.name}:{record.lineno} could not be logged", file=sys.__stderr__)


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
    sys.excepthook = _crashed


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends the program is written like any other error: the standard hook would print what it says in full."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger(OURS).critical("stopped by an error", exc_info=(kind, error, trace))
