"""Who asks to be forgotten is forgotten down to the bytes, and no total changes by it."""

import asyncio
import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from tortoise import Tortoise

from bot import clock
from bot.actions.delivery import outbox, resending
from bot.actions.figures import reports
from bot.actions.privacy import erasing, forgotten
from bot.actions.staff import directory, people
from bot.actions.upkeep import backup
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.events import Chat, Text
from bot.jobs import retention as job
from bot.models import (
    Audit,
    BindCode,
    Delivery,
    HelpRequest,
    Household,
    Identity,
    Member,
    Relief,
    Seen,
    Staff,
    db,
)
from bot.settings import Retention
from tests.disk import files, on_disk
from tests.kept import ADDRESS, NICKNAME, NOTE, PHONE, SECRETS, WORDS, lived
from tests.people import ADMIN, CHAIR, CHANNEL, LIU, OUTSIDER, VOLUNTEER, WU, settle, staff_id
from tests.room import Room
from tests.stage import logged


async def texts() -> list[str]:
    """Every value of every table, as the models read them: decrypted."""
    models: Iterable[Any] = (Tortoise.apps or {})["models"].values()
    return [str(value) for model in models for row in await model.all().values() for value in row.values()]


async def in_tables(secrets: Iterable[str]) -> list[str]:
    everything = "\n".join(await texts())
    return [secret for secret in secrets if secret in everything]


async def counted() -> list[tuple[str, int, int, int]]:
    return [(one.key, one.households, one.times, one.fen) for one in (await reports.report()).totals]


async def sealed_of_family() -> list[bytes]:
    """The ciphertexts of what the family said, as they stand on the disk."""
    found = []
    for table, column, where in (
        ("household", "address", "code = 'H0123'"),
        ("member", "phone", "name = '刘桂芳'"),
        ("help_request", "words", "id = 1"),
        ("help_request", "nickname", "id = 1"),
        ("request_step", "words", "request_id = 1 AND words IS NOT NULL"),
        ("follow_up", "note", "note IS NOT NULL"),
        ("delivery", "body", f"chat_id = '{LIU}'"),
    ):
        rows = await db.fetch(f"SELECT {column} AS value FROM {table} WHERE {where}")
        found += [bytes(row["value"]) for row in rows]
    return found


async def test_erased_down_to_the_bytes(database: str) -> None:
    async with logged() as log:
        await lived()
        index = (await Member.get(name="刘桂芳")).phone_index or ""
        before, sealed = await counted(), await sealed_of_family()
        assert await in_tables(SECRETS) == SECRETS and len(sealed) > 8
        await db.overwrite()
        there = on_disk(await files(database), [*sealed, "刘桂芳", LIU, index, "H0123"])
        assert len(there) == len(sealed) + 4
        done = await erasing.erase("h0123", "本人来电要求")
        assert (done.people, done.requests, done.calls, done.whole) == (1, 1, 1, True) and done.messages > 4
        assert await db.overwrite()
    assert await in_tables([*SECRETS, "H0123", "刘小妹", index]) == []
    assert on_disk(await files(database), [*sealed, *SECRETS, index, "H0123"]) == []
    assert [secret for secret in [*SECRETS, "H0123"] if secret in log.getvalue()] == []
    assert await counted() == before and ("delivered", 1, 1, 18650) in before
    house = await Household.get(code=done.code)
    assert house.erased_at and house.do_not_call and house.messages_off
    assert not await Identity.filter(user_id=LIU).exists() and not await BindCode.exists()
    assert await in_tables(["吴德顺", "13800000101", WU]) == ["吴德顺", "13800000101", WU]


async def test_the_neighbours_words_and_messages_stay(database: str) -> None:
    await lived()
    theirs = await Delivery.filter(chat_id=WU).order_by("id").values("key", "status", "body")
    assert theirs
    await erasing.erase("H0123", "本人来电要求")
    assert await Delivery.filter(chat_id=WU).order_by("id").values("key", "status", "body") == theirs
    assert [row.words for row in await HelpRequest.filter(household__code="H0124")] == ["家里没米了，谁能帮帮我们"]


