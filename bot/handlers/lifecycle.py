"""派, 送达, 更正, 回访确认, 办结, 转介, 重开, 改类, 加急, 代报, 关联, 详情: a request's way in one line each.

Answers go to the person alone, wherever they wrote: a group must not learn who needs what.
"""

import re
from collections.abc import Awaitable, Callable

from bot import clock
from bot.actions.households import linking
from bot.actions.requests import confirming, correcting, detail, lifecycle, steps
from bot.actions.requests.alerts import KIND_NAMES, URGENCY_NAMES
from bot.actions.requests.reaching import CLOSED_AS
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.errors import ActionError, BadInput
from bot.events import Part
from bot.handlers.desk import Desk, spoken_to, staff
from bot.handlers.requests import STATE_NAMES
from bot.quantities import Gift, read_gifts, shown_all, yuan
from bot.router import Findings, Router, Turn, command
from bot.triage import KINDS, judge, kinds_of

NUMBERED = re.compile(r"#?第?(\d{1,9})(?!\d)\s*号?[\s:,，。]*(.*)", re.DOTALL)
# A household as people name it, and what follows: after a code of letters and digits no blank is needed.
FAMILY = re.compile(r"((?=[\w-]*\d)[A-Za-z0-9_-]{1,20}(?![A-Za-z0-9_-])|[\w·-]{1,20}(?!\S))[\s:,，]*(.*)", re.DOTALL)
NOTHING_GIVEN = ("无", "没有", "没送", "作废", "取消")
HOW = {  # what a chair writes behind 办结
    "no_need": ("不需要了", "不需要", "无需帮助", "无需", "不用了", "不用"),
    "unreachable": ("联系不上", "找不到人", "找不到", "失联"),
    "duplicate": ("重复",),
    "referred": ("转介",),
    "mistaken": ("不是求助", "不算求助", "误报", "听错了"),
    "helped": ("已解决", "解决了", "已帮助", "办好了", "好了"),
}
HOW_SOON = {  # what a chair writes behind 加急
    "emergency": ("万分紧急", "万分火急", "要命", "出人命", "危急"),
    "normal": ("取消", "不急", "一般", "不用"),
}
VERDICTS = {
    "not_received": ("没收到", "没有收到", "未收到", "2"),
    "issues": ("有问题", "3"),
    "confirmed": ("收到了", "已收到", "收到", "1"),
}
LOOK, STEPS_SHOWN = "详情", 15
Said = Awaitable[tuple[Part, ...]]
Work = Callable[[Desk, int, int, str], Said]


def routes(desk: Desk) -> Router:
    router = Router()
    for words, work in WORKS.items():
        router.add(_answering(desk, work), command(*words.split()), staff(), _numbered)
    router.add(_looking(desk), command(LOOK), staff(), _numbered)
    router.add(_reporting(desk), command("代报"), staff(), _family)
    every = " ".join([*WORKS, LOOK, "代报"]).split()
    router.add(_howto(desk), command(*every), staff(), spoken_to)
    return router


def _answering(desk: Desk, work: Work) -> Callable[..., Awaitable[Answer]]:
    async def answer(speaker: Speaker, number: int, rest: str) -> Answer:
        assert speaker.staff_id is not None
        try:
            return Answer(private=await work(desk, number, speaker.staff_id, rest))
        except ActionError as error:
            return Answer(private=desk.refuse(error).here)

    return answer


def _howto(desk: Desk) -> Callable[..., Awaitable[Answer]]:
    async def howto(turn: Turn) -> Answer:
        return Answer(private=desk.say("lifecycle-howto", problem="没看到求助单的号码。"))

    return howto


def _numbered(turn: Turn) -> Findings | None:
    """The number behind the command word, and what follows it."""
    found = NUMBERED.fullmatch(_behind(turn.text))
    return {"number": int(found[1]), "rest": found[2].strip()} if found else None


def _family(turn: Turn) -> Findings | None:
    found = FAMILY.fullmatch(turn.text.removeprefix("代报").strip(" \t:,，#"))
    return {"who": found[1], "words": found[2].strip()} if found else None


