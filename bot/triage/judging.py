"""The verdict on one chat line, from its signals.

Only the first 2,000 and the last 500 characters of a text are read: what a family needs stands at the start
or at the end, and a pasted novel must not cost time.
"""

import re
from dataclasses import dataclass
from typing import Literal

from bot.triage.crisis_plain import plain_words
from bot.triage.folding import fold
from bot.triage.signals import ASKING as CALLS
from bot.triage.signals import find_signals
from bot.triage.words import KINDS, find_words

HEAD, TAIL = 2000, 500
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


_NOTHING = Judgement("none", 0.0)
_SPACED = re.compile(r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])")


def judge(text: str) -> Judgement:
    """Does this text ask for help, for what, and how soon?"""
    text = _SPACED.sub("", fold(clip(text)))
    return judge_folded(text)


def clip(text: str) -> str:
    """The part of a long text that is read."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


WEIGHTS = {
    "lack": 2.2, "plea": 1.6, "ask": 1.1, "ill": 1.0, "trapped": 1.3, "poor": 1.2, "distress": 1.3, "home": 0.8,
    "urgent": 0.6, "offer": -1.8, "thanks": -2.0, "negated": -2.0, "logistics": -1.0, "news": -1.3,
    "policy": -1.0, "joke": -1.2, "advert": -2.0,
}  # fmt: skip
ALERT, REVIEW = 3.0, 2.0


def judge_folded(text: str) -> Judgement:
    """The same for a text that is folded and clipped already."""
    if crisis := plain_words(text):
        kinds = tuple(k for k in KINDS if k in {"psychological", *(kind for _, kind in find_words(text))})
        return Judgement("alert", 0.95, kinds, "emergency", crisis)
    signals = find_signals(text)
    calls = [name for name in CALLS if name in signals]
    if not calls:
        return _NOTHING
    score = sum(WEIGHTS.get(name,0) for name in signals)
    reasons = tuple(dict.fromkeys(word for name in calls for word in signals[name][:2]))[:6]
    confidence = round(min(1.0, max(0.0, 0.5 + (score - REVIEW) / 6)), 3)
    if score < REVIEW:
        return Judgement("none", confidence)
    found = {kind for _, kind in find_words(text)}
    kinds = tuple(kind for kind in KINDS if kind in found) or ("other",)
    return Judgement("alert" if score >= ALERT else "review", confidence, kinds, "urgent" if "urgent" in signals else "normal", reasons)
