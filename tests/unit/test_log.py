"""The log: no text can forge a line, in either format; libraries stay quiet; phones and secrets stay out."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import log

NASTY = "甲\n2026-12-01 08:30:00 ERROR   bot  forged\r\x1b[2J\u2028\u0085\x00\u202e乙"


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("bot")
    handlers, levels = list(root.handlers), (root.level, ours.level)
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def written(form: str, level: str = "INFO") -> io.StringIO:
    stream = io.StringIO()
    log.setup(level, "json" if form == "json" else "text", stream)
    return stream


@pytest.mark.parametrize("form", ["text", "json"])
def test_user_text_cannot_forge_a_line(form: str) -> None:
    stream = written(form)
    logging.getLogger("bot.x").warning("heard %s", NASTY)
    assert len(stream.getvalue().splitlines()) == 1
    assert all(letter.isprintable() for letter in stream.getvalue().removesuffix("\n"))


@pytest.mark.parametrize("form", ["text", "json"])
def test_not_even_inside_a_traceback(form: str) -> None:
    stream = written(form)
    try:
        raise ValueError(NASTY)
    except ValueError:
        logging.getLogger("bot.x").exception("failed")
    first, *others = stream.getvalue().splitlines()
    assert "failed" in first and "ValueError" in stream.getvalue()
    assert all(line.startswith("    | ") for line in others)
    assert bool(others) == (form == "text")


@given(st.text())
def test_printable_is_one_line_and_leaves_chinese_alone(text: str) -> None:
    shown = log.printable(text)
    assert len(shown.splitlines()) <= 1
    shown.encode()  # raises for a lone surrogate
    assert log.printable(shown) == shown


def test_printable_keeps_what_people_write() -> None:
    text = "老王：没米了，求帮忙！👨‍👩‍👧　谢谢"
    assert log.printable(text) == text


def test_text_line() -> None:
    stream = written("text")
    record = logging.LogRecord("bot.sender", logging.INFO, "", 0, "sent %d", (3,), None)
    record.created = datetime(2026, 12, 1, 0, 30, tzinfo=UTC).timestamp()
    logging.getLogger("bot").handle(record)
    assert stream.getvalue() == "2026-12-01 08:30:00 INFO    bot.sender  sent 3\n"


def test_json_line() -> None:
    stream = written("json")
    logging.getLogger("bot.sender").info("sent %s", "三条")
    line = json.loads(stream.getvalue())
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "bot.sender", "sent 三条")
    assert datetime.fromisoformat(line["time"]).utcoffset() is not None
    assert stream.getvalue().isascii()


def test_levels() -> None:
    stream = written("text", "DEBUG")
    logging.getLogger("bot.x").debug("ours")
    logging.getLogger("aiosqlite").debug("SELECT … ['a name']")
    logging.getLogger("tortoise.db_client").info("values")
    logging.getLogger("apscheduler").warning("theirs")
    assert [line.rsplit("  ", 1)[1] for line in stream.getvalue().splitlines()] == ["ours", "theirs"]


def test_set_up_twice_is_not_written_twice() -> None:
    old, new = written("text"), written("text")
    logging.getLogger("bot").info("once")
    assert old.getvalue() == "" and new.getvalue().count("once") == 1


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("call 13800000001 now", "13800000001"),
        ("call 138-0000-0001", "0000-0001"),
        ("id 11010119900307123X", "19900307"),
        ("postgres://union:s3cret@db/x", "s3cret"),
        ("GET /ws?access_token=s3cret&x=1", "s3cret"),
        ('{"token": "s3cret"}', "s3cret"),
        ("Authorization: Bearer s3cret", "s3cret"),
    ],
)
def test_phones_and_secrets_stay_out(text: str, hidden: str) -> None:
    for form in ("text", "json"):
        stream = written(form)
        logging.getLogger("bot").info("got %s", text)
        assert "got" in stream.getvalue() and hidden not in stream.getvalue()


@pytest.mark.parametrize("text", ["delivery 1764000000000", "3 deliveries", "schedule daily-tip: fired"])
def test_numbers_of_ours_stay(text: str) -> None:
    assert log.discreet(text) == text


def test_python_warnings_are_lines_too() -> None:
    stream = written("text")
    logging.getLogger("py.warnings").warning("careful\nforged")
    assert stream.getvalue().count("\n") == 1
