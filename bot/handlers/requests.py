"""求助 and 收到 N: what is open, and who takes it."""

from datetime import datetime, timedelta

from bot import clock
from bot.actions.requests import help
from bot.actions.requests.alerts import KIND_NAMES, URGENCY_NAMES
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.errors import ActionError
from bot.events import Part
from bot.handlers.desk import Desk, spoken_to, staff
from bot.router import Findings, Router, Turn, command, direct

STATE_NAMES = {"open": "等人收到", "acknowledged": "已收到", "assigned": "已派人", "delivering": "送达中"}
SHOWN = 15
TAKERS = ("chair", "admin")


def routes(desk: Desk) -> Router:
    router = Router()

    async def acknowledge(speaker: Speaker, number: int) -> Answer:
        assert speaker.staff_id is not None
        try:
            taken = await help.acknowledge(number, speaker.staff_id, desk.rules)
        except ActionError as error:
            return Answer(private=desk.refuse(error).here)  # a group must not learn that there is a request
        return Answer(private=_taken(desk, taken, leads=speaker.role in TAKERS))

    async def listing(turn: Turn, speaker: Speaker) -> Answer:
        assert speaker.staff_id is not None
        rows = await help.open_for(speaker.staff_id)
        now = clock.now()
        review = [_line(row, now) for row in rows if row.state == "review"]
        lines = [_line(row, now) for row in rows if row.state != "review"]
        take = bool(rows) and speaker.role in TAKERS
        more = max(0, len(lines) - SHOWN) + max(0, len(review) - SHOWN)
        said = desk.say("requests", lines=lines[:SHOWN], review=review[:SHOWN], more=more, take=take)
        return Answer((*said, *(desk.on_page(turn, "/requests") if more else ())))

    async def not_here(turn: Turn) -> Answer:
        return Answer(desk.say("in-private"))

    router.add(acknowledge, command("收到"), staff(), _number)
    router.add(listing, command("求助", "求助单"), staff(), direct, _alone)
    router.add(not_here, command("求助", "求助单"), staff(), spoken_to, _alone)
    return router


def _number(turn: Turn) -> Findings | None:
    """收到 12, 收到12号, 收到#12; a bare 收到 is small talk and nobody's business."""
    digits = turn.text[len("收到") :].strip(" #第:，,。号！!")
    return {"number": int(digits)} if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


def _alone(turn: Turn) -> Findings | None:
    return {} if len(turn.text) <= 4 else None


def _taken(desk: Desk, taken: help.Taken, *, leads: bool) -> tuple[Part, ...]:
    return desk.say(
        "acknowledged",
        number=taken.number,
        household=taken.household,
        name=taken.name,
        waited=_span(taken.waited),
        leads=leads,
    )


def _line(request: help.Listed, now: datetime) -> str:
    who = request.household or "名册外"
    kinds = "、".join(KIND_NAMES[kind] for kind in request.kinds) or "没说清"
    since = f"{_span(now - request.opened_at).strip()}前"
    state = STATE_NAMES.get(request.state, "")
    what = f"{request.number} 号 {who} {kinds}（{URGENCY_NAMES[request.urgency]}）"
    return "，".join(part for part in (what, since, state) if part)


def _span(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return "不到 1 分钟"
    if seconds < 3600:
        return f" {seconds // 60} 分钟"
    if seconds < 86400:
        return f" {seconds // 3600} 小时"
    return f" {seconds // 86400} 天"
