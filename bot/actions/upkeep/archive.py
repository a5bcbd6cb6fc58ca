"""The backup's file: one zip with a manifest and one JSON Lines file a table, the same for every database.

Bytes are base64, so what is ciphertext in the database is ciphertext here; the key file is not inside.
"""

import fcntl
import json
import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from graphlib import TopologicalSorter
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import msgspec
from tortoise import Tortoise, fields
from tortoise.models import Model

from bot.errors import BadInput
from bot.models.fields import EncryptedText

FORMAT = 1
BATCH = 500
MANIFEST = "manifest.json"
DAMAGED = "备份文件不完整或被改动过，请换一份备份"
NEWER = "这个备份来自另一个版本的送暖，请用备份时的版本恢复，再升级"


class Kept(msgspec.Struct, frozen=True):
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """`schema` is the last migration; `key_id` tells which key file belongs to it, not the key.

    `older_keys`: the ids of others that were still in use, when it was made while the key was being changed.
    """

    format: int
    created_at: str
    schema: str
    key_id: int
    tables: dict[str, Kept]
    older_keys: tuple[int, ...] = ()


class Table(NamedTuple):
    """What is needed to carry a table's rows; `kinds` by column: bytes, bool, json or plain."""

    model: type[Model]
    name: str
    kinds: dict[str, str]

    @property
    def select(self) -> str:
        # A unit must come after its parent, whose path is shorter.
        order = "length(path), id" if "path" in self.kinds and "parent_id" in self.kinds else _quoted([self.key])
        return f'SELECT {_quoted(self.kinds)} FROM "{self.name}" ORDER BY {order}'

    @property
    def insert(self) -> str:
        marks = ", ".join("?" * len(self.kinds))
        return f'INSERT INTO "{self.name}" ({_quoted(self.kinds)}) VALUES ({marks})'

    @property
    def key(self) -> str:
        return self.model._meta.db_pk_column

    @property
    def numbered(self) -> bool:
        """Does the database give out its keys?"""
        return self.model._meta.pk.generated


