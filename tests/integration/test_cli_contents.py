"""`check`, `preview` and `judge`, and how mistakes on the command line are answered; no database needed."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import clock
from bot.actions.delivery.reasons import REASONS, explain
from bot.actions.roster.columns import LABELS
from bot.cli import main, resolve
from bot.cli.chinese import Parser, translated
from bot.cli.parser import build
from bot.cli.printing import width
from bot.content import Library, Workdays, load_schedules
from bot.content.preview import preview

ROOT = Path(__file__).parents[2]
MONDAY = datetime(2026, 11, 29, 16, tzinfo=UTC)  # Monday the 30th at midnight, in China

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what stands in the repository, in a folder of its own, on a day before all of its dates."""
    clock.use(lambda: MONDAY)
    shutil.copy(ROOT / "config.toml", tmp_path)
    for name in ("messages", "schedules"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SONGNUAN_CONFIG", raising=False)
    yield tmp_path
    clock.use(None)


@pytest.fixture
def songnuan(tree: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*argv: object) -> tuple[int, str]:
        capsys.readouterr()
        try:
            code = main([str(word) for word in argv])
        except SystemExit as leaving:
            assert isinstance(leaving.code, int)
            code = leaving.code
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


def test_what_is_in_the_repository_is_in_order(songnuan: Run, tree: Path) -> None:
    code, said = songnuan("check")
    texts = len([path for path in (tree / "messages").rglob("*.md") if path.stem != "README"])
    assert (code, said) == (0, f"都没问题：配置、{texts} 条文案、7 个排期。\n")
    assert not (tree / "data").exists() and not (tree / "secrets").exists()


def test_check_tells_all_problems_at_once(songnuan: Run, tree: Path) -> None:
    config = tree / "config.toml"
    config.write_text(text := config.read_text().replace("port = 8420", "prot = 8420"))
    line = text[: text.index("prot = ")].count("\n") + 1
    (tree / "schedules" / "daily-tip.toml").write_text('name = "x"\n[when]\ncron = "61 8 * * *"\n')
    (tree / "messages" / "tips" / "bad.md").write_text("没有说明\n")
    code, said = songnuan("check")
    assert code == 1
    for what in (f"config.toml:{line}  不认识的项“prot”", "schedules/daily-tip.toml:3", "messages/tips/bad.md:1"):
        assert what in said
    assert "port" in said and all("  " in line for line in said.splitlines())


def test_check_compares_audiences_and_lengths_with_the_sample(songnuan: Run, tree: Path) -> None:
    path = tree / "schedules" / "daily-tip.toml"
    path.write_text(path.read_text().replace('tags = ["family"]', 'tags = ["famly"]'))
    tip = tree / "messages" / "tips" / "co-alarm.md"
    tip.write_text(tip.read_text() + "长" * 9000)
    code, said = songnuan("check")
    assert code == 1 and "没有“famly”这个群标签  → 是不是想写“family”？" in said
    assert "对渠道“sandbox”太长" in said


def test_the_config_may_stand_elsewhere(songnuan: Run, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "union").mkdir()
    for name in ("config.toml", "messages", "schedules"):
        (tree / name).rename(tree / "union" / name)
    code, said = songnuan("check")
    assert code == 1 and "config.toml  打不开这个文件" in said
    assert songnuan("check", "--config", "union/config.toml")[0] == 0
    assert songnuan("--config", "union/config.toml", "preview")[0] == 0
    monkeypatch.setenv("SONGNUAN_CONFIG", "union/config.toml")
    assert songnuan("check")[0] == 0


def test_only_variables_with_a_section_are_settings(songnuan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGNUAN_TEST_DB", "sqlite")
    assert songnuan("check")[0] == 0
    monkeypatch.setenv("SONGNUAN_WEBB__PORT", "1")
    code, said = songnuan("check")
    assert code == 1 and "SONGNUAN_WEBB__PORT" in said


def test_preview_is_what_will_be_sent(songnuan: Run, tree: Path) -> None:
    rows = json.loads(songnuan("preview", "--days", 1, "--json")[1])
    shown = songnuan("preview", "--days", 1)[1]
    clock.use(lambda: datetime(2028, 3, 1, tzinfo=UTC))
    later = songnuan("preview", "--days", 1)[1]
    assert [(row["at"][11:16], row["schedule"], row["groups"]) for row in rows] == [
        ("07:10", "pre-shift", 1),
        ("08:30", "daily-tip", 3),
    ]
    assert rows[1]["title"] in shown and "2026-11-30 周一 08:30" in shown and "*" not in shown
    assert re.search(r"^2028-03-02 周四 07:10\*", later, re.MULTILINE) and "2028 年的放假安排还没有收录" in later
    assert not (tree / "data").exists()


def test_preview_counts_on_from_the_cursor_and_stops_at_the_end() -> None:
    schedules = load_schedules(ROOT / "schedules")
    library = Library.load(ROOT / "messages")
    end = MONDAY + timedelta(days=40)
    letters = {"letters": schedules["letters"]}
    fresh = preview(letters, library, Workdays(), MONDAY, end, {})
    assert [one.message.key if one.message else None for one in fresh] == schedules["letters"].send.messages
    last = preview(letters, library, Workdays(), MONDAY, end, {"letters": 1})
    assert last[0].message == fresh[1].message and last[1].message is None
    assert preview(letters, library, Workdays(), MONDAY, end, {}, ["letters"]) == []
    everything = preview(schedules, library, Workdays(), MONDAY, end, {})
    assert [one.at for one in everything] == sorted(one.at for one in everything)


def test_judge_reports_and_lists(songnuan: Run, tree: Path) -> None:
    lines = [
        {"text": "家里没米了，求帮忙", "label": "help", "kind": "food", "urgency": "normal"},
        {"text": "今天天气不错", "label": "none"},
    ]
    path = tree / "lines.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n")
    code, said = songnuan("judge", path)
    assert code == 0 and "共 2 句：求助 1，不是求助 1" in said and "找到的求助：100.0%" in said
    code, said = songnuan("judge", path, "--each")
    verdicts = [json.loads(line) for line in said.splitlines()]
    assert [verdict["text"] for verdict in verdicts] == [line["text"] for line in lines]
    assert verdicts[1]["decision"] == "none"


@pytest.mark.parametrize("row", ["{", "[]", '{"label": "help"}', '{"text": 3}', '{"text": "x", "label": "maybe"}'])
def test_judge_names_the_line_that_is_wrong(songnuan: Run, tree: Path, row: str) -> None:
    (tree / "lines.jsonl").write_text(f'{{"text": "x", "label": "none"}}\n{row}\n')
    code, said = songnuan("judge", "lines.jsonl")
    assert code == 1 and said.startswith("lines.jsonl:2  这一行看不懂")


def test_judge_without_a_file_or_without_labels(songnuan: Run, tree: Path) -> None:
    assert songnuan("judge", "nowhere.jsonl") == (
        1,
        "nowhere.jsonl  打不开这个文件  → 看看路径对不对、有没有读的权限\n",
    )
    (tree / "lines.jsonl").write_text('{"text": "x"}\n')
    assert songnuan("judge", "lines.jsonl")[0] == 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("stauts",), "不能写“stauts”"),
        (("staff", "add", "甲"), "还缺少：角色, 单位编号"),
        (("preview", "--days"), "“--days”后面要跟一个值"),
        (("preview", "--days", "0"), "要写一个大于 0 的整数"),
        (("preview", "--days", "9" * 5000), "要写一个大于 0 的整数"),
        (("preview", "--days", "400"), "最多 366 天"),
        (("resend", "9223372036854775808"), "要写一个大于 0 的整数"),
        (("status", "--jsn"), "看不懂：--jsn"),
        ((), "命令"),
        (("staff",), "工作人员"),
    ],
)
def test_wrong_usage(songnuan: Run, argv: tuple[str, ...], said: str) -> None:
    code, answer = songnuan(*argv)
    assert code == 2 and said in answer and "用法：" in answer


