"""The verdict on one chat line, from its signals and the model.

Only the first 2,000 and the last 500 characters of a text are read: what a family needs stands at the start
or at the end, and a pasted novel must not cost time.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from bot.triage.crisis_plain import plain_words
from bot.triage.despair import heavy_words
from bot.triage.despair import logit as despair
from bot.triage.folding import fold
from bot.triage.index import PLAIN, signals_in
from bot.triage.model import logits, probability
from bot.triage.signals import ASKING, HINTING, weighed, words_of
from bot.triage.words import KINDS, find_words

HEAD, TAIL = 2000, 500
# Chosen on real chat: nine alerts of ten must be right, a review may be wrong more often than not.
ALERT, REVIEW = 1.4, -0.8
EMERGENCY, WORRY = 1.8, -0.5
# What the model of despair hears beside the patterns: an alarm where a known hint stands, one where none does, a
# suspicion that a person looks at the same hour, a review; and below DENIED even a phrase that decides alone is not
# believed. Lower ones find more and cry wolf more.
ALARM, ALARM_BARE, SUSPECT, DOUBT, DENIED = 3.5, 4.5, 1.0, 0.25, 0.0

Decision = Literal["alert", "review", "none"]
Urgency = Literal["normal", "urgent", "emergency"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Alert a chair, show it for review, or forget it; `reasons` are words of the folded text.

    A review with the urgency of an emergency is a suspicion: perhaps a life in danger, said so that nobody can be sure.
    """

    decision: Decision
    confidence: float
    kinds: tuple[str, ...] = ()
    urgency: Urgency = "normal"
    reasons: tuple[str, ...] = ()


CASUAL = frozenset({"news", "advert", "joke"})  # a forwarded post, a joke: only plain words make it an emergency
_NOTHING = Judgement("none", 1.0)
NEVER = -9.0
# The few words of despair that people write in Latin letters; "hello" and "HELP" must not be weighed by theirs.
_LATIN = re.compile(r"zi ?sha|qing ?sheng|xiang ?si|bu ?xiang ?huo|huo ?bu ?xia|suicid|kill my|to die", re.IGNORECASE)
_LETTERS = re.compile("[A-Za-z][A-Za-z0-9]+")  # words of another language, codes
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
    names, gloom = signals_in(text), despair(_weighable(text))
    if not names and gloom < DOUBT:  # nothing in it asks or worries: most chat ends here
        return _NOTHING
    plain = plain_words(text) if PLAIN in names and gloom >= DENIED else ()
    names = weighed(names)
    ask, crisis = logits(text, names) if names else (NEVER, NEVER)
    hinted = HINTING & names and not CASUAL & names
    if plain or gloom >= (ALARM if hinted else ALARM_BARE) or (hinted and crisis >= EMERGENCY):
        words = plain or _reasons(text, HINTING & names) or heavy_words(text)
        return _emergency(folded, text, words, max(crisis, gloom))
    if gloom >= SUSPECT and ask < ALERT:
        return _doubtful(folded, text, gloom, "emergency")
    if ask >= REVIEW or crisis >= WORRY:
        return _request(folded, text, names, ask)
    if gloom < DOUBT:
        return Judgement("none", round(1 - probability(ask), 3)) if names else _NOTHING
    return _doubtful(folded, text, gloom, "normal")


def _weighable(text: str) -> str:
    return text if not _LETTERS.search(text) or _LATIN.search(text) else _LETTERS.sub("", text)


def _doubtful(folded: str, text: str, gloom: float, urgency: Urgency) -> Judgement:
    reasons = _verbatim(folded, heavy_words(text))
    return Judgement("review", round(probability(gloom), 3), _kinds(text, "psychological"), urgency, reasons)


def _emergency(folded: str, text: str, words: tuple[str, ...], logit: float) -> Judgement:
    sure = round(max(0.9, probability(logit)), 3)
    return Judgement("alert", sure, _kinds(text, "psychological"), "emergency", _verbatim(folded, words))


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
