"""Trains the first look of `bot/triage/glance.py` and writes `letters.json`: the same bytes every time, in a minute.

python -m bench.train_glance
"""

import json
import random
from collections import Counter
from collections.abc import Sequence
from functools import partial

from bench.examples import ROOT, Row, everything, is_crisis
from bench.train_crisis import ROUNDS, Linear, averaged, clear
from bench.train_triage import SEED, Example, train
from bot.triage.folding import fold
from bot.triage.glance import letter_count
from bot.triage.judging import readable


def example(row: Row) -> Example:
    """The single characters of a line with its two answers."""
    text = readable(fold(row["text"]))
    one = 1 / letter_count(text)
    return [(letter, one * count) for letter, count in sorted(Counter(text).items())], (
        int(row["label"] == "help"),
        int(is_crisis(row)),
    )


def once(head: int, lines: Sequence[Row], round_: int) -> Linear:
    """From single lines alone, for only short ones are looked at this way."""
    rng = random.Random(SEED + round_)
    return train([example(row) for row in (clear(lines, rng) if head else lines)], head, rng)


def main() -> None:
    """Trains both heads on everything and writes."""
    lines = everything()
    ask, alarm = (averaged(lines, ROUNDS, partial(once, head)) for head in (0, 1))
    known = sorted(ask[1].keys() | alarm[1].keys())
    rounded = {letter: [round(100 * head[1].get(letter, 0.0)) for head in (ask, alarm)] for letter in known}
    content = {"bias": [round(100 * head[0]) for head in (ask, alarm)], "letters": rounded}
    (ROOT / "letters.json").write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), "utf-8")
    print(f"{len(rounded)} characters")


if __name__ == "__main__":
    main()