def _quoted(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def tables() -> list[Table]:
    """Every table of ours, one that is pointed to before the one that points."""
    models = {model._meta.db_table: model for model in (Tortoise.apps or {})["models"].values()}
    graph: TopologicalSorter[str] = TopologicalSorter()
    for name, model in sorted(models.items()):
        targets = (model._meta.fields_map[key].related_model._meta.db_table for key in sorted(model._meta.fk_fields))
        graph.add(name, *(target for target in targets if target != name))
    return [_table(models[name]) for name in graph.static_order()]


def _table(model: type[Model]) -> Table:
    columns = model._meta.fields_db_projection
    return Table(model, model._meta.db_table, {columns[name]: _kind(model._meta.fields_map[name]) for name in columns})


def _kind(field: Any) -> str:
    if isinstance(field, EncryptedText | fields.BinaryField):
        return "bytes"
    if isinstance(field, fields.JSONField):
        return "json"
    return "bool" if isinstance(field, fields.BooleanField) else "plain"


def _to_file(kind: str, value: Any) -> Any:
    if value is None or kind == "plain":
        return value
    if kind == "json":
        return json.loads(value)
    return b64encode(value).decode() if kind == "bytes" else bool(value)


def _from_file(kind: str, value: Any) -> Any:
    if value is None or kind in ("plain", "bool"):
        return value
    return json.dumps(value, separators=(",", ":")) if kind == "json" else b64decode(value)


class Writer:
    """Writes a backup under a temporary name; it gets its own once it has been read back and is on the disk."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._final, self._path = folder / name, folder / f".{name}.part"
        self._file = _begun(self._path)
        # A handle of its own, so that the lock lasts until the file has its name, or its writer is gone.
        self._held = os.fdopen(os.dup(self._file.fileno()), "rb")
        self._zip = ZipFile(self._file, "w", ZIP_DEFLATED)
        self._kept: dict[str, Kept] = {}
        self._table: IO[bytes] | None = None

    def begin(self, table: Table) -> None:
        self._table = self._zip.open(f"{table.name}.jsonl", "w", force_zip64=True)
        self._digest, self._rows = sha256(), 0

    def add(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Rows as the database gives them, in the order of the table's columns."""
        assert self._table is not None
        for row in rows:
            pairs = zip(table.kinds.items(), row, strict=True)
            cells = {column: _to_file(kind, value) for (column, kind), value in pairs}
            line = json.dumps(cells, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
            self._digest.update(line)
            self._table.write(line)
        self._rows += len(rows)

    def end(self, table: Table) -> None:
        assert self._table is not None
        self._table.close()
        self._kept[table.name] = Kept(self._rows, self._digest.hexdigest())

    def finish(self, created_at: str, schema: str, key_ids: Sequence[int]) -> tuple[Path, Manifest]:
        manifest = Manifest(FORMAT, created_at, schema, key_ids[0], self._kept, tuple(key_ids[1:]))
        self._zip.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if verify(self._path) != manifest:
            raise BadInput(DAMAGED)
        self._path.replace(self._final)
        self._held.close()
        _sync_folder(self._final.parent)
        return self._final, manifest

    def abandon(self) -> None:
        """Leave nothing behind, also when the disk is full and closing fails as well."""
        for open_ in (self._table, self._zip, self._file, self._held):
            with suppress(OSError, ValueError):
                if open_ is not None:
                    open_.close()
        self._path.unlink(missing_ok=True)


def _begun(path: Path) -> IO[bytes]:
    """The file, new and locked where files can be locked. Who clears up may have been at it in between: then anew."""
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        file.close()


def clear(path: Path, stale: float) -> bool:
    """Delete what somebody began and nobody finishes; says whether it is gone.

    Not what somebody is writing. Where files cannot be locked nobody knows that: there it goes if it was last changed
    before `stale` (seconds since 1970). What is not ours to delete stays.
    """
    try:
        with open(path, "r+b") as file:
            if not _lock(file) and os.fstat(file.fileno()).st_mtime >= stale:
                return False
            path.unlink()  # while it is locked, or its name might be somebody else's by now
    except OSError:
        return False
    return True


def _lock(file: IO[bytes]) -> bool:
    """Is it ours alone? Not when somebody has it, nor where files cannot be locked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def verify(path: Path) -> Manifest:
    """Read all of it: every table is there with the rows and the hash that the manifest says."""
    try:
        with ZipFile(path) as packed:
            manifest = msgspec.json.decode(packed.read(MANIFEST), type=Manifest)
            if manifest.format != FORMAT:
                raise BadInput(NEWER)
            names = {MANIFEST, *(f"{name}.jsonl" for name in manifest.tables)}
            whole = sorted(packed.namelist()) == sorted(names)
            for name, kept in manifest.tables.items():
                whole = whole and _measure(packed, name) == kept
    except FileNotFoundError:
        raise BadInput("找不到备份文件，请核对文件名") from None
    except (BadZipFile, zlib.error, KeyError, OSError, EOFError, ValueError, RuntimeError, msgspec.MsgspecError):
        # zipfile says RuntimeError of what is encrypted; NotImplementedError, one of them, of what it cannot unpack.
        raise BadInput(DAMAGED) from None
    if not whole:
        raise BadInput(DAMAGED)
    return manifest


def _measure(packed: ZipFile, name: str) -> Kept:
    digest, rows = sha256(), 0
    with packed.open(f"{name}.jsonl") as lines:
        for line in lines:
            digest.update(line)
            rows += 1
    return Kept(rows, digest.hexdigest())


def read(path: Path, table: Table) -> Iterator[list[list[Any]]]:
    """The table's rows in batches, as the database wants them."""
    with ZipFile(path) as packed, packed.open(f"{table.name}.jsonl") as lines:
        while batch := list(islice(lines, BATCH)):
            yield [[_from_file(k, row[c]) for c, k in table.kinds.items()] for row in map(json.loads, batch)]
