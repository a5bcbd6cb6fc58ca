"""A new key takes over: nothing is lost, nobody is missed meanwhile, and nothing is left under the old one."""

import asyncio
import csv
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tortoise import Tortoise, fields

from bot.actions.delivery import outbox
from bot.actions.households import phones
from bot.actions.privacy import erasing, forgotten, keyed, rekeying
from bot.actions.roster import importing as roster
from bot.actions.staff import people as persons
from bot.actions.staff import throttle
from bot.errors import BadInput, Conflict
from bot.events import Text
from bot.models import Audit, BindCode, Household, Member, Throttle, db, keyfile, keys
from bot.models.marks import MARKS
from tests import people
from tests.database import TEST_KEY
from tests.rekeying import HEAD, OLD_ID, every_text, found, ids_in_database, key_ids, renew, under_the_test_key
from tests.stage import ROOT

PHONE = "13800000100"  # of H0123


@pytest.fixture
async def file(database: str, tmp_path: Path) -> AsyncIterator[Path]:
    yield await under_the_test_key(tmp_path)
    keys.use(keys.Keyring(TEST_KEY))


async def test_everything_is_under_the_new_key_and_says_what_it_said(file: Path) -> None:
    texts = await every_text()
    [aside] = await renew(file)
    [new] = key_ids(file)
    assert new != OLD_ID and set(await ids_in_database()) == {new} and await every_text() == texts
    member = await Member.get(household__code="H0123").select_related("household")
    assert (member.phone, member.household.address, member.household.note) == (PHONE, "向阳街3号", "腿脚不便")
    assert outbox.parts_of((await db.fetch("SELECT body FROM delivery"))[0]["body"], None) == (Text("送米"),)
    assert (await Audit.get(action="phone.view")).reason == "送米要联系"
    assert await found(PHONE) == await found("尾号0100") == "H0123"
    assert keyfile.read(aside)[0].masters == (TEST_KEY,)
    ended = await Audit.get(action="key.end")
    assert ended.detail == {"key": f"{new:02x}", "renewed": texts + 2 * len(people.FAMILIES)}


async def test_a_second_change_follows_the_first(file: Path) -> None:
    [first], [second] = await renew(file), await renew(file)
    assert first != second and len(keyfile.read(file)[0].retired) == 2
    assert await found(PHONE) == "H0123"


async def test_every_column_that_depends_on_the_key_is_known(database: str) -> None:
    """A keyed mark is 32 hex digits: a new column of that width has to say how it is made anew."""
    known = {(table, mark.column) for table, marks in MARKS.items() for mark in marks}
    known.add(("bind_code", "code_index"))
    known.add(("erased", "mark"))  # under a secret of its own, which is an encrypted column
    models = (Tortoise.apps or {})["models"].values()
    wide = {
        (model._meta.db_table, name)
        for model in models
        for name, field in model._meta.fields_map.items()
        if isinstance(field, fields.CharField) and field.max_length == 32
    }
    assert wide == known
    blobs = {
        (model._meta.db_table, name)
        for model in models
        for name, field in model._meta.fields_map.items()
        if field.SQL_TYPE == "BLOB"
    }
    blobs.remove(("picture", "data"))  # of a tip, which is public
    assert blobs == {(table.name, column) for table in keyed.tables() for column in table.sealed}


INDEXING = re.compile(r"(?:keys\.current\(\)|ring)\.index(?:es)?\(")
# Who makes blind indexes. One more has to say in bot/models/marks.py what becomes of them when the key changes.
INDEXERS = {"phones.py", "people.py", "throttle.py", "keyed.py"}
INDEXERS |= {"wishes.py"}  # marks what a form showed, and stores it nowhere


def test_whoever_makes_a_blind_index_is_known() -> None:
    files = (ROOT / "bot").rglob("*.py")
    using = {one.name for one in files if INDEXING.search(one.read_text("utf-8"))}
    assert using == INDEXERS


async def test_failures_to_sign_in_are_forgotten_with_the_old_key(file: Path) -> None:
    names = [throttle.key("name", "周文静"), throttle.key("address", "127.0.0.1")]
    await throttle.take(names, timedelta(minutes=1))
    await rekeying.begin(file)
    later = [throttle.key("name", "周文静")]
    await throttle.take(later, timedelta(minutes=1))
    assert (await keyed.rest()).one_way == 2
    await renew(file)
    assert [row.key for row in await Throttle.all()] == later


async def test_nobody_is_missed_while_it_goes_on(file: Path, tmp_path: Path) -> None:
    await rekeying.begin(file)
    assert await found(PHONE) == await found("尾号0100") == "H0123"
    await Member.filter(household__code="H0124").update(phone_index=phones.index("13800000101"))
    assert await found("13800000101") == "H0124"
    # A sheet without codes meets the families it means, and changes nothing.
    sheet = tmp_path / "sheet.csv"
    await asyncio.to_thread(write, sheet, [("", "刘桂芳", "本人", PHONE, "M1", "", "", "")])
    report = await roster.import_roster(sheet)
    assert (report.created, report.updated, report.unchanged, report.refused) == (0, 0, 1, [])
    assert (await keyed.rest()).indexes > 0


