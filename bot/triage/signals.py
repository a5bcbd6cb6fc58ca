"""Names the signals of `calls`, `damps` and `crisis` and finds the words of a folded text that gave them."""

import re
from collections.abc import Set as AbstractSet
from functools import cache

from bot.triage.calls import CALLS
from bot.triage.crisis import HINTS
from bot.triage.damps import DAMPS

ASKING = frozenset(CALLS) - {"home", "urgent"}  # these two say who and how soon, and ask for nothing alone
CALMING = frozenset(DAMPS)
HINTING = frozenset(HINTS) - {"c_kin"}  # a relative is no hint, but gives weight to one


_KNOWN = frozenset({*CALLS, *DAMPS, *HINTS})
Signals = dict[str, tuple[str, ...]]


def weighed(names: AbstractSet[str]) -> set[str]:
    """The signals that the model weighs: all of them, or none where nothing asks or hints."""
    if ASKING.isdisjoint(names) and HINTING.isdisjoint(names):
        return set()
    return {name for name in names if name in _KNOWN}


def words_of(text: str, names: AbstractSet[str]) -> Signals:
    """The words that gave these signals of a folded text, at most four each, in the order of the families."""
    return {name: _words(name, text) for family in (CALLS, DAMPS, HINTS) for name in family if name in names}


@cache
def _regex(name: str) -> re.Pattern[str]:
    source = next(family[name] for family in (CALLS, DAMPS, HINTS) if name in family)
    return re.compile("|".join(source.split()))


def _words(name: str, text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[0] for match in _regex(name).finditer(text)))[:4]
