"""A union as large as the pages must bear, written by the database itself; what is in it is in bench/pages.sql."""

from datetime import timedelta
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from bot import clock
from bot.actions.staff import directory
from bot.models import Broadcast, Group, Identity, Round, Staff, Unit, db, keys
from bot.models.fields import to_ms

SQL = Path(__file__).with_name("pages.sql")
CALLS = 10  # a household, over a year
MINES, SECTIONS, GROUPS, TIPS = 8, 32, 200, 100
VOLUNTEERS, HELD = 3, 60  # of each section, and households with each of them
CHANNEL = "qq"
YEAR = timedelta(days=365)
FILLED = (
    "household",
    "member",
    "follow_up",
    "help_request",
    "request_step",
    "relief",
    "assignment",
    "audit",
    "delivery",
)


class Cast(NamedTuple):
    """Ids of who looks at the pages."""

    admin: int
    top_chair: int
    chair: int
    volunteer: int


class _First(NamedTuple):
    """The first id of each that was made one after another."""

    section: int
    volunteer: int
    round: int
    broadcast: int


async def seed(households: int) -> Cast:
    """Fill an open, empty database; returns who may look."""
    async with db.transaction():
        top, sections = await _units()
        cast, volunteer = await _staff(top, sections)
        first = _First(sections[0], volunteer, await _rounds(top), await _broadcasts(sections))
        await directory.changed()
    values = _values(households, first)
    await _pragmas(safe=False)
    for statement in Template(SQL.read_text("utf-8")).substitute(values).strip().split(";\n"):
        await db.connection().execute_script(statement)
    await _pragmas(safe=True)
    if not db.on_sqlite():
        for table in FILLED:
            await db.fetch(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        await db.connection().execute_script("VACUUM ANALYZE")  # as PostgreSQL does by itself when a table has grown
    return cast


async def _pragmas(*, safe: bool) -> None:
    if db.on_sqlite():
        await db.fetch(f"PRAGMA foreign_keys = {'ON' if safe else 'OFF'}")
        await db.fetch(f"PRAGMA synchronous = {'FULL' if safe else 'OFF'}")


async def counted() -> dict[str, int]:
    """Rows of each table that was filled."""
    return {table: int((await db.fetch(f"SELECT count(*) AS n FROM {table}"))[0]["n"]) for table in FILLED}


def _values(households: int, first: _First) -> dict[str, object]:
    """What the $words of the file stand for."""
    calls, requests = CALLS * households, households // 10
    counts = {
        "households": households,
        "calls": calls,
        "over": 3 * households,
        "requests": requests,
        "steps": 4 * requests,
    }
    return {
        **first._asdict(),
        **counts,
        **{f"n_{name}": _numbers(count) for name, count in counts.items()},
        "sections": SECTIONS,
        "groups": GROUPS,
        "held": min(SECTIONS * VOLUNTEERS * HELD, households),
        "now": to_ms(clock.now()),
        "year": YEAR // timedelta(milliseconds=1),
        "note": _sealed("腿脚不便，敲门久一点", "household.note"),
        "phone": _sealed("13800000000", "member.phone"),
        "called": _sealed("一切都好", "follow_up.note"),
        "words": _sealed("家里没米了", "help_request.words"),
    }


def _numbers(most: int) -> str:
    return f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) SELECT i FROM n) n"


def _sealed(text: str, column: str) -> str:
    """A literal. Every row has the same text: it is deciphered like any other."""
    stored = keys.current().seal(text, column.encode()).hex()
    return f"X'{stored}'" if db.on_sqlite() else rf"'\x{stored}'"


async def _units() -> tuple[Unit, list[int]]:
    top = await _unit("TOP", "测试集团", None)
    mines = [await _unit(f"M{at}", f"{at}号矿", top) for at in range(MINES)]
    return top, [(await _unit(f"S{at}", f"{at}工区", mines[at % MINES])).id for at in range(SECTIONS)]


async def _unit(code: str, name: str, parent: Unit | None) -> Unit:
    unit = await Unit.create(code=code, name=name, parent_id=parent.id if parent else None)
    unit.path = f"{parent.path if parent else '/'}{unit.id}/"
    await unit.save()
    return unit


async def _staff(top: Unit, sections: list[int]) -> tuple[Cast, int]:
    """Who looks, and the first of the volunteers, who follow each other by section."""
    mine = await Unit.get(code="M0")
    chiefs = [
        await Staff.create(name=name, role=role, unit_id=unit.id)
        for name, role, unit in (("测试管理员", "admin", top), ("测试主席", "chair", top), ("矿主席", "chair", mine))
    ]
    volunteers = [
        (await Staff.create(name=f"志愿者{section}-{at}", role="volunteer", unit_id=section)).id
        for section in sections
        for at in range(VOLUNTEERS)
    ]
    for one in chiefs:
        await Identity.create(channel=CHANNEL, user_id=f"50000{one.id}", staff_id=one.id, bound_at=clock.now())
    return Cast(chiefs[0].id, chiefs[1].id, chiefs[2].id, volunteers[0]), volunteers[0]


async def _rounds(top: Unit) -> int:
    """Three that are over, then the one that runs."""
    now, made = clock.now(), []
    for at in range(4):
        since = now - timedelta(days=300 - 90 * at)
        until = None if at == 3 else since + timedelta(days=60)
        made.append(await Round.create(name=f"第{at + 1}轮", unit=top, starts_at=since, ends_at=until, closed_at=until))
    return made[0].id


async def _broadcasts(sections: list[int]) -> int:
    """A tip a day, to all groups."""
    now = clock.now()
    groups = [
        Group(channel=CHANNEL, chat_id=f"{700000 + at}", name=f"群{at}", unit_id=unit, enabled=True, learnt_at=now)
        for at, unit in ((at, sections[at % len(sections)]) for at in range(GROUPS))
    ]
    await Group.bulk_create(groups)
    slots = [now - timedelta(days=TIPS - at) for at in range(TIPS)]
    tip: dict[str, Any] = {
        "schedule_key": "daily-tip",
        "message_key": "tips/co-alarm",
        "title": "小贴士",
        "outcome": "fired",
    }
    made = [await Broadcast.create(**tip, slot=slot, fired_at=slot) for slot in slots]
    return made[0].id
