"""The documents tell the truth: every command, setting, chat word, link and code in them is one that exists."""

import argparse
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from pydantic import BaseModel

from bot.cli import resolve
from bot.cli.loading import CONFIG_VARIABLE
from bot.cli.parser import build
from bot.config import PREFIX, Config, load
from bot.content import Library, load_schedules
from bot.errors import ProblemsFound
from tests.documents import DOCS, ENGLISH, INLINE, LINK, PAIRS, ROOT, Block, blocks, prose, read, shell, spans

SETTING = re.compile(r"(?:" + "|".join(Config.model_fields) + r")(?:\.[a-z_]+)+")
VARIABLE = re.compile(rf"{PREFIX}[A-Z_]+")
RUNS = re.compile(r"(?:sudo -u songnuan )?(?:\.venv/bin/)?songnuan( .*|$)")


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
    assert sum(len(commands(english)) for english, _ in PAIRS) > 40 and len(short_names(ENGLISH)) > 20


@pytest.mark.parametrize("name", DOCS)
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = {found for line in [*shell(name), *spans(prose(name))] for found in re.findall(r"\bmake ([a-z]+)", line)}
    assert named <= targets


def leaves(parser: argparse.ArgumentParser, *path: str) -> Iterator[str]:
    """Full names of the commands below a parser, groups of commands left out."""
    below = [action.choices for action in parser._actions if isinstance(action.choices, dict)]
    if not below:
        yield " ".join(path)
    for choices in below:
        for name, one in choices.items():
            yield from leaves(one, *path, name)


def test_every_command_is_in_the_list_of_commands() -> None:
    listed = re.findall(r"^\| `songnuan ([a-z -]+)` \|", read("docs/commands.md"), re.MULTILINE)
    assert sorted(listed) == sorted(leaves(build())) and len(listed) > 30


@pytest.mark.parametrize("pair", PAIRS)
def test_both_languages_name_the_same_commands(pair: tuple[str, str]) -> None:
    assert shell(pair[0]) == shell(pair[1]) != []
    english, chinese = ({span for span in spans(prose(name)) if span.startswith(("songnuan", "make"))} for name in pair)
    assert english == chinese


def test_both_languages_have_the_same_examples() -> None:
    for language in ("toml", "markdown"):
        english, chinese = (
            [[bare(block) for block in blocks(name, language)] for name in side] for side in zip(*PAIRS, strict=False)
        )
        assert english == chinese and any(english)


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
    assert [target for target in targets if "#" in target and not is_heading(name, *target.split("#"))] == []


def is_heading(name: str, target: str, anchor: str) -> bool:
    """Is this anchor a heading of the file that the link in `name` leads to?"""
    page = (ROOT / name).parent / target if target else ROOT / name
    return anchor in {slug(heading) for heading in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)}


def slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("name", DOCS)
def test_every_file_that_is_named_is_there(name: str) -> None:
    kept = ("bot/", "tests/", "docs/", "deploy/", "tools/", "bench/")
    named = [span for span in spans(prose(name)) if span.startswith(kept) and not re.search(r"[A-Z*]{2}|\*|\s", span)]
    assert [path for path in named if not (ROOT / path).exists()] == []
