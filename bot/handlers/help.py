"""The last to listen: does somebody ask for help in plain words? In a group one neutral line, the rest in private."""

from bot.actions.requests import help
from bot.actions.requests.help import Need
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Place, Speaker
from bot.events import Part
from bot.handlers.desk import Desk, working_place
from bot.router import Findings, Router, Turn
from bot.triage import Judgement, clip, judge_folded


def routes(desk: Desk) -> Router:
    router = Router()

    async def heard(turn: Turn, judgement: Judgement) -> Answer:
        request, new = await help.raise_request(_need(turn, judgement), desk.rules)
        if judgement.decision == "review" and judgement.urgency == "emergency":
            return _gently(desk, turn, new=new)
        if judgement.decision == "review" and request.state == "review":
            return Answer()  # nobody is sure: no answer that would embarrass, a person will look
        return _answer(desk, turn, judgement, new=new)

    router.add(heard, working_place, _not_staff, _asks)
    return router


def _not_staff(turn: Turn) -> Findings | None:
    """Staff who talk about a need are at work; they log it with 回访."""
    return None if isinstance(turn.speaker, Speaker) and turn.speaker.is_staff else {}


def _asks(turn: Turn) -> Findings | None:
    if turn.message.quoted:
        return None
    known = isinstance(turn.speaker, Speaker) and turn.speaker.household_id is not None
    judgement = judge_folded(clip(turn.text), closely=known or turn.message.chat.kind == "direct")
    return None if judgement.decision == "none" else {"judgement": judgement}


def _need(turn: Turn, judgement: Judgement) -> Need:
    message, speaker, place = turn.message, turn.speaker, turn.place
    known = isinstance(speaker, Speaker)
    return Need(
        source="message",
        kinds=judgement.kinds,
        urgency=judgement.urgency,
        words=message.text[:4000],
        unit_id=speaker.unit_id if known else place.unit_id if isinstance(place, Place) else None,
        household_id=speaker.household_id if known else None,
        channel=message.channel,
        sender_id=message.sender.id,
        nickname="" if known else message.sender.nickname[:40],
        place="" if known or place is None else place.name[:40],
        message_key=f"{message.channel}:{message.message_id}"[:160],
        why=judgement.reasons,
        sure=judgement.decision == "alert",
    )


def _gently(desk: Desk, turn: Turn, *, new: bool) -> Answer:
    """Perhaps a heavy heart: in a group not a word, alone a warm one; people are told either way."""
    if turn.message.chat.kind != "direct":
        return Answer()
    return Answer(here=desk.say("suspected-private", again=not new, hotline=desk.hotline))


def _answer(desk: Desk, turn: Turn, judgement: Judgement, *, new: bool) -> Answer:
    if judgement.urgency == "emergency":
        private: tuple[Part, ...] = desk.say("emergency-private", hotline=desk.hotline, phone=desk.phone)
    else:
        private = desk.say("heard-private", again=not new, phone=desk.phone)
    if turn.message.chat.kind == "direct":
        return Answer(here=private)
    if not new:
        return Answer(private=private if judgement.urgency == "emergency" else ())
    return Answer(here=desk.say("heard-group"), private=private)
