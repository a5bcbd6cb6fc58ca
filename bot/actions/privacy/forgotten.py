"""Who asked to be forgotten is known again only by a keyed mark: an old sheet must not bring them back."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hmac import digest
from typing import NamedTuple

from bot import clock
from bot.models import Erased, Secret, db
from bot.models.fields import to_ms

SECRET = "erased"
REFUSED = "本人要求删除，没有导入"


class Row(NamedTuple):
    """What a sheet says of somebody; the phone in its normalised digits, "" when there is none."""

    code: str
    name: str
    phone: str


@dataclass(frozen=True)
class Marks:
    """All marks there are: people who are forgotten are few."""

    secret: bytes
    known: frozenset[str]

    def has(self, row: Row) -> bool:
        return not self.known.isdisjoint(_marks(self.secret, household(row.code), *_person(row)))


def household(code: str) -> str:
    return f"household:{code}"


def person(code: str, name: str) -> str:
    return f"person:{code}:{name}"


def phone(digits: str) -> str:
    return f"phone:{digits}"


def _person(row: Row) -> Iterable[str]:
    yield person(row.code, row.name)
    if row.phone:
        yield phone(row.phone)


def _marks(secret: bytes, *whats: str) -> list[str]:
    return [digest(secret, what.encode(), "sha256").hex()[:32] for what in whats]


async def read() -> Marks | None:
    """None when nobody was ever forgotten, which is the usual case."""
    known = frozenset([row.mark for row in await Erased.all()])
    return Marks(await _secret(), known) if known else None


async def add(whats: Iterable[str]) -> None:
    """Remember households, people and phones, in the transaction that forgets them."""
    marks = _marks(await _secret(), *dict.fromkeys(whats))
    now = to_ms(clock.now())
    await db.execute_many(
        "INSERT INTO erased (mark, at) VALUES (?, ?) ON CONFLICT (mark) DO NOTHING", [(mark, now) for mark in marks]
    )


async def _secret() -> bytes:
    row, _ = await Secret.get_or_create({"value": secrets.token_hex(32)}, name=SECRET)
    return bytes.fromhex(row.value)