async def test_backups_forget_when_their_time_comes(database: str, tmp_path: Path) -> None:
    """Not a day earlier, and the newest three stay: by then they are younger than the erasure."""
    await lived()
    start = clock.now()
    old = await backup.backup(tmp_path)
    await erasing.erase("H0123", "本人来电要求")
    for day in (28, 29, 30):
        clock.use(lambda day=day: start + timedelta(days=day))  # type: ignore[misc]
        await backup.backup(tmp_path)
    clock.use(lambda: start + timedelta(days=30) - timedelta(seconds=1))
    assert await job.tick(Retention().model_dump(), tmp_path) and old.name in names(tmp_path)
    clock.use(lambda: start + timedelta(days=31))
    assert await job.tick(Retention().model_dump(), tmp_path) and old.name not in names(tmp_path)
    secrets = ("刘桂芳", LIU, "H0123")
    found = [name for name in names(tmp_path) for secret in secrets if _zipped(tmp_path / name, secret)]
    assert found == [] and len(backup.made(tmp_path)) == 3


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("songnuan-*.zip")]


def _zipped(path: Path, secret: str) -> bool:
    with ZipFile(path) as packed:
        return any(secret.encode() in packed.read(name) for name in packed.namelist())


async def test_an_open_request_comes_first(database: str) -> None:
    await settle()
    room = Room()
    await room.say(WORDS, LIU)
    with pytest.raises(Conflict, match="求助单：1。先请主席办结"):
        await erasing.erase("H0123", "本人来电要求")
    assert (await Household.get(code="H0123")).erased_at is None and await forgotten.read() is None
    await room.say("收到 1", CHAIR)
    await room.say("办结 1 不需要了", CHAIR)
    assert (await erasing.erase("H0123", "本人来电要求")).requests == 1


async def test_only_an_admin_with_a_reason_and_only_once(database: str) -> None:
    await settle()
    for who in (CHAIR, OUTSIDER, VOLUNTEER):
        with pytest.raises(NotAllowed):
            await erasing.erase("H0123", "本人来电要求", by=await staff_id(who))
    with pytest.raises(BadInput, match="为什么"):
        await erasing.erase("H0123", "删")
    with pytest.raises(BadInput, match="刘桂芳"):
        await erasing.erase("H0123", "本人来电要求", member="刘桂")
    await erasing.erase("H0123", "刘桂芳本人来电要求", by=await staff_id(ADMIN))
    note = await Audit.get(action="person.erase")
    assert note.staff_id == await staff_id(ADMIN) and "刘桂芳" not in json.dumps(await texts(), ensure_ascii=False)
    with pytest.raises(NotFound):
        await erasing.erase("H0123", "本人来电要求")
    with pytest.raises(NotFound):
        await erasing.erase(f"E{note.subject_id}", "本人来电要求")


async def test_one_member_goes_and_the_family_stays(database: str) -> None:
    """A son who shares the phone; the family's own texts go on without the name."""
    await settle()
    room = Room()
    house, liu = await Household.get(code="H0123"), await Member.get(name="刘桂芳")
    son = await Member.create(household=house, name="刘小兵", relation="儿子", phone=PHONE, phone_index=liu.phone_index)
    child = await Member.create(household=house, name="刘一一", under_14=True, guardian=liu)
    await Household.filter(id=house.id).update(note="刘桂芳腿脚不好，一楼", address=ADDRESS)
    await room.say(f"代报 H0123 {NOTE}刘桂芳", CHAIR)
    await room.say("办结 1 不需要了", CHAIR)
    with pytest.raises(Conflict, match="刘一一的监护人是刘桂芳"):
        await erasing.erase("H0123", "本人来电要求", member="刘桂芳")
    await Member.filter(id=child.id).update(guardian_id=son.id)
    done = await erasing.erase("H0123", "本人来电要求", member="刘桂芳")
    assert (done.whole, done.code, done.people) == (False, "H0123", 1)
    assert await in_tables(["刘桂芳", LIU]) == []
    house = await Household.get(code="H0123")
    assert (house.note, house.address, house.erased_at) == ("［已删除］腿脚不好，一楼", ADDRESS, None)
    assert (await Member.get(name="刘小兵")).phone == PHONE
    marks = await forgotten.read()
    assert marks is not None and marks.has(forgotten.Row("H0123", "刘桂芳", ""))
    assert not marks.has(forgotten.Row("H0123", "刘小兵", PHONE))
    # Who answers for the family now is the next one, and the last one takes the household along.
    assert "刘小兵" in (await room.say("代报 H0123 家里没米了", CHAIR))[0].text + (await Member.get(id=son.id)).name
    await room.say("办结 2 不需要了", CHAIR)
    await erasing.erase("H0123", "本人来电要求", member="刘一一")
    assert (await erasing.erase("H0123", "本人来电要求", member="刘小兵")).whole


