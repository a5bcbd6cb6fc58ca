"""Which patterns can match a text at all? Most of the thousand and more cannot, and need not be tried.

For each pattern `index.json` names pieces of one or two characters, one of which stands in every match.
It is derived from the patterns by `bench/triage_index.py`: it saves time and decides nothing.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from operator import add
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
Pieces = dict[str, tuple[int, ...]]


class _Index(NamedTuple):
    """Patterns by their numbers: of which signal, in which words, and behind which pieces."""

    names: list[str]
    sources: list[str]
    letters: Pieces
    pairs: Pieces
    all_letters: frozenset[str]
    all_pairs: frozenset[str]


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
    letters = index.all_letters.intersection(text)
    pairs = index.all_pairs.intersection(map(add, text, text[1:]))
    if not letters and not pairs:
        return set()
    numbers = [number for letter in letters for number in index.letters[letter]]
    numbers += [number for pair in pairs for number in index.pairs[pair]]
    found: set[str] = set()
    for number in numbers:
        name = index.names[number]
        if name not in found and _compiled(index.sources[number]).search(text):
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


def _index(signals: Mapping[str, str], pieces: Mapping[str, list[int]]) -> _Index:
    names = [name for name, source in signals.items() for _ in source.split()]
    letters, pairs = ({p: tuple(n) for p, n in pieces.items() if len(p) == size} for size in (1, 2))
    return _Index(names, _sources(signals), letters, pairs, frozenset(letters), frozenset(pairs))
