"""The journal survives what kills a process, and a large one does not slow the start."""

from pathlib import Path

import pytest

from bot.channels.sandbox import journal as module
from bot.channels.sandbox.frames import Said
from bot.channels.sandbox.journal import Journal
from bot.events import Chat, Text

CHAT = Chat("group", "g")


def said(number: int, text: str = "今天降温") -> Said:
    return Said(number, f"m{number}", CHAT, "", (Text(text),), f"ref{number}")


def write(path: Path, *messages: Said) -> None:
    journal = Journal(path)
    journal.open()
    for message in messages:
        journal.append(message)
    journal.close()


def read(path: Path) -> list[Said]:
    journal = Journal(path)
    try:
        return journal.open()
    finally:
        journal.close()


def test_what_was_written_comes_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal.jsonl"
    messages = [said(1), said(2, '换行\n引号"\u2028<script>'), said(3, "🔥")]
    write(path, *messages)
    assert read(path) == messages
    assert path.stat().st_mode & 0o077 == 0, "only the owner may read it"


def test_each_message_is_on_file_before_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.open()
    journal.append(said(1))
    assert read(path) == [said(1)]
    journal.close()


def test_a_torn_last_line_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, said(1), said(2))
    path.write_bytes(path.read_bytes()[:-10])
    write(path, said(3))
    assert read(path) == [said(1), said(3)]


def test_foreign_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, said(1))
    with path.open("ab") as file:
        file.write(b"\xff\xfe\nnull\n{}\n\n")
    write(path, said(2))
    assert read(path) == [said(1), said(2)]


def test_only_the_end_of_a_large_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, *map(said, range(1, 101)))
    monkeypatch.setattr(module, "READ_MAX", path.stat().st_size // 4)
    latest = read(path)
    assert 20 <= len(latest) <= 25
    assert latest[-1] == said(100)


def test_without_a_path_nothing_is_kept() -> None:
    journal = Journal(None)
    assert journal.open() == []
    journal.append(said(1))
    journal.close()
    assert journal.open() == []


def test_what_is_old_goes_and_what_comes_stays(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, said(1), said(2), said(3))
    journal = Journal(path)
    journal.open()
    journal.trim(1)
    inode = path.stat().st_ino
    journal.trim(3)
    journal.append(said(4))
    journal.close()
    assert read(path) == [said(3), said(4)] and path.stat().st_mode & 0o077 == 0
    assert path.stat().st_ino != inode and list(tmp_path.iterdir()) == [path]
    assert b"m2" not in path.read_bytes()


def test_a_large_one_is_cut_to_what_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, *map(said, range(1, 101)))
    monkeypatch.setattr(module, "READ_MAX", 1000)
    journal = Journal(path)
    kept = journal.open()
    journal.trim(0)
    journal.close()
    assert path.stat().st_size <= 1000 and read(path) == kept and 1 < len(kept) < 20


def test_lines_are_blanked_where_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write(path, said(1), said(2, "刘桂芳"), said(3))
    journal = Journal(path)
    journal.open()
    assert module.blank(path, lambda one: one.seq == 2) == 1
    journal.append(said(4))
    journal.close()
    assert read(path) == [said(1), said(3), said(4)] and "刘桂芳".encode() not in path.read_bytes()
    assert module.blank(tmp_path / "none", lambda one: True) == 0
