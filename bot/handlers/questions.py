"""A numbered question that waits for a digit: kept in memory for ten minutes, one for each person.

Lost on a restart, and then said so: the person writes the line again with the code that the question named.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.outreach.callbacks import Call
from bot.router import Turn

LIFE = timedelta(minutes=10)
MOST = 1000  # people who are being asked at once


class Question(NamedTuple):
    """The households to choose from, and the call that is recorded for the chosen one."""

    codes: Sequence[str]
    call: Call
    until: datetime


class Questions:
    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Question] = {}
        self._used: dict[tuple[str, str], str] = {}

    def ask(self, turn: Turn, codes: Sequence[str], call: Call) -> None:
        """The newest question of a person is the one that a digit answers."""
        now = clock.now()
        self._open = {who: one for who, one in self._open.items() if one.until > now and len(self._open) < MOST}
        whose = _whose(turn)
        self._open[whose] = Question(codes, call, now + LIFE)
        self._used.pop(whose, None)

    def answered(self, turn: Turn, number: int) -> tuple[str, Call] | None:
        """The chosen code and the call. One message has the answer; the same message may come again after a failure."""
        question = self._open.get(_whose(turn))
        if question is None or question.until <= clock.now() or not 0 < number <= len(question.codes):
            return None
        if self._used.setdefault(_whose(turn), turn.message.message_id) != turn.message.message_id:
            return None
        return question.codes[number - 1], question.call


def _whose(turn: Turn) -> tuple[str, str]:
    return turn.message.channel, turn.message.sender.id
