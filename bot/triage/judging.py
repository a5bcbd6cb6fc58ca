"""The verdict on one chat line, from its signals and the model.

Only the first 2,000 and the last 500 characters of a text are read: what a family needs stands at the start
or at the end, and a pasted novel must not cost time.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bot.triage import pinyin
from bot.triage.crisis_plain import plain_words
from bot.triage.despair import heavy_words
from bot.triage.despair import logit as despair
from bot.triage.folding import fold
from bot.triage.glance import look
from bot.triage.index import PLAIN, signals_in
from bot.triage.model import asking_words, grams, logits, probability
from bot.triage.signals import ASKING, HINTING, weighed, words_of
from bot.triage.words import KINDS, find_words

HEAD, TAIL = 2000, 500
# The bars were chosen on `examples/validation.jsonl`, with the totals of `held_out.jsonl`, `emergencies.jsonl` and of
# public posts that are not part of the project in view. Nine alerts of ten must be right, a review may be wrong more
# often than not.
REVIEW = -1.5
EMERGENCY = 1.8


class Hearing(NamedTuple):
    """What the models must reach. Lower bars find more and cry wolf more; `alarm` and on are those of despair."""

    ask: float  # that a chair is alerted of a request
    alarm: float  # that people are called at once
    suspect: float  # that a person looks at the same hour
    doubt: float  # that a person looks the same day


# A group talks all day and jokes. Who writes to the bot alone, or is of a family that we look after, writes seldom,
# and means it: there a lower bar finds more and disturbs hardly anybody.
IN_A_CROWD, CLOSELY = Hearing(1.03, 2.5, -0.9, -1.6), Hearing(0.7, 1.7, -1.7, -2.2)
DENIED = -0.9  # below this even a phrase that decides alone is not believed

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
SECOND, LEAST = 0.4, -6.0  # how much the other model has to say on despair, and the worst that it may say against it
_LETTERS = re.compile("[A-Za-z][A-Za-z0-9]+")  # words of another language, codes
# The few words of despair that people write in English: they are known as they stand, for letters are not weighed.
_ENGLISH = re.compile(
    r"suicid\w*|kill(?:ing)? (?:my|him|her)self|(?:want|wants|going) to die|end my life", re.IGNORECASE
)
_SPACED = re.compile(r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])")


def warm() -> None:
    """Read the weights now, a third of a second, so that the first family does not wait for them."""
    judge("家里没米了，我不想活了")


def judge(text: str, *, closely: bool = False) -> Judgement:
    """Does this text ask for help, for what, and how soon? `closely` for what a family wrote, or anybody in private."""
    return judge_folded(fold(clip(text)), closely=closely)


def clip(text: str) -> str:
    """The part of a long text that is read."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def readable(folded: str) -> str:
    """The text as the models learn it and read it: pinyin as characters, no blanks between characters."""
    text = pinyin.read(folded) if _LETTERS.search(folded) else folded
    return _SPACED.sub("", text) if " " in text else text


def weighable(readable_text: str) -> str:
    """Without words in Latin letters: "hello" and "HELP" are not weighed by their letters. Signals may know them."""
    return _LETTERS.sub("", readable_text) if _LETTERS.search(readable_text) else readable_text


def judge_folded(folded: str, *, closely: bool = False) -> Judgement:
    """The same for a text that is folded already, and not longer than is read."""
    text = readable(folded)
    bar = CLOSELY if closely else IN_A_CROWD
    names = signals_in(text)
    asks, alarms = look(text)
    english = _ENGLISH.search(folded) if _LETTERS.search(folded) else None
    if not (names or asks or alarms or english):  # nothing in it asks or worries: most chat ends here
        return _NOTHING
    known = weighed(names)
    found = grams(weighable(text))
    ask, crisis = logits(found, known)
    heavy = alarms or PLAIN in names
    gloom = despair(found) + SECOND * max(crisis, LEAST) if heavy else NEVER
    gloom = max(gloom, bar.suspect) if english else gloom
    plain = plain_words(text) if PLAIN in names and gloom >= DENIED else ()
    hinted = HINTING & known and not CASUAL & known
    dark = gloom >= bar.suspect
    # What asks for help plainly reaches a chair anyway: then a suspicion is enough to call it by its name.
    if plain or gloom >= bar.alarm or (hinted and crisis >= EMERGENCY) or (dark and ask >= bar.ask):
        words = plain or _reasons(text, HINTING & known) or heavy_words(text)
        return _emergency(folded, text, words, max(crisis, gloom))
    if dark:
        return _doubtful(folded, text, gloom, "emergency")
    if ask >= REVIEW:
        return _request(folded, text, known, ask, "alert" if ask >= bar.ask else "review")
    if gloom < bar.doubt:
        return Judgement("none", round(1 - probability(ask), 3))
    return _doubtful(folded, text, gloom, "normal")


def _doubtful(folded: str, text: str, gloom: float, urgency: Urgency) -> Judgement:
    english = _ENGLISH.search(folded)
    reasons = (english[0],) if english else _verbatim(folded, heavy_words(text))
    return Judgement("review", round(probability(gloom), 3), _kinds(text, "psychological"), urgency, reasons)


def _emergency(folded: str, text: str, words: tuple[str, ...], logit: float) -> Judgement:
    sure = round(max(0.9, probability(logit)), 3)
    return Judgement("alert", sure, _kinds(text, "psychological"), "emergency", _verbatim(folded, words))


def _request(folded: str, text: str, names: set[str], ask: float, decision: Decision) -> Judgement:
    urgency: Urgency = "urgent" if "urgent" in names or "danger" in names else "normal"
    reasons = _reasons(text, ASKING & names) or _reasons(text, HINTING & names) or asking_words(text)
    return Judgement(decision, round(probability(ask), 3), _kinds(text), urgency, _verbatim(folded, reasons))


def _kinds(text: str, *sure: str) -> tuple[str, ...]:
    found = {kind for _, kind in find_words(text)}.union(sure)
    return tuple(kind for kind in KINDS if kind in found) or ("other",)


def _reasons(text: str, names: AbstractSet[str]) -> tuple[str, ...]:
    words = dict.fromkeys(word for found in words_of(text, names).values() for word in found[:2])
    return tuple(word for word in words if not any(word != other and word in other for other in words))[:6]


def _verbatim(folded: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words as the text has them: spaces that were skipped come back. Those of pinyin stay as they were read."""
    found = (re.search(" *".join(map(re.escape, word)), folded) for word in words)
    return tuple(match[0] for match in found if match) or words
