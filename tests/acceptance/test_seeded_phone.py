"""One phone number goes down every road there is, and is then looked for in everything that anybody could read."""

import base64
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.actions.privacy import access
from bot.actions.requests import relief
from bot.actions.roster import exporting
from bot.actions.roster import importing as roster
from bot.actions.staff import directory
from bot.actions.upkeep import backup
from bot.models import Delivery, FollowUp, Household, Member, db
from tests import people
from tests.disk import files, on_disk
from tests.people import CHAIR, FAMILY_GROUP, LIU, STAFF_GROUP, STRANGER, VOLUNTEER
from tests.room import Room
from tests.stage import logged
from tests.web import console

PHONE = "13800051234"
STREET = "青鸟街七号楼三单元"
NEED = f"家里没米了，打我电话{PHONE}，住{STREET}"
HEAD = "户编号,姓名,关系,电话,单位,类别,地址,备注\n"


def spellings() -> Iterator[str]:
    """The number in whatever form a program might leave it behind."""
    full = "".join(unicodedata.lookup(f"FULLWIDTH DIGIT {unicodedata.name(digit).split()[-1]}") for digit in PHONE)
    yield from (PHONE, full, f"{PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}", f"{PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}")
    yield from (PHONE[::-1], PHONE.encode().hex(), PHONE.encode("utf-16-le").decode("latin-1"), f"+86{PHONE}")
    yield from {base64.b64encode(b"x" * shift + PHONE.encode()).decode()[4:-4] for shift in range(3)}


SECRETS = [*spellings(), STREET]


async def every_road(room: Room, folder: Path) -> None:
    """Imported, written, told, noted, looked at, exported; and each of it once in a way that fails."""
    sheet = folder / "roster.csv"
    sheet.write_text(f"{HEAD}H0900,郑小雨,本人,{PHONE},M1,孤寡老人,{STREET},{PHONE}也是微信\n", "utf-8")
    await roster.import_roster(sheet)
    sheet.write_text(f"{HEAD}H0901,郑小雨,本人,{PHONE}0,M1,孤寡老人,{STREET},\n,,,{PHONE},,,,\n", "utf-8")
    await roster.import_roster(sheet)
    await directory.refresh()
    await room.say(NEED, LIU, FAMILY_GROUP)
    await room.say(NEED, STRANGER, FAMILY_GROUP, nickname=PHONE)
    await room.say(NEED, STRANGER)
    for words in (
        "回访 H0900 需帮助 米 " + NEED, f"回访 {PHONE} 平安", f"回访 {PHONE[-4:]} 平安 {PHONE}", f"代报 H0900 {NEED}",
        f"看电话 H0900 {PHONE}", f"看电话 {PHONE}", f"绑定 {PHONE}", f"收到 {PHONE}", f"退回 {PHONE}", "下一户",
    ):  # fmt: skip
        for group in (None, STAFF_GROUP):
            await room.say(words, VOLUNTEER, group)
            await room.say(words, CHAIR, group)
    for words in (
        "收到 1",
        f"派 1 {PHONE}",
        "派 1 陈小满",
        "送达 1 米10斤 186元",
        f"更正 1 米5斤 {PHONE}",
    ):
        await room.say(words, CHAIR)
    for words in (
        f"转介 1 民政 {NEED}",
        f"重开 1 {NEED}",
        f"办结 1 {PHONE}",
        f"关联 2 H0900 {PHONE}",
        "关联 2 H0900",
        "详情 1",
    ):
        await room.say(words, CHAIR)
    await exporting.export_roster(folder / "masked.csv", reason="")
    await access.report("H0900")
    await room.deliver()


async def in_database(url: str) -> list[str | bytes]:
    """The files' bytes, and on PostgreSQL also every table as it would be dumped."""
    if db.is_sqlite(url):
        await db.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    return on_disk(await files(url), SECRETS)


async def in_backup(folder: Path) -> list[str]:
    archive = await backup.backup(folder)
    with ZipFile(archive) as zip_:
        entries = b"\0".join(zip_.read(name) for name in zip_.namelist())
    return [secret for secret in SECRETS if secret.encode() in entries + archive.read_bytes()]


async def test_the_number_is_found_nowhere(database: str, tmp_path: Path) -> None:
    await people.settle()
    room = Room()
    async with logged() as text, logged(as_json=True) as lines:
        await every_road(room, tmp_path)
    house = await Household.get(code="H0900")
    assert (await Member.get(name="郑小雨")).phone == PHONE and house.address == STREET, "it is there, sealed"
    assert await FollowUp.exists() and await relief.standing(1), "the roads were open"
    assert (await Member.get(relation="联系人")).name == "联系人", "a number for a nickname is no name"
    for log in (text.getvalue(), lines.getvalue()):
        assert not [secret for secret in SECRETS if secret in log]
    assert await in_database(database) == []
    assert await in_backup(tmp_path / "backups") == []
    assert not [secret for secret in SECRETS if secret in (tmp_path / "masked.csv").read_text("utf-8-sig")]


async def test_no_group_and_no_number_on_the_wall_tells_it(database: str, tmp_path: Path) -> None:
    await people.settle()
    room = Room()
    await every_road(room, tmp_path)
    public = [row.body or "" for row in await Delivery.filter(chat_kind="group")]
    assert public and not [secret for secret in SECRETS for body in public if secret in body]
    async with console(database, settle=False) as site:
        for path in ("/healthz", "/metrics"):
            page = await site.get(path)
            assert not [secret for secret in SECRETS if secret in page.html], path


@pytest.mark.parametrize("as_json", [False, True])
async def test_nor_does_the_log_when_everything_breaks(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    """The database is gone in the middle of it: every road ends in an error, and the errors say nothing of anybody."""
    await people.settle()
    room = Room()

    async def broken(*_: object) -> None:
        raise ValueError(f"could not store {NEED!r} for {PHONE}")

    async with logged(as_json=as_json) as log:
        monkeypatch.setattr("bot.actions.staff.conversation._first_time", broken)
        monkeypatch.setattr("bot.app.reception.FIRST_PAUSE", 0.0)
        await room.say(NEED, LIU, FAMILY_GROUP)
        await room.say(f"回访 H0123 平安 {PHONE}", VOLUNTEER)
    assert "could not be handled" in log.getvalue()
    assert not [secret for secret in SECRETS if secret in log.getvalue()]
