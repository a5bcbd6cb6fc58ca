"""Each kind of thing goes when its time has come and not a second earlier; rows that are counted stay."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.figures import reports
from bot.actions.privacy import retention
from bot.actions.upkeep import settings
from bot.events import Chat, Text
from bot.jobs import backups
from bot.jobs import retention as job
from bot.models import (
    Audit,
    BindCode,
    Consent,
    Delivery,
    FollowUp,
    HelpRequest,
    Household,
    Label,
    Relief,
    RequestStep,
    Session,
    SignInLink,
    Throttle,
    db,
    keys,
)
from bot.settings import AUDIT_FLOOR, Retention
from tests.database import TEST_KEY
from tests.people import CHAIR, CHANNEL, LIU, STRANGER, VOLUNTEER, settle, staff_id

START = datetime(2026, 11, 30, 20, tzinfo=UTC)  # the first of December in Shanghai, four in the morning
KEEP = Retention().model_dump()
SECOND = timedelta(seconds=1)
AFTER_30_DAYS = START + timedelta(days=30)
AFTER_6_MONTHS = datetime(2027, 5, 31, 20, tzinfo=UTC)
AFTER_24_MONTHS = datetime(2028, 11, 30, 20, tzinfo=UTC)


async def sweep_at(moment: datetime) -> dict[str, int]:
    clock.use(lambda: moment)
    return await retention.sweep(KEEP)


async def message(key: str, who: str, status: str = "sent") -> None:
    await outbox.enqueue([outbox.Draft(key, "reply", CHANNEL, Chat("direct", who), (Text("家里没米"),))])
    settled = START if status != "queued" else None
    await Delivery.filter(key=key).update(status=status, settled_at=settled, message_id="m1")


async def request(household: str | None, state: str = "closed") -> None:
    house = household and await Household.get(code=household)
    row = await HelpRequest.create(
        household_id=house.id if house else None,
        source="message",
        channel=CHANNEL,
        sender_id=STRANGER,
        message_key="qq:1",
        nickname="老马",
        words="家里没米",
        why="没米",
        kinds=["food"],
        urgency="normal",
        state=state,
        closed_as="helped" if state == "closed" else None,
        opened_at=START,
        closed_at=START if state == "closed" else None,
    )
    await RequestStep.create(request=row, at=START, step="raised", words="家里没米")
    caller = await staff_id(VOLUNTEER)
    await Relief.create(
        request=row, staff_id=caller, kind="goods", item="米", value_fen=100, state="delivered", at=START, note="放门口"
    )


async def call() -> None:
    house = await Household.get(code="H0123")
    await FollowUp.create(household=house, staff_id=await staff_id(VOLUNTEER), outcome="well", note="腿疼", at=START)


async def consent(withdrawn: datetime | None) -> None:
    house = await Household.get(code="H0123")
    await Consent.create(household=house, purpose="登记和回访", words="可以", given_at=START, withdrawn_at=withdrawn)


async def signed_in() -> None:
    who = await staff_id(CHAIR)
    await SignInLink.create(token_hash="a", staff_id=who, made_at=START, expires_at=START)
    await Session.create(token_hash="a", staff_id=who, started_at=START, seen_at=START, expires_at=START)
    late = START + timedelta(days=90)
    await Session.create(token_hash="b", staff_id=who, started_at=START, seen_at=START, expires_at=late, ended_at=START)
    await Throttle.create(key="a", failures=3, since=START)
    await BindCode.create(code_index="a", staff_id=who, expires_at=START)


async def label() -> None:
    await Label.create(day=START, words="家里没米", ask=True)


CASES: list[tuple[Callable[[], Awaitable[Any]], datetime, dict[str, int]]] = [
    (lambda: message("to-staff", CHAIR), AFTER_30_DAYS, {"发完的话的原文": 1}),
    (lambda: message("in-doubt", CHAIR, "unknown"), AFTER_30_DAYS, {"发完的话的原文": 1}),
    (lambda: message("to-family", LIU), AFTER_30_DAYS, {"发完的话的原文": 1, "发给谁的私聊（工作人员除外）": 1}),
    (signed_in, AFTER_30_DAYS, {"登录链接": 1, "登录过的设备": 2, "登录失败的次数": 1, "绑定码": 1}),
    (lambda: request(None), AFTER_6_MONTHS, {"名册外求助的话和账号": 1, "名册外求助各步的话": 1}),
    (lambda: request(None, "review"), AFTER_6_MONTHS, {"名册外求助的话和账号": 1, "名册外求助各步的话": 1}),
    (
        lambda: request("H0123"),
        AFTER_24_MONTHS,
        {"办结的求助单的原话": 1, "求助单各步的话": 1, "救助的备注": 1},
    ),
    (call, AFTER_24_MONTHS, {"回访备注": 1}),
    (lambda: consent(START), AFTER_24_MONTHS, {"撤回的同意的原话": 1}),
    (label, AFTER_24_MONTHS, {"改正判断的例句": 1}),
]


@pytest.mark.parametrize(("made", "due", "gone"), CASES)
async def test_it_goes_when_its_time_has_come(
    database: str, made: Callable[[], Awaitable[Any]], due: datetime, gone: dict[str, int]
) -> None:
    clock.use(lambda: START)
    await settle()
    await made()
    totals = [(one.key, one.households, one.times, one.fen) for one in (await reports.report()).totals]
    assert await sweep_at(due) == {}
    clock.use(lambda: due + SECOND)
    found = {one.kind.name: one.due for one in await retention.look(KEEP) if one.due}
    assert found == gone
    assert await sweep_at(due + SECOND) == gone
    assert await sweep_at(due + SECOND) == {}
    assert [(one.key, one.households, one.times, one.fen) for one in (await reports.report()).totals] == totals


async def test_what_is_still_open_keeps_its_words(database: str) -> None:
    clock.use(lambda: START)
    await settle()
    await request("H0123", "assigned")
    await message("waits", CHAIR, "queued")
    await consent(None)
    assert await sweep_at(START + timedelta(days=1000)) == {}
    assert (await HelpRequest.get(id=1)).words == "家里没米"


async def test_what_is_gone(database: str) -> None:
    clock.use(lambda: START)
    await settle()
    await message("to-family", LIU)
    await request(None)
    await sweep_at(AFTER_24_MONTHS + SECOND)
    sent = await Delivery.get(status="sent")
    assert (sent.chat_id, sent.key) == ("", f"old:{sent.id}") and not sent.body and not sent.message_id
    asked = await HelpRequest.get(id=1)
    assert not any((asked.words, asked.why, asked.nickname, asked.sender_id, asked.message_key))
    assert (await RequestStep.get(request_id=1)).words is None


async def test_the_audit_is_kept_three_years(database: str) -> None:
    """By the age of its rows: the database itself looks at its own clock before it lets one go."""
    now = clock.now()
    clock.use(lambda: now)
    limit = retention.before("audit_months", KEEP["audit_months"])
    assert limit is not None and timedelta(days=1094) < now - limit < timedelta(days=1097)
    limit -= timedelta(days=1)
    for at in (limit - SECOND, limit, limit + SECOND):
        await Audit.create(at=at, action="x", subject="y")
    assert await retention.sweep(KEEP) == {"审计": 1}
    assert await Audit.filter(action="x").count() == 2


async def test_the_shortest_audit_is_what_the_database_allows(database: str) -> None:
    now = clock.now()
    clock.use(lambda: now)
    for days in range(725, 740):
        await Audit.create(at=now - timedelta(days=days), action="x", subject="y")
    await retention.sweep(KEEP | {"audit_months": AUDIT_FLOOR})
    assert 5 < await Audit.filter(action="x").count() < 10


async def test_zero_is_for_good(database: str) -> None:
    clock.use(lambda: START)
    await settle()
    for made, _, _ in CASES[:4]:
        await made()
    clock.use(lambda: START + timedelta(days=3000))
    assert await retention.sweep(dict.fromkeys(KEEP, 0)) == {}
    assert {one.before for one in await retention.look(dict.fromkeys(KEEP, 0))} == {None}


async def test_more_than_one_batch(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    for number in range(5):
        await Label.create(day=START, words=str(number), ask=False)
    assert await sweep_at(AFTER_24_MONTHS + SECOND) == {"改正判断的例句": 5}


@pytest.mark.parametrize(
    ("now", "months", "then"),
    [
        (datetime(2027, 3, 30, 20, tzinfo=UTC), 1, datetime(2027, 2, 27, 20, tzinfo=UTC)),  # the 31st in Shanghai
        (datetime(2027, 1, 15, 4, tzinfo=UTC), 13, datetime(2025, 12, 15, 4, tzinfo=UTC)),
    ],
)
async def test_months_of_the_calendar(now: datetime, months: int, then: datetime) -> None:
    clock.use(lambda: now)
    try:
        assert retention.before("words_months", months) == then
    finally:
        clock.use(None)


async def test_the_job_works_once_a_day_and_not_on_hold(database: str, tmp_path: Path) -> None:
    tidied: list[int] = []

    async def tick() -> bool:
        return await job.tick(KEEP, tmp_path, lambda: tidied.append(1))

    clock.use(lambda: START)
    await settings.put(settings.HOLD, "since")
    assert not await tick() and await retention.last() is None
    await settings.put(settings.HOLD, "")
    assert await tick() and not await tick() and await retention.last() == START
    clock.use(lambda: START + timedelta(days=1) - SECOND)  # a second to four in the morning
    assert not await tick()
    clock.use(lambda: START + timedelta(days=1))
    assert await tick() and len(tidied) == 2


async def test_a_backup_each_night(database: str, tmp_path: Path) -> None:
    """The first beat only begins; then one a night, also when two bots beat; a missed night is made up for once."""
    clock.use(lambda: START)  # 04:00
    folder = tmp_path / "backups"
    assert not await backups.tick("", folder) and not await backups.tick("03:30", folder)
    clock.use(lambda: START + timedelta(hours=23, minutes=29))
    assert not await backups.tick("03:30", folder) and not folder.exists()
    clock.use(lambda: START + timedelta(hours=23, minutes=30))
    assert await backups.tick("03:30", folder) and not await backups.tick("03:30", folder)
    clock.use(lambda: START + timedelta(days=3))
    assert await backups.tick("03:30", folder) and not await backups.tick("03:30", folder)
    assert len(list(folder.iterdir())) == 2
    await settings.put(settings.HOLD, "since")
    clock.use(lambda: START + timedelta(days=9))
    assert not await backups.tick("03:30", folder)


async def test_a_backup_that_failed_is_tried_again(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.use(lambda: START)
    await backups.tick("03:30", tmp_path)
    clock.use(lambda: START + timedelta(days=1))
    with monkeypatch.context() as broken:
        broken.setattr("bot.actions.upkeep.archive.Writer.add", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await backups.tick("03:30", tmp_path)
    assert await backups.tick("03:30", tmp_path)


async def test_a_backup_that_was_cut_off_by_a_kill_is_made_in_the_next_hour(database: str, tmp_path: Path) -> None:
    clock.use(lambda: START)  # 04:00
    await backups.tick("03:30", tmp_path)
    clock.use(lambda: START + timedelta(hours=23, minutes=30))
    killed = await settings.get("backup")
    assert await backups.tick("03:30", tmp_path)
    await settings.put("backup.done", killed)  # as if the machine had gone dark before the last word of it
    clock.use(lambda: START + timedelta(hours=23, minutes=59))
    assert not await backups.tick("03:30", tmp_path), "perhaps another bot is still at it"
    clock.use(lambda: START + timedelta(hours=24))
    assert await backups.tick("03:30", tmp_path) and not await backups.tick("03:30", tmp_path)
    clock.use(lambda: START + timedelta(hours=26))
    assert not await backups.tick("03:30", tmp_path)


async def test_sqlite_overwrites_what_goes(tmp_path: Path) -> None:
    """Retention does not write the whole file anew, as erasing does."""
    path = tmp_path / "songnuan.db"
    keys.use(keys.Keyring(TEST_KEY))
    await db.open_(f"sqlite://{path}")
    try:
        for number in range(50):
            await Label.create(day=START, words=f"例句 {number}", ask=False)
        sealed = [bytes(row["words"]) for row in await db.fetch("SELECT words FROM label")]
        await Label.filter(id=1).update(day=AFTER_24_MONTHS)
        assert await sweep_at(AFTER_24_MONTHS + SECOND) == {"改正判断的例句": 49}
        await db.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
        raw = await asyncio.to_thread(path.read_bytes)
        assert [one for one in sealed if one in raw] == sealed[:1]
    finally:
        await db.close()
        clock.use(None)
