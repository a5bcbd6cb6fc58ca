"""Random lines by several people: no state is left out, the ledger adds up, every change leaves its trail."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import clock
from bot.actions.figures import reports
from bot.actions.requests import relief
from bot.actions.requests.relief import counted
from bot.actions.staff import directory
from bot.jobs import confirmation, digest, escalation
from bot.models import Audit, HelpRequest, Relief, RequestStep, db, keys
from tests import people
from tests.database import TEST_KEY, fresh
from tests.people import ADMIN, CHAIR, DEPUTY, LIU, NEED, OTHER_NEED, OUTSIDER, STRANGER, VOLUNTEER, WU
from tests.room import Room

START = datetime(2026, 12, 1, 1, tzinfo=UTC)
STATES = {"open", "review", "acknowledged", "assigned", "delivering", "closed"}
CLOSED = {"helped", "no_need", "referred", "duplicate", "unreachable"}
PEOPLE = [CHAIR, DEPUTY, ADMIN, VOLUNTEER, OUTSIDER, LIU, WU, STRANGER]
LINES = [
    "收到 {n}", "派 {n} 陈小满", "派 {n} 我", "派 {n} 陈小满 米10斤 油1桶 {m}元", "派 {n} 赵志强 现金{c}元", "送达 {n}",
    "送达 {n} 米10斤 {m}元", "送达 {n} 又 油1桶 {m}.5元", "送达 {n} 现金{c}元", "更正 {n} 米8斤 {m}元", "更正 {n} 无",
    "回访确认 {n}", "回访确认 {n} 没收到", "回访确认 {n} 有问题 米有虫", "办结 {n}", "办结 {n} 不需要",
    "办结 {n} 重复 1", "转介 {n} 民政", "重开 {n}", "关联 {n} H0124", "代报 H0124 缺药", "详情 {n}", "1", "2", "3",
    NEED, OTHER_NEED,
]  # fmt: skip

moves = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(LINES),
        st.integers(1, 3),
        st.integers(1, 300),
        st.sampled_from([0, 1, 20]),
    ),
    min_size=1,
    max_size=25,
)


@pytest.mark.db
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(moves)
def test_nothing_breaks_and_nothing_is_lost(template: str, said: list[tuple[str, str, int, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(play(template, Path(folder), said))


async def play(template: str, folder: Path, said: list[tuple[str, str, int, int, int]]) -> None:
    url = await fresh(template, folder)
    keys.use(keys.Keyring(TEST_KEY))
    await db.open_(url, upgrade=False)
    now = [START]
    clock.use(lambda: now[0])
    try:
        await directory.refresh()
        await people.settle()
        room = Room()
        await room.say(NEED, LIU)
        for who, line, number, amount, hours in said:
            now[0] += timedelta(hours=hours, seconds=1)
            for job in (escalation.tick, confirmation.tick, digest.tick):
                await job(room.rules)
            before = await facts()
            await room.say(line.format(n=number, m=amount, c=amount % 100 + 1), who)
            await check(before, await facts())
    finally:
        clock.use(None)
        await db.close()


Facts = tuple[dict[int, tuple[object, ...]], dict[int, tuple[object, ...]], int, int]


async def facts() -> Facts:
    requests: dict[int, tuple[object, ...]] = {
        row.id: (row.state, row.closed_as, row.assigned_to_id, row.acknowledged_by_id, row.household_id)
        for row in await HelpRequest.all()
    }
    rows: dict[int, tuple[object, ...]] = {
        row.id: (row.state, row.value_fen, row.quantity, row.corrects_id) for row in await Relief.all()
    }
    return requests, rows, await Audit.all().count(), await RequestStep.all().count()


async def check(before: Facts, after: Facts) -> None:
    if before[:2] != after[:2]:
        assert after[2] > before[2] and after[3] > before[3], "a change without its audit row or its step"
    for number, old in before[1].items():
        assert after[1][number][1:] == old[1:], "a row of the ledger was rewritten"
    for row in await HelpRequest.all():
        await sound(row)
    found = await reports.report()
    ledger = counted(await Relief.all().order_by("id"))
    given_ = sum(row.value_fen for row in ledger if row.state in relief.GIVEN)
    assert found.total("delivered").fen == given_
    assert found.total("confirmed").fen == sum(row.value_fen for row in ledger if row.state == "confirmed")
    assert given_ == sum(found.total(f"delivered-{kind}").fen for kind in reports.KINDS)


async def sound(row: HelpRequest) -> None:
    """What must be true of a request in each state."""
    assert row.state in STATES
    assert (row.state == "closed") == (row.closed_as in CLOSED) == (row.closed_at is not None)
    if row.state in ("assigned", "delivering"):
        assert row.assigned_to_id is not None and row.assigned_at is not None
    if row.state not in ("open", "review"):
        assert row.acknowledged_by_id is not None and row.acknowledged_at is not None
    standing = [one.state for one in await relief.standing(row.id)]
    if row.state == "delivering":
        assert "delivered" in standing
    if row.state == "closed":
        assert "promised" not in standing
    if row.closed_as == "helped":
        assert not {"delivered", "not_received"} & set(standing)
