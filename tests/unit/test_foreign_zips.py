"""Archives that this program cannot open, whoever packed them, are refused in one sentence."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.actions.upkeep import archive
from bot.errors import BadInput
from bot.sheets import limits, reading
from tests import tables

ENTRY = b"PK\x01\x02"  # the central directory's entry: version needed at 6, flags at 8, method at 10 (APPNOTE 4.3.12)
VERSION, FLAGS, METHOD = 6, 8, 10


def altered(raw: bytes, field: int, value: int) -> bytes:
    at = raw.index(ENTRY) + field
    return raw[:at] + value.to_bytes(2, "little") + raw[at + 2 :]


def backup() -> bytes:
    kept = BytesIO()
    with ZipFile(kept, "w") as packed:
        packed.writestr(archive.MANIFEST, "{}")
    return kept.getvalue()


@pytest.mark.parametrize(
    ("field", "value"),
    [(VERSION, 99), (FLAGS, 1), (FLAGS, 0x20), (FLAGS, 0x41), (METHOD, 99)],
    ids=["version", "encrypted", "patched", "strongly-encrypted", "method"],
)
def test_a_backup_packed_in_another_way_is_refused(tmp_path: Path, field: int, value: int) -> None:
    path = tmp_path / "backup.zip"
    path.write_bytes(altered(backup(), field, value))
    with pytest.raises(BadInput, match=archive.DAMAGED):
        archive.verify(path)


def test_a_spreadsheet_packed_in_another_way_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(altered(tables.xlsx([["户编号"], ["H0001"]]), VERSION, 99))
    with pytest.raises(BadInput, match=limits.UNREADABLE):
        reading.refuse_bomb(path)
