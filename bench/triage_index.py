"""Derives `bot/triage/index.json` from the patterns of triage: for each pattern the pieces, one or two
characters long, of which every text that it matches contains at least one.

Run after a change of the patterns: `python -m bench.triage_index`. A test compares the file with the patterns.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise, product
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from bot.triage.index import patterns

ROOT = Path(__file__).parents[1] / "bot" / "triage"
MOST = 40  # a character class larger than this tells nothing
Need = frozenset[str]  # at least one of these pieces stands in every match


class Underivable(ValueError):
    """A pattern that can match text with no piece that is known beforehand: it would have to be judged always."""


def frequencies(lines: Iterable[str]) -> Counter[str]:
    """In how many lines of ordinary chat a piece stands."""
    found: Counter[str] = Counter()
    for line in lines:
        found.update({*line, *(a + b for a, b in pairwise(line))})
    return found


def derive(sources: Sequence[str], common: Counter[str]) -> dict[str, list[int]]:
    """From each piece to the patterns (by number) that are worth trying where it stands. Raises Underivable."""
    found: dict[str, list[int]] = {}
    for number, pattern in enumerate(sources):
        need = _sequence(list(parser.parse(pattern)), common)
        if need is None:
            raise Underivable(pattern)
        for piece in need:
            found.setdefault(piece, []).append(number)
    return dict(sorted(found.items()))


def _cost(need: Need, common: Counter[str]) -> tuple[int, int]:
    """How often the pieces will stand there by chance; among equals the longer ones are better."""
    return sum(common[piece] + 1 for piece in need), -min(map(len, need))


def _sequence(nodes: Sequence[Any], common: Counter[str]) -> Need | None:
    """The cheapest need of the nodes, and of each two that stand side by side."""
    letters = [_letters(node) for node in nodes]
    options = [need for node in nodes if (need := _node(node, common)) is not None]
    for left, right in pairwise(letters):
        if left and right and len(left) * len(right) <= MOST:
            options.append(frozenset(a + b for a, b in product(left, right)))
    return min(options, key=lambda need: _cost(need, common), default=None)


def _letters(node: Any) -> Need | None:
    """The characters that a node matches, when it matches exactly one."""
    kind, value = node
    if kind is kinds.LITERAL:
        return frozenset(chr(value))
    if kind is kinds.IN and all(part is kinds.LITERAL for part, _ in value) and len(value) <= MOST:
        return frozenset(chr(code) for _, code in value)
    if kind is kinds.SUBPATTERN and len(value[3]) == 1:
        return _letters(value[3][0])
    return None


def _node(node: Any, common: Counter[str]) -> Need | None:
    kind, value = node
    if (letters := _letters(node)) is not None:
        return letters
    if kind is kinds.BRANCH:
        needs = [_sequence(list(branch), common) for branch in value[1]]
        return None if None in needs else frozenset().union(*(need for need in needs if need))
    if kind is kinds.SUBPATTERN:
        return _sequence(list(value[3]), common)
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and value[0] > 0:
        return _sequence(list(value[2]), common)
    if kind is kinds.ASSERT:
        return _sequence(list(value[1]), common)
    return None


def ordinary_lines() -> list[str]:
    """What the project wrote as chat that asks for nothing."""
    rows = map(json.loads, (ROOT / "examples" / "train.jsonl").read_text(encoding="utf-8").splitlines())
    return [re.sub(r"\s+", "", row["text"]) for row in rows if row["label"] == "none"]


def whole(lines: Sequence[str]) -> dict[str, dict[str, list[int]]]:
    """What belongs into the file."""
    common = frequencies(lines)
    return {name: derive(found, common) for name, found in patterns().items()}


def main() -> None:
    lines = ordinary_lines()
    kept = whole(lines)
    (ROOT / "index.json").write_text(json.dumps(kept, ensure_ascii=False) + "\n", encoding="utf-8")
    pieces = kept["speaking"]
    tried = [len({n for piece in frequencies([line]) for n in pieces.get(piece, ())}) for line in lines]
    print(f"{len(pieces)} pieces; an ordinary line tries {sum(tried) / len(tried):.1f} patterns")


if __name__ == "__main__":
    main()
