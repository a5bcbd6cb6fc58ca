"""The keys that make the database unreadable to whoever copies it, and how they are used.

Encryption is AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit random nonce a value; the table and
column are bound in as associated data, so a value cannot be moved to another field. A stored value is
`version (1 byte) | key id (1 byte) | nonce (12) | ciphertext and tag`. Phones are found again by a
blind index: HMAC-SHA256 under a key of its own, derived by HKDF (RFC 5869).

While one key takes over from another both are in the file: the new one seals, both open and find. Every
process looks at the file again after LOOK_SECONDS, and at once when it meets a key id that it does not know.
"""

import logging
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import ProblemsFound, SongnuanError
from bot.models import keyfile
from bot.models.keyfile import KEY_BYTES

VERSION = 1
LOOK_SECONDS = 1.0

log = logging.getLogger(__name__)


class CannotDecrypt(SongnuanError):
    """The key file does not fit this database, or the stored value was changed."""


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"songnuan/" + purpose).derive(master)


class Key:
    """What is derived from one master key."""

    def __init__(self, master: bytes) -> None:
        self._index = HMAC(_derive(master, b"blind-index"), SHA256())  # copied for each value, the key is taken in once
        self._cipher = AESGCM(_derive(master, b"fields"))
        self.fingerprint = keyfile.fingerprint(master)
        self.key_id = keyfile.key_id(self.fingerprint)
        self._head = bytes((VERSION, self.key_id))

    def seal(self, text: str, context: bytes) -> bytes:
        nonce = os.urandom(12)
        return self._head + nonce + self._cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), context)

    def seal_all(self, texts: Sequence[str], context: bytes) -> list[bytes]:
        """Many values of one column: to ask for their nonces one by one would take a third of the time."""
        seal, nonces = self._cipher.encrypt, os.urandom(12 * len(texts))
        drawn = [nonces[at : at + 12] for at in range(0, len(nonces), 12)]
        return [
            self._head + nonce + seal(nonce, text.encode("utf-8", "surrogatepass"), context)
            for nonce, text in zip(drawn, texts, strict=True)
        ]

    def open(self, stored: bytes, context: bytes) -> str:
        try:
            return self._cipher.decrypt(stored[2:14], stored[14:], context).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError):  # too short to have a nonce: ValueError
            raise CannotDecrypt("the key file does not fit this database, or a value was changed") from None

    def index(self, value: str) -> str:
        """A blind index: equal values give equal marks, and the mark tells nothing without the key."""
        mark = self._index.copy()
        mark.update(value.encode())
        return mark.finalize().hex()[:32]


class Source(NamedTuple):
    """Where a ring was read, and the file as it was then."""

    path: Path
    signature: keyfile.Signature


class Keyring:
    """The key in use, and the older ones for as long as something is under them."""

    def __init__(self, master: bytes, *older: bytes, retired: Iterable[str] = (), source: Source | None = None) -> None:
        self._keys = [Key(one) for one in (master, *older)]
        self._by_id = {key.key_id: key for key in self._keys}
        self._retired = frozenset(retired)
        self.source = source
        self.key_id = self._keys[0].key_id
        self.seal, self.seal_all, self.index = self._keys[0].seal, self._keys[0].seal_all, self._keys[0].index

    @property
    def ids(self) -> tuple[int, ...]:
        """The id of the key in use first."""
        return tuple(key.key_id for key in self._keys)

    @property
    def changing(self) -> bool:
        """Is an older key still needed?"""
        return len(self._keys) > 1

    def open(self, stored: bytes, context: bytes) -> str:
        """Raises CannotDecrypt, also when the value's key is in nobody's file."""
        if stored[:1] != bytes((VERSION,)):
            raise CannotDecrypt("unknown format of an encrypted value")
        key = self._by_id.get(stored[1]) if len(stored) > 1 else None
        if key is None and (newer := _newer_than(self)) is not None:
            key = newer._by_id.get(stored[1])
        if key is None:
            raise CannotDecrypt("the key file does not fit this database")
        return key.open(stored, context)

    def indexes(self, value: str) -> list[str]:
        """Under every key: what is looked for may not have been marked anew yet."""
        return [key.index(value) for key in self._keys]

    def follows(self, other: "Keyring") -> bool:
        """Is this what became of the other one? A stranger's file in its place is not."""
        before = other._keys[0].fingerprint
        return before in self._retired or before in {key.fingerprint for key in self._keys}


def load(path: Path, *, create: bool) -> Keyring:
    """Read the key file; with `create`, make it at first start (mode 0600, its folder 0700).

    Raises ProblemsFound when it is missing (and may not be made), not 64 hex digits a line, or open to others.
    """
    if create and not path.exists():
        keyfile.make(path)
    content, signature = keyfile.read(path)
    return Keyring(*content.masters, retired=content.retired, source=Source(path, signature))


_current: list[Keyring] = []
_looked = [0.0]
_refused: list[keyfile.Signature | None] = [None]  # said once, not every second


def use(keyring: Keyring) -> None:
    """Set the key that encrypted fields use from now on."""
    _current[:] = [keyring]
    _looked[0] = time.monotonic()


def current() -> Keyring:
    """The ring as its file says, at most LOOK_SECONDS ago."""
    if not _current:
        raise CannotDecrypt("no key is loaded")
    if time.monotonic() - _looked[0] > LOOK_SECONDS:
        refresh()
    return _current[0]


def refresh() -> None:
    """Look at the key file now. One that cannot be read or is not ours changes nothing: the work goes on as before."""
    ring = _current[0]
    _looked[0] = time.monotonic()
    if ring.source is None:
        return
    there = keyfile.signature(ring.source.path)
    if there in (None, ring.source.signature, _refused[0]):
        return
    _refused[0] = there
    try:
        fresh = load(ring.source.path, create=False)
    except ProblemsFound as error:
        log.error("the key file cannot be used, going on with the keys as they were: %s", error.problems[0].what)
        return
    if fresh.follows(ring):
        _current[:], _refused[0] = [fresh], None
    else:
        log.error("the key file holds another key, which is not used: put back the one that belongs to this database")


def _newer_than(ring: Keyring) -> Keyring | None:
    """The ring as the file has it now, if that is another one."""
    if ring.source is None or not _current:
        return None
    refresh()
    return None if _current[0] is ring else _current[0]
