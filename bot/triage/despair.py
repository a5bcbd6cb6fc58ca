"""How much a text sounds like a life in danger, also when it is said quietly.

The patterns of `crisis_plain` know what they were told. This linear model weighs the characters of a text, the concepts
that they name and the pairs of concepts; `bench/train_crisis.py` learns it from all examples.
"""

import json
import math
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations, repeat
from pathlib import Path

from bot.triage.concepts import CONCEPTS
from bot.triage.wording import heaviest

SCREEN = -2.5  # with its characters below this, no company of concepts made one of our examples an emergency


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
    one: dict[int, int] = {}  # equal weights are one object: less memory to run through, and that is what takes time
    grams = {piece: one.setdefault(weight, weight) for piece, weight in kept["grams"].items()}
    return Weights(kept["bias"], grams, kept["concepts"])


def logit(found: set[str]) -> float:
    """How strongly a folded text with these grams sounds like an emergency; 0 is undecided."""
    known = weights()
    total = known.bias + gram_strength(len(found)) * sum(map(known.grams.get, found, repeat(0)))
    if total < 100 * SCREEN:
        return total / 100
    return (total + _of_company(_concepts().keys() & found)) / 100


def gram_strength(count: int) -> float:
    """Weakens each gram of a long text, so that length alone decides nothing."""
    return 3 / math.sqrt(max(count, 24))


def _of_company(found: set[str]) -> float:
    known = _concepts()
    return _of_concepts(frozenset(name for gram in found for name in known[gram]))


@lru_cache(maxsize=4096)
def _of_concepts(names: frozenset[str]) -> float:
    """Remembered by the concepts, never by the text: the same few come together again and again."""
    return sum(weights().concepts.get(name, 0) * value for name, value in _features(sorted(names)))


def concept_features(found: set[str]) -> list[tuple[str, float]]:
    """The concepts that these grams name and all pairs of them, each with its strength."""
    known = _concepts()
    return _features(sorted({name for gram in found & known.keys() for name in known[gram]}))


def _features(names: list[str]) -> list[tuple[str, float]]:
    pairs = len(names) * (len(names) - 1) / 2
    one, two = 1 / math.sqrt(max(len(names), 4)), 1.5 / math.sqrt(max(pairs, 9))
    return [(name, one) for name in names] + [(f"{a}+{b}", two) for a, b in combinations(names, 2)]


def heavy_words(text: str) -> tuple[str, ...]:
    """The pieces of the text that weigh most."""
    known = weights().grams
    return heaviest(text, lambda piece: known.get(piece, 0))


@cache
def _concepts() -> dict[str, tuple[str, ...]]:
    named: dict[str, list[str]] = {}
    for name, words in CONCEPTS.items():
        for word in words.split():
            named.setdefault(word, []).append(name)
    return {word: tuple(names) for word, names in named.items()}
