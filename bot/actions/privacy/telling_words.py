"""Which words tell who somebody is: by them, texts about a person are found that no key leads to."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.actions.households import phones
from bot.actions.privacy.tracing import Traces

STRUCK = "［已删除］"
SHORTEST_NAME, SHORTEST_WORDS = 2, 4  # shorter ones stand in every other text


@dataclass(frozen=True)
class Words:
    """`names`: names and phones. `said`: what they called themselves, what they said, and what was noted of it."""

    code: str
    names: tuple[str, ...]
    accounts: frozenset[str]
    said: tuple[str, ...]

    def name_them(self, texts: Iterable[str]) -> bool:
        """Does any of the texts say who they are?"""
        return any(text in self.accounts or self.struck(text) != text for text in texts)

    def are_in(self, texts: Iterable[str]) -> bool:
        """The same, or quotes what they said, however it was broken into lines."""
        texts = list(texts)
        if self.name_them(texts):
            return True
        together = _tight("\n".join(texts))
        return any(words in together for words in (*map(_tight, self.names), *self.said))

    def struck(self, text: str) -> str:
        """The text without their code, names and phones."""
        if self.code:
            text = re.sub(rf"(?<![0-9A-Za-z]){re.escape(self.code)}(?![0-9A-Za-z])", STRUCK, text)
        for name in self.names:
            text = text.replace(name, STRUCK)
        return text


def of(found: Traces) -> Words:
    """Of one member: the household goes on, so its code and what was said of it as a whole tell nothing of them."""
    whole = found.member is None
    names = {one.name for one in found.members}
    names |= {phone for one in found.members if (phone := one.phone)}
    accounts = {user for _, user in found.accounts} | {one.sender_id for one in found.requests}
    nicknames = {_tight((one.nickname or "").partition("（")[0]) for one in found.requests}
    said = {_tight(line) for text in _said(found) if text for line in text.split("\n")}
    said = {words for words in said if len(words) >= SHORTEST_WORDS}
    said |= {name for name in nicknames if len(name) >= SHORTEST_NAME}
    return Words(
        found.household.code if whole else "",
        tuple(sorted((name for name in names if len(name) >= SHORTEST_NAME), key=len, reverse=True)),
        frozenset(accounts - {""}),
        tuple(said),
    )


def _said(found: Traces) -> Iterator[str | None]:
    yield from (phones.masked(one.phone) for one in found.members if one.phone)
    yield from (one.words for one in found.requests)
    yield from (step.words for step in found.steps if step.staff_id is None)
    yield from (call.note for call in found.calls)
    yield from (relief.note for relief in found.reliefs)
    yield from (consent.words for consent in found.consents)
    if found.member is None:
        yield from (found.household.address, found.household.note, found.household.may_tell)


def strings(body: str) -> list[str]:
    """Every piece of text in a message as the outbox keeps it."""
    return list(_walk(json.loads(body)))


def _walk(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _walk(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner)


def _tight(text: str) -> str:
    return "".join(text.split())
