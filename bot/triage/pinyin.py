"""Chinese written in Latin letters, read as a reader reads it: who has lost the keyboard, or hides, still is heard.

"wo bu xiang huo le", "wobuxianghuole" -> 我不想活了. The words are those of our examples, the most usual one for
each sound (`bench/pinyin_words.py` writes them to `pinyin.json`); that is enough to be judged, not to be printed.
"""

import json
import re
from functools import cache
from pathlib import Path

LEAST = 2  # syllables: a single one may be anything
LONGEST = 6  # letters of a syllable
_RUN = re.compile(r"[a-zü]+(?:[ ']+[a-zü]+)*", re.IGNORECASE)
_WORD = re.compile(r"[a-zü]+")


def read(text: str) -> str:
    """A folded text with what is pinyin in it written in characters. What is not, stays: names, English, codes."""
    return _RUN.sub(lambda found: _characters(found[0]) or found[0], text)


def _characters(run: str) -> str:
    """ "" when a word of it is no pinyin, or there is too little of it."""
    syllables: list[str] = []
    for word in _WORD.findall(run.lower().replace("ü", "v")):
        parts = _syllables(word)
        if not parts:
            return ""
        syllables += parts
    return "".join(_words(syllables)) if len(syllables) >= LEAST else ""


def _syllables(word: str) -> list[str]:
    """The fewest syllables that it can be cut into, the longest first; none when it cannot be."""
    known = _table()
    best: list[list[str] | None] = [None] * len(word) + [[]]
    for start in range(len(word) - 1, -1, -1):
        for end in range(min(start + LONGEST, len(word)), start, -1):
            rest = best[end]
            shorter = rest is not None and (best[start] is None or len(rest) + 1 < len(best[start] or ()))
            if shorter and word[start:end] in known:
                best[start] = [word[start:end], *(rest or ())]
    return best[0] or []


def _words(syllables: list[str]) -> list[str]:
    """The longest known words, from the left."""
    known, words, at = _table(), list[str](), 0
    while at < len(syllables):
        size = next(size for size in (4, 3, 2, 1) if " ".join(syllables[at : at + size]) in known)
        words.append(known[" ".join(syllables[at : at + size])])
        at += min(size, len(syllables) - at)
    return words


@cache
def _table() -> dict[str, str]:
    """Characters by their sound, syllables apart; every single syllable is there. Read when it is first wanted."""
    table: dict[str, str] = json.loads(Path(__file__).with_name("pinyin.json").read_bytes())
    return table
