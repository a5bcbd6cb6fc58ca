"""What a call-back can come to, and what follows from each outcome. A table, so that it can be read."""

from datetime import timedelta
from typing import NamedTuple

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

NOT_IN = "没遇到人"
# What a household of a round is waiting for when it is not another call: the assignment's state, and the words.
NEXT_STEPS = {"done": "", "visit": "请上门看看", "roster_fix": "核对电话"}


class Outcome(NamedTuple):
    """`again`: when to try next; None means not on its own. `after` names what a person has to do.

    `tries` attempts without a final outcome, and it is not another call any more but `then`. A final
    outcome leaves its household in the state `ends`.
    """

    code: str
    name: str
    words: tuple[str, ...]  # what volunteers write for it
    reached: bool
    final: bool
    again: timedelta | None = None
    after: str = ""
    ends: str = "done"
    tries: int = 0
    then: str = ""

    def said(self, visited: bool) -> str:
        """What is shown of one attempt: at the door nobody picks up a phone."""
        if not visited:
            return self.name
        return f"上门-{NOT_IN if self.code == 'no_answer' else self.name.removeprefix('接通-')}"


OUTCOMES: dict[str, Outcome] = {
    outcome.code: outcome
    for outcome in (
        Outcome("well", "接通-平安", ("平安", "都好", "挺好", "没事"), True, True),
        Outcome("needs_help", "接通-需帮助", ("需帮助", "需要帮助", "求助", "有困难"), True, True),
        Outcome(
            "call_later",
            "稍后再打",
            ("稍后", "晚点", "再打", "稍后再打", "晚点再打"),
            True,
            False,
            4 * HOUR,
            tries=6,
            then="visit",
        ),
        Outcome(
            "no_answer",
            "无人接听",
            ("未接", "无人接听", "没人接", "没接", "没人在家", "不在家", "没人在"),
            False,
            False,
            DAY,
            tries=4,
            then="visit",
        ),
        Outcome("busy", "占线", ("占线", "忙音"), False, False, 2 * HOUR, tries=6, then="visit"),
        Outcome("off", "关机停机", ("关机", "停机", "关机停机"), False, False, 2 * DAY, tries=3, then="roster_fix"),
        Outcome("wrong_number", "号码错误", ("错号", "号码错误", "打错"), False, True, None, "核对电话", "roster_fix"),
        Outcome(
            "moved",
            "换号搬迁",
            ("搬家", "换号", "搬迁", "换号搬迁"),
            False,
            True,
            None,
            "核对电话和地址",
            "roster_fix",
        ),
        Outcome("refused", "拒访", ("拒访", "不愿意"), True, True, None, "由主席决定是否再联系"),
        Outcome("do_not_call", "请勿再打", ("勿打", "别再打", "请勿再打"), True, True, None, "已停止电话回访"),
        Outcome("deceased", "已故", ("已故", "去世"), True, True, None, "请主席登门看望家人", "visit"),
    )
}
BY_WORD = {word: outcome for outcome in OUTCOMES.values() for word in outcome.words}
REACHED = tuple(outcome.code for outcome in OUTCOMES.values() if outcome.reached)
