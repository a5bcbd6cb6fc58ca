"""Waiting longer after each failure, with jitter, so that a restarted host is not met by everybody at once."""

import random
from collections.abc import Callable


class Backoff:
    """`next()` grows from `first` to `ceiling`, each time shortened by up to a half at random."""

    def __init__(self, first: float, ceiling: float, draw: Callable[[], float] = random.random) -> None:
        self._first = first
        self._ceiling = ceiling
        self._draw = draw
        self._step = first

    def next(self) -> float:
        wait = self._step * (1 - self._draw() / 2)
        self._step = min(self._step * 2, self._ceiling)
        return wait

    def reset(self) -> None:
        self._step = self._first
