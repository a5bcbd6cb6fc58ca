"""Trains the crisis model of `bot/triage/despair.py` and writes `despair.json`: the same bytes every time.

    python -m bench.train_crisis            # two minutes
    python -m bench.train_crisis --honest   # how it does on scenarios that it has not seen; writes nothing

A sentence of one scenario resembles its neighbours, so the honest measure leaves out whole scenarios at a time. Lines
of other requests are no emergencies; those that suffer without danger count little, because they border on it.
"""

import json
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from bench.examples import ROOT, Row, everything, is_crisis
from bench.train_triage import SEED, Example, train
from bot.triage.despair import concept_features, gram_strength
from bot.triage.folding import fold
from bot.triage.judging import readable, weighable
from bot.triage.model import grams

Linear = tuple[float, dict[str, float]]  # a bias, and the weights of the features

CONCEPT = "§"  # marks the names of concepts among the features while they are trained
ROUNDS, FOLDS = 4, 5
KEEP_AT_LEAST = 20  # hundredths
BORDERLINE = 5  # one of so many lines that suffer without danger is learnt from in a round


def _borders(row: Row) -> bool:
    return row.get("kind") == "psychological" and not is_crisis(row)


def example(row: Row) -> Example:
    """A line as weighted features with its answer."""
    found = grams(weighable(readable(fold(row["text"]))))
    factor = gram_strength(len(found))
    features = [(gram, factor) for gram in sorted(found)]
    return features + [(CONCEPT + name, value) for name, value in concept_features(found)], (0, int(is_crisis(row)))


def joined(lines: Sequence[Row], rng: random.Random) -> list[Row]:
    """Longer lines made of the written ones: a crisis may stand between other words; most long texts hold none."""
    calm = [row for row in lines if not is_crisis(row) and row.get("kind") != "psychological"]
    crises = [row for row in lines if is_crisis(row)]
    made = [[rng.choice(calm) for _ in range(rng.choice((2, 2, 3, 4, 6)))] for _ in range(2500)]
    made += [rng.sample([rng.choice(crises), rng.choice(calm)], 2) for _ in range(400)]
    made += [[rng.choice(crises), rng.choice(crises)] for _ in range(250)]
    return [
        {
            **next((part for part in parts if is_crisis(part)), parts[0]),
            "text": rng.choice(",。! ").join(p["text"] for p in parts),
        }
        for parts in made
    ]


def clear(lines: Sequence[Row], rng: random.Random) -> list[Row]:
    """Without most lines that suffer without danger."""
    return [row for row in lines if not _borders(row) or not rng.randrange(BORDERLINE)]


def _whole(lines: Sequence[Row], round_: int) -> Linear:
    rng = random.Random(SEED + round_)
    return train([example(row) for row in [*clear(lines, rng), *joined(lines, rng)]], 1, rng)


def averaged(lines: Sequence[Row], rounds: int, once: Callable[[Sequence[Row], int], Linear] = _whole) -> Linear:
    """The mean of several trainings, each with other joined lines in another order, two at a time."""
    bias, table = 0.0, dict[str, float]()
    with ProcessPoolExecutor(2) as pool:
        trained = list(pool.map(once, repeat(lines, rounds), range(rounds)))
    for one, values in trained:
        bias += one / rounds
        for name, value in values.items():
            table[name] = table.get(name, 0.0) + value / rounds
    return bias, table


def score(model: Linear, features: Example) -> float:
    return model[0] + sum(model[1].get(name, 0.0) * value for name, value in features[0])


def honest() -> None:
    """Prints recall and false alarms at several thresholds, each line judged by a model that never saw its scenario."""
    lines = everything()
    scenarios = sorted({row["scenario"] for row in lines})
    random.Random(SEED).shuffle(scenarios)
    crises, plain, hard = list[float](), list[float](), list[float]()
    for fold_ in range(FOLDS):
        unseen = set(scenarios[fold_::FOLDS])
        known = [row for row in lines if row["scenario"] not in unseen]
        model = averaged(known, 1)
        for row in lines:
            if row["scenario"] in unseen and (is_crisis(row) or row["label"] == "none"):
                found = score(model, example(row))
                (crises if is_crisis(row) else hard if row.get("hard") else plain).append(found)
    print(f"{len(crises)} emergencies, {len(plain)} plain lines, {len(hard)} hard ones")
    for step in range(-4, 9):
        found, wrong, harder = (sum(s >= step / 2 for s in one) / len(one) for one in (crises, plain, hard))
        print(f"from {step / 2:+.1f}: recall {found:.1%}, false {1000 * wrong:.1f} of 1000 plain, {harder:.1%} hard")


def main() -> None:
    """Trains on everything and writes, or measures."""
    if "--honest" in sys.argv:
        honest()
        return
    bias, table = averaged(everything(), ROUNDS)
    rounded = {name: round(100 * table[name]) for name in sorted(table)}
    kept = {name: value for name, value in rounded.items() if abs(value) >= KEEP_AT_LEAST}
    content = {
        "bias": round(100 * bias),
        "grams": {name: value for name, value in kept.items() if not name.startswith(CONCEPT)},
        "concepts": {name.removeprefix(CONCEPT): value for name, value in kept.items() if name.startswith(CONCEPT)},
    }
    (ROOT / "despair.json").write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), "utf-8")
    print(f"{len(kept)} of {len(table)} features kept")


if __name__ == "__main__":
    main()
