"""回访 H0123 需帮助 米 降压药 老人一个人, and 撤销: a call-back logged in one line."""

import re
from typing import NamedTuple

from bot import clock
from bot.actions import callbacks
from bot.actions.alerts import KIND_NAMES
from bot.actions.conversation import Answer
from bot.actions.directory import Speaker
from bot.actions.outcomes import BY_WORD, OUTCOMES
from bot.errors import ActionError, BadInput
from bot.events import Part
from bot.handlers.desk import Desk, in_staff_group, spoken_to, staff
from bot.router import Findings, Router, Turn, command, group
from bot.triage import judge, kinds_of

CODE = re.compile(r"([Hh]?\d{1,8})(?![\dA-Za-z])\s*(.*)", re.DOTALL)
CALLERS = ("chair", "volunteer", "admin")


class Line(NamedTuple):
    """What one line says."""

    code: str
    outcome: str
    note: str
    kinds: tuple[str, ...]
    urgency: str


def parse(text: str) -> Line:
    """The words behind 回访. Raises BadInput, whose sentence says what is missing."""
    found = CODE.fullmatch(text.strip())
    if found is None:
        raise BadInput("没看到户编号。" if not text.strip() else "第一个词要是户编号，比如 H0123。")
    code, rest = found[1], found[2].strip(" \t\r\n，,。:")
    word, note = (rest.split(maxsplit=1) + ["", ""])[:2]
    outcome = BY_WORD.get(word) or next((o for w, o in BY_WORD.items() if len(w) > 1 and word.startswith(w)), None)
    if outcome is None:
        raise BadInput("没看到结果。" if not word else f"不认识结果“{word[:10]}”。")
    said = max((w for w in outcome.words if word.startswith(w)), key=len)
    note = f"{word[len(said) :].strip('，,。 ')} {note}".strip()  # 需帮助，米 药: what sticks to the word counts too
    kinds = kinds_of(note.split()) if outcome.code == "needs_help" else ()
    urgency = judge(note).urgency if outcome.code == "needs_help" else "normal"
    return Line(_code(code), outcome.code, note, kinds, urgency)


def _code(written: str) -> str:
    """h123 and 123 are H0123."""
    return f"H{int(written.lstrip('Hh')):04d}"


def routes(desk: Desk) -> Router:
    router = Router()

    async def record(speaker: Speaker, rest: str) -> Answer:
        assert speaker.staff_id is not None
        try:
            line = parse(rest)
        except BadInput as problem:
            words = "、".join(outcome.words[0] for outcome in OUTCOMES.values())
            return Answer(desk.say("callback-howto", problem=str(problem), words=words))
        try:
            done = await callbacks.record(*line, speaker.staff_id, desk.rules)
        except ActionError as error:
            return desk.refuse(error)
        return Answer(_recorded(desk, done, line))

    async def undo(speaker: Speaker) -> Answer:
        assert speaker.staff_id is not None
        try:
            done = await callbacks.undo(speaker.staff_id)
        except ActionError as error:
            return desk.refuse(error)
        number = done.request.id if done.request is not None else 0
        return Answer(desk.say("callback-undone", code=done.household.code, outcome=done.outcome.name, number=number))

    async def not_here(turn: Turn) -> Answer:
        return Answer(desk.say("in-private"))

    for handler, words in ((record, "回访"), (undo, "撤销")):
        router.add(not_here, command(words), staff(*CALLERS), group, _among_families)
        router.add(handler, command(words), staff(*CALLERS), spoken_to)
    return router


def _among_families(turn: Turn) -> Findings | None:
    """A group where a family could read which household needs what."""
    return {} if turn.place is not None and not in_staff_group(turn) else None


def _recorded(desk: Desk, done: callbacks.Recorded, line: Line) -> tuple[Part, ...]:
    next_call = done.household.next_call_at
    return desk.say(
        "callback-recorded",
        code=done.household.code,
        outcome=done.outcome.name,
        again=clock.local(next_call).strftime("%m月%d日 %H:%M") if next_call is not None else "",
        after=done.outcome.after,
        number=done.request.id if done.request is not None else 0,
        needs="、".join(KIND_NAMES[kind] for kind in line.kinds),
        joined=done.joined,
    )
