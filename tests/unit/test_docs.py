"""The documents tell the truth: every command, setting, chat word, link and code in them is one that exists."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest
from pydantic import BaseModel

from bot import clock, handlers, models
from bot.actions.directory import Speaker
from bot.app import building
from bot.cli import resolve
from bot.cli.loading import CONFIG_VARIABLE
from bot.cli.parser import build
from bot.actions.reasons import REASONS
from bot.config import PREFIX, Config, load
from bot.content import Library, load_schedules
from bot.errors import ProblemsFound
from bot.events import Chat, Incoming, Sender
from bot.router import Router, Turn

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = "README.md", "README.zh-CN.md"
DOCS = [ENGLISH, CHINESE, "CONTRIBUTING.md", "CHANGELOG.md", "docs/outbox.md", "docs/qq.md", "docs/privacy.md"]
DOCS += ["deploy/README.md", "docs/console.md", "docs/wechat.md", "docs/wecom.md"]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")
SETTING = re.compile(r"(?:" + "|".join(Config.model_fields) + r")(?:\.[a-z_]+)+")
VARIABLE = re.compile(rf"{PREFIX}[A-Z_]+")
RUNS = re.compile(r"(?:sudo -u songnuan )?(?:\.venv/bin/)?songnuan( .*|$)")


class Block(NamedTuple):
    language: str
    text: str


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(name: str, *languages: str) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(read(name)) if found[0] in languages]


def prose(name: str) -> str:
    return FENCE.sub("", read(name))


def spans(text: str) -> list[str]:
    return INLINE.findall(text)


def shell(name: str) -> list[str]:
    return [line for block in blocks(name, "sh") for line in block.text.splitlines() if line]


def commands(name: str) -> list[list[str]]:
    """Full command lines of `songnuan`, as words."""
    return [shlex.split(found[1]) for line in shell(name) if (found := RUNS.fullmatch(line))]


def short_names(name: str) -> list[list[str]]:
    """What the prose calls `songnuan resend` and the like: a beginning of a command line."""
    return [shlex.split(found[1]) for span in spans(prose(name)) if (found := RUNS.fullmatch(span))]


def begins_a_command(words: list[str]) -> bool:
    """Each word is a command below the one before; arguments may follow one that takes no commands."""
    parser = build()
    for word in words:
        below = [action.choices for action in parser._actions if isinstance(action.choices, dict)]
        if not below:
            return all(option in parser._option_string_actions for option in words if option.startswith("--"))
        if word not in below[0]:
            return False
        parser = below[0][word]
    return True


@pytest.mark.parametrize("name", DOCS)
def test_every_songnuan_command_can_be_run_as_it_stands(name: str) -> None:
    parser = build()
    for words in commands(name):
        args = parser.parse_args(words)  # exits on a word that it does not know
        assert args.handler is not None and callable(resolve(args.handler)), words
    assert [words for words in short_names(name) if not begins_a_command(words)] == []


def test_the_reader_of_commands_knows_wrong_ones() -> None:
    assert begins_a_command(["group", "on", "qq", "1", "--tags", "x"])
    assert not begins_a_command(["group", "open"])
    assert not begins_a_command(["doubtful", "--all"])
    assert len(commands(ENGLISH)) > 20 and len(short_names(ENGLISH)) > 4


@pytest.mark.parametrize("name", DOCS)
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = {found for line in [*shell(name), *spans(prose(name))] for found in re.findall(r"\bmake ([a-z]+)", line)}
    assert named <= targets


def test_both_readmes_name_the_same_commands() -> None:
    assert shell(ENGLISH) == shell(CHINESE)
    english, chinese = (
        {span for span in spans(prose(name)) if span.startswith(("songnuan", "make"))} for name in (ENGLISH, CHINESE)
    )
    assert english == chinese


def test_both_readmes_have_the_same_examples() -> None:
    for language in ("toml", "markdown"):
        english, chinese = ([bare(block) for block in blocks(name, language)] for name in (ENGLISH, CHINESE))
        assert english == chinese != []


def bare(block: Block) -> str:
    return re.sub(r"(?m)^# .*\n", "", block.text)


@pytest.mark.parametrize("name", DOCS)
def test_every_toml_example_is_accepted(name: str, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(name, "toml")):
        where = re.match(r"# (config|schedules/[\w-]+)\.toml", block.text)
        assert where, f"{name}: say which file the example belongs to"
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "example.toml").write_text(block.text, "utf-8")
        if where[1] == "config":
            load(folder / "example.toml", {})  # raises ProblemsFound
        else:
            [schedule] = load_schedules(folder).values()
            assert Library.load(ROOT / "messages").match(schedule.send.messages)


@pytest.mark.parametrize("name", DOCS)
def test_every_message_example_is_accepted(name: str, tmp_path: Path) -> None:
    for block in blocks(name, "markdown"):
        path = tmp_path / "messages" / f"{tomllib.loads(block.text.split('+++')[1])['key']}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")
        for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", block.text):
            (tmp_path / "messages" / picture).parent.mkdir(exist_ok=True)
            (tmp_path / "messages" / picture).write_bytes((ROOT / "messages" / picture).read_bytes())
        Library.load(tmp_path / "messages")  # raises ProblemsFound


@lru_cache(maxsize=1)
def settings() -> Config:
    return load(ROOT / "config.toml", {})


def is_setting(dotted: str) -> bool:
    node: object = settings()
    for step in dotted.split("."):
        fields = type(node).model_fields if isinstance(node, BaseModel) else node
        if not isinstance(fields, dict) or step not in fields:
            return False
        node = node[step] if isinstance(node, dict) else getattr(node, step)
    return True


@pytest.mark.parametrize("name", DOCS)
def test_every_setting_exists(name: str) -> None:
    text = prose(name)
    assert [span for span in spans(text) if SETTING.fullmatch(span) and not is_setting(span)] == []
    sections = [span[1:-1] for span in spans(text) if re.fullmatch(r"\[(\w+\.)*[a-z]+\]", span)]
    schedules = {"when", "audience", "send"}
    assert [section for section in sections if section not in schedules and not is_setting(section)] == []


def test_the_reader_of_settings_knows_wrong_ones() -> None:
    assert is_setting("channels.qq.token") and is_setting("channels.qq.pacing") and is_setting("web.host")
    assert not is_setting("channels.qq.password") and not is_setting("web.address")


@pytest.mark.parametrize("name", DOCS)
def test_every_environment_variable_is_a_setting(name: str, tmp_path: Path) -> None:
    (tmp_path / "value").write_text("text\n")
    for variable in set(VARIABLE.findall(read(name))) - {CONFIG_VARIABLE}:
        value = str(tmp_path / "value") if variable.endswith("_FILE") else "text"
        try:
            load(ROOT / "config.toml", {variable: value})
        except ProblemsFound as error:
            assert "不认识的环境变量" not in str(error)


@pytest.mark.parametrize("name", DOCS)
def test_every_local_link_and_picture_is_there(name: str) -> None:
    targets = [target for target in LINK.findall(INLINE.sub("", prose(name))) if "://" not in target]
    missing = [target for target in targets if not (ROOT / name).parent.joinpath(target.partition("#")[0]).exists()]
    assert missing == []
    anchors = {slug(heading) for heading in re.findall(r"^#+ (.+)$", read(name), re.MULTILINE)}
    assert [target for target in targets if target.startswith("#") and target[1:] not in anchors] == []


def slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", DOCS)
def test_every_file_that_is_named_is_there(name: str) -> None:
    kept = ("bot/", "tests/", "docs/", "deploy/", "tools/", "bench/")
    named = [span for span in spans(prose(name)) if span.startswith(kept) and not re.search(r"[A-Z*]{2}|\*|\s", span)]
    assert [path for path in named if not (ROOT / path).exists()] == []


FAMILY = Speaker("family", "刘桂芳", household_id=1, unit_id=1)
PEOPLE = [None, FAMILY, *(Speaker(role, "王秀兰", staff_id=1, unit_id=1) for role in ("chair", "volunteer"))]


@lru_cache(maxsize=1)
def router() -> Router:
    return handlers.build(building.desk(settings(), Library.load(ROOT / "messages")))


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


def test_chinese_has_chinese_punctuation() -> None:
    text = INLINE.sub("", LINK.sub("", prose(CHINESE)))
    assert re.findall(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!(][\u4e00-\u9fff]", text) == []
