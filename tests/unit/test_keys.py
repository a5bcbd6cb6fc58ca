"""The key file: made once, whole, for its owner only, and never made anew over data."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.errors import ProblemsFound
from bot.models import keys


def test_it_is_made_once_with_mode_0600(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "songnuan.key"
    first = keys.load(path, create=True)
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    sealed = first.seal("家里没米了", b"there")
    assert keys.load(path, create=True).open(sealed, b"there") == "家里没米了"
    assert [file.name for file in path.parent.iterdir()] == ["songnuan.key"]


def test_first_starts_that_meet_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "songnuan.key"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: keys.load(path, create=True), range(8)))
    assert len({ring.index("x") for ring in rings}) == 1


@pytest.mark.parametrize("content", ["", "not hex", "ab" * 31])
def test_a_damaged_key_file_is_refused_with_a_remedy(tmp_path: Path, content: str) -> None:
    path = tmp_path / "songnuan.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ProblemsFound, match="换回备份的密钥"):
        keys.load(path, create=True)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "songnuan.key"
    keys.load(path, create=True)
    os.chmod(path, 0o640)
    with pytest.raises(ProblemsFound, match="chmod 600"):
        keys.load(path, create=True)


def test_a_missing_key_is_not_made_unless_allowed(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound, match="找不到密钥文件"):
        keys.load(tmp_path / "songnuan.key", create=False)


def test_many_values_are_sealed_as_one_is() -> None:
    ring, texts = keys.Keyring(bytes(range(32))), ["", "家里没米了", "13800000001"] * 40
    sealed = ring.seal_all(texts, b"there")
    assert [ring.open(one, b"there") for one in sealed] == texts
    assert len({one[2:14] for one in sealed}) == len(texts), "no nonce is used twice"
    assert [one[:2] for one in sealed] == [ring.seal("", b"there")[:2]] * len(texts)
    assert ring.seal_all([], b"there") == []


def test_the_mark_of_a_phone_stays_the_same_for_ever() -> None:
    """Stored marks are found again by it."""
    assert keys.Keyring(bytes(range(32))).index("13800000001") == "8af58ce1634c4275c697995c0a4b0f80"


def test_a_value_cannot_be_moved_changed_or_read_with_another_key() -> None:
    ring = keys.Keyring(bytes(32))
    sealed = ring.seal("13800000001", b"member.phone")
    assert b"138" not in sealed and sealed != ring.seal("13800000001", b"member.phone")
    for other, stored, context in (
        (ring, sealed, b"member.note"),
        (ring, sealed[:-1] + bytes([sealed[-1] ^ 1]), b"member.phone"),
        (keys.Keyring(bytes([1] * 32)), sealed, b"member.phone"),
        (ring, b"\x02" + sealed[1:], b"member.phone"),
    ):
        with pytest.raises(keys.CannotDecrypt):
            other.open(stored, context)
