"""The verdict on one chat line, from its signals and the model.

Only the first 2,000 and the last 500 characters of a text are read: what a family needs stands at the start
or at the end, and a pasted novel must not cost time.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from bot.triage.crisis_plain import plain_words
from bot.triage.folding import fold
from bot.triage.index import PLAIN, signals_in
from bot.triage.model import logits, probability
from bot.triage.signals import ASKING, HINTING, weighed, words_of
from bot.triage.words import KINDS, find_words

HEAD, TAIL = 2000, 500
# Chosen on real chat: nine alerts of ten must be right, a review may be wrong more often than not.
ALERT, REVIEW = 1.3, -0.8
EMERGENCY, WORRY = 1.8, -0.5

Decision = Literal["alert", "review", "none"]
Urgency = Literal["normal", "urgent", "emergency"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Alert a chair, show it for review, or forget it; `reasons` are words of the folded text."""

    decision: Decision
    confidence: float
    kinds: tuple[str, ...] = ()
    urgency: Urgency = "normal"
    reasons: tuple[str, ...] = ()


CASUAL = frozenset({"news", "advert", "joke"})  # a forwarded post, a joke: only plain words make it an emergency
_NOTHING = Judgement("none", 1.0)
_SPACED = re.compile(r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])")


def judge(text: str) -> Judgement:
    """Does this text ask for help, for what, and how soon?"""
    return judge_folded(fold(clip(text)))


def clip(text: str) -> str:
    """The part of a long text that is read."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def judge_folded(folded: str) -> Judgement:
    """The same for a text that is folded already, and not longer than is read."""
    text = _SPACED.sub("", folded) if " " in folded else folded
    names = signals_in(text)
    if not names:  # nothing in it asks or worries: most chat ends here
        return _NOTHING
    plain = plain_words(text) if PLAIN in names else ()
    names = weighed(names)
    if not plain and not names:
        return _NOTHING
    ask, crisis = logits(text, names)
    if plain or (crisis >= EMERGENCY and HINTING & names and not CASUAL & names):
        sure = max(0.9 if plain else 0.0, probability(crisis))
        reasons = _verbatim(folded, plain or _reasons(text, HINTING & names))
        return Judgement("alert", round(sure, 3), _kinds(text, "psychological"), "emergency", reasons)
    if ask < REVIEW and crisis < WORRY:
        return Judgement("none", round(1 - probability(ask), 3))
    return _request(folded, text, names, ask)


def _request(folded: str, text: str, names: set[str], ask: float) -> Judgement:
    decision: Decision = "alert" if ask >= ALERT else "review"
    urgency: Urgency = "urgent" if "urgent" in names or "danger" in names else "normal"
    worry = () if ask >= REVIEW else ("psychological",)
    reasons = _verbatim(folded, _reasons(text, ASKING & names) or _reasons(text, HINTING & names))
    return Judgement(decision, round(probability(ask), 3), _kinds(text, *worry), urgency, reasons)


def _kinds(text: str, *sure: str) -> tuple[str, ...]:
    found = {kind for _, kind in find_words(text)}.union(sure)
    return tuple(kind for kind in KINDS if kind in found) or ("other",)


def _reasons(text: str, names: AbstractSet[str]) -> tuple[str, ...]:
    words = dict.fromkeys(word for found in words_of(text, names).values() for word in found[:2])
    return tuple(word for word in words if not any(word != other and word in other for other in words))[:6]


def _verbatim(folded: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words as the text has them: spaces that were skipped come back."""
    found = (re.search(" *".join(map(re.escape, word)), folded) for word in words)
    return tuple(match[0] for match in found if match)
