"""A leak, or the drill of one: how many people are touched, what of theirs lies open and what is only ciphertext.

What the notice to the authority and to the people has to say is in PIPL article 57; the sentences are made in
`bot/cli/incident.py`. Nothing is changed here but for the audit row that says who made it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from bot import clock
from bot.actions.figures.reports import Span
from bot.actions.households.viewing import CLEAR, OPENED
from bot.actions.privacy import audit
from bot.actions.staff import people
from bot.errors import BadInput
from bot.models import Audit, db
from bot.models.fields import to_ms

MADE = "incident.drill"
IN_UNIT = "SELECT id FROM unit WHERE path LIKE ?"
HOUSES = f"SELECT id FROM household WHERE erased_at IS NULL AND unit_id IN ({IN_UNIT})"
MEMBERS = f"FROM member m WHERE m.erased_at IS NULL AND m.household_id IN ({HOUSES})"
REQUESTS = f"(q.unit_id IN ({IN_UNIT}) OR (q.unit_id IS NULL AND CAST(? AS VARCHAR(200)) = '/%'))"


class Kind(NamedTuple):
    """A kind of personal information. `query` counts it below a path, which is each of its parameters."""

    name: str
    encrypted: bool
    query: str
    harm: str


KINDS = {
    "names": Kind(
        "姓名、关系、户编号、困难类别和等级",
        False,
        f"SELECT count(*) AS n {MEMBERS}",
        "别人可能知道谁家有难处，家里人可能难堪或受歧视，也可能有人借“救助”的名义行骗",
    ),
    "phones": Kind(
        "电话号码",
        True,
        f"SELECT count(*) AS n {MEMBERS} AND m.phone IS NOT NULL",
        "可能接到冒充工会、医院、银行的诈骗电话和骚扰电话",
    ),
    "addresses": Kind(
        "住址",
        True,
        f"SELECT count(*) AS n FROM household h WHERE h.address IS NOT NULL AND h.id IN ({HOUSES})",
        "可能有人上门推销、行骗或骚扰",
    ),
    "words": Kind(
        "求助的原话、回访和户里的备注",
        True,
        f"SELECT (SELECT count(*) FROM help_request q WHERE q.words IS NOT NULL AND {REQUESTS})"
        f" + (SELECT count(*) FROM follow_up f WHERE f.note IS NOT NULL AND f.household_id IN ({HOUSES}))"
        f" + (SELECT count(*) FROM household h WHERE h.note IS NOT NULL AND h.id IN ({HOUSES})) AS n",
        "病情、家境、心事可能被外人知道，伤害本人的名誉和感情",
    ),
    "accounts": Kind(
        "聊天账号（QQ 号等）",
        False,
        f"SELECT (SELECT count(*) FROM identity i WHERE i.member_id IN (SELECT m.id {MEMBERS}))"
        f" + (SELECT count(*) FROM help_request q WHERE q.sender_id <> '' AND {REQUESTS}) AS n",
        "可能有人加好友冒充工会行骗",
    ),
}


class Touched(NamedTuple):
    kind: Kind
    number: int
    open: bool  # can whoever has the data read it?


class Traffic(NamedTuple):
    """What the audit says of the days in question."""

    looked: int
    lookers: int
    exports: int
    exports_clear: int
    lists: int
    backups: int


class Incident(NamedTuple):
    at: datetime
    unit: str
    households: int
    members: int
    children: int  # under 14: their data is sensitive in any case (PIPL article 28)
    touched: list[Touched]
    traffic: Traffic


async def drill(
    span: Span, *, unit_code: str | None = None, what: Sequence[str] = (), key_exposed: bool = False
) -> Incident:
    """Count what is touched of a unit and all below it; `what` are keys of KINDS, none for all of them."""
    unknown = [one for one in what if one not in KINDS]
    if unknown:
        listed = "、".join(f"{key}（{kind.name}）" for key, kind in KINDS.items())
        raise BadInput(f"没有“{unknown[0]}”这一种，能写的有：{listed}。")
    if span.first is not None and span.last is not None and span.first > span.last:
        raise BadInput("起始日期在结束日期后面，请对调一下。")
    async with db.transaction():
        unit = await people.unit_by_code(unit_code) if unit_code else None
        under = f"{unit.path if unit is not None else '/'}%"
        made = Incident(
            clock.now(),
            unit.name if unit is not None else "",
            await _count(f"SELECT count(*) AS n FROM household WHERE id IN ({HOUSES})", under),
            await _count(f"SELECT count(*) AS n {MEMBERS}", under),
            await _count(f"SELECT count(*) AS n {MEMBERS} AND m.under_14", under),
            [await _touched(KINDS[one], under, key_exposed) for one in what or KINDS],
            await _traffic(span, under),
        )
        await audit.note(MADE, "incident", what=list(what or KINDS), key=key_exposed, members=made.members)
    return made


async def _touched(kind: Kind, under: str, key_exposed: bool) -> Touched:
    return Touched(kind, await _count(kind.query, under), key_exposed or not kind.encrypted)


async def _count(statement: str, under: str) -> int:
    rows = await db.fetch(statement, *[under] * statement.count("?"))
    return int(rows[0]["n"])


async def _traffic(span: Span, under: str) -> Traffic:
    since, until = span.bounds()
    between = (to_ms(since) if since is not None else 0, to_ms(until) if until is not None else 2**62)
    looks = await db.fetch(
        "SELECT count(DISTINCT subject_id) AS houses, count(DISTINCT staff_id) AS people FROM audit"
        f" WHERE action = ? AND at >= ? AND at < ? AND subject_id IN ({HOUSES})",
        CLEAR,
        *between,
        under,
    )
    rows = Audit.filter(action__in=["roster.export", OPENED, "backup.write"])
    rows = rows.filter(at__gte=since) if since is not None else rows
    rows = rows.filter(at__lt=until) if until is not None else rows
    found = [(row.action, bool((row.detail or {}).get("clear"))) for row in await rows]
    actions = [action for action, _ in found]
    return Traffic(
        looks[0]["houses"],
        looks[0]["people"],
        actions.count("roster.export"),
        found.count(("roster.export", True)),
        actions.count(OPENED),
        actions.count("backup.write"),
    )
