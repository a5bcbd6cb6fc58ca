"""Nothing is kept longer than needed: PIPL article 19. What each kind of thing is, how long it stays, how it goes.

The words go and the row stays where a total counts it. Some rows at a time, so that nobody waits; doing it twice
is harmless.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.upkeep import settings
from bot.models import db
from bot.models.fields import to_ms

AT_ONCE = 500
DAY_MS = 24 * 3600 * 1000  # the database guards its audit by its own months, which may end a day later than ours
LAST = "retention"  # the setting that remembers when it was last done

SETTLED = "status NOT IN ('queued', 'sending') AND settled_at < ?"
OF_STAFF = (
    "EXISTS (SELECT 1 FROM identity i WHERE i.channel = delivery.channel"
    " AND i.user_id = delivery.chat_id AND i.staff_id IS NOT NULL)"
)
HAS_WORDS = "(words IS NOT NULL OR why IS NOT NULL OR nickname IS NOT NULL OR sender_id <> '')"
NO_WORDS = "words = NULL, why = NULL, nickname = NULL, sender_id = '', message_key = NULL"
CLOSED = "(SELECT q.id FROM help_request q WHERE q.state = 'closed' AND q.closed_at < ?)"
LONELY = "household_id IS NULL AND state IN ('review', 'closed') AND coalesce(closed_at, opened_at) < ?"


class Kind(NamedTuple):
    """`keep` is the key in [retention]. `where` has one mark for the moment; without `change` the rows go."""

    keep: str
    name: str
    table: str
    where: str
    change: str = ""
    key: str = "id"


class Standing(NamedTuple):
    """One kind: how much of it is due, and the moment before which it is (None: kept for good)."""

    kind: Kind
    before: datetime | None
    due: int


KINDS = (
    Kind("outbox_days", "发完的话的原文", "delivery", f"body IS NOT NULL AND {SETTLED}", "body = NULL"),
    Kind(
        "outbox_days",
        "发给谁的私聊（工作人员除外）",
        "delivery",
        f"chat_kind = 'direct' AND chat_id <> '' AND NOT {OF_STAFF} AND {SETTLED}",
        "chat_id = '', message_id = NULL, key = 'old:' || CAST(id AS TEXT)",
    ),
    Kind(
        "words_months",
        "办结的求助单的原话",
        "help_request",
        f"state = 'closed' AND {HAS_WORDS} AND closed_at < ?",
        NO_WORDS,
    ),
    Kind(
        "words_months",
        "求助单各步的话",
        "request_step",
        f"words IS NOT NULL AND request_id IN {CLOSED}",
        "words = NULL",
    ),
    Kind("words_months", "救助的备注", "relief", f"note IS NOT NULL AND request_id IN {CLOSED}", "note = NULL"),
    Kind("words_months", "回访备注", "follow_up", "note IS NOT NULL AND at < ?", "note = NULL"),
    Kind("words_months", "撤回的同意的原话", "consent", "words IS NOT NULL AND withdrawn_at < ?", "words = NULL"),
    Kind("strangers_months", "名册外求助的话和账号", "help_request", f"{HAS_WORDS} AND {LONELY}", NO_WORDS),
    Kind(
        "strangers_months",
        "名册外求助各步的话",
        "request_step",
        f"words IS NOT NULL AND request_id IN (SELECT q.id FROM help_request q WHERE {LONELY})",
        "words = NULL",
    ),
    Kind("signin_days", "登录链接", "sign_in_link", "expires_at < ?"),
    Kind("signin_days", "登录过的设备", "web_session", "coalesce(ended_at, expires_at) < ?"),
    Kind("signin_days", "登录失败的次数", "throttle", "since < ?", key="key"),
    Kind("signin_days", "绑定码", "bind_code", "expires_at < ?"),
    Kind("labels_months", "改正判断的例句", "label", "day < ?"),
    Kind("audit_months", "审计", "audit", f"at < CAST(? AS BIGINT) - {DAY_MS}"),
)


def before(keep: str, amount: int) -> datetime | None:
    """The moment before which things of a kind are too old; None for 0. Months are those of the calendar."""
    if not amount:
        return None
    now = clock.now()
    return now - timedelta(days=amount) if keep.endswith("_days") else _months_before(now, amount)


def _months_before(now: datetime, amount: int) -> datetime:
    """The same day and hour so many months ago, or the last day of a month that has no such day."""
    local = clock.local(now)
    years, month = divmod(local.year * 12 + local.month - 1 - amount, 12)
    for day in range(local.day, 0, -1):
        try:
            return local.replace(year=years, month=month + 1, day=day).astimezone(now.tzinfo)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


async def look(keep: Mapping[str, int]) -> list[Standing]:
    """What is due by now, kind by kind."""
    return [await _standing(kind, before(kind.keep, keep[kind.keep])) for kind in KINDS]


async def _standing(kind: Kind, moment: datetime | None) -> Standing:
    if moment is None:
        return Standing(kind, None, 0)
    rows = await db.fetch(f"SELECT count(*) AS n FROM {kind.table} WHERE {kind.where}", to_ms(moment))
    return Standing(kind, moment, rows[0]["n"])


async def sweep(keep: Mapping[str, int]) -> dict[str, int]:
    """Let go of everything that is due; returns how many rows of which kind."""
    gone = {kind.name: await _let_go(kind, before(kind.keep, keep[kind.keep])) for kind in KINDS}
    await settings.put(LAST, clock.now().isoformat(timespec="seconds"))
    return {name: number for name, number in gone.items() if number}


async def _let_go(kind: Kind, moment: datetime | None) -> int:
    """In the order of the keys, so that each batch begins where the one before ended."""
    if moment is None:
        return 0
    key, last = kind.key, 0 if kind.key == "id" else ""
    due = f"SELECT {key} FROM {kind.table} WHERE {kind.where} AND {key} > ? ORDER BY {key} LIMIT {AT_ONCE}"
    verb = f"UPDATE {kind.table} SET {kind.change}" if kind.change else f"DELETE FROM {kind.table}"
    total, batch = 0, AT_ONCE
    while batch == AT_ONCE:
        async with db.transaction():
            gone = await db.fetch(f"{verb} WHERE {key} IN ({due}) RETURNING {key} AS key", to_ms(moment), last)
        batch, last = len(gone), max((row["key"] for row in gone), default=last)
        total += batch
    return total


async def last() -> datetime | None:
    """When it was last done."""
    said = await settings.get(LAST)
    return datetime.fromisoformat(said) if said else None
