"""A backup is one picture of a running database, and a restored bot keeps quiet until it is released."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from tortoise import Tortoise

from bot import clock
from bot.actions.delivery import claiming, outbox, resending
from bot.actions.households import optout
from bot.actions.roster import sample
from bot.actions.staff import people
from bot.actions.upkeep import archive, backup, restore, settings
from bot.errors import BadInput, Conflict, NotAllowed, ProblemsFound
from bot.events import Chat, Text
from bot.models import Audit, Delivery, Household, Member, ScheduleState, Setting, Staff, Unit, db, keys
from bot.sample import load
from tests.database import TEST_KEY, fresh

LANE = claiming.Lane("qq", 0, 9, "me", timedelta(seconds=60))


@pytest.fixture
async def elsewhere(template: str, tmp_path: Path) -> str:
    """URL of a second, empty database."""
    (tmp_path / "elsewhere").mkdir()
    return await fresh(template, tmp_path / "elsewhere")


@pytest.fixture
async def lived_in(database: str) -> AsyncIterator[str]:
    """A database with the sample union and something in the outbox."""
    await sample.create(load(), "sandbox")
    await ScheduleState.create(key="daily", next_slot=clock.now(), cursor=3)
    drafts = [outbox.Draft(key, "tip", "qq", Chat("group", key), (Text(f"秘密 {key}"),)) for key in "ab"]
    await outbox.enqueue(drafts)
    await claiming.claim(LANE, 1)
    yield database


async def rows() -> dict[str, list[dict[str, Any]]]:
    """All there is, decrypted, but what a restore itself changes."""
    skipped = {"delivery", "audit", "setting"}
    models = {m._meta.db_table: m for m in (Tortoise.apps or {})["models"].values()}
    return {name: await models[name].all().values() for name in sorted(models) if name not in skipped}


async def test_what_was_saved_comes_back_on_hold(lived_in: str, elsewhere: str, tmp_path: Path) -> None:
    path = await backup.backup(tmp_path / "backups")
    before, saved = await rows(), await Audit.exclude(action="backup.write").count()
    await db.close()
    restored = await restore.restore(path, elsewhere)
    assert (restored.held, restored.unknown) == (1, 1)
    await db.open_(elsewhere, upgrade=False)
    assert await rows() == before
    assert {(d.key, d.status, d.reason) for d in await Delivery.all()} == {
        ("a", "unknown", "restored"),
        ("b", "held", "restored"),
    }
    assert await claiming.claim(LANE, 10) == []
    assert await settings.get(settings.HOLD) != "" and await settings.get(sample.SAMPLE) == "sandbox"
    assert await Audit.all().count() == saved + 1
    # New rows get new numbers.
    unit = await people.add_unit("NEW", "新单位", "G")
    assert unit.id > max(row["id"] for row in before["unit"])
    household = await Household.get(code="H0001")
    assert await optout.messages_off(household.id)
    assert (await Member.get(household=household)).phone == "13800000001"


async def test_it_moves_between_sqlite_and_postgresql(lived_in: str, elsewhere: str, tmp_path: Path) -> None:
    """On the PostgreSQL run: to SQLite and back again."""
    path = await backup.backup(tmp_path / "first")
    before = await rows()
    await db.close()
    between = f"sqlite://{tmp_path / 'between.db'}"
    await restore.restore(path, between)
    await db.open_(between, upgrade=False)
    assert await rows() == before
    path = await backup.backup(tmp_path / "second")
    await db.close()
    await restore.restore(path, elsewhere)
    await db.open_(elsewhere, upgrade=False)
    assert await rows() == before
    assert (await people.add_unit("NEW", "新单位")).id > max(row["id"] for row in before["unit"])


async def test_release_plans_anew_and_sends_nothing_old(lived_in: str, elsewhere: str, tmp_path: Path) -> None:
    path = await backup.backup(tmp_path / "backups")
    await db.close()
    await restore.restore(path, elsewhere)
    await db.open_(elsewhere, upgrade=False)
    assert await restore.release()
    assert not await restore.release()
    assert await settings.get(settings.HOLD) == ""
    assert await ScheduleState.filter(key="daily", next_slot=None, cursor=3).exists()
    assert await claiming.claim(LANE, 10) == []
    await resending.resend([row.id for row in await Delivery.filter(status="held")])
    assert [ready.parts for ready in await claiming.claim(LANE, 10)] == [(Text("秘密 b"),)]


async def test_only_an_admin_releases(lived_in: str) -> None:
    await settings.put(settings.HOLD, "2026-01-01T00:00:00+00:00")
    chair = await Staff.get(name="王秀兰")
    with pytest.raises(NotAllowed):
        await restore.release(by=chair.id)
    assert await restore.release(by=(await Staff.get(role="admin")).id)


async def test_the_file_is_private_and_holds_no_secret(lived_in: str, tmp_path: Path) -> None:
    path = await backup.backup(tmp_path / "backups")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    with ZipFile(path) as packed:
        everything = b"".join(packed.read(name) for name in packed.namelist())
        members = [json.loads(line) for line in packed.read("member.jsonl").splitlines()]
        manifest = json.loads(packed.read("manifest.json"))
    assert b"13800000001" not in everything and "秘密".encode() not in everything
    assert TEST_KEY.hex().encode() not in everything
    assert len(members) == manifest["tables"]["member"]["rows"] == len(load().households)
    assert manifest["schema"] >= "0001_initial"


async def test_every_table_is_in_it_and_parents_come_first(database: str) -> None:
    order = [table.name for table in archive.tables()]
    assert sorted(order) == sorted(m._meta.db_table for m in (Tortoise.apps or {})["models"].values())
    assert order.index("unit") < order.index("staff") < order.index("identity")
    assert order.index("household") < order.index("help_request") < order.index("delivery")


async def test_one_picture_while_others_write(database: str, tmp_path: Path) -> None:
    """Each unit is written together with its audit row: a torn picture would have one without the other."""
    await people.add_unit("TOP", "顶")
    finished = asyncio.Event()

    async def keep_writing() -> int:
        written = 0
        while not finished.is_set() or written < 20:
            written += 1
            await people.add_unit(f"U{written}", "单位", "TOP")
        return written

    async def keep_saving() -> list[Path]:
        found = []
        for n in range(3):
            found.append(await backup.backup(tmp_path / str(n)))
        finished.set()
        return found

    written, saved = await asyncio.gather(keep_writing(), keep_saving())
    counts = []
    for path in saved:
        column = list(_table("audit").kinds).index("action")
        added = [row for row in _rows(path, "audit") if row[column] == "unit.add"]
        counts.append(len(_rows(path, "unit")))
        assert len(added) == counts[-1]
    assert counts == sorted(counts) and counts[-1] > counts[0]
    assert await Unit.all().count() == written + 1


def _rows(path: Path, name: str) -> list[list[Any]]:
    return [row for batch in archive.read(path, _table(name)) for row in batch]


def _table(name: str) -> archive.Table:
    return next(table for table in archive.tables() if table.name == name)


async def test_a_database_with_rows_is_refused_and_untouched(lived_in: str, elsewhere: str, tmp_path: Path) -> None:
    path = await backup.backup(tmp_path / "backups")
    await db.close()
    await db.open_(elsewhere, upgrade=False)
    await Setting.create(key="x", value="y")
    await db.close()
    with pytest.raises(Conflict):
        await restore.restore(path, elsewhere)
    await db.open_(elsewhere, upgrade=False)
    assert not await Unit.exists() and await Setting.all().count() == 1


async def test_a_running_bot_is_not_restored_under(lived_in: str, elsewhere: str, tmp_path: Path) -> None:
    path = await backup.backup(tmp_path / "backups")
    await db.close()
    if db.is_sqlite(elsewhere):
        with db.Instance(elsewhere), pytest.raises(ProblemsFound):
            await restore.restore(path, elsewhere)
    await restore.restore(path, elsewhere)
    with pytest.raises(Conflict):
        await restore.restore(path, elsewhere)


async def test_damaged_files_and_the_wrong_key_are_refused(lived_in: str, elsewhere: str, tmp_path: Path) -> None:
    path = await backup.backup(tmp_path / "backups")
    await db.close()
    whole = path.read_bytes()
    for damage in (whole[:-200], whole[:300] + bytes(40) + whole[340:], b"", b"PK\x03\x04"):
        (tmp_path / "bad.zip").write_bytes(damage)
        with pytest.raises(BadInput):
            await restore.restore(tmp_path / "bad.zip", elsewhere)
    for name, change in (("member.jsonl", None), ("member.jsonl", b""), ("manifest.json", b"{}")):
        with pytest.raises(BadInput):
            await restore.restore(_changed(path, tmp_path / "bad.zip", name, change), elsewhere)
    with pytest.raises(BadInput):
        await restore.restore(tmp_path / "nowhere.zip", elsewhere)
    keys.use(keys.Keyring(bytes(32)))
    with pytest.raises(BadInput, match="密钥"):
        await restore.restore(path, elsewhere)
    keys.use(keys.Keyring(_twin(keys.Keyring(TEST_KEY).key_id)))
    with pytest.raises(BadInput, match="密钥"):
        await restore.restore(path, elsewhere)
    keys.use(keys.Keyring(TEST_KEY))
    await db.open_(elsewhere, upgrade=False)
    assert not await Unit.exists() and not await Setting.exists()


def _twin(key_id: int) -> bytes:
    """Another key with the same id."""
    keys_ = (n.to_bytes(32, "big") for n in range(10**6))
    return next(key for key in keys_ if keys.Keyring(key).key_id == key_id)


def _changed(source: Path, target: Path, name: str, content: bytes | None) -> Path:
    """A copy with one entry changed, or left out."""
    with ZipFile(source) as old, ZipFile(target, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
            elif content is not None:
                new.writestr(entry, content)
    return target


async def test_another_version_is_refused(lived_in: str, elsewhere: str, tmp_path: Path) -> None:
    path = await backup.backup(tmp_path / "backups")
    await db.close()
    with ZipFile(path) as packed:
        manifest = json.loads(packed.read("manifest.json"))
    manifest["schema"] = "0099_future"
    changed = _changed(path, tmp_path / "bad.zip", "manifest.json", json.dumps(manifest).encode())
    with pytest.raises(BadInput, match="版本"):
        await restore.restore(changed, elsewhere)


async def test_a_broken_off_backup_leaves_nothing(lived_in: str, tmp_path: Path, monkeypatch: Any) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(archive.Writer, "add", full)
    with pytest.raises(OSError, match="disk full"):
        await backup.backup(tmp_path / "backups")
    assert await asyncio.to_thread(os.listdir, tmp_path / "backups") == []
    assert not await Audit.filter(action="backup.write").exists()


async def test_old_ones_go_but_never_the_newest_three(lived_in: str, tmp_path: Path) -> None:
    clock.use(lambda: datetime(2020, 2, 5, tzinfo=UTC))
    first = await backup.backup(tmp_path)
    for day in ("0101T000000", "0105T235959", "0106T000000", "0204T000000"):
        shutil.copy(first, tmp_path / f"songnuan-2020{day}Z.zip")
    (tmp_path / "songnuan-old-list.zip").touch()
    assert backup.prune(tmp_path, 0) == []
    gone = backup.prune(tmp_path, 30)
    assert [path.name[9:17] for path in gone] == ["20200101", "20200105"]
    assert backup.prune(tmp_path, 30) == backup.prune(tmp_path, 1) == []
    assert (tmp_path / "songnuan-old-list.zip").exists() and len(backup.made(tmp_path)) == 3
