"""What a call's form says: the outcome, when to call again, what is missing. For the page and for a phone's queue."""

from datetime import datetime, timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.outreach import from_phone
from bot.actions.outreach.callbacks import Call
from bot.actions.outreach.outcomes import OUTCOMES
from bot.actions.requests.alerts import URGENCY_NAMES
from bot.errors import BadInput
from bot.quantities import find_time
from bot.triage import KINDS, judge, kinds_of
from bot.web.visit import Form

NOTE_MOST = 500
AHEAD_MOST = timedelta(days=366)
URGENCIES = tuple(URGENCY_NAMES)  # from the least to the most


class Told(NamedTuple):
    """`at`: when the call was; `seen`: the latest follow-up that was on the card."""

    call: Call
    at: datetime
    key: str
    seen: int


def read(form: Form) -> Told:
    """Raises BadInput, whose sentence says what to choose."""
    outcome, _, when = form.text("outcome", 60).partition(" ")
    if outcome not in OUTCOMES:
        raise BadInput("结果是什么？请按一个。")
    note = form.text("note", NOTE_MOST)
    at = from_phone.moment(timedelta(milliseconds=_digits(form, "waited")))
    call = Call(outcome, note, visited=form.on("visited"))
    if outcome == "needs_help":
        call = call._replace(kinds=_kinds(form, note), urgency=_urgency(form, note))
    if outcome == "call_later":
        call = call._replace(asked=_moment(when or form.text("time", 40), at))
    return Told(call, at, form.text("key", 64), _digits(form, "seen"))


def _digits(form: Form, name: str) -> int:
    text = form.text(name, 20)
    return int(text) if text.isascii() and text.isdecimal() else 0


def _kinds(form: Form, note: str) -> tuple[str, ...]:
    """Those that were ticked; with none, what the note speaks of."""
    ticked = tuple(kind for kind in KINDS if kind in form.all("kinds"))
    return ticked or kinds_of(note.split())


def _urgency(form: Form, note: str) -> str:
    """What was chosen, or what the note says if that is worse: 不想活 is never 一般."""
    chosen = form.text("urgency", 20) or "normal"
    if chosen not in URGENCIES:
        raise BadInput("有多急？请选一个。")
    return max(chosen, judge(note).urgency, key=URGENCIES.index)


def _moment(said: str, at: datetime) -> datetime | None:
    """1小时后, or a day and an hour as the picker writes them (2026-12-01T19:00); None when nothing was said."""
    if not said:
        return None
    local = clock.local(at)
    try:
        wanted = datetime.fromisoformat(said).replace(tzinfo=local.tzinfo)
    except ValueError:
        found = find_time(said, local)
        if found is None:
            raise BadInput("什么时候再打？请选一个以后的时间。") from None
        wanted = found.at
    if not local < wanted <= local + AHEAD_MOST:
        raise BadInput("什么时候再打？请选一个以后的时间，最远一年。")
    return wanted
