"""Derives `bot/triage/index.json` from the patterns of triage: for each pattern the pieces, one or
more characters long, of which every text that it matches contains at least one.

Run after a change of the patterns: `python -m bench.triage_index`. A test compares the file with the patterns.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, product
from pathlib import Path
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from bot.triage.index import patterns

ROOT = Path(__file__).parents[1] / "bot" / "triage"
MOST = 40  # a character class larger than this tells nothing
LONGEST = 4  # longer pieces hardly ever stand anywhere by chance
TRIED = 8  # so much dearer is a pattern that is tried than a piece that is looked for
Need = frozenset[str]  # at least one of these pieces stands in every match


class Underivable(ValueError):
    """A pattern that can match text with no piece that is known beforehand: it would have to be judged always."""


def frequencies(lines: Iterable[str]) -> Counter[str]:
    """In how many lines of ordinary chat a piece stands."""
    found: Counter[str] = Counter()
    for line in lines:
        found.update({line[at : at + size] for size in range(1, LONGEST + 1) for at in range(len(line) - size + 1)})
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


def anchored(found: dict[str, list[int]], common: Counter[str]) -> dict[str, dict[str, list[int]]]:
    """The pieces under the rarest character of each."""
    kept: dict[str, dict[str, list[int]]] = {}
    for piece, numbers in found.items():
        kept.setdefault(_rarest(piece, common), {})[piece] = numbers
    return dict(sorted(kept.items()))


def _rarest(piece: str, common: Counter[str]) -> str:
    return min(piece, key=lambda letter: common[letter])


def _cost(need: Need, common: Counter[str]) -> tuple[int, int]:
    """How often the pieces are looked for and found by chance; among equals the longer ones are better."""
    looked_for = sum(common[_rarest(piece, common)] + 1 for piece in need)
    return looked_for + TRIED * sum(common[piece] for piece in need), -min(map(len, need))


def _sequence(nodes: Sequence[Any], common: Counter[str]) -> Need | None:
    """The cheapest need of the nodes, and of those that stand side by side."""
    options = [need for node in nodes if (need := _node(node, common)) is not None]
    options += _runs([_words(node) for node in nodes])
    return min(options, key=lambda need: _cost(need, common), default=None)


def _runs(words: Sequence[Need | None]) -> Iterator[Need]:
    """What neighbours make together, when each of them is one of few words."""
    for at in range(len(words)):
        run: Need | None = frozenset([""])
        for one in words[at:]:
            if (run := _joined(run, one)) is None:
                break
            if "" not in run:
                yield run


def _joined(left: Need | None, right: Need | None) -> Need | None:
    if left is None or right is None or len(left) * len(right) > MOST:
        return None
    return frozenset(map("".join, product(left, right)))


def _words(node: Any) -> Need | None:
    """All that a node matches, when that is few words; what only looks around matches the empty one."""
    kind, value = node
    if kind is kinds.LITERAL:
        return frozenset(chr(value))
    if kind is kinds.IN and all(part is kinds.LITERAL for part, _ in value) and len(value) <= MOST:
        return frozenset(chr(code) for _, code in value)
    if kind in (kinds.AT, kinds.ASSERT, kinds.ASSERT_NOT):
        return frozenset([""])
    if kind is kinds.SUBPATTERN:
        return _any_case(_said(value[3])) if value[1] & re.IGNORECASE else _said(value[3])
    if kind is kinds.BRANCH:
        branches = [_said(branch) for branch in value[1]]
        return None if None in branches else _few(word for branch in branches for word in branch or ())
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and value[1] == 1:
        said = _said(value[2])
        return said if said is None or value[0] else said | {""}
    return None


def _said(nodes: Iterable[Any]) -> Need | None:
    said: Need | None = frozenset([""])
    for node in nodes:
        said = _joined(said, _words(node))
    return said


def _few(words: Iterable[str]) -> Need | None:
    found = frozenset(words)
    return found if len(found) <= MOST else None


def _any_case(words: Need | None) -> Need | None:
    cases = (map("".join, product(*((letter.lower(), letter.upper()) for letter in word))) for word in words or ())
    return None if words is None else _few(chain.from_iterable(cases))


def _node(node: Any, common: Counter[str]) -> Need | None:
    kind, value = node
    if (words := _words(node)) is not None:
        return None if "" in words else words
    if kind is kinds.BRANCH:
        needs = [_sequence(list(branch), common) for branch in value[1]]
        return None if None in needs else frozenset().union(*(need for need in needs if need))
    if kind is kinds.SUBPATTERN:
        return None if value[1] & re.IGNORECASE else _sequence(list(value[3]), common)
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT) and value[0] > 0:
        return _sequence(list(value[2]), common)
    if kind is kinds.ASSERT:
        return _sequence(list(value[1]), common)
    return None


def ordinary_lines() -> list[str]:
    """What the project wrote as chat that asks for nothing."""
    rows = map(json.loads, (ROOT / "examples" / "train.jsonl").read_text(encoding="utf-8").splitlines())
    return [re.sub(r"\s+", "", row["text"]) for row in rows if row["label"] == "none"]


def whole(lines: Sequence[str]) -> dict[str, dict[str, dict[str, list[int]]]]:
    """What belongs into the file."""
    common = frequencies(lines)
    return {name: anchored(derive(found, common), common) for name, found in patterns().items()}


def main() -> None:
    lines = ordinary_lines()
    kept = whole(lines)
    (ROOT / "index.json").write_text(json.dumps(kept, ensure_ascii=False) + "\n", encoding="utf-8")
    pieces = {piece: tried for under in kept["speaking"].values() for piece, tried in under.items()}
    tried = [len({n for piece in frequencies([line]) for n in pieces.get(piece, ())}) for line in lines]
    print(f"{len(pieces)} pieces; an ordinary line tries {sum(tried) / len(tried):.1f} patterns")


if __name__ == "__main__":
    main()