def commands(parser: Parser) -> list[Parser]:
    below = [action.choices for action in parser._actions if isinstance(action.choices, dict)]
    return [parser] + [found for choices in below for child in choices.values() for found in commands(child)]


def test_every_command_has_help_and_something_to_call() -> None:
    everything = commands(build())
    # itself, its own, unit, staff, group, member, round, key, person
    assert len(everything) == 1 + 27 + 2 + 6 + 4 + 1 + 5 + 1 + 2
    for command in everything:
        text = command.format_help()
        assert "用法：" in text and "usage" not in text and "--config" in text
        if handler := command.get_default("handler"):
            assert callable(resolve(handler))


def test_the_help_of_an_import_names_every_column() -> None:
    text = next(one for one in commands(build()) if one.get_default("handler") == "roster:bring_in").format_help()
    lines = [line for line in text[text.index("认识的列") :].splitlines() if line.startswith("  ")]
    assert sorted(name for line in lines for name in line.split()[1:]) == sorted(LABELS.values())


def test_there_is_no_database_yet(songnuan: Run, tree: Path) -> None:
    for argv in (("status",), ("doubtful",), ("backup",), ("staff", "list")):
        code, said = songnuan(*argv)
        assert code == 1 and said.startswith("还没有数据库：先运行 songnuan run")
    assert not (tree / "data").exists() and not (tree / "secrets").exists()


def test_a_database_that_cannot_be_opened(songnuan: Run, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "data").mkdir()
    (tree / "data" / "songnuan.db").write_bytes(b"no database at all" * 99)
    for command in ("status", "run", "check"):
        code, said = songnuan(command)
        assert code == 1 and said.count("\n") == 1 and "打不开数据库" in said
    monkeypatch.setenv("SONGNUAN_DATABASE__URL", "postgres://union:s3cret@127.0.0.1:1/songnuan")
    for command in ("status", "run", "check"):
        code, said = songnuan(command)
        assert code == 1 and "打不开数据库" in said and "s3cret" not in said


def test_a_folder_where_the_database_should_be(songnuan: Run, tree: Path) -> None:
    (tree / "data" / "songnuan.db").mkdir(parents=True)
    code, said = songnuan("unit", "add", "M1", "向阳煤矿")
    assert code == 1 and said.count("\n") == 1 and "打不开数据库" in said
    shutil.rmtree(tree / "data")
    (tree / "data").write_text("no folder")
    code, said = songnuan("unit", "add", "M1", "向阳煤矿")
    assert code == 1 and said.count("\n") == 1 and "打不开数据库" in said


def test_every_reason_that_the_code_gives_has_words() -> None:
    pattern = re.compile(r'(?:Retryable|Permanent|Unknown)\(\s*"(\w+)"|(?:status = \'\w+\', reason = \'|reason=")(\w+)')
    found = {
        code
        for folder in ("channels", "sender", "actions")
        for path in (ROOT / "bot" / folder).rglob("*.py")
        for pair in pattern.findall(path.read_text())
        for code in pair
        if code
    }
    assert {"timeout", "dropped", "stalled", "restored", "opted_out"} <= found <= REASONS.keys()
    assert "1200" in explain("failed_1200") and "whatever" in explain("whatever")


def test_small_things() -> None:
    assert (width("群a"), width("é")) == (3, 1)
    assert translated("something new") == "something new"
