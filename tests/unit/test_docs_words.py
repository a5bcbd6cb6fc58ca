"""The documents name every word of chat, reason, table and page there is, and none that there is not."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from bot import clock, handlers, models
from bot.actions.delivery.reasons import REASONS
from bot.actions.staff.directory import Speaker
from bot.app import building
from bot.config import load
from bot.content import Library
from bot.events import Chat, Incoming, Sender
from bot.router import Router, Turn
from bot.web import navigation
from tests.documents import CHINESE, ENGLISH, INLINE, LINK, PAIRS, ROOT, prose, read, spans

FAMILY = Speaker("family", "刘桂芳", household_id=1, unit_id=1)
PEOPLE = [None, FAMILY, *(Speaker(role, "王秀兰", staff_id=1, unit_id=1) for role in ("chair", "volunteer"))]


@lru_cache(maxsize=1)
def router() -> Router:
    return handlers.build(building.desk(load(ROOT / "config.toml", {}), Library.load(ROOT / "messages")))


def handled_by(text: str, speaker: Speaker | None) -> str:
    """The module whose conversation has this text in a direct talk, "" for none."""
    message = Incoming("qq", "1", clock.now(), Chat("direct", "u1"), Sender("u1"), text)
    call = router().match(Turn(message, text, speaker))
    return "" if call is None else str(getattr(call, "func", call).__module__)


def chat_words(name: str) -> list[str]:
    """The first column of the table of what it understands in chat."""
    table = re.search(r"\n\| (?:write|写) \|.*?\n\n", prose(name), re.DOTALL)
    assert table
    return [word for row in table[0].split("\n")[3:] if row for word in spans(row.split("|")[1])]


def test_every_chat_command_is_understood() -> None:
    words = chat_words(ENGLISH)
    assert words == chat_words(CHINESE)
    modules = {word: {handled_by(word, person) for person in PEOPLE} - {"", "bot.handlers.help"} for word in words}
    assert [word for word, found in modules.items() if not found] == []
    assert handled_by("随便聊聊", PEOPLE[2]) == ""


def test_every_chat_command_is_told() -> None:
    told = {word.split()[0] for word in chat_words(ENGLISH)}
    for path in sorted((ROOT / "bot/handlers").glob("*.py")):
        for call in calls(path, {"command"}):
            words = {str(arg.value) for arg in call.args if isinstance(arg, ast.Constant)} - {"?"}
            assert not words or words & told, f"{path.name}: {words}"


def calls(path: Path, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def test_every_reason_is_explained() -> None:
    """All codes that channels raise and that the command line knows stand in the table of docs/outbox.md."""
    raised = {
        call.args[0].value
        for path in (ROOT / "bot").rglob("*.py")
        for call in calls(path, {"Retryable", "Permanent", "Unknown"})
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", read("docs/outbox.md"), re.MULTILINE))
    assert len(raised) > 10
    assert (raised | set(REASONS)) - {""} <= explained


def test_every_table_is_told_in_the_privacy_notes() -> None:
    tables = {getattr(models, name)._meta.db_table or snake(name) for name in models.__all__}
    assert tables - set(spans(prose("docs/privacy.md"))) == set()


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_every_page_is_told_in_the_notes_on_the_pages() -> None:
    paths = {entry.path for entry in [*navigation.ENTRIES, navigation.ME]}
    assert paths - set(spans(prose("docs/console.md"))) == set()


@pytest.mark.parametrize("name", [chinese for _, chinese in PAIRS])
def test_chinese_has_chinese_punctuation(name: str) -> None:
    text = INLINE.sub("", LINK.sub("", prose(name)))
    assert re.findall(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!(][\u4e00-\u9fff]", text) == []
