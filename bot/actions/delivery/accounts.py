"""How much one account on a chat network may still say today, and when what waits for it will have gone.

The sender keeps to these limits and `songnuan status`, /metrics and the pages show them, by the same functions.
The figures behind the defaults and how they were tried: docs/risk-control.md.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from bot import clock, quiet
from bot.models import Setting, db
from bot.models.fields import from_ms, to_ms

SINCE = "since."
FARTHEST = 60  # days that are looked ahead
DAY = timedelta(days=1)
STARTED = "status IN ('sent', 'unknown') AND settled_at >= ?"


class Caps(NamedTuple):
    """The limits of `[channels.NAME.pacing]` that count over time; 0 means no limit."""

    gap_seconds: tuple[float, float] = (0.0, 0.0)
    per_minute: int = 0
    per_hour: int = 0
    per_day: int = 0
    warm_up_days: int = 0
    warm_up_start: int = 1

    def day(self, since: datetime, now: datetime) -> int:
        """Tips a day: a new account begins with few and gets more from day to day."""
        age = self.age(since, now)
        if not self.per_day or age >= self.warm_up_days:
            return self.per_day
        first = min(self.warm_up_start, self.per_day)
        return first + (self.per_day - first) * age // self.warm_up_days

    @staticmethod
    def age(since: datetime, now: datetime) -> int:
        """Whole days of the union's calendar since the account began."""
        return (clock.local(now).date() - clock.local(since).date()).days

    @property
    def seconds_each(self) -> float:
        """From one tip to the next, on average."""
        least = [sum(self.gap_seconds) / 2]
        least += [60 / self.per_minute] if self.per_minute else []
        least += [3600 / self.per_hour] if self.per_hour else []
        return max(least)


class Ledger(NamedTuple):
    """One account's day. `left` None: no cap. `done_at` None: nothing waits, or not within sixty days."""

    sent: dict[str, int]  # since midnight, by purpose, those in doubt included
    waiting: int  # tips
    cap: int
    left: int | None
    warming: int  # which day of warming up it is, 0 when that is over
    done_at: datetime | None


async def ledger(channel: str, caps: Caps, quiet_hours: str) -> Ledger:
    """What the account has said today, what it may still say, and when its queue will be empty."""
    now = clock.now()
    counted = await db.fetch(
        f"SELECT purpose, count(*) AS n FROM delivery WHERE channel = ? AND {STARTED} GROUP BY purpose",
        channel,
        to_ms(midnight(now)),
    )
    queued = await db.fetch(
        "SELECT count(*) AS n FROM delivery WHERE channel = ? AND status = 'queued' AND purpose = 'tip'", channel
    )
    sent = {row["purpose"]: int(row["n"]) for row in counted}
    since, waiting, total = await first_day(channel, now), int(queued[0]["n"]), sum(sent.values())
    cap, age = caps.day(since, now), caps.age(since, now)
    warming = age + 1 if caps.per_day and age < caps.warm_up_days else 0
    left = max(0, cap - total) if cap else None
    return Ledger(sent, waiting, cap, left, warming, finish(waiting, caps, total, since, quiet_hours, now))


def finish(waiting: int, caps: Caps, sent: int, since: datetime, quiet_hours: str, now: datetime) -> datetime | None:
    """When so many tips will have gone, at the account's pace, around quiet hours and the day's cap."""
    hours, at, end = quiet.parse(quiet_hours), now, now + FARTHEST * DAY
    while waiting and at < end:
        tomorrow = midnight(at) + DAY
        opens = hours.end_after(clock.local(at))
        cap = caps.day(since, at)
        left = cap - sent if cap else waiting
        if left <= 0 or opens >= tomorrow:
            at, sent = tomorrow, 0
            continue
        at = max(at, opens)
        closes = min(tomorrow, hours.start_after(clock.local(at)) or tomorrow)
        gone = min(waiting, left, _fitting(closes - at, caps.seconds_each, waiting))
        waiting, sent = waiting - gone, sent + gone
        done = at + gone * timedelta(seconds=caps.seconds_each)
        at = done if not waiting else tomorrow if closes == tomorrow or gone == left else closes
        sent = 0 if at == tomorrow else sent
    return None if waiting or at == now else at


def _fitting(span: timedelta, seconds_each: float, most: int) -> int:
    return most if not seconds_each else max(1, int(span.total_seconds() / seconds_each))


async def sent_since(channel: str, instant: datetime) -> int:
    """How many messages this account has, or may have, sent since then; what is on its way counts as well."""
    rows = await db.fetch(
        f"SELECT (SELECT count(*) FROM delivery WHERE channel = ? AND {STARTED})"
        " + (SELECT count(*) FROM delivery WHERE channel = ? AND status = 'sending') AS n",
        channel,
        to_ms(instant),
        channel,
    )
    return int(rows[0]["n"])


FULL = """
WITH circle AS (
  SELECT channel, chat_id, coalesce(same_as_id, id) AS root FROM chat_group WHERE coalesce(same_as_id, id) IN ({marks}))
SELECT c.root FROM circle c JOIN delivery d ON d.channel = c.channel AND d.chat_id = c.chat_id
WHERE d.channel IN (SELECT channel FROM circle) AND d.settled_at >= ?  -- served by an index, on SQLite too
  AND d.chat_kind = 'group' AND d.purpose = 'tip' AND d.status IN ('sent', 'unknown')
GROUP BY c.root HAVING count(*) >= ?
"""


async def full_groups(roots: Collection[int], cap: int, now: datetime) -> set[int]:
    """Of these groups, by the root of their circle, those that have had so many tips today, by whichever account."""
    if not roots:
        return set()
    rows = await db.fetch(FULL.format(marks=db.marks([*roots])), *roots, to_ms(midnight(now)), cap)
    return {row["root"] for row in rows}


async def first_day(channel: str, now: datetime) -> datetime:
    """When this account was first used here, remembered at the first look."""
    row = await Setting.get_or_none(key=SINCE + channel)
    if row is not None:
        return datetime.fromisoformat(row.value)
    oldest = await db.fetch("SELECT min(settled_at) AS at FROM delivery WHERE channel = ? AND status = 'sent'", channel)
    since = now if oldest[0]["at"] is None else from_ms(oldest[0]["at"])
    await db.fetch(
        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING RETURNING key",
        SINCE + channel,
        since.isoformat(),
    )
    return since


def midnight(now: datetime) -> datetime:
    """When today began, in the union's time zone."""
    return clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
