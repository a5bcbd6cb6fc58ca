"""The first look at a line, at its single characters: most small talk is done after it, at a tenth of the cost.

`bench/train_glance.py` learns from all examples what requests and emergencies are written with.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from pathlib import Path

from bot.triage.model import apart, packed

# A text of at most SHORT characters, taken as if it had FEW at least, is weighed; hardly an example of a request or an
# emergency stays below these bars. A longer text is read in any case.
SHORT, FEW = 60, 16
ASKS, ALARMS = -1.9, -1.5


@dataclass(frozen=True, slots=True)
class Letters:
    """What the training wrote, in hundredths: a bias for each head, and the weights of both, packed."""

    bias: tuple[int, int]
    weights: dict[str, int]


@cache
def letters() -> Letters:
    """The weights, read once."""
    kept = json.loads(Path(__file__).with_name("letters.json").read_bytes())
    return Letters(tuple(kept["bias"]), packed(kept["letters"]))


def look(text: str) -> tuple[bool, bool]:
    """Is a folded text written in such characters as requests are written in, and as emergencies are?"""
    if len(text) > SHORT:
        return True, True
    ask, alarm = apart(sum(map(letters().weights.get, text, repeat(0))))
    least_ask, least_alarm = _least()[len(text)]
    return ask >= least_ask, alarm >= least_alarm


@cache
def _least() -> list[tuple[float, float]]:
    """What the letters of a text of each length must weigh together."""
    ask, alarm = letters().bias
    counts = [letter_count("x" * length) for length in range(SHORT + 1)]
    return [((100 * ASKS - ask) * count, (100 * ALARMS - alarm) * count) for count in counts]


def letter_count(text: str) -> float:
    """What the weights of the letters of a text are divided by, so that length alone decides nothing."""
    return math.sqrt(max(len(text), FEW))
