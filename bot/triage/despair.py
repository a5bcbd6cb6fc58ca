"""How much a text sounds like a life in danger, also when it is said quietly: asked of every text, behind no gate.

The patterns of `crisis_plain` know what they were told. This linear model weighs the characters of a text, the concepts
that they name and the pairs of concepts; `bench/train_crisis.py` learns it from `examples/crisis.jsonl` and
`examples/train.jsonl`. Small talk is done after the characters alone.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import combinations, repeat
from pathlib import Path

from bot.triage.concepts import CONCEPTS
from bot.triage.model import grams

SCREEN = -1.8  # with characters alone below this, no company of concepts made one of our examples an emergency
LIKELY = 40  # hundredths: what one piece of the text must weigh to be named as a reason
LONG_GRAM, SPAN, MOST = 3, 10, 4


@dataclass(frozen=True, slots=True)
class Weights:
    """What the training wrote, in hundredths."""

    bias: int
    grams: dict[str, int]
    concepts: dict[str, int]


@cache
def weights() -> Weights:
    """The weights, read once."""
    kept = json.loads(Path(__file__).with_name("despair.json").read_bytes())
    return Weights(kept["bias"], kept["grams"], kept["concepts"])


def logit(text: str) -> float:
    """How strongly a folded text sounds like an emergency; 0 is undecided."""
    known, found = weights(), grams(text)
    total = (known.bias + gram_strength(len(found)) * sum(map(known.grams.get, found, repeat(0)))) / 100
    if total < SCREEN:
        return total
    return total + sum(known.concepts.get(name, 0) * value for name, value in concept_features(found)) / 100


def gram_strength(count: int) -> float:
    """Weakens each gram of a long text, so that length alone decides nothing."""
    return 3 / math.sqrt(max(count, 24))


def concept_features(found: Iterable[str]) -> list[tuple[str, float]]:
    """The concepts that these grams name and all pairs of them, each with its strength."""
    known = _concepts()
    names = sorted({name for gram in found if gram in known for name in known[gram]})
    pairs = len(names) * (len(names) - 1) / 2
    one, two = 1 / math.sqrt(max(len(names), 4)), 1.5 / math.sqrt(max(pairs, 9))
    return [(name, one) for name in names] + [(f"{a}+{b}", two) for a, b in combinations(names, 2)]


def heavy_words(text: str) -> tuple[str, ...]:
    """The pieces of the text that weigh most, those that touch each other joined."""
    known, low = weights().grams, text.lower()
    places = [(at, at + size) for size in (2, LONG_GRAM) for at in range(len(text) - size + 1)]
    words = [(start, end) for start, end in places if text[start:end].isalnum()]
    weighed = sorted(((known.get(low[start:end], 0), start, end) for start, end in words), reverse=True)
    spans: list[tuple[int, int]] = []
    for start, end in sorted((start, end) for weight, start, end in weighed[: 2 * MOST] if weight >= LIKELY):
        if spans and start <= spans[-1][1] and end - spans[-1][0] <= SPAN:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return tuple(dict.fromkeys(text[start:end] for start, end in spans))[:MOST]


@cache
def _concepts() -> dict[str, tuple[str, ...]]:
    named: dict[str, list[str]] = {}
    for name, words in CONCEPTS.items():
        for word in words.split():
            named.setdefault(word, []).append(name)
    return {word: tuple(names) for word, names in named.items()}
