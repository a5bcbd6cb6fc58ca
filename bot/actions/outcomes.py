"""What a call-back can come to, and what follows from each outcome. A table, so that it can be read."""

from datetime import timedelta
from typing import NamedTuple


class Outcome(NamedTuple):
    """`again`: when to try next; None means not on its own. `after` names what a person has to do."""

    code: str
    name: str
    words: tuple[str, ...]  # what volunteers write for it
    reached: bool
    final: bool
    again: timedelta | None
    after: str = ""


OUTCOMES: dict[str, Outcome] = {
    outcome.code: outcome
    for outcome in (
        Outcome("well", "接通-平安", ("平安", "都好", "挺好", "没事"), True, True, None),
        Outcome("needs_help", "接通-需帮助", ("需帮助", "需要帮助", "求助", "有困难"), True, True, None),
        Outcome("call_later", "稍后再打", ("稍后", "晚点", "再打", "稍后再打"), True, False, timedelta(hours=4)),
        Outcome("no_answer", "无人接听", ("未接", "无人接听", "没人接", "没接"), False, False, timedelta(days=1)),
        Outcome("busy", "占线", ("占线", "忙音"), False, False, timedelta(hours=2)),
        Outcome("off", "关机停机", ("关机", "停机", "关机停机"), False, False, timedelta(days=2)),
        Outcome("wrong_number", "号码错误", ("错号", "号码错误", "打错"), False, True, None, "核对电话"),
        Outcome("moved", "换号搬迁", ("搬家", "换号", "搬迁", "换号搬迁"), False, True, None, "核对电话和地址"),
        Outcome("refused", "拒访", ("拒访", "不愿意"), True, True, None, "由主席决定是否再联系"),
        Outcome("do_not_call", "请勿再打", ("勿打", "别再打", "请勿再打"), True, True, None, "已停止电话回访"),
        Outcome("deceased", "已故", ("已故", "去世"), True, True, None, "请主席登门看望家人"),
    )
}
BY_WORD = {word: outcome for outcome in OUTCOMES.values() for word in outcome.words}
