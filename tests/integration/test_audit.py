"""The audit is append-only in the database itself; only what erasure, a new key and retention need is let through."""

from datetime import UTC, datetime, timedelta

import pytest
from tortoise.exceptions import IntegrityError

from bot.actions.privacy import audit
from bot.models import Audit, db, keys
from bot.models.fields import to_ms

WORDS = "上门送米要联系"


async def row(reason: str = WORDS) -> int:
    """The number of a new one."""
    await audit.note("view.clear", "household", 7, staff_id=3, reason=reason, what=["phone"])
    ids: list[int] = [noted.id for noted in await Audit.all()]
    return max(ids)


async def refused(statement: str, *values: object) -> bool:
    """Does the database itself say no, and is everything as it was?"""
    before = await Audit.all().order_by("id").values()
    try:
        async with db.transaction():
            await db.fetch(statement, *values)
    except IntegrityError as error:
        assert "audit is append-only" in str(error)
    else:
        return False
    assert await Audit.all().order_by("id").values() == before
    return True


CHANGES = ("at = at + 1", "staff_id = 4", "staff_id = NULL", "action = 'x'", "subject = 'x'", "subject_id = NULL")


@pytest.mark.parametrize("change", [*CHANGES, "id = id + 1", "reason = NULL, subject_id = 8"])
async def test_no_column_of_a_row_can_be_changed(database: str, change: str) -> None:
    noted = await row()
    assert await refused(f"UPDATE audit SET {change} WHERE id = ?", noted)


async def test_nor_what_it_says_in_detail(database: str) -> None:
    noted = await row()
    assert await refused("UPDATE audit SET detail = '{}' WHERE id = ?", noted)


async def test_other_words_cannot_be_put_in_place_of_the_reason(database: str) -> None:
    noted = await row()
    same_key = keys.current().seal("看一眼不为什么", b"audit.reason")
    other_length = keys.Keyring(bytes(32)).seal("x", b"audit.reason")
    for instead in (same_key, other_length):
        assert await refused("UPDATE audit SET reason = ? WHERE id = ?", instead, noted)
    silent = await row(reason="")
    for instead in (same_key, other_length):
        assert await refused("UPDATE audit SET reason = ? WHERE id = ?", instead, silent)


async def test_erasure_takes_the_words_and_leaves_the_row(database: str) -> None:
    noted = await row()
    await Audit.filter(id=noted).update(reason=None)
    assert (await Audit.get(id=noted)).reason is None
    assert await Audit.all().count() == 1


async def test_the_same_words_can_be_sealed_under_a_new_key(database: str) -> None:
    noted = await row()
    new = keys.Keyring(bytes(32))
    assert new.key_id != keys.current().key_id
    await db.fetch("UPDATE audit SET reason = ? WHERE id = ?", new.seal(WORDS, b"audit.reason"), noted)
    keys.use(new)
    assert (await Audit.get(id=noted)).reason == WORDS


async def test_a_row_can_only_be_deleted_once_it_is_two_years_old(database: str) -> None:
    noted = await row()
    assert await refused("DELETE FROM audit WHERE id = ?", noted)
    today = datetime.now(UTC)
    for days, goes in ((720, False), (740, True)):
        await db.fetch(
            "INSERT INTO audit (id, at, action, subject, detail) VALUES (?, ?, 'x', 'x', '{}')",
            1000 + days,
            to_ms(today - timedelta(days=days)),
        )
        assert await refused("DELETE FROM audit WHERE id = ?", 1000 + days) is not goes


async def test_nor_is_it_written_over_or_emptied(database: str) -> None:
    noted = await row()
    if db.on_sqlite():
        sql = "INSERT OR REPLACE INTO audit (id, at, action, subject, detail) VALUES (?, 1, 'x', 'x', '{}')"
        assert await refused(sql, noted)
        assert await refused("UPDATE OR REPLACE audit SET id = ? WHERE id = ?", noted, await row())
    else:
        assert await refused("TRUNCATE audit")


async def test_the_reason_is_unreadable_in_the_database(database: str) -> None:
    await row()
    [raw] = await db.fetch("SELECT reason, detail FROM audit")
    assert WORDS.encode() not in bytes(raw["reason"]) and "reason" not in str(raw["detail"])
