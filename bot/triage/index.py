"""Which patterns can match a text at all? Most of the thousand and more cannot, and need not be tried.

For each pattern `index.json` names pieces of one or more characters, one of which stands in every match; they
are kept by their rarest character, so that one look over a line finds the few pieces that it may hold.
It is derived from the patterns by `bench/triage_index.py`: it saves time and decides nothing.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.triage.calls import CALLS
from bot.triage.crisis import HINTS
from bot.triage.crisis_plain import PHRASES
from bot.triage.damps import DAMPS
from bot.triage.signals import ASKING, HINTING

PLAIN = "plain"
STARTING = ASKING | HINTING | {PLAIN}
_ALL: dict[str, str] = {**CALLS, **HINTS, **DAMPS, PLAIN: PHRASES}
SPEAKING = {name: source for name, source in _ALL.items() if name in STARTING}
BESIDE = {name: source for name, source in _ALL.items() if name not in STARTING}
SHORT = 40  # in a longer text the same character comes again and again
Pattern = tuple[str, str]  # the name of its signal, and its words


class _Index(NamedTuple):
    """Any rare character, the pieces by theirs, and the patterns that are worth trying where a piece stands."""

    rare: re.Pattern[str]
    pieces: dict[str, tuple[str, ...]]
    patterns: dict[str, tuple[Pattern, ...]]


def patterns() -> dict[str, list[str]]:
    """Every pattern of what speaks for a request or an emergency, and of what counts only beside that."""
    return {"speaking": _sources(SPEAKING), "beside": _sources(BESIDE)}


def signals_in(text: str) -> set[str]:
    """The names of the signals of which a pattern matches; `PLAIN` for phrases that decide alone.

    Who and how soon, and what speaks against a request, are wanted only where something speaks for one.
    """
    speaking, beside = _indexes()
    found = _found(speaking, text)
    return found | _found(beside, text) if found else found


def _found(index: _Index, text: str) -> set[str]:
    found: set[str] = set()
    letters: Iterable[str] = index.rare.findall(text)
    for letter in letters if len(text) < SHORT else set(letters):
        for piece in index.pieces[letter]:
            if piece in text:
                for name, source in index.patterns[piece]:
                    if name not in found and _compiled(source).search(text):
                        found.add(name)
    return found


@cache
def _compiled(source: str) -> re.Pattern[str]:
    """Compiled when first wanted: many are never wanted, and all of them take 0.1 s."""
    return re.compile(source)


def _sources(signals: Mapping[str, str]) -> list[str]:
    return [pattern for source in signals.values() for pattern in source.split()]


@cache
def _indexes() -> tuple[_Index, _Index]:
    kept = json.loads(Path(__file__).with_name("index.json").read_bytes())
    return _index(SPEAKING, kept["speaking"]), _index(BESIDE, kept["beside"])


def _index(signals: Mapping[str, str], kept: Mapping[str, Mapping[str, list[int]]]) -> _Index:
    names = [name for name, source in signals.items() for _ in source.split()]
    known = list(zip(names, _sources(signals), strict=True))
    numbers = {piece: found for under in kept.values() for piece, found in under.items()}
    tried = {piece: tuple(known[number] for number in found) for piece, found in numbers.items()}
    return _Index(re.compile(f"[{re.escape(''.join(kept))}]"), {rare: tuple(kept[rare]) for rare in kept}, tried)
