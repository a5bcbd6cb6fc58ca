"""The audit after a torture: what the bot's database says against what the network's ledger says."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from bot.actions.delivery.outbox import decode, plain
from bot.models import db

SHOWN = 3  # examples of each kind of problem


class Sent(Protocol):
    """A line of the network's ledger."""

    chat: str
    text: str
    message_id: int
    echo: str


class Slot(NamedTuple):
    """An occurrence that there must be."""

    schedule: str
    at: int  # milliseconds


@dataclass
class Verdict:
    """What was counted, and every broken promise in words; no words is what we want."""

    counts: dict[str, int]
    problems: list[str] = field(default_factory=list)


@dataclass
class Books:
    deliveries: dict[int, dict[str, Any]]
    broadcasts: dict[int, dict[str, Any]]
    ledger: list[tuple[int, Sent]]  # with the delivery that the message says it is

    @classmethod
    async def open(cls, ledger: Sequence[Sent]) -> "Books":
        rows = await db.fetch("SELECT id, status, broadcast_id, group_id, chat_id, message_id FROM delivery")
        fired = await db.fetch("SELECT id, schedule_key, slot, body, outcome FROM broadcast")
        words = {row["id"]: plain(decode(row["body"])) for row in fired}
        told = {(f"group:{row['chat_id']}", words[row["broadcast_id"]]): row["id"] for row in rows}
        lines = [(_ref(sent, told), sent) for sent in ledger]
        return cls({row["id"]: row for row in rows}, {row["id"]: row for row in fired}, lines)


def _ref(sent: Sent, told: Mapping[tuple[str, str], int]) -> int:
    """The delivery that a message says it is; where the network carries no mark, the one with these words there."""
    return int(sent.echo.partition("/")[0]) if sent.echo else told.get((sent.chat, "".join(sent.text.split())), 0)


async def audit(ledger: Sequence[Sent], slots: set[Slot], groups: int, most_unknown: int) -> Verdict:
    """Compare after the dust has settled: nothing may be waiting any more."""
    books = await Books.open(ledger)
    states = Counter(row["status"] for row in books.deliveries.values())
    arrived = {ref for ref, _ in books.ledger}
    doubtful = [id_ for id_, row in books.deliveries.items() if row["status"] == "unknown"]
    verdict = Verdict(
        {
            "slots": len(slots),
            "deliveries": len(books.deliveries),
            "ledger": len(books.ledger),
            **{name: states[name] for name in ("sent", "unknown", "expired", "queued", "sending", "failed", "held")},
            "unknown, had arrived": len(arrived.intersection(doubtful)),
            "unknown, had not": len(set(doubtful) - arrived),
        }
    )
    for what, found in {
        "slot lost, doubled or skipped": _slots(books, slots),
        "group left out or served twice in a slot": _complete(books, groups),
        "not settled": (f"{id_} {row['status']}" for id_, row in _others(books)),
        "sent twice": _twice(books),
        "sent, but never arrived": (str(id_) for id_, row in _marked(books, "sent") if id_ not in arrived),
        "arrived, but the outbox denies it": _denied(books),
        "arrived elsewhere or with other words": _altered(books),
    }.items():
        verdict.problems += _few(what, list(found))
    if states["unknown"] > most_unknown:
        verdict.problems.append(f"{states['unknown']} unknown, more than could be in flight ({most_unknown})")
    return verdict


def _few(what: str, found: list[str]) -> list[str]:
    return [f"{what}: {len(found)}, e.g. {', '.join(found[:SHOWN])}"] if found else []


def _slots(books: Books, slots: set[Slot]) -> Iterator[str]:
    fired = Counter(Slot(b["schedule_key"], b["slot"]) for b in books.broadcasts.values() if b["outcome"] == "fired")
    yield from (f"{slot} fired {fired[slot]} times" for slot in slots | set(fired) if fired[slot] != (slot in slots))


def _complete(books: Books, groups: int) -> Iterator[str]:
    served = Counter((row["broadcast_id"], row["chat_id"]) for row in books.deliveries.values())
    yield from (f"{pair} {n} times" for pair, n in served.items() if n > 1)
    size = Counter(broadcast for broadcast, _ in served)
    yield from (f"broadcast {b} has {size[b]} groups" for b in books.broadcasts if size[b] != groups)


def _marked(books: Books, status: str) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((id_, row) for id_, row in books.deliveries.items() if row["status"] == status)


def _others(books: Books) -> Iterator[tuple[int, dict[str, Any]]]:
    settled = ("sent", "unknown", "expired")
    return ((id_, row) for id_, row in books.deliveries.items() if row["status"] not in settled)


def _twice(books: Books) -> Iterator[str]:
    """By the delivery, and by what a group can see: every slot has words of its own."""
    refs = Counter(ref for ref, _ in books.ledger)
    yield from (f"delivery {ref} {n} times" for ref, n in refs.items() if n > 1)
    seen = Counter((sent.chat, sent.text) for _, sent in books.ledger)
    yield from (f"{chat} saw {text!r} {n} times" for (chat, text), n in seen.items() if n > 1)


def _denied(books: Books) -> Iterator[str]:
    for ref, _ in books.ledger:
        row = books.deliveries.get(ref)
        if row is None or row["status"] not in ("sent", "unknown"):
            yield f"{ref} {row and row['status']}"


def _altered(books: Books) -> Iterator[str]:
    words = {id_: plain(decode(row["body"])) for id_, row in books.broadcasts.items()}
    for ref, sent in books.ledger:
        row = books.deliveries.get(ref)
        if row is None:
            continue
        said = "".join(sent.text.split())
        wrong_id = row["status"] == "sent" and row["message_id"] != str(sent.message_id)
        if sent.chat != f"group:{row['chat_id']}" or said != words[row["broadcast_id"]] or wrong_id:
            yield str(ref)


async def integrity() -> list[str]:
    """SQLite's own opinion of its file."""
    rows = await db.fetch("PRAGMA integrity_check")
    found = [str(next(iter(row.values()))) for row in rows]
    return [] if found == ["ok"] else [f"integrity_check: {found[:SHOWN]}"]
