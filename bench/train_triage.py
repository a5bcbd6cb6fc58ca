"""Trains the linear model of `bot/triage` from the project's own examples and writes its weights.

    python -m bench.train_triage            # some minutes, the same bytes every time

Logistic regression by AdaGrad in plain Python. Long lines are rare in a family group, so the training adds
joined lines (two chats, or a chat and a request) that teach the model where in a long text a request hides.
"""

import json
import math
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from bench.examples import ROOT, Row, is_crisis, read
from bot.triage.folding import fold
from bot.triage.index import signals_in
from bot.triage.judging import readable, weighable
from bot.triage.model import SIGNAL, grams, signal_features, strength
from bot.triage.signals import weighed

SEED, ROUNDS, EPOCHS, RATE, DECAY = 20260101, 8, 12, 0.25, 1e-2
KEEP_AT_LEAST = 16  # hundredths: smaller weights are dropped from the file

Example = tuple[list[tuple[str, float]], tuple[int, int]]


def calm(rows: list[Row]) -> list[Row]:
    """Of the examples about a life in danger those that help here too: ordinary chat, and requests for things."""
    return [row for row in rows if not row.get("hard") and row.get("kind") != "psychological"]


def joined(rows: list[Row], rng: random.Random) -> list[Row]:
    """Longer lines made of the written ones."""
    plain = [row for row in rows if row["label"] == "none" and "hard" not in row]
    asks = [row for row in rows if row["label"] == "help" and row["urgency"] != "emergency"]
    crises = [row for row in rows if is_crisis(row)]
    hard = [row for row in rows if row.get("hard", "offer") in ("news", "question", "shop", "thanks", "joke")]
    made = []
    plan = ((500, plain, plain), (250, plain, asks), (300, asks, asks), (90, plain, crises), (300, hard, plain))
    for wanted, first, second in plan:
        for _ in range(wanted):
            one, two = rng.choice(first), rng.choice(second)
            parts = [one["text"], two["text"]]
            if first is not asks:
                rng.shuffle(parts)
            made.append({**two, "text": rng.choice(",。! ").join(parts)})
    return made


def example(row: Row) -> Example:
    """A line as weighted features with its two answers."""
    text = readable(fold(row["text"]))
    found = sorted(grams(weighable(text)))
    factor = strength(len(found))
    names = sorted(signal_features(weighed(signals_in(text))))
    features = [(gram, factor) for gram in found] + [(SIGNAL + name, 1.0) for name in names]
    return features, (int(row["label"] == "help"), int(is_crisis(row)))


def train(examples: list[Example], head: int, rng: random.Random) -> tuple[float, dict[str, float]]:
    """Weights of one head; crises are no lesson for the head that looks for plain requests."""
    examples = [one for one in examples if head or not one[1][1]]
    values: dict[str, float] = {}
    seen: dict[str, float] = {}
    bias, order = -1.0, list(range(len(examples)))
    for epoch in range(EPOCHS):
        rng.shuffle(order)
        for at in order:
            features, answers = examples[at]
            total = bias + sum(values.get(name, 0.0) * value for name, value in features)
            error = answers[head] - 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))
            bias += 0.02 * error / (1 + epoch)
            if abs(error) < 0.01:
                continue
            for name, value in features:
                weight = values.get(name, 0.0)
                slope = error * value - DECAY * weight
                seen[name] = seen.get(name, 0.05) + slope * slope
                values[name] = weight + RATE * slope / math.sqrt(seen[name])
    return bias, values


def averaged(rows: Sequence[list[Row]]) -> tuple[list[float], dict[str, list[float]]]:
    """The mean of several trainings, each with other joined lines in another order: steadier than one."""
    biases = [0.0, 0.0]
    table: dict[str, list[float]] = {}
    with ProcessPoolExecutor(2) as pool:
        trained = list(pool.map(_once, repeat(rows, ROUNDS), range(ROUNDS)))
    for heads in trained:
        for head, (bias, values) in enumerate(heads):
            biases[head] += bias / ROUNDS
            for name, value in values.items():
                table.setdefault(name, [0.0, 0.0])[head] += value / ROUNDS
    return biases, table


def _once(rows: Sequence[list[Row]], round_: int) -> list[tuple[float, dict[str, float]]]:
    rng = random.Random(SEED + round_)
    return [train([example(row) for row in own + joined(own, rng)], head, rng) for head, own in enumerate(rows)]


def main() -> None:
    """Reads, trains both heads, writes. Many requests and no danger would teach the second one to hear less."""
    both = read("train.jsonl") + calm(read("crisis.jsonl"))
    biases, table = averaged([both + read("requests.jsonl") + read("chatter.jsonl"), both])
    rounded = {name: [round(100 * value) for value in table[name]] for name in sorted(table)}
    kept = {name: pair for name, pair in rounded.items() if max(map(abs, pair)) >= KEEP_AT_LEAST}
    content = {
        "bias": [round(100 * bias) for bias in biases],
        "grams": {name: pair for name, pair in kept.items() if not name.startswith(SIGNAL)},
        "signals": {name.removeprefix(SIGNAL): pair for name, pair in kept.items() if name.startswith(SIGNAL)},
    }
    (ROOT / "weights.json").write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), "utf-8")
    print(f"{len(kept)} of {len(table)} features kept")


if __name__ == "__main__":
    main()
