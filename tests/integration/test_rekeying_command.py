"""Around a new key: backups that were made before it, and what `songnuan key rotate` says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.actions.privacy import rekeying
from bot.actions.staff import people as persons
from bot.actions.staff.directory import refresh
from bot.actions.upkeep import backup, restore
from bot.cli import main
from bot.errors import BadInput
from bot.models import Delivery, Household, db, keyfile, keys
from tests import people
from tests.database import TEST_KEY, fresh
from tests.rekeying import OLD_ID, found, ids_in_database, key_ids, renew, under_the_test_key


@pytest.fixture
async def file(database: str, tmp_path: Path) -> AsyncIterator[Path]:
    yield await under_the_test_key(tmp_path)
    keys.use(keys.Keyring(TEST_KEY))


@pytest.fixture
async def elsewhere(template: str, tmp_path: Path) -> str:
    (tmp_path / "elsewhere").mkdir()
    return await fresh(template, tmp_path / "elsewhere")


Run = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def songnuan(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "config.toml").write_text('[channels.qq]\ntype = "onebot"\n[web]\nport = 1\n')
    monkeypatch.setenv("SONGNUAN_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("SONGNUAN_DATABASE__KEY_FILE", "songnuan.key")

    async def run(url: str, *argv: object) -> tuple[int, str]:
        monkeypatch.setenv("SONGNUAN_DATABASE__URL", url)
        capsys.readouterr()
        code = await asyncio.to_thread(main, [str(word) for word in argv])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return run


async def test_an_earlier_backup_names_the_key_it_needs(
    file: Path, songnuan: Run, elsewhere: str, tmp_path: Path
) -> None:
    saved = await backup.backup(tmp_path / "backups")
    [aside] = await renew(file)
    await db.close()
    with pytest.raises(BadInput, match="--key"):
        await restore.restore(saved, elsewhere)
    code, said = await songnuan(elsewhere, "restore", saved, "--yes", "--key", aside)
    assert code == 0 and "songnuan key rotate" in said
    code, said = await songnuan(elsewhere, "status")
    assert code == 0 and "密钥还没有换完" in said
    keys.use(keys.load(file, create=False))
    await db.open_(elsewhere, upgrade=False)
    await refresh()
    assert await found("13800000100") == "H0123" and set(await ids_in_database()) == {OLD_ID}
    await renew(file)
    assert await found("13800000100") == "H0123" and set(await ids_in_database()) == set(key_ids(file))


async def test_a_backup_of_the_middle_needs_both_keys(file: Path, elsewhere: str, tmp_path: Path) -> None:
    await rekeying.begin(file)
    saved = await backup.backup(tmp_path / "backups")
    [aside] = await renew(file)
    await db.close()
    with pytest.raises(BadInput, match="--key"):
        await restore.restore(saved, elsewhere)
    keyfile.add_older(file, aside)
    keys.use(keys.load(file, create=False))
    await restore.restore(saved, elsewhere)
    await db.open_(elsewhere, upgrade=False)
    await refresh()
    await renew(file)
    assert await found("13800000100") == "H0123" and await Delivery.exists()


async def test_the_command_says_how_far_and_what_is_broken(file: Path, database: str, songnuan: Run) -> None:
    issued = await persons.issue_code(await people.staff_id(people.EDITOR))
    assert issued
    broken = (await Household.get(code="H0123")).id
    await db.fetch("UPDATE household SET note = ? WHERE id = ?", bytes((1, OLD_ID)) + bytes(40), broken)
    await db.close()
    code, said = await songnuan(database, "key", "rotate", "--status")
    assert code == 0 and "没有在换密钥" in said
    with pytest.raises(SystemExit):  # no time for the others to notice
        await songnuan(database, "key", "rotate", "--grace", 1)
    code, said = await songnuan(database, "key", "rotate", "--grace", 2)
    assert code == 1 and f"household.note {broken}" in said and "1 个绑定码没有用" in said
    code, said = await songnuan(database, "key", "rotate", "--status")
    assert code == 0 and "还剩 1 处" in said
    await db.open_(database, upgrade=False)
