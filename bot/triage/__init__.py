"""Does a chat text ask for help, of which kind, how soon? Pure and fast; knows nothing else of ours."""

from bot.triage.folding import fold
from bot.triage.judging import Decision, Judgement, Urgency, clip, judge, judge_folded, warm
from bot.triage.words import KINDS, find_words, kinds_of

__all__ = [
    "KINDS",
    "Decision",
    "Judgement",
    "Urgency",
    "clip",
    "find_words",
    "fold",
    "judge",
    "judge_folded",
    "kinds_of",
    "warm",
]
