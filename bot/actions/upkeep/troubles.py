"""What ails the bot itself, and that people are told of it: once when it begins, once when it is over.

What has been said stands in `setting`, one row a trouble, so a restart and a second process say nothing twice. The row
is written in the transaction that writes the messages; a letter goes out after it, and the row says that it is owed.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from bot import clock
from bot.actions.delivery import canaries, outbox
from bot.actions.requests.alerts import LIFE
from bot.events import Chat, Text
from bot.models import Group, Identity, Setting, Staff, Unit, db
from bot.models.fields import to_ms

PREFIX = "trouble:"
WATCH, WATCH_LASTS = "watchman", timedelta(seconds=30)
OWED, SAID, OVER = "owed", "said", "over"  # a letter of its beginning is owed; nothing is; a letter of its end is owed
PURPOSES = {"alert": "提醒", "reply": "回复", "tip": "提示"}


class Trouble(NamedTuple):
    """`text` says it to people, without anything about a family; "" when there is nothing to say."""

    key: str
    text: str
    since: datetime


class Roads(NamedTuple):
    """Channels that are fine; by the private ones a person can be written to alone. `mail`: can letters be written?"""

    up: Collection[str]
    private: Collection[str]
    mail: bool


async def on_watch(who: str) -> bool:
    """Is it this one's watch? Of several processes one looks, so that what only another sees is no coming and going."""
    now = clock.now()
    rows = await db.fetch(
        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        " WHERE setting.value < ? OR setting.value LIKE ? RETURNING key",
        WATCH,
        f"{to_ms(now + WATCH_LASTS):015d} {who}",
        f"{to_ms(now):015d}",
        f"% {who}",
    )
    return bool(rows)


async def known() -> dict[str, tuple[str, datetime]]:
    """What has been said: by key the stage, and since when."""
    rows = await Setting.filter(key__startswith=PREFIX)
    found = ((row.key.removeprefix(PREFIX), row.value.partition(" ")) for row in rows)
    return {key: (stage, datetime.fromisoformat(since)) for key, (stage, _, since) in found}


async def begin(troubles: Iterable[Trouble], roads: Roads) -> int:
    """Tell of those that nobody was told of; returns by how many messages, -1 when there was nothing new."""
    stage = OWED if roads.mail else SAID
    async with db.transaction():
        fresh = [one for one in troubles if await _first(one, stage)]
        return await _write(fresh, "【送暖有事】", roads) if fresh else -1


async def end(troubles: Iterable[Trouble], roads: Roads) -> int:
    """Tell that these are over; one without a text is only forgotten. Returns by how many messages."""
    async with db.transaction():
        over = [one for one in troubles if await _last(one, roads.mail)]
        return await _write([one for one in over if one.text], "【送暖好了】", roads)


async def lettered(keys: Collection[str]) -> None:
    """The letters about these have gone out."""
    async with db.transaction():
        for key in keys:
            await db.fetch(
                "UPDATE setting SET value = replace(value, ?, ?) WHERE key = ? RETURNING key", OWED, SAID, PREFIX + key
            )
            await Setting.filter(key=PREFIX + key, value__startswith=OVER).delete()


async def waiting(channel: str) -> str:
    """What waits for a channel, in words; "" when nothing does."""
    rows = await db.fetch(
        "SELECT purpose, count(*) AS n FROM delivery WHERE channel = ? AND status = 'queued' GROUP BY purpose", channel
    )
    counts = {row["purpose"]: row["n"] for row in rows}
    return "，".join(f"{name} {counts[purpose]} 条" for purpose, name in PURPOSES.items() if purpose in counts)


async def held_back(channels: Iterable[str]) -> list[tuple[int, str, str, int]]:
    """(broadcast, channel, reason, groups) of what stopped after its first groups and waits for a person."""
    names = [*channels, ""]
    rows = await db.fetch(
        "SELECT broadcast_id AS id, channel, max(reason) AS reason, count(*) AS n FROM delivery"
        f" WHERE channel IN ({db.marks(names)}) AND status = 'held' AND reason IN (?, ?)"
        " GROUP BY broadcast_id, channel ORDER BY broadcast_id, channel",
        *names,
        canaries.DOUBT,
        canaries.REFUSAL,
    )
    return [(row["id"], row["channel"], row["reason"], row["n"]) for row in rows]


async def _first(one: Trouble, stage: str) -> bool:
    """Of several who notice the same, one is to say it. A trouble that came back before its end was told goes on."""
    since = one.since.isoformat()
    rows = await db.fetch(
        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING RETURNING key",
        PREFIX + one.key,
        f"{stage} {since}",
    )
    return bool(rows)


async def _last(one: Trouble, mail: bool) -> bool:
    key = PREFIX + one.key
    if not (mail and one.text):
        return bool(await db.fetch("DELETE FROM setting WHERE key = ? RETURNING key", key))
    return bool(
        await db.fetch(
            "UPDATE setting SET value = ? WHERE key = ? AND value NOT LIKE ? RETURNING key",
            f"{OVER} {one.since.isoformat()}",
            key,
            f"{OVER}%",
        )
    )


async def _write(news: Sequence[Trouble], title: str, roads: Roads) -> int:
    if not news:
        return 0
    parts = (Text("\n".join([title, *(one.text for one in news)])),)
    mark, now = uuid4().hex[:12], clock.now()
    chats = [(channel, Chat("direct", user)) for channel, user in await _accounts(roads.private)]
    chats += [(channel, Chat("group", chat_id)) for channel, chat_id in await _staff_groups(roads.up)]
    await outbox.enqueue(
        [
            outbox.Draft(f"w:{mark}:{channel}:{chat.id}", "alert", channel, chat, parts, expires_at=now + LIFE)
            for channel, chat in chats
        ]
    )
    return len(chats)


async def _accounts(channels: Collection[str]) -> list[tuple[str, str]]:
    """Of the chairs of the top, and of the admins: whoever can do something about it."""
    tops = await _tops()
    people = await Staff.filter(active=True, role__in=("chair", "admin")).order_by("id")
    chosen = [one.id for one in people if one.role == "admin" or one.unit_id in tops]
    rows = await Identity.filter(staff_id__in=chosen, channel__in=list(channels)).order_by("id")
    return [(row.channel, row.user_id) for row in rows]


async def _staff_groups(channels: Collection[str]) -> list[tuple[str, str]]:
    rows = await Group.filter(enabled=True, channel__in=list(channels), unit_id__in=await _tops()).order_by("id")
    return [(row.channel, row.chat_id) for row in rows if "staff" in row.tags]


async def _tops() -> list[int]:
    return [unit.id for unit in await Unit.filter(parent_id=None)]
