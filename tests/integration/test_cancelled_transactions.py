"""Whoever is cancelled leaves nothing open, so the next transaction begins like any other."""

import asyncio
from contextlib import suppress

import pytest

from bot.models import Setting, db


async def write(key: str) -> None:
    async with db.transaction():
        await Setting.create(key=key, value="x")


@pytest.mark.parametrize("turns", range(8))
async def test_a_cancelled_transaction_holds_nobody_up(database: str, turns: int) -> None:
    """`turns` of the loop after its start: before BEGIN, while the database is at it, after."""
    for number in range(5):
        task = asyncio.create_task(write(f"cut{number}"))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.wait_for(write(f"whole{number}"), 10)
    assert await Setting.filter(key__startswith="whole").count() == 5
