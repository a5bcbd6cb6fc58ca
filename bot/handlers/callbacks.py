"""回访 张秀英 需帮助 米 降压药 老人一个人, 撤销, 改: a call-back logged in one line.

Where two households fit, the question goes to the person alone and a bare digit answers it.
"""

import re
from collections.abc import Awaitable, Callable

from bot import clock
from bot.actions.households import viewing
from bot.actions.households.lookup import SHOWN_MAX, Unclear
from bot.actions.outreach import callbacks, calllists
from bot.actions.outreach.callbacks import Call, Recorded
from bot.actions.outreach.outcomes import OUTCOMES
from bot.actions.requests.alerts import KIND_NAMES
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.errors import ActionError, BadInput
from bot.events import Part
from bot.handlers.callparse import call_of, household_and_call
from bot.handlers.desk import Desk, in_staff_group, spoken_to, staff
from bot.handlers.questions import Questions
from bot.router import Findings, Router, Turn, command, direct, group

CALLERS = ("chair", "volunteer", "admin")
DIGIT = re.compile(r"第?([1-9])[.、。号户个]?")
NOTHING_ASKED = "没有在等您回数字的问题（过了 10 分钟，或者刚重启过）。请把整行再写一遍，写上户编号。"


Handler = Callable[..., Awaitable[Answer]]


def routes(desk: Desk) -> Router:
    router, questions = Router(), Questions()

    async def not_here(turn: Turn) -> Answer:
        return Answer(desk.say("in-private"))

    for handler, words in (
        (_recording(desk, questions), ("回访",)),
        (_undoing(desk), ("撤销",)),
        (_changing(desk), ("改", "改成", "改为")),
    ):
        router.add(not_here, command(*words), staff(*CALLERS), group, _among_families)
        router.add(handler, command(*words), staff(*CALLERS), spoken_to)
    router.add(_choosing(desk, questions), staff(*CALLERS), direct, _digit)
    return router


def _recording(desk: Desk, questions: Questions) -> Handler:
    async def record(turn: Turn, speaker: Speaker, rest: str) -> Answer:
        assert speaker.staff_id is not None
        try:
            who, call = household_and_call(rest)
        except BadInput as problem:
            return howto(desk, problem)
        try:
            done = await callbacks.record(who, call, speaker.staff_id, desk.rules, desk.calling)
        except Unclear as unclear:
            await viewing.listed(speaker.staff_id, "which", [one.code for one in unclear.candidates])
            return _ask(desk, questions, turn, unclear, call)
        except ActionError as error:
            return Answer(private=desk.refuse(error).here)  # it may repeat a name
        return await recorded(desk, turn, speaker.staff_id, done, call, named=who != done.household.code)

    return record


def _choosing(desk: Desk, questions: Questions) -> Handler:
    async def choose(turn: Turn, speaker: Speaker, number: int) -> Answer:
        assert speaker.staff_id is not None
        chosen = questions.answered(turn, number)
        if chosen is None:
            return Answer(desk.say("refused", reason=NOTHING_ASKED))
        code, call = chosen
        work = callbacks.record(code, call, speaker.staff_id, desk.rules, desk.calling)
        return await attempt(desk, turn, speaker.staff_id, work, call)

    return choose


def _changing(desk: Desk) -> Handler:
    async def amend(turn: Turn, speaker: Speaker, rest: str) -> Answer:
        assert speaker.staff_id is not None
        try:
            call = call_of(rest)
        except BadInput as problem:
            return Answer() if in_staff_group(turn) else howto(desk, problem)
        work = callbacks.amend(call, speaker.staff_id, desk.rules, desk.calling)
        return await attempt(desk, turn, speaker.staff_id, work, call)

    return amend


def _undoing(desk: Desk) -> Handler:
    async def undo(speaker: Speaker) -> Answer:
        assert speaker.staff_id is not None
        try:
            done = await callbacks.undo(speaker.staff_id, desk.rules)
        except ActionError as error:
            return desk.refuse(error)
        number = done.request.id if done.request is not None else 0
        outcome = done.outcome.said(done.follow_up.visited)
        return Answer(desk.say("callback-undone", code=done.household.code, outcome=outcome, number=number))

    return undo


def howto(desk: Desk, problem: BadInput) -> Answer:
    words = "、".join(outcome.words[0] for outcome in OUTCOMES.values())
    return Answer(private=desk.say("callback-howto", problem=str(problem), words=words))


async def attempt(desk: Desk, turn: Turn, staff_id: int, work: Awaitable[Recorded], call: Call) -> Answer:
    """Record a call for a household that the person has not named in this line: the answer names it."""
    try:
        done = await work
    except ActionError as error:
        return Answer(private=desk.refuse(error).here)
    return await recorded(desk, turn, staff_id, done, call, named=True)


async def recorded(desk: Desk, turn: Turn, staff_id: int, done: Recorded, call: Call, *, named: bool) -> Answer:
    """What was written and how to take it back. In a group only the code: neither a name nor a need."""
    alone = turn.message.chat.kind == "direct"
    next_call = done.household.next_call_at
    due = 0
    if alone and done.follow_up.assignment_id is not None:
        due = sum(one.due for one in await calllists.mine(staff_id))
    said = desk.say(
        "callback-recorded",
        code=done.household.code,
        name=done.name if named and alone else "",
        outcome=done.outcome.said(done.follow_up.visited),
        again=clock.local(next_call).strftime("%m月%d日 %H:%M") if next_call is not None else "",
        after=done.outcome.after or done.step,
        tried=bool(done.step) and not done.follow_up.visited,
        number=done.request.id if done.request is not None else 0,
        needs="、".join(KIND_NAMES[kind] for kind in call.kinds) if alone else "",
        joined=done.joined,
        holder=done.holder,
        due=due,
    )
    return Answer(said)


def _ask(desk: Desk, questions: Questions, turn: Turn, unclear: Unclear, call: Call) -> Answer:
    questions.ask(turn, [one.code for one in unclear.candidates], call)
    lines = [
        f"{number} {one.code} {one.name}" + "，".join(["", *filter(None, (one.relation, one.category, one.unit))])
        for number, one in enumerate(unclear.candidates, 1)
    ]
    said: tuple[Part, ...] = desk.say("callback-which", close=unclear.close, lines=lines)
    if len(lines) >= SHOWN_MAX:  # there may be more
        said += desk.on_page(turn, "/roster")
    if turn.message.chat.kind == "direct":
        return Answer(said)
    return Answer(desk.say("callback-which-group"), private=said)


def _among_families(turn: Turn) -> Findings | None:
    """Any group but one of staff: there a family could read which household needs what."""
    return None if in_staff_group(turn) else {}


def _digit(turn: Turn) -> Findings | None:
    found = DIGIT.fullmatch(turn.text) if not turn.message.quoted else None
    return {"number": int(found[1])} if found else None
