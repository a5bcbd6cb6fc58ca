"""`check` on a tree with one of every mistake: each is told in the same run, with file, line and remedy."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import clock
from bot.content import check
from bot.errors import Problem
from bot.events import Limits

TREE = {
    "config.toml": """[web]
host = "0.0.0.0"
prot = 8420
[channels.qq]
type = "onebot"
[calendar]
holidays = ["2027-02-30"]
""",
    "messages/tips/good.md": """+++
key = "tips/good"
title = "通风"
topic = "一氧化碳"
source = "国家卫生健康委"
+++
{{ unit }}的工友：烧炉子要开窗。
""",
    "messages/tips/long.md": """+++
key = "tips/long"
title = "长"
topic = "长"
source = "国家卫生健康委"
+++

"""
    + "长" * 40
    + "\n",
    "messages/tips/twice.md": """+++
key = "tips/good"
title = "抄来的"
topic = "一氧化碳"
source = "国家卫生健康委"
+++
正文
""",
    "messages/tips/broken.md": """+++
key = "tips/broken"
title = "坏"
topic = "坏"
source = "国家卫生健康委"
+++
第一行
{{ unti }}

![图](images/none.png)
""",
    "messages/replies/heard.md": """+++
key = "replies/heard"
title = "听到了"
variables = ["code"]
+++
{{ code }} {{ phone }}
""",
    "messages/alerts/new.md": """+++
key = "alerts/new"
title = "新求助"
variables = ["code"]
+++
{{ code }}
""",
    "schedules/daily.toml": """name = "每日"
[when]
cron = "30 8 * * 1"
[audience]
units = ["mine-1", "mine-9"]
tags = ["famly"]
[send]
pick = "season"
messages = [
  "tips/good",
  "tips/god",
  "tips/broken",
  "none/*",
  "alerts/new",
]
""",
    "schedules/once.toml": """name = "冬至"
[when]
dates = [
  "2026-12-21 08:00",
  "2026-11-20 08:00",
]
[send]
pick = "fixed"
messages = ["tips/good"]
""",
    "schedules/never.toml": """name = "永不"
colour = "red"
[when]
cron = "0 8 30 feb *"
[send]
pick = "fixed"
messages = ["tips/good"]
""",
}

EXPECTED = [
    ("config.toml", 3, "不认识的项“prot”", "是不是想写“port”？"),
    ("config.toml", 4, "渠道“qq”没有 token，却不限于本机", "SONGNUAN_CHANNELS__QQ__TOKEN"),
    ("config.toml", 7, "“2027-02-30”不是一个日期", "2026-10-01"),
    ("messages/replies/heard.md", 6, "没有“phone”这个变量", "code"),
    ("messages/tips/broken.md", 8, "没有“unti”这个变量", "unit"),
    ("messages/tips/broken.md", 10, "找不到文件“images/none.png”", "messages/images/none.png"),
    ("messages/tips/long.md", 7, "对渠道“wecom”太长：120 字节", "一条最多 100 字节"),
    ("messages/tips/twice.md", 2, "key“tips/good”和文件的位置不一致", 'key = "tips/twice"'),
    ("messages/tips/twice.md", 2, "文案 key“tips/good”用了两次", "messages/tips/good.md"),
    ("schedules/daily.toml", 3, "cron 的星期“1”不要用数字，各家数法不同", "mon tue"),
    ("schedules/daily.toml", 5, "没有“mine-9”这个单位", "是不是想写“mine-"),
    ("schedules/daily.toml", 6, "没有“famly”这个群标签", "是不是想写“family”？"),
    ("schedules/daily.toml", 11, "没有“tips/god”这条文案", "是不是想写“tips/good”？"),
    ("schedules/daily.toml", 13, "没有“none/*”这条文案", "messages/"),
    ("schedules/daily.toml", 14, "“alerts/new”不能排期播发", "tips/"),
    ("schedules/never.toml", 2, "不认识的项“colour”", "name"),
    ("schedules/never.toml", 4, "这个 cron 永远等不到", "月"),
    ("schedules/once.toml", 5, "2026-11-20 08:00 已经过了", "以后的时间"),
]

LIMITS = {
    "qq": Limits(4000, "chars", frozenset({"text", "image"})),
    "wecom": Limits(100, "bytes", frozenset({"text"})),
}


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    clock.use(lambda: datetime(2026, 11, 24, tzinfo=UTC))
    yield
    clock.use(None)


def plant(root: Path, tree: dict[str, str]) -> None:
    for name, text in tree.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def run(root: Path, *, known: bool = True, environ: dict[str, str] | None = None) -> list[Problem]:
    tags, units = ({"family", "staff"}, {"mine-1", "mine-2"}) if known else (None, None)
    return check(root / "config.toml", root / "messages", root / "schedules", tags, units, LIMITS, environ or {})


def test_a_tree_with_one_of_every_mistake(tmp_path: Path) -> None:
    plant(tmp_path, TREE)
    found = run(tmp_path)
    prefix = f"{tmp_path.as_posix()}/"
    shown = [(problem.file.removeprefix(prefix), problem.line, problem.what) for problem in found]
    assert sorted(shown) == [(file, line, what) for file, line, what, _ in EXPECTED]
    remedies = {(problem.file.removeprefix(prefix), problem.line, problem.what): problem.remedy for problem in found}
    assert [e for e in EXPECTED if e[3] not in remedies[e[:3]]] == []


def test_what_nobody_knows_is_not_blamed(tmp_path: Path) -> None:
    plant(tmp_path, TREE)
    whats = {problem.what for problem in run(tmp_path, known=False)}
    assert whats == {what for _, _, what, _ in EXPECTED if "单位" not in what and "群标签" not in what}


def test_the_environment_counts(tmp_path: Path) -> None:
    plant(tmp_path, TREE)
    environ = {"SONGNUAN_CHANNELS__QQ__TOKEN": "x", "SONGNUAN_WEB__HSOT": "y"}
    found = run(tmp_path, environ=environ)
    assert not any("没有 token" in problem.what for problem in found)
    assert "环境变量 SONGNUAN_WEB__HSOT" in {problem.file for problem in found}


def test_a_good_tree_has_no_problems(tmp_path: Path) -> None:
    once = TREE["schedules/once.toml"].replace("2026-11-20", "2026-12-20")
    tree = {
        "config.toml": '[union]\nname = "矿区工会"\n',
        "messages/tips/good.md": TREE["messages/tips/good.md"],
        "messages/alerts/new.md": TREE["messages/alerts/new.md"],
        "schedules/once.toml": once,
    }
    plant(tmp_path, tree)
    assert run(tmp_path) == []


def test_the_length_is_that_of_what_is_really_sent(tmp_path: Path) -> None:
    link = "[" + "题" * 10 + "](https://example.org/" + "a" * 60 + ")\n"
    text = TREE["messages/tips/good.md"].replace("烧炉子要开窗。", "开窗。\n" + link)
    plant(tmp_path, {"config.toml": "", "messages/tips/good.md": text, "schedules/.keep": ""})
    [problem] = run(tmp_path)
    assert "对渠道“wecom”太长" in problem.what
