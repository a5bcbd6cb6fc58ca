"""Finds the signals of `calls` and `damps` in a folded text, with the words that gave them."""

import re

from bot.triage.calls import CALLS
from bot.triage.damps import DAMPS

_CONTEXT = ("home", "urgent")  # say who and how soon, and ask for nothing by themselves
ASKING = tuple(name for name in CALLS if name not in _CONTEXT)
REGEXES = {name: re.compile("|".join(source.split())) for name, source in {**CALLS, **DAMPS}.items()}


def find_signals(text: str) -> dict[str, tuple[str, ...]]:
    """The signals of a folded text with their words, at most four words a signal."""
    found = {}
    for name, regex in REGEXES.items():
        if regex.search(text):
            found[name] = tuple(dict.fromkeys(match[0] for match in regex.finditer(text)))[:4]
    return found
