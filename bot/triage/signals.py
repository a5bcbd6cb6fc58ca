"""Finds the signals of `calls`, `damps` and `crisis` in a folded text, with the words that gave them."""

import re
from functools import cache

from bot.triage.calls import CALLS
from bot.triage.crisis import HINTS
from bot.triage.damps import DAMPS

ASKING = frozenset(CALLS) - {"home", "urgent"}  # these two say who and how soon, and ask for nothing alone
CALMING = frozenset(DAMPS)
HINTING = frozenset(HINTS) - {"c_kin"}  # a relative is no hint, but gives weight to one


Regexes = dict[str, re.Pattern[str]]
Signals = dict[str, tuple[str, ...]]


def find_signals(text: str) -> Signals:
    """The signals of a folded text with at most four words each; none at all where nothing asks or hints."""
    calls, damps, hints = _regexes()
    asked, hinted = _find(calls, text), _find(hints, text)
    if not ASKING & asked.keys() and not HINTING & hinted.keys():
        return {}
    return asked | _find(damps, text) | hinted


@cache
def _regexes() -> tuple[Regexes, Regexes, Regexes]:
    """Compiled at the first use: it takes 0.1 s, and a command that judges nothing need not wait for it."""
    calls, damps, hints = (
        {name: re.compile("|".join(source.split())) for name, source in family.items()}
        for family in (CALLS, DAMPS, HINTS)
    )
    return calls, damps, hints


def _find(regexes: Regexes, text: str) -> Signals:
    return {name: words for name, regex in regexes.items() if (words := _first(regex, text))}


def _first(regex: re.Pattern[str], text: str) -> tuple[str, ...]:
    if not regex.search(text):
        return ()
    return tuple(dict.fromkeys(match[0] for match in regex.finditer(text)))[:4]