def write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([HEAD, *rows])


async def test_a_phone_that_another_family_has_as_well_is_not_forgotten_with_one(file: Path) -> None:
    await rekeying.begin(file)
    other = await Member.get(household__code="H0201")
    other.phone, other.phone_index = PHONE, phones.index(PHONE)
    await other.save()
    await erasing.erase("H0123", "本人要求")
    marks = await forgotten.read()
    assert marks is not None and not marks.has(forgotten.Row("H0999", "某人", PHONE))


async def test_what_is_written_while_a_batch_is_made_ready_stays(file: Path) -> None:
    await rekeying.begin(file)
    [table] = [one for one in keyed.tables() if one.name == "member"]
    async for rows in keyed.batches(table, whole=True):
        changes = rekeying._changes(table, rows, keys.current(), [])
        member = await Member.get(household__code="H0123")
        member.phone, member.phone_index = "13800000999", phones.index("13800000999")
        await member.save()
        await rekeying._write(table, changes)
    assert (await Member.get(household__code="H0123")).phone == "13800000999"
    await renew(file)
    assert await found("13800000999") == "H0123"


async def test_two_who_walk_at_once_do_no_harm(file: Path) -> None:
    await rekeying.begin(file)
    async with asyncio.TaskGroup() as group:
        walks = [group.create_task(rekeying.walk()) for _ in range(3)]
        for number in range(20):
            await Household.filter(code="H0124").update(note=f"第{number}次")
    assert [walk.result() for walk in walks] == [[], [], []]
    await renew(file)
    assert (await Household.get(code="H0124")).note == "第19次"
    assert set(await ids_in_database()) == set(key_ids(file))


async def test_an_index_that_comes_back_late_keeps_the_old_key_in_the_file(file: Path) -> None:
    before = (await Member.get(household__code="H0123")).phone_index
    await rekeying.begin(file)
    await rekeying.walk()
    await Member.filter(household__code="H0123").update(phone_index=before)  # by who had read the row earlier
    assert (await keyed.rest()).indexes == 1
    with pytest.raises(Conflict, match="再运行一次"):
        await rekeying.end(file)
    assert len(key_ids(file)) == 2
    await renew(file)
    assert await found(PHONE) == "H0123"


async def test_a_value_that_cannot_be_read_is_named_and_holds_the_end_up(file: Path) -> None:
    broken = await Household.get(code="H0123")
    await db.fetch("UPDATE household SET note = ? WHERE id = ?", bytes((1, OLD_ID)) + bytes(40), broken.id)
    await rekeying.begin(file)
    assert await rekeying.walk() == [f"household.note {broken.id}"]
    assert (await keyed.rest()).values == 1
    with pytest.raises(Conflict):
        await rekeying.end(file)
    await db.fetch("UPDATE household SET note = NULL WHERE id = ?", broken.id)
    await renew(file)
    assert (await Household.get(code="H0123")).address == "向阳街3号"


async def test_a_file_that_does_not_fit_is_not_built_upon(file: Path) -> None:
    content = keyfile.read(file)[0]
    stranger = keys.Keyring(bytes(32)).seal("别处来的", b"household.note")
    await db.fetch("UPDATE household SET note = ? WHERE code = 'H0124'", stranger)
    with pytest.raises(Conflict, match=r"household\.note"):
        await rekeying.begin(file)
    twin = next(key for n in range(10**5) if keys.Keyring(key := n.to_bytes(32, "big")).key_id == OLD_ID)
    await db.fetch("UPDATE household SET note = NULL WHERE code = 'H0124'")
    keys.use(keys.Keyring(twin))
    with pytest.raises(Conflict, match="不是一对"):
        await rekeying.begin(file)
    assert keyfile.read(file)[0] == content


async def test_bind_codes_work_until_the_end_and_new_ones_beyond_it(file: Path) -> None:
    who = await people.staff_id(people.VOLUNTEER)
    used, live = await persons.issue_code(who), await persons.issue_code(await people.staff_id(people.EDITOR))
    await rekeying.begin(file)
    assert await rekeying.live_codes() == 2
    assert (await persons.bind("qq", "39000001", used)).id == who
    fresh_one = await persons.issue_code(await people.staff_id(people.DEPUTY))
    old = {row.code_index for row in await BindCode.exclude(key_id=keys.current().key_id)}
    await renew(file)
    assert not await BindCode.filter(code_index__in=old).exists()
    with pytest.raises(BadInput):
        await persons.bind("qq", "39000002", live)
    assert (await persons.bind("qq", "39000003", fresh_one)).name == "赵志强"


async def test_it_ends_only_when_no_older_transaction_is_open(file: Path, database: str) -> None:
    if db.on_sqlite():  # one writer at a time: there is nobody to wait for
        return await rekeying.others_are_done(0)
    import asyncpg

    other = await asyncpg.connect(database)
    try:
        transaction = other.transaction()
        await transaction.start()
        waiting = asyncio.create_task(rekeying.others_are_done(0))
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
        await transaction.commit()
        await asyncio.wait_for(waiting, 10)
    finally:
        await other.close()
