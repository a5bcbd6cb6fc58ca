"""The key that makes the database unreadable to whoever copies it: where it lives and how it is used.

Encryption is AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit random nonce a value; the table and
column are bound in as associated data, so a value cannot be moved to another field. A stored value is
`version (1 byte) | key id (1 byte) | nonce (12) | ciphertext and tag`. Phones are found again by a
blind index: HMAC-SHA256 under a key of its own, derived by HKDF (RFC 5869).
"""

import os
import secrets
from contextlib import suppress
from hashlib import sha256
from hmac import digest
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import Problem, ProblemsFound, SongnuanError

VERSION = 1
KEY_BYTES = 32


class CannotDecrypt(SongnuanError):
    """The key file does not fit this database, or the stored value was changed."""


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"songnuan/" + purpose).derive(master)


class Keyring:
    """One master key; everything else is derived from it."""

    def __init__(self, master: bytes) -> None:
        self._index = _derive(master, b"blind-index")
        self._cipher = AESGCM(_derive(master, b"fields"))
        self.key_id = sha256(master).digest()[0]

    def seal(self, text: str, context: bytes) -> bytes:
        nonce = os.urandom(12)
        sealed = self._cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), context)
        return bytes((VERSION, self.key_id)) + nonce + sealed

    def open(self, stored: bytes, context: bytes) -> str:
        if stored[:1] != bytes((VERSION,)):
            raise CannotDecrypt("unknown format of an encrypted value")
        try:
            return self._cipher.decrypt(stored[2:14], stored[14:], context).decode("utf-8", "surrogatepass")
        except InvalidTag:
            raise CannotDecrypt("the key file does not fit this database, or a value was changed") from None

    def index(self, value: str) -> str:
        """A blind index: equal values give equal marks, and the mark tells nothing without the key."""
        return digest(self._index, value.encode(), "sha256").hex()[:32]


def load(path: Path, *, create: bool) -> Keyring:
    """Read the key file; with `create`, make it at first start (mode 0600, its folder 0700).

    Raises ProblemsFound when it is missing (and may not be made), not 64 hex digits, or open to others.
    """
    if create and not path.exists():
        _make(path)
    if not path.exists():
        raise ProblemsFound([Problem(str(path), 0, "找不到密钥文件", "把原来的密钥文件放回这里，没有它读不出数据库")])
    if path.stat().st_mode & 0o077:
        raise ProblemsFound([Problem(str(path), 0, "密钥文件别人也能读", f"执行 chmod 600 {path.name}")])
    try:
        master = bytes.fromhex(path.read_text().strip())
    except ValueError:
        master = b""
    if len(master) != KEY_BYTES:
        raise ProblemsFound([Problem(str(path), 1, "密钥文件内容不对", "应当是 64 个十六进制字符，请换回备份的密钥")])
    return Keyring(master)


def _make(path: Path) -> None:
    """Appears whole or not at all, also when two first starts meet or the machine stops half-way."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # somebody else was first: theirs counts
        os.link(draft, path)
    draft.unlink()


_current: list[Keyring] = []


def use(keyring: Keyring) -> None:
    """Set the key that encrypted fields use from now on."""
    _current[:] = [keyring]


def current() -> Keyring:
    if not _current:
        raise CannotDecrypt("no key is loaded")
    return _current[0]
