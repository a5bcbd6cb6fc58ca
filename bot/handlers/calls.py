"""我的回访, 下一户, and then one word for how it went: 平安, 未接, 晚上再打 19:00. With a phone in one hand.

The word counts for the household that 下一户 showed the person last. Names and numbers only in a direct talk.
"""

from collections.abc import Awaitable, Callable

from bot import clock
from bot.actions.households import viewing
from bot.actions.outreach import callbacks, calllists, nextcall, scripts
from bot.actions.outreach.callbacks import Call
from bot.actions.outreach.calllists import WHY, Entry
from bot.actions.outreach.nextcall import Shown
from bot.actions.outreach.outcomes import BY_WORD
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.errors import ActionError
from bot.events import Part
from bot.handlers.callbacks import CALLERS, attempt
from bot.handlers.callparse import call_of, later, outcome_of
from bot.handlers.desk import Desk, in_staff_group, spoken_to, staff
from bot.router import Findings, Router, Turn, command, direct

LISTED = 12
# Among colleagues only words that nobody writes for another reason; 求助 is a command of its own.
GROUP_WORDS = ("未接", "无人接听", "没人接", "没接", "占线", "关机", "停机")
WORDS = tuple(word for word in BY_WORD if word not in ("求助", "稍后", "晚点", "再打", "稍后再打", "晚点再打"))


Handler = Callable[..., Awaitable[Answer]]


def routes(desk: Desk) -> Router:
    router = Router()
    brief = _brief(desk)
    router.add(_following(desk), command("下一户", "下一个"), staff(*CALLERS), spoken_to)
    router.add(_listing(desk), command("我的回访"), staff(*CALLERS), spoken_to)
    router.add(_giving_back(desk), command("退回"), staff(*CALLERS), spoken_to)
    router.add(brief, command(*WORDS), staff(*CALLERS), direct, _call)
    router.add(brief, command("上门", "登门", "走访", "家访"), staff(*CALLERS), direct, _visit)
    router.add(brief, command(*GROUP_WORDS), staff(*CALLERS), spoken_to, _call)
    router.add(brief, staff(*CALLERS), spoken_to, _later)
    return router


def _following(desk: Desk) -> Handler:
    async def following(turn: Turn, speaker: Speaker) -> Answer:
        assert speaker.staff_id is not None
        try:
            shown = await nextcall.show(speaker.staff_id, desk.calling, desk.rules)
        except ActionError as error:
            return desk.refuse(error)
        private = _shown(desk, shown, speaker.name)
        if turn.message.chat.kind == "direct":
            return Answer(private)
        return Answer(desk.say("next-call-group", code=shown.code, relation=shown.relation), private)

    return following


def _listing(desk: Desk) -> Handler:
    async def listing(turn: Turn, speaker: Speaker) -> Answer:
        assert speaker.staff_id is not None
        try:
            entries = await calllists.mine(speaker.staff_id)
        except ActionError as error:
            return desk.refuse(error)
        await viewing.listed(speaker.staff_id, "calls", [one.code for one in entries[:LISTED]])
        today = sum((await calllists.calls_today(speaker.staff_id)).values())
        more = desk.on_page(turn, "/calls") if len(entries) > LISTED else ()
        return Answer(private=(*_listed(desk, entries, today), *more))

    return listing


def _giving_back(desk: Desk) -> Handler:
    async def give_back(speaker: Speaker, rest: str) -> Answer:
        assert speaker.staff_id is not None
        try:
            code = await callbacks.hand_back(rest, speaker.staff_id)
        except ActionError as error:
            return Answer(private=desk.refuse(error).here)
        return Answer(desk.say("call-returned", code=code))

    return give_back


def _brief(desk: Desk) -> Handler:
    async def brief(turn: Turn, speaker: Speaker, call: Call) -> Answer:
        assert speaker.staff_id is not None
        if in_staff_group(turn) and await callbacks.last_shown(speaker.staff_id) is None:
            return Answer()  # colleagues talk
        work = callbacks.record_shown(call, speaker.staff_id, desk.rules, desk.calling)
        return await attempt(desk, turn, speaker.staff_id, work, call)

    return brief


def _call(turn: Turn) -> Findings | None:
    return {"call": call_of(turn.text)}


def _visit(turn: Turn) -> Findings | None:
    """上门 平安; without an outcome it is talk about a visit."""
    return _call(turn) if outcome_of(turn.text) is not None else None


def _later(turn: Turn) -> Findings | None:
    """晚上再打 19:00; in a group of staff only when the line says nothing else."""
    call = None if turn.message.quoted else later(turn.text)
    return None if call is None or (call.note and in_staff_group(turn)) else {"call": call}


def _shown(desk: Desk, shown: Shown, caller: str) -> tuple[Part, ...]:
    script = scripts.script(
        desk.texts,
        shown.script_key,
        category=shown.category,
        name=shown.name,
        relation=shown.relation,
        caller=caller,
    )
    facts = {**shown._asdict(), "last_at": _day(shown), "asked_at": _clock(shown)}
    return desk.say("next-call", **facts, script=script)


def _day(shown: Shown) -> str:
    return f"{clock.local(shown.last_at):%m月%d日}" if shown.last_at is not None else ""


def _clock(shown: Shown) -> str:
    return f"{clock.local(shown.asked_at):%m月%d日 %H:%M}" if shown.asked_at is not None else ""


def _listed(desk: Desk, entries: list[Entry], today: int) -> tuple[Part, ...]:
    due = [one for one in entries if one.due]
    return desk.say(
        "my-calls",
        total=len(entries),
        due=len(due),
        promised=sum(one.why == calllists.PROMISED for one in due),
        today=today,
        lines=[_line(one) for one in entries[:LISTED]],
        more=max(0, len(entries) - LISTED),
    )


def _line(entry: Entry) -> str:
    when = f"{clock.local(entry.next_call_at):%m月%d日 %H:%M}" if entry.next_call_at is not None else ""
    state = WHY[entry.why] + (f"，{when}" if when else "") if entry.due else f"{when or '改天'} 以后"
    return f"{entry.code} {entry.name}，{state}"
