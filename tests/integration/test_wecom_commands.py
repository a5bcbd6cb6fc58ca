"""WeCom on the command line: robots in their file, a text as it is sent there, and who is called by a robot."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.wecom import LIMITS
from bot.cli import main
from bot.content.parts import degrade
from bot.events import Text

ROOT = Path(__file__).parents[2]
LONG = "\n".join(f"{number}. 天冷了，请给老人和孩子添衣，夜里关好煤气。" for number in range(60))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "config.toml").write_text('[channels.wecom]\ntype = "wecom"\n')
    (tmp_path / "schedules").mkdir()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/wecom.toml").write_text('"家属群" = "key-00000001"\n')
    shutil.copytree(ROOT / "messages/alerts", tmp_path / "messages/alerts")
    (tmp_path / "messages/tips").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SONGNUAN_CONFIG", raising=False)
    yield tmp_path


def tip(tree: Path, body: str) -> None:
    head = '+++\nkey = "tips/a"\ntitle = "添衣"\ntopic = "天冷"\nsource = "自编"\n+++\n'
    (tree / "messages/tips/a.md").write_text(head + body)


def test_what_a_robot_cannot_carry_is_said_with_file_and_line(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "messages/images").mkdir()
    (tree / "messages/images/big.png").write_bytes(bytes(LIMITS.image_max + 1))
    (tree / "messages/images/old.gif").write_bytes(b"GIF89a")
    tip(tree, "天冷了\n![大](images/big.png)\n![旧](images/old.gif)\n")
    assert main(["check"]) == 1
    said = capsys.readouterr().err
    assert "messages/tips/a.md:8  渠道“wecom”发不了“images/big.png”：2.1 MB，太大" in said
    assert "messages/tips/a.md:9  渠道“wecom”发不了“images/old.gif”：不是它认得的图片" in said
    tip(tree, LONG * 6)
    assert main(["check"]) == 1
    assert "对渠道“wecom”太长：要分成 13 条" in capsys.readouterr().err
    tip(tree, LONG)
    assert main(["check"]) == 0


def test_robots_that_are_wrong_are_found_by_check(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tip(tree, "天冷了")
    (tree / "secrets/wecom.toml").write_text('"家属群" = "key-00000001"\n"职工群" = "https://example.cn"\n')
    assert main(["check"]) == 1
    said = capsys.readouterr().err
    assert "secrets/wecom.toml:2  “职工群”的机器人地址看不懂" in said and "example.cn" not in said
    (tree / "secrets/wecom.toml").unlink()
    assert main(["check"]) == 1
    assert "secrets/wecom.toml" in capsys.readouterr().err


def test_the_preview_is_what_is_sent(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tip(tree, LONG)
    assert main(["preview", "--text", "tips/a", "--as", "wecom"]) == 0
    head, *shown = capsys.readouterr().out.split("\n", 1)
    pieces = [part.text for part in degrade([Text(LONG)], LIMITS) if isinstance(part, Text)]
    assert head == "—— 渠道 wecom，2 条 ——" and shown == ["\n——\n".join(pieces) + "\n"]
    assert main(["preview", "--text", "tips/b"]) == 1
    assert main(["preview", "--text", "tips/a", "--as", "qq"]) == 1
    assert main(["preview", "--text", "alerts/nobody-bound"]) == 1
    said = capsys.readouterr().err
    assert "没有“tips/b”" in said and "没有启用“qq”" in said and "不是播发用的" in said


def test_a_person_is_tied_to_a_robot(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tip(tree, "天冷了")
    assert main(["unit", "add", "M1", "向阳煤矿"]) == 0
    assert main(["staff", "add", "王秀兰", "chair", "M1"]) == 0
    assert main(["staff", "robot", "王秀兰", "wecom", "家属群", "wang"]) == 1
    assert "启动送暖后它才认得" in capsys.readouterr().err
