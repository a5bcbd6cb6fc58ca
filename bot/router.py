"""Filters and first-match dispatch: which conversation does a message belong to?

A filter looks at the turn and returns None (not mine) or a mapping of what it found; the handler names
the findings it takes. Nothing here awaits or queries: ordinary chat passes through at memory speed.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from inspect import signature
from typing import Any, NamedTuple

from msgspec import Struct

from bot.events import Incoming


class Turn(Struct, frozen=True):
    """One message with what is known about it. `text` is folded: full-width, zero-width and the like are gone."""

    message: Incoming
    text: str
    speaker: Any = None  # who the bound account is; None for a stranger
    place: Any = None  # the group, when the bot works in it; None in a direct talk or a group that is off


Findings = Mapping[str, Any]
Filter = Callable[[Turn], Findings | None]
Handler = Callable[..., Awaitable[Any]]
NOTHING: Findings = {}
MARKS = "#第:，,。?!~"  # after a command word they mean nothing


class Route(NamedTuple):
    filters: tuple[Filter, ...]
    handler: Handler
    takes: frozenset[str]

    @property
    def words(self) -> tuple[str, ...]:
        """The command words that a message must begin with; none for a route that just listens."""
        return tuple(word for check in self.filters if isinstance(check, command) for word in check.words)


class Router:
    """Routes in the order of their registration; the first whose filters all agree has the message."""

    def __init__(self) -> None:
        self._routes: list[Route] = []
        self._listening: list[Route] = []  # those that wait for no command
        self._filters: list[tuple[Filter, ...]] = []  # theirs
        self._words: set[str] = set()  # those of the commands
        self._opening = re.compile(r"(?!)")  # any of them, at the start: one look tells most chat apart

    def add(self, handler: Handler, *filters: Filter) -> None:
        self._routes.append(Route(filters, handler, frozenset(signature(handler).parameters)))
        self._arrange()

    def include(self, other: "Router") -> None:
        self._routes.extend(other._routes)
        self._arrange()

    def _arrange(self) -> None:
        self._words = {word for route in self._routes for word in route.words}
        self._opening = re.compile("|".join(map(re.escape, sorted(self._words))) or r"(?!)")
        self._listening = [route for route in self._routes if not route.words]
        self._filters = [route.filters for route in self._listening]

    def concerns(self, turn: Turn) -> bool:
        """Might the message be somebody's? Says yes to every command word, for who may use it can change meanwhile."""
        if self._commanded(turn.text):
            return True
        for filters in self._filters:  # spelt out: this is asked of every message of every group
            for check in filters:
                if check(turn) is None:
                    break
            else:
                return True
        return False

    def _commanded(self, text: str) -> bool:
        if not self._opening.match(text):
            return False
        return any(text.startswith(word) and _ends(word, text[len(word) :]) for word in self._words)

    def match(self, turn: Turn) -> Callable[[], Awaitable[Any]] | None:
        """The handler's call, ready to be awaited, or None: nobody's message."""
        for route in self._routes if self._commanded(turn.text) else self._listening:
            findings = _agreed(route, turn)
            if findings is not None:
                return partial(route.handler, **findings)
        return None


def _agreed(route: Route, turn: Turn) -> dict[str, Any] | None:
    found: list[Findings] = []
    for check in route.filters:
        finding = check(turn)
        if finding is None:
            return None
        if finding:
            found.append(finding)
    together = {"turn": turn, **{name: value for finding in found for name, value in finding.items()}}
    return {name: value for name, value in together.items() if name in route.takes}


class command:
    """The message begins with one of the words, which then ends or is followed by a blank, a mark or a code."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def __call__(self, turn: Turn) -> Findings | None:
        text = turn.text
        if turn.message.quoted:
            return None  # words inside a quote or a forward are nobody's order
        for word in self.words:
            if text.startswith(word):
                rest = text[len(word) :]
                if _ends(word, rest):
                    return {"rest": rest.strip(" \t\r\n" + MARKS)}
        return None


def _ends(word: str, rest: str) -> bool:
    """Does the word end here? On a phone people write 回访H0123 and 收到12, without a blank."""
    if not rest or rest[0].isspace() or rest[0].isdigit() or rest[0] in MARKS:
        return True
    return not word.isascii() and rest[0].isascii() and rest[0].isalnum()


def direct(turn: Turn) -> Findings | None:
    return NOTHING if turn.message.chat.kind == "direct" else None


def group(turn: Turn) -> Findings | None:
    return NOTHING if turn.message.chat.kind == "group" else None


def either(*filters: Filter) -> Filter:
    """At least one of the filters agrees; its findings count."""

    def check(turn: Turn) -> Findings | None:
        return next((found for one in filters if (found := one(turn)) is not None), None)

    return check