def _behind(text: str) -> str:
    word = next((one for one in sorted(_WORDS, key=len, reverse=True) if text.startswith(one)), "")
    return text[len(word) :].strip(" \t\r\n:,，。")


async def _assign(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    """派 12 李强, 派 12 李强 米10斤 油1桶."""
    rest = rest.removeprefix("给").strip()
    who, _, things = rest.partition(" ")
    done = await lifecycle.assign(number, staff_id, who.strip(",，:。"), read_gifts(things), desk.rules)
    return desk.say(
        "assigned",
        number=number,
        household=done.household,
        person=done.person,
        before=done.before,
        told=done.told,
        gifts=shown_all(done.gifts),
    )


async def _deliver(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    more = rest.startswith(("又", "再"))
    gifts = read_gifts(rest[1:] if more else rest)
    done = await lifecycle.deliver(number, staff_id, gifts, desk.rules, more=more)
    return desk.say(
        "delivered",
        number=number,
        household=done.household,
        things=shown_all(done.gifts),
        total=_total(done.gifts),
        left=done.left,
    )


async def _correct(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    gifts = [] if rest in NOTHING_GIVEN else read_gifts(rest)
    if not gifts and rest not in NOTHING_GIVEN:
        raise BadInput(f"改成什么？例如：更正 {number} 米8斤 油1桶 170元；其实没送就写：更正 {number} 无。")
    household, was, now = await lifecycle.correct(number, staff_id, gifts, desk.rules)
    return desk.say(
        "corrected",
        number=number,
        household=household,
        was=shown_all(was),
        things=shown_all(now),
        total=_total(now),
    )


def _total(gifts: list[Gift]) -> str:
    """Of several things; one says itself what it is worth."""
    priced = len(gifts) > 1 and any(gift.value_fen for gift in gifts)
    return yuan(sum(gift.value_fen for gift in gifts)) if priced else ""


async def _confirm(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    verdict, words = _first_of(VERDICTS, rest, "confirmed")
    done = await confirming.by_staff(number, staff_id, verdict, words, desk.rules)
    return desk.say(
        "confirmed",
        number=number,
        household=done.household,
        verdict=confirming.VERDICTS[verdict],
        things=done.things,
        closed=done.closed,
        left=done.left,
        words=words,
    )


async def _close(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    how, words = _first_of(HOW, rest, "helped")
    same_as = None
    if how == "duplicate":
        found = NUMBERED.fullmatch(words)
        if found is None:
            raise BadInput(f"和几号重复？请写成：办结 {number} 重复 9。")
        same_as, words = int(found[1]), found[2].strip()
    return await _closed(desk, number, staff_id, how, words, same_as)


async def _refer(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    if not rest:
        raise BadInput(f"转到哪里？请写上，例如：转介 {number} 民政。")
    return await _closed(desk, number, staff_id, "referred", rest, None)


async def _closed(
    desk: Desk, number: int, staff_id: int, how: str, words: str, same_as: int | None
) -> tuple[Part, ...]:
    household = await lifecycle.close(number, staff_id, how, words, desk.rules, same_as=same_as)
    name = CLOSED_AS[how] + (f"（和 {same_as} 号）" if same_as is not None else "")
    return desk.say("closed", number=number, household=household, how=name, words=words)


async def _reopen(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    household, person = await lifecycle.reopen(number, staff_id, rest, desk.rules)
    return desk.say("reopened", number=number, household=household, person=person)


async def _link(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    """关联 12 H0123 [谁], 关联 12 新户 张秀英 孤寡老人."""
    words = rest.split()
    if words[:1] in (["新户"], ["建户"]):
        name, category = [*words[1:3], "", ""][:2]
        done = await linking.open_family(number, name, category, staff_id)
    elif words and re.fullmatch(r"[\w·-]{1,20}", words[0]):
        done = await linking.link(number, words[0], " ".join(words[1:])[:40], staff_id)
    else:
        raise BadInput(f"是哪一户？请写成：关联 {number} H0123；名册上没有的，写：关联 {number} 新户 张秀英 孤寡老人。")
    return desk.say(
        "linked",
        number=number,
        household=done.household,
        before=done.before,
        member=done.member,
        others="、".join(f"{one} 号" for one in done.others),
        opened=words[0] in ("新户", "建户"),
    )


async def _recategorise(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    """改类 12 药品, 改类 12 缺药 没钱."""
    known = {name: kind for kind, name in KIND_NAMES.items()}
    words = [word for word in re.split(r"[\s,，、。]+", rest) if word]
    wanted = {known[word] for word in words if word in known} | {*kinds_of([w for w in words if w not in known])}
    done = await correcting.kinds(number, staff_id, [kind for kind in KINDS if kind in wanted], desk.rules)
    return desk.say("judged-anew", what="需要", **done._asdict())


async def _hasten(desk: Desk, number: int, staff_id: int, rest: str) -> tuple[Part, ...]:
    wanted, _ = _first_of(HOW_SOON, rest, "urgent")
    done = await correcting.urgency(number, staff_id, wanted, desk.rules)
    return desk.say("judged-anew", what="程度", **done._asdict())


def _looking(desk: Desk) -> Callable[..., Awaitable[Answer]]:
    async def look(turn: Turn, speaker: Speaker, number: int) -> Answer:
        assert speaker.staff_id is not None
        try:
            seen = await detail.look(number, speaker.staff_id)
        except ActionError as error:
            return Answer(private=desk.refuse(error).here)
        more = desk.on_page(turn, f"/requests/{number}") if len(seen.steps) > STEPS_SHOWN else ()
        return Answer(private=(*_seen(desk, number, seen), *more))

    return look


def _seen(desk: Desk, number: int, seen: detail.Detail) -> tuple[Part, ...]:
    lines = [_step(one) for one in seen.steps[-STEPS_SHOWN:]]
    state = CLOSED_AS.get(seen.closed_as, "已办结") if seen.state == "closed" else STATE_NAMES.get(seen.state, "待核实")
    shown = {name: value for name, value in seen.shown.items() if name != "words"}
    why = "、".join(seen.why)
    return desk.say(
        "request-detail", number=number, state=state, person=seen.person, lines=lines, why=why, words="", **shown
    )


def _step(one: steps.Step) -> str:
    when = clock.local(one.at).strftime("%m-%d %H:%M")
    return " ".join(part for part in (when, one.who, steps.NAMES.get(one.step, one.step), one.words.strip()) if part)


def _reporting(desk: Desk) -> Callable[..., Awaitable[Answer]]:
    async def report(speaker: Speaker, who: str, words: str) -> Answer:
        assert speaker.staff_id is not None
        if not words:
            return Answer(private=desk.say("lifecycle-howto", problem="缺什么？请写上，例如“代报 H0123 缺药”。"))
        heard = judge(words)
        kinds = heard.kinds or ("other",)
        try:
            request, new = await lifecycle.behalf(who, words, kinds, heard.urgency, speaker.staff_id, desk.rules)
            seen = await detail.code_of(request)
        except ActionError as error:
            return Answer(private=desk.refuse(error).here)
        return Answer(private=_reported(desk, request.id, seen, kinds, heard.urgency, joined=not new))

    return report


def _reported(
    desk: Desk, number: int, code: str, kinds: tuple[str, ...], urgency: str, *, joined: bool
) -> tuple[Part, ...]:
    needs = "、".join(KIND_NAMES[kind] for kind in kinds)
    return desk.say("behalf", number=number, household=code, needs=needs, urgency=URGENCY_NAMES[urgency], joined=joined)


def _first_of(table: dict[str, tuple[str, ...]], text: str, otherwise: str) -> tuple[str, str]:
    """The meaning whose word the text begins with, and the text behind it."""
    for meaning, words in table.items():
        for word in words:
            if text.startswith(word) and not (word.isdigit() and text[1:2].isdigit()):
                return meaning, text[len(word) :].strip(" ,，。:")
    return otherwise, text


WORKS: dict[str, Work] = {
    "派 指派 派人": _assign,
    "送达 送到": _deliver,
    "更正": _correct,
    "回访确认 确认收到": _confirm,
    "办结 结案": _close,
    "转介": _refer,
    "重开": _reopen,
    "关联": _link,
    "改类": _recategorise,
    "加急": _hasten,
}
_WORDS = " ".join([*WORKS, LOOK]).split()
