"""Whatever goes wrong, with whatever values: the log says where, and nothing of the person."""

import asyncio
import json
import subprocess
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.actions.staff.conversation import Answer
from bot.app import reception
from bot.app.reception import Reception
from bot.errors import NotFound
from bot.metrics import Metrics
from bot.models import Household, Identity, Member, Staff, Unit, db
from bot.router import Router, Turn
from tests import people
from tests.people import LIU
from tests.room import incoming
from tests.stage import logged

ROOT = Path(__file__).parents[2]
NAME, PHONE, ADDRESS, WORDS = "张秀英", "13800000123", "向阳小区3号楼5单元", "孩子发烧了，家里没药\nDETAIL: 求求你们"
SECRETS = ("秀英", PHONE, "向阳小区", "5单元", "发烧", "没药", "求求", LIU, "0000123", "1380000")

Failing = Callable[[], Awaitable[object]]


async def unique() -> None:
    await Household.create(code=f"{NAME}{PHONE}", unit=await Unit.get(code="M1"), category="孤寡老人")
    await Household.create(code=f"{NAME}{PHONE}", unit=await Unit.get(code="M1"), category="孤寡老人")


async def account() -> None:
    await Identity.filter(user_id=LIU).update(user_id=people.WU)
    await Identity.create(channel=people.CHANNEL, user_id=people.WU, staff=await Staff.first(), bound_at=None)


async def missing() -> None:
    await db.fetch(
        "INSERT INTO household (code, category, best_time, grade) VALUES (?, ?, ?, ?)", NAME, PHONE, ADDRESS, ""
    )


async def nobody_s() -> None:
    await Member.create(household_id=10**8, name=NAME, relation=ADDRESS)


async def too_long() -> None:
    await Member.create(household_id=1, name=f"{NAME}{WORDS}" * 9)


async def no_number() -> None:
    await Household.filter(id=f"{NAME}{PHONE}")


async def wrong_statement() -> None:
    await db.fetch(f"SELECT '{NAME}' FROM \"{ADDRESS}\" WHERE '{PHONE}'")


async def no_key() -> None:
    known: dict[object, str] = {}
    known["qq", LIU, NAME]


async def refused() -> None:
    raise NotFound(f"没找到“{NAME}”，电话 {PHONE}，{WORDS}")


async def in_a_chain() -> None:
    try:
        raise RuntimeError(f"{NAME} said: {WORDS}")
    except RuntimeError as error:
        error.add_note(f"about {NAME} {PHONE}")
        raise ExceptionGroup(f"of {NAME}", [ValueError(f"'{LIU}' {ADDRESS}"), KeyError(NAME)]) from error


async def beside_it() -> None:
    name, phone, words = NAME, PHONE, WORDS  # a traceback with the values of variables would show these
    raise RuntimeError(name + phone + words)


CASES = (
    unique,
    account,
    missing,
    nobody_s,
    too_long,
    no_number,
    wrong_statement,
    no_key,
    refused,
    in_a_chain,
    beside_it,
)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("fail", CASES)
async def test_an_error_in_an_action(database: str, monkeypatch: pytest.MonkeyPatch, fail: Failing, form: str) -> None:
    await people.settle()
    monkeypatch.setattr(reception, "TRIES", 1)
    heard = []

    async def handler(turn: Turn) -> Answer:
        words, name = turn.message.text, NAME
        assert words and name
        try:
            await fail()
        except BaseException as error:
            heard.append("".join(traceback.format_exception(error)))
            raise
        return Answer()

    router = Router()
    router.add(handler)
    async with logged(as_json=form == "json") as stream:
        await Reception(router, Metrics()).received(incoming(f"{NAME} {PHONE} {WORDS}", LIU))
    written = stream.getvalue()
    shown = "\n".join(json.loads(line)["exception"] for line in written.splitlines()) if form == "json" else written
    assert f"in {fail.__name__}" in shown and "test_discreet_errors.py" in shown, "it still says where"
    assert [secret for secret in SECRETS if secret in shown or secret in written] == [], shown
    assert heard


@pytest.mark.parametrize("fail", [unique, too_long, no_number, no_key, refused, in_a_chain, beside_it])
async def test_of_which_the_usual_way_of_writing_says_too_much(database: str, fail: Failing) -> None:
    """On PostgreSQL all of them, on SQLite all but what it does not quote itself."""
    await people.settle()
    with pytest.raises(Exception) as caught:
        await fail()
    usual = "".join(traceback.format_exception(caught.value))
    assert any(secret in usual for secret in SECRETS) or (db.on_sqlite() and fail is unique)


async def test_a_task_that_nobody_waited_for(database: str) -> None:
    async def dies() -> None:
        raise RuntimeError(f"{NAME} {PHONE} {WORDS}")

    async with logged() as stream:
        task = asyncio.get_running_loop().create_task(dies())
        await asyncio.wait([task])
        context = {"message": "Task exception was never retrieved", "future": task, "exception": task.exception()}
        asyncio.get_running_loop().default_exception_handler(context)
    assert "never retrieved" in stream.getvalue() and "in dies" in stream.getvalue()
    assert [secret for secret in SECRETS if secret in stream.getvalue()] == []


def test_what_ends_the_program_is_written_the_same_way() -> None:
    program = (
        "from bot import log\nlog.setup('INFO', 'text')\n"
        f"def ends(name):\n    raise RuntimeError(name)\nends({NAME!r} + {PHONE!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, text=True, cwd=ROOT, timeout=30, check=False
    )
    assert done.returncode == 1 and "CRITICAL" in done.stderr and "in ends" in done.stderr
    assert [secret for secret in SECRETS if secret in done.stderr + done.stdout] == []


def test_a_line_that_cannot_be_written_says_nothing_either() -> None:
    program = (
        "import logging\nfrom bot import log\nlog.setup('INFO', 'text')\n"
        f"logging.getLogger('bot.x').warning('%d', {NAME!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, text=True, cwd=ROOT, timeout=30, check=False
    )
    assert "could not be logged" in done.stderr and "秀英" not in done.stderr
