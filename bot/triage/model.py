"""A small linear model over characters and signals: it knows the phrasings that no word list foresees.

The weights come from `bench/train_triage.py`, which learns from `examples/train.jsonl` with a fixed seed.
Two heads share the features: "asks for help" and "is an emergency". No numpy: a dict look-up a feature.
"""

import math
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import msgspec

LONGEST = 3
SIGNAL = "§"  # marks the names of signals among the features; never part of a text's own grams
_DIGITS = re.compile(r"\d+")
_MARKS = re.compile(r"[\s,.!?;:。、…~—\-\"'()\[\]【】《》§^$]+")


class Weights(msgspec.Struct, frozen=True):
    """What the training wrote: per feature the weights of both heads, in thousandths."""

    bias: tuple[int, int]
    grams: dict[str, tuple[int, int]]


@cache
def weights() -> Weights:
    """The weights, read once."""
    return msgspec.json.decode(Path(__file__).with_name("weights.json").read_bytes(), type=Weights)


def grams(text: str) -> Iterator[str]:
    """The one to three characters long pieces of a folded text, marks and numbers made equal."""
    line = f"^{_MARKS.sub(',', _DIGITS.sub('0', text.lower()))}$"
    size = len(line)
    for length in range(1, LONGEST + 1):
        for start in range(size - length + 1):
            yield line[start : start + length]


def scale(count: int) -> float:
    """Weakens each gram of a long text, so that length alone decides nothing."""
    return 3.0 / math.sqrt(max(count, 9))


def signal_features(signals: Iterable[str]) -> list[str]:
    """Signals as features, with the pairs that mean more than their parts."""
    names = sorted(signals)
    pairs = [f"{SIGNAL}{one}+{two}" for at, one in enumerate(names) for two in names[at + 1 :]]
    return [SIGNAL + name for name in names] + pairs


def logits(text: str, signals: Iterable[str]) -> tuple[float, float]:
    """How strongly a folded text asks for help, and is an emergency; 0 is undecided."""
    known = weights()
    found = set(grams(text))
    factor = scale(len(found))
    ask = urgent = 0
    for gram in found & known.grams.keys() if len(found) > 400 else found:
        if pair := known.grams.get(gram):
            ask += pair[0]
            urgent += pair[1]
    extra = [known.grams[name] for name in signal_features(signals) if name in known.grams]
    help_logit = known.bias[0] + factor * ask + sum(pair[0] for pair in extra)
    return help_logit / 1000, (known.bias[1] + factor * urgent + sum(pair[1] for pair in extra)) / 1000


def probability(logit: float) -> float:
    """The logit as a probability."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
