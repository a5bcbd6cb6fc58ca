"""The words of a text that weighed most: people are shown why."""

from collections.abc import Callable

LIKELY = 40  # hundredths: what one piece must weigh to be named
LONGEST, SPAN, MOST = 3, 10, 4


def heaviest(text: str, weight: Callable[[str], int]) -> tuple[str, ...]:
    """Pieces of two and three characters by their weight in hundredths, those that touch each other joined."""
    low = text.lower()
    places = [(at, at + size) for size in (2, LONGEST) for at in range(len(text) - size + 1)]
    words = [(start, end) for start, end in places if text[start:end].isalnum()]
    weighed = sorted(((weight(low[start:end]), start, end) for start, end in words), reverse=True)
    spans: list[tuple[int, int]] = []
    for start, end in sorted((start, end) for found, start, end in weighed[: 2 * MOST] if found >= LIKELY):
        if spans and start <= spans[-1][1] and end - spans[-1][0] <= SPAN:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return tuple(dict.fromkeys(text[start:end] for start, end in spans))[:MOST]
