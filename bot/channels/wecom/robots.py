"""Which robots there are: a file of its own, for each line is a secret that lets anybody write into that group."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bot.errors import Problem, ProblemsFound
from bot.toml import Document

NAME = re.compile(r"[^\s/\x00-\x1f\x7f]{1,40}")
KEY = re.compile(r"[A-Za-z0-9-]{8,128}")
EXAMPLE = '一行一个群，例如 "向阳家属群" = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"'


def read(path: Path, shown: str) -> dict[str, str]:
    """Name of the group -> key of its robot. `shown` is what problems call the file; raises ProblemsFound.

    No problem repeats what stands in the file: it is a secret even when it is wrong.
    """
    document = Document.read(path, shown)
    robots = {name: _key(value) for name, value in document.data.items()}
    problems = [problem for name in robots if (problem := _problem(document, name, robots))]
    if not robots:
        problems.append(Problem(shown, 0, "一个群机器人也没有写", EXAMPLE))
    if problems:
        raise ProblemsFound(problems)
    return robots


def _key(value: object) -> str:
    """Of the whole address that WeCom shows, or of its last piece alone; "" when it is neither."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        text = parse_qs(urlsplit(text).query).get("key", [""])[0] if "://" in text else text
    except ValueError:
        return ""
    return text if KEY.fullmatch(text) else ""


def _problem(document: Document, name: str, robots: Mapping[str, str]) -> Problem | None:
    if not NAME.fullmatch(name):
        return document.problem((name,), "群的名字不能用", "最多 40 个字，不能有空格和斜杠")
    if not robots[name]:
        return document.problem((name,), f"“{name}”的机器人地址看不懂", EXAMPLE)
    first = next(other for other, key in robots.items() if key == robots[name])
    if first != name:
        return document.problem((name,), f"“{name}”和“{first}”是同一个机器人", "一个群用一个机器人，删掉一行")
    return None
