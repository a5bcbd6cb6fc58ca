"""A small linear model over characters and signals: it knows the phrasings that no word list foresees.

The weights come from `bench/train_triage.py`, which learns from `examples/` with a fixed seed. Two heads share the
features: "asks for help" and "is an emergency". No numpy: one dict look-up a feature.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations, repeat
from operator import add
from pathlib import Path

from bot.triage.signals import ASKING, CALMING, HINTING
from bot.triage.wording import heaviest

SIGNAL = "§"  # marks the names of signals among the features; a text's own marks are made equal before
STRENGTH = 3.0
_DIGITS = re.compile(r"\d+")
_MARKS = re.compile(r"[\s,.!?;:。、…~—\-\"'()\[\]【】《》§^$]+")
_CONTEXT = frozenset({"home", "urgent"})
_BESIDE_HINTS = frozenset({"home", "distress"})


@dataclass(frozen=True, slots=True)
class Weights:
    """What the training wrote: per feature the weights of both heads, in hundredths and packed."""

    bias: tuple[int, int]
    grams: dict[str, int]
    signals: dict[str, int]


@cache
def weights() -> Weights:
    """The weights, read once."""
    kept = json.loads(Path(__file__).with_name("weights.json").read_bytes())
    return Weights(tuple(kept["bias"]), packed(kept["grams"]), packed(kept["signals"]))


def grams(text: str) -> set[str]:
    """The one to three characters long pieces of a folded text, marks and numbers made equal."""
    line = f"^{_MARKS.sub(',', _DIGITS.sub('0', text.lower()))}$"
    pairs = list(map(add, line, line[1:]))
    return {*line, *pairs, *map(add, pairs, line[2:])}


def strength(count: int) -> float:
    """Weakens each gram of a long text, so that length alone decides nothing."""
    return STRENGTH / math.sqrt(max(count, 9))


def signal_features(names: Iterable[str]) -> list[str]:
    """Signals as features: each, how many ask and calm, and the pairs that mean more than their parts."""
    found = sorted(names)
    asks, calms = sum(name in ASKING for name in found), sum(name in CALMING for name in found)
    hints = [name for name in found if name in HINTING]
    features = [*found, f"asks{min(asks, 5)}", f"calms{min(calms, 4)}", f"hints{min(len(hints), 5)}"]
    features.append(f"asks{min(asks, 3)}calms{min(calms, 3)}")
    features += [f"{name}+{context}" for name in found if name in ASKING for context in _CONTEXT.intersection(found)]
    features += map("+".join, combinations(hints, 2))
    beside = [name for name in found if name in CALMING or name in _BESIDE_HINTS]
    features += [f"{hint}+{name}" for hint in hints for name in beside]
    return features


def logits(found: set[str], names: AbstractSet[str]) -> tuple[float, float]:
    """How strongly a folded text with these grams and signals asks for help, and is an emergency; 0 is undecided."""
    known = weights()
    ask, crisis = _sum(known.grams, found)
    more_ask, more_crisis = _of_signals(frozenset(names))
    factor = strength(len(found))
    return (known.bias[0] + factor * ask + more_ask) / 100, (known.bias[1] + factor * crisis + more_crisis) / 100


def asking_words(text: str) -> tuple[str, ...]:
    """The pieces of the text that speak most for a request."""
    known = weights().grams
    return heaviest(text, lambda piece: apart(known.get(piece, 0))[0])


@lru_cache(maxsize=4096)
def _of_signals(names: frozenset[str]) -> tuple[int, int]:
    """Remembered by the signals, never by the text: a few of them come together again and again."""
    return _sum(weights().signals, signal_features(names))


HALF = 1 << 32  # both heads in one number, so that one sum does for both


def packed(table: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Each pair of weights as one number."""
    same: dict[int, int] = {}  # equal weights are one object: less memory to run through, and that is what takes time
    sums = ((name, ask * 2 * HALF + crisis) for name, (ask, crisis) in table.items())
    return {name: same.setdefault(weight, weight) for name, weight in sums}


def _sum(table: Mapping[str, int], names: Iterable[str]) -> tuple[int, int]:
    return apart(sum(map(table.get, names, repeat(0))))


def apart(total: int) -> tuple[int, int]:
    """A sum of packed weights as the sums of both heads."""
    crisis = (total + HALF) % (2 * HALF) - HALF
    return (total - crisis) // (2 * HALF), crisis


def probability(logit: float) -> float:
    """The logit as a probability."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
