"""The key file: one line a key, the one in use on top; below it, until nothing needs it any more, the one before.

A line `# retired …` names a key that was taken out, by the beginning of its SHA-256. A process that slept through
the whole change knows by it that the new file follows on its own, and a new key is never given an old one's id.
The file is only ever replaced whole.
"""

import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from bot.errors import Conflict, Problem, ProblemsFound

KEY_BYTES = 32
KEYS_MAX = 4  # a second change while the first is unfinished is refused, so there are hardly ever more than two
BYTES_MAX = 64 * 1024
KEY = re.compile(r"[0-9a-fA-F]{64}")
RETIRED = re.compile(r"# retired ([0-9a-f]{16})")

MISSING = "找不到密钥文件", "把原来的密钥文件放回这里，没有它读不出数据库"
DAMAGED = "密钥文件内容不对", "应当是 64 个十六进制字符，请换回备份的密钥"
BUSY = "另一个换密钥的命令正在运行，请等它结束。"

Signature = tuple[int, int, int]  # changes whenever the file is replaced or written


class Content(NamedTuple):
    """The first master key is in use, the others only read; `retired` are fingerprints."""

    masters: tuple[bytes, ...]
    retired: tuple[str, ...] = ()

    def text(self) -> str:
        lines = [master.hex() for master in self.masters] + [f"# retired {one}" for one in self.retired]
        return "".join(f"{line}\n" for line in lines)


def fingerprint(master: bytes) -> str:
    """Tells keys apart and gives nothing away of them; its first byte is the key's id."""
    return sha256(master).hexdigest()[:16]


def key_id(fingerprint_: str) -> int:
    return int(fingerprint_[:2], 16)


def read(path: Path) -> tuple[Content, Signature]:
    """Raises ProblemsFound when it is missing, open to others, or anything but keys."""
    try:
        # Without O_NONBLOCK a pipe in its place would keep us waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise _problem(path, *MISSING) from None
    except OSError as error:
        remedy = "用平时运行送暖的那个账号来做"
        raise _problem(path, f"读不了密钥文件（{error.strerror}）", remedy) from None
    try:
        status = os.fstat(descriptor)
        regular = stat.S_ISREG(status.st_mode)
        raw = os.read(descriptor, BYTES_MAX + 1) if regular else b""
    finally:
        os.close(descriptor)
    if regular and status.st_mode & 0o077:
        raise _problem(path, "密钥文件别人也能读", f"执行 chmod 600 {path.name}")
    if (content := _parse(raw)) is None:
        raise _problem(path, *DAMAGED, line=1)
    return content, _signature(status)


def signature(path: Path) -> Signature | None:
    """None when there is no file."""
    try:
        return _signature(os.stat(path))
    except OSError:
        return None


def _signature(status: os.stat_result) -> Signature:
    return status.st_ino, status.st_mtime_ns, status.st_size


def _problem(path: Path, what: str, remedy: str, *, line: int = 0) -> ProblemsFound:
    return ProblemsFound([Problem(str(path), line, what, remedy)])


def _parse(raw: bytes) -> Content | None:
    if len(raw) > BYTES_MAX or not raw.isascii():
        return None
    lines = [line.strip() for line in raw.decode("ascii").splitlines()]
    masters = tuple(bytes.fromhex(line) for line in lines if KEY.fullmatch(line))
    retired = tuple(found[1] for line in lines if (found := RETIRED.fullmatch(line)))
    strange = [line for line in lines if line and not KEY.fullmatch(line) and not RETIRED.fullmatch(line)]
    ids = {key_id(fingerprint(master)) for master in masters}
    return Content(masters, retired) if 0 < len(ids) == len(masters) <= KEYS_MAX and not strange else None


def make(path: Path) -> None:
    """A first key, and its folder (0700). Two first starts that meet get the same one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _add(path, Content((secrets.token_bytes(KEY_BYTES),)).text())


def replace(path: Path, content: Content) -> None:
    """Puts new content in the file's place: whole or not at all, for the same owner, on the disk when this returns."""
    path = path.resolve()  # a link stays a link
    draft = _draft(path, content.text())
    try:
        owner, mine = path.stat(), draft.stat()
        if (owner.st_uid, owner.st_gid) != (mine.st_uid, mine.st_gid):
            os.chown(draft, owner.st_uid, owner.st_gid)  # root does it, the bot must go on reading
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def add_older(path: Path, other: Path) -> None:
    """Let a key that was set aside read again: it goes below those in the file. Raises ProblemsFound."""
    content, more = read(path)[0], read(other)[0].masters
    masters = tuple(dict.fromkeys((*content.masters, *more)))
    whole = content._replace(masters=masters)
    if _parse(whole.text().encode()) is None:
        raise _problem(other, "和现在的密钥放不到一起", "先运行 songnuan key rotate 换完，或换一个密钥文件")
    if masters != content.masters:
        replace(path, whole)


def set_aside(path: Path, master: bytes, day: str) -> Path:
    """Keep a key that leaves the file in one of its own beside it, named by the day; returns that."""
    path = path.resolve()
    if (known := aside(path).get(fingerprint(master))) is not None:
        return known
    name, number = f"{path.name}.{day}", 1
    while not _add(path.with_name(name), Content((master,)).text(), like=path):
        number += 1
        name = f"{path.name}.{day}-{number}"
    return path.with_name(name)


def aside(path: Path) -> dict[str, Path]:
    """The keys that were set aside beside the key file, by fingerprint."""
    found: dict[str, Path] = {}
    path = path.resolve()
    for one in sorted(path.parent.glob(f"{path.name}.*")):
        with suppress(ProblemsFound):
            found |= {fingerprint(master): one for master in read(one)[0].masters}
    return found


def new_master(content: Content) -> bytes:
    """A random key whose id none has that is in the file or was: the id is one byte, and tells them apart."""
    taken = {key_id(one) for one in (*map(fingerprint, content.masters), *content.retired)}
    while True:
        master = secrets.token_bytes(KEY_BYTES)
        if key_id(fingerprint(master)) not in taken:
            return master


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One change of the file at a time on this machine. Raises Conflict when there is another."""
    descriptor = os.open(path.resolve().parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(BUSY) from None
        _clear(path.resolve())
        yield
    finally:
        os.close(descriptor)


def _clear(path: Path) -> None:
    """What a command that was killed while it wrote has left: there are keys in it."""
    draft = re.compile(rf"\.{re.escape(path.name)}(\.[-0-9]+)?\.[0-9a-f]{{8}}")
    for one in path.parent.iterdir():
        if draft.fullmatch(one.name):
            one.unlink()


def _add(path: Path, text: str, *, like: Path | None = None) -> bool:
    """A new file that appears whole; False when there is one of that name already, which is left as it is."""
    draft = _draft(path, text)
    try:
        if like is not None and (owner := like.stat()).st_uid != draft.stat().st_uid:
            os.chown(draft, owner.st_uid, owner.st_gid)
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    _sync(path.parent)
    return True


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink()
        raise
    return draft


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
