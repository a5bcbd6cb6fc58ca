"""What one line says of a call: 回访 张秀英 需帮助 米 降压药, 没接, 晚上再打 19:00. Pure, but for the time of day."""

import re

from bot import clock
from bot.actions.outreach.callbacks import Call
from bot.actions.outreach.outcomes import BY_WORD, Outcome
from bot.errors import BadInput
from bot.quantities import find_time
from bot.triage import judge, kinds_of

# The code of a household and what follows. Without Chinese letters in it, no blank is needed behind it.
CODE = re.compile(r"(?=[\w-]*\d)([A-Za-z0-9_-]{1,20}(?![A-Za-z0-9_-])|[\w-]{1,20}(?!\S))(.*)", re.DOTALL)
BETWEEN = " \t\r\n，,。:：;；"
AGAIN = re.compile(r"(?:稍后|晚点|回头|一会儿?|等会儿?)?再打(?:电话|过去)?(?=$|[\s\d，,。:：;；])")
# Before the outcome: it was no phone call.
THERE = re.compile(f"(?:上门|登门|走访|家访)(?:看望|看过|看了|去了|了|看)?[{BETWEEN}]*")
LONGEST_NAME = 20


def household_and_call(text: str) -> tuple[str, Call]:
    """The words behind 回访. Raises BadInput, whose sentence says what is missing."""
    text = re.sub(r"^尾号\s*(?=\d)", "尾号", text.strip())
    if not text:
        raise BadInput("没看到户编号或姓名。")
    found = CODE.fullmatch(text)
    who, rest = (found[1].upper(), found[2]) if found else _name(text)
    return who, call_of(rest)


def _name(text: str) -> tuple[str, str]:
    """张秀英 平安; 张秀英平安 only when nothing else in the line could be the outcome."""
    who, _, rest = re.sub(f"[{BETWEEN}]+", " ", text, count=1).partition(" ")
    nobody = THERE.fullmatch(who) or (outcome_of(who) is not None and outcome_of(rest.strip(BETWEEN)) is None)
    if nobody:
        raise BadInput("第一个词要是户编号或姓名，比如 H0123、张秀英。")
    if outcome_of(rest.strip(BETWEEN)) is None:
        stuck = max((word for word in BY_WORD if who.find(word) > 1), key=len, default="")
        if stuck:
            there = THERE.search(who)
            at = there.start() if there is not None and there.start() > 1 else who.index(stuck)
            return who[:at], f"{who[at:]} {rest}"
    if len(who) > LONGEST_NAME:
        raise BadInput("第一个词要是户编号或姓名，比如 H0123、张秀英。")
    return who, rest


def call_of(text: str) -> Call:
    """The outcome and what follows it. Raises BadInput when there is no outcome that we know."""
    text = text.strip(BETWEEN)
    there = THERE.match(text)
    if there is not None:
        return call_of(text[there.end() :])._replace(visited=True)
    word = text.split(maxsplit=1)[0] if text else ""
    outcome = outcome_of(text)
    if outcome is None:
        raise BadInput("没看到结果。" if not word else f"不认识结果“{word[:10]}”。")
    said = max((one for one in outcome.words if word.startswith(one)), key=len, default="")
    if outcome.code == "call_later":
        return later(text) or _later(text)
    note = text[len(said) :].strip(BETWEEN)  # 需帮助，米 药: what sticks to the word counts too
    if outcome.code != "needs_help":
        return Call(outcome.code, note)
    return Call(outcome.code, note, kinds_of(note.split()), judge(note).urgency)


def outcome_of(text: str) -> Outcome | None:
    """The outcome that the text begins with, perhaps behind 上门; 晚上七点再打 is one as well."""
    there = THERE.match(text.lstrip(BETWEEN))
    text = text.lstrip(BETWEEN)[there.end() :] if there is not None else text
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    found = BY_WORD.get(word) or next((o for w, o in BY_WORD.items() if len(w) > 1 and word.startswith(w)), None)
    return BY_WORD["再打"] if found is None and later(text) is not None else found


def later(text: str) -> Call | None:
    """晚上再打 19:00, 明天上午再打, 过两天再打: when it begins with when to call again; else None."""
    hit = AGAIN.search(text)
    if hit is None or hit.start() > 12:
        return None
    before = text[: hit.start()].strip(BETWEEN)
    if not before:
        return _later(text)
    now = clock.local(clock.now())
    for when in (before, f"{before.removeprefix('过')}后"):  # 过两天再打 is 两天后
        found = find_time(when, now)
        if found is not None and not found.rest.strip(BETWEEN):
            return _later(f"{when} {text[hit.start() :]}")
    return None


def _later(text: str) -> Call:
    """The moment may stand before or behind 再打; what is left is a note."""
    found = find_time(AGAIN.sub(" ", text, count=1), clock.local(clock.now()))
    note = AGAIN.sub(" ", found.rest if found is not None else text, count=1)
    note = re.sub(r"^\s*(?:稍后|晚点)", "", note).strip(BETWEEN)
    return Call("call_later", note, asked=found.at if found is not None else None)
