"""The key file with more than one key: strictly read, replaced whole, and noticed by whoever has it open."""

import logging
import os
from pathlib import Path

import pytest

from bot.errors import Conflict, ProblemsFound
from bot.models import keyfile, keys
from bot.models.keyfile import Content, fingerprint

OLD, NEW, OTHER = bytes(range(32)), bytes([1] * 32), bytes([2] * 32)
CONTEXT = b"member.phone"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "songnuan.key"
    write(path, OLD.hex() + "\n")
    return path


def write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)


@pytest.fixture
def in_use(file: Path) -> keys.Keyring:
    keys.use(keys.load(file, create=False))
    return keys.current()


def look_again() -> keys.Keyring:
    """What the next use of the key does once a second has passed."""
    keys._looked[0] -= keys.LOOK_SECONDS + 1
    return keys.current()


def test_what_is_written_is_read_and_only_its_owner_may(file: Path) -> None:
    content = Content((NEW, OLD), (fingerprint(OTHER),))
    keyfile.replace(file, content)
    assert keyfile.read(file)[0] == content
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_a_link_to_the_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    keyfile.replace(link, Content((NEW, OLD)))
    assert link.is_symlink() and keyfile.read(file)[0].masters == (NEW, OLD)


def test_a_full_disk_leaves_the_file_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        keyfile.replace(file, Content((NEW, OLD)))
    assert keyfile.read(file)[0].masters == (OLD,)
    assert [one.name for one in file.parent.iterdir()] == [file.name]


TWIN = next(key for n in range(10**5) if fingerprint(key := n.to_bytes(32, "big"))[:2] == fingerprint(OLD)[:2])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"# retired 0123456789abcdef\n",  # no key left
        OLD.hex().encode() + b"\n" + OLD.hex().encode(),  # one key twice
        OLD.hex().encode() + b"\n" + TWIN.hex().encode(),  # two keys, one id
        b"\n".join(bytes([n] * 32).hex().encode() for n in range(5)),
        OLD.hex().encode() + b"\n" + b"ab" * 31,
        OLD.hex().encode() + b"\n# a word of my own",
        b" ".join(b"00" for _ in range(32)),
        "０".encode() * 64,
        OLD.hex().encode() + b"\xff",
        b"\x00" * 64,
        OLD.hex().encode() + b"\n" * keyfile.BYTES_MAX,
    ],
)
def test_anything_but_keys_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ProblemsFound, match="换回备份的密钥"):
        keyfile.read(file)


def test_nor_is_a_pipe_or_a_folder_in_its_place(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(0o700)
    for name in ("pipe", "folder"):
        with pytest.raises(ProblemsFound, match="密钥文件"):
            keyfile.read(tmp_path / name)


def test_a_running_process_takes_up_the_new_key_and_then_lets_go_of_the_old(file: Path, in_use: keys.Keyring) -> None:
    sealed, mark = in_use.seal("13800000001", CONTEXT), in_use.index("13800000001")
    keyfile.replace(file, Content((NEW, OLD)))
    ring = look_again()
    assert ring.ids == (keys.Keyring(NEW).key_id, in_use.key_id) and ring.changing
    assert ring.seal("x", CONTEXT)[1] == ring.key_id
    assert ring.open(sealed, CONTEXT) == "13800000001"
    assert mark in ring.indexes("13800000001") and mark != ring.index("13800000001")
    keyfile.replace(file, Content((NEW,), (fingerprint(OLD),)))
    assert look_again().ids == (ring.key_id,)
    with pytest.raises(keys.CannotDecrypt):
        keys.current().open(sealed, CONTEXT)


def test_a_value_under_a_key_that_is_new_is_read_at_once(file: Path, in_use: keys.Keyring) -> None:
    keyfile.replace(file, Content((NEW, OLD)))
    assert in_use.open(keys.Keyring(NEW).seal("家里没米了", CONTEXT), CONTEXT) == "家里没米了"
    assert keys.current().changing


def test_a_process_that_slept_through_it_all_follows(file: Path, in_use: keys.Keyring) -> None:
    keyfile.replace(file, Content((NEW,), (fingerprint(OLD),)))
    assert look_again().ids == (keys.Keyring(NEW).key_id,)


@pytest.mark.parametrize("content", [OTHER.hex(), "not a key", f"{OTHER.hex()}\n{NEW.hex()}"])
def test_a_wrong_file_in_its_place_changes_nothing_and_is_said_once(
    file: Path, in_use: keys.Keyring, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(file, content)
    with caplog.at_level(logging.ERROR):
        assert look_again() is in_use
        assert look_again() is in_use
    [said] = caplog.messages
    assert "key file" in said and OTHER.hex() not in said
    keyfile.replace(file, Content((NEW, OLD)))
    assert look_again().changing


def test_a_lost_file_changes_nothing_for_who_runs(file: Path, in_use: keys.Keyring) -> None:
    file.unlink()
    assert look_again() is in_use


def test_a_new_key_never_has_an_id_that_was_there() -> None:
    """Whatever the dice say: all ids but two are taken."""
    rest = {first * 0x11 for first in (3, 11)}
    retired = tuple(f"{one:02x}" + "0" * 14 for one in range(256) if one not in rest)
    seen = {keyfile.key_id(fingerprint(keyfile.new_master(Content((OLD,), retired)))) for _ in range(20)}
    assert seen <= rest


def test_two_commands_at_once_are_one_too_many(file: Path) -> None:
    with keyfile.alone(file), pytest.raises(Conflict, match="正在运行"), keyfile.alone(file):
        pass
    with keyfile.alone(file):
        pass


def test_what_a_killed_command_left_is_cleared_away(file: Path) -> None:
    for name in (f".{file.name}.0123abcd", f".{file.name}.2026-11-25-2.0123abcd"):
        write(file.with_name(name), OLD.hex())
    others = [file.with_name(name) for name in (f"{file.name}.2026-11-25", f".{file.name}.swp", ".other.0123abcd")]
    for other in others:
        write(other, OLD.hex())
    with keyfile.alone(file):
        assert sorted(file.parent.iterdir()) == sorted([file, *others])


def test_old_keys_are_set_aside_and_never_overwritten(file: Path) -> None:
    first = keyfile.set_aside(file, OLD, "2026-11-25")
    assert first.name == "songnuan.key.2026-11-25" and first.stat().st_mode & 0o777 == 0o600
    assert keyfile.set_aside(file, OLD, "2026-11-26") == first
    second = keyfile.set_aside(file, NEW, "2026-11-25")
    assert second.name == "songnuan.key.2026-11-25-2" and keyfile.read(first)[0].masters == (OLD,)
    assert keyfile.aside(file) == {fingerprint(OLD): first, fingerprint(NEW): second}


def test_an_older_key_goes_below_and_a_stranger_with_the_same_id_does_not(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write(other, NEW.hex())
    keyfile.add_older(file, other)
    keyfile.add_older(file, other)
    assert keyfile.read(file)[0].masters == (OLD, NEW)
    write(other, TWIN.hex())
    with pytest.raises(ProblemsFound, match="放不到一起"):
        keyfile.add_older(file, other)
    assert keyfile.read(file)[0].masters == (OLD, NEW)