async def test_what_waits_for_a_colleague_goes_out_without_the_name(database: str) -> None:
    await settle()
    said = "明天请先去刘桂芳家，再去吴德顺家"
    drafts = [
        outbox.Draft("to-staff", "reply", CHANNEL, Chat("direct", CHAIR), (Text(said),)),
        outbox.Draft("to-them", "reply", CHANNEL, Chat("direct", LIU), (Text("明天来看您"),)),
    ]
    await outbox.enqueue(drafts)
    await erasing.erase("H0123", "本人来电要求")
    staff = await Delivery.get(key="to-staff")
    assert staff.status == "queued" and outbox.decode(staff.body or "") == (
        Text("明天请先去［已删除］家，再去吴德顺家"),
    )
    theirs = await Delivery.get(status="expired")
    assert (theirs.reason, theirs.chat_id) == ("erased", "") and theirs.body is None
    assert await resending.resend([theirs.id]) == 0


async def test_another_familys_alert_in_the_same_words_goes_out(database: str) -> None:
    await lived()
    room = Room()
    await room.news()
    await HelpRequest.filter(household__code="H0124").update(state="closed", closed_as="no_need", closed_at=clock.now())
    await room.say(WORDS, WU)
    waiting = await Delivery.filter(status="queued").order_by("id").values()
    assert [row["purpose"] for row in waiting] == ["alert", "reply"]
    await erasing.erase("H0123", "本人来电要求")
    assert await Delivery.filter(status="queued").order_by("id").values() == waiting


async def test_what_they_wrote_before_anybody_knew_them(database: str) -> None:
    """And what a stranger wrote about them, as far as it names them."""
    await settle(without=[LIU])
    room = Room()
    await room.say(WORDS, LIU, nickname=NICKNAME)
    await room.say("隔壁刘桂芳家没米了，求工会帮帮", "33000002", nickname="老邻居")
    await people.bind_member(CHANNEL, LIU, (await Member.get(name="刘桂芳")).id)
    for number in (1, 2):
        await room.say(f"收到 {number}", ADMIN)
        await room.say(f"办结 {number} 不需要了", ADMIN)
    await room.deliver()
    assert (await erasing.erase("H0123", "本人来电要求")).requests == 1
    assert await in_tables(["刘桂芳", LIU, NICKNAME, WORDS]) == []
    assert await in_tables(["老邻居"]) == ["老邻居"]


async def test_the_running_bot_forgets_and_replays_do_no_harm(database: str) -> None:
    await lived()
    await directory.refresh()
    assert directory.speaker(CHANNEL, LIU) is not None
    mark = (await Delivery.filter(chat_id=LIU, key__startswith="p:").first()) or await Delivery.filter(
        chat_id=LIU
    ).first()
    assert mark is not None and await Seen.filter(key=mark.key[2:]).exists()
    await erasing.erase("H0123", "本人来电要求")
    await directory.refresh()
    assert directory.speaker(CHANNEL, LIU) is None
    assert not await Seen.filter(key=mark.key[2:]).exists()


async def test_amounts_that_name_somebody_keep_their_money(database: str) -> None:
    await lived()
    await Relief.filter(item="米").update(item="刘桂芳要的米")
    before = await counted()
    await erasing.erase("H0123", "本人来电要求")
    assert await counted() == before and await Relief.filter(item="物资").exists()


async def test_two_erasures_at_once_are_one(database: str) -> None:
    await settle()
    both = [erasing.erase("H0123", "本人来电要求"), erasing.erase("H0123", "本人来电要求")]
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Erased", "NotFound"]
    assert await Audit.filter(action="person.erase").count() == 1 and await Staff.exists()
