"""Writes `bot/triage/pinyin.json`: for each sound of one to four syllables the words of our examples that have it.

    python -m bench.pinyin_words    # needs pypinyin: pip install -r requirements-bench.lock; the same bytes every time

A longer word is kept only if it is said more than once and its parts would be read differently.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from pypinyin import lazy_pinyin

from bench.examples import ROOT, everything
from bot.triage.folding import fold

CHARACTERS = re.compile("[\u4e00-\u9fff]+")
LEAST = {1: 1, 2: 8, 3: 8, 4: 10}  # how often a word of so many characters must stand in the examples


def heard(texts: Iterable[str]) -> Iterator[tuple[list[str], str]]:
    """Each run of characters with its syllables."""
    for text in texts:
        for run in CHARACTERS.findall(fold(text)):
            syllables = lazy_pinyin(run)
            if len(syllables) == len(run):
                yield syllables, run


def words(texts: Iterable[str]) -> dict[str, str]:
    """The most usual word for each sound; of two that are as usual the first in order."""
    said: dict[int, defaultdict[str, Counter[str]]] = {size: defaultdict(Counter) for size in LEAST}
    for syllables, run in heard(texts):
        for size, found in said.items():
            for at in range(len(run) - size + 1):
                found[" ".join(syllables[at : at + size])][run[at : at + size]] += 1
    table: dict[str, str] = {}
    for size, found in said.items():
        for sound, counts in sorted(found.items()):
            times, word = max((times, word) for word, times in counts.items())
            if times >= LEAST[size] and 2 * times >= counts.total() * (size > 1) and _longest(table, sound) != word:
                table[sound] = word
    return dict(sorted(table.items()))


def _longest(table: dict[str, str], sound: str) -> str:
    """How the words that are there already read it."""
    syllables, read_as, at = sound.split(), "", 0
    while at < len(syllables):
        sizes = [size for size in (3, 2, 1) if " ".join(syllables[at : at + size]) in table]
        if not sizes:
            return ""
        read_as += table[" ".join(syllables[at : at + sizes[0]])]
        at += min(sizes[0], len(syllables) - at)
    return read_as


def main() -> None:
    """Reads the examples, writes the table."""
    table = words(row["text"] for row in everything())
    (ROOT / "pinyin.json").write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")), "utf-8")
    print(f"{len(table)} words")


if __name__ == "__main__":
    main()
