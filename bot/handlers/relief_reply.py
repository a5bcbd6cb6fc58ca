"""1, 2 or 3: a family says whether what was brought has arrived. Whatever else they write with it is heard as well."""

import re

from bot.actions.requests import confirming
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.handlers import help
from bot.handlers.desk import Desk, family
from bot.router import Findings, Router, Turn, direct

# One character, or the words of the question; then perhaps more. 3天没吃饭了 is no answer: no blank behind the 3.
_ANSWER = re.compile(
    r"(?P<mark>[123])[.。!、,)）]?(?=$|\s|[收没有])\s*(?P<more>.*)"
    r"|(?P<words>收到了|收到啦|收到|没收到|没有收到|有问题)(?=$|[\s,，。!~])(?P<rest>.*)",
    re.DOTALL,
)
MARKS = {"1": "confirmed", "2": "not_received", "3": "issues"}
LONGEST = 300


def routes(desk: Desk) -> Router:
    router = Router()
    listening = help.routes(desk)  # the answer may hide a need; and without a question it is no answer at all

    async def reply(turn: Turn, speaker: Speaker, verdict: str, words: str) -> Answer:
        assert speaker.household_id is not None
        done = await confirming.by_family(speaker.household_id, verdict, words, desk.rules)
        heard = listening.match(turn)
        also: Answer = await heard() if heard is not None else Answer()
        return Answer(here=(*desk.say("relief-thanks", verdict=verdict), *also.here)) if done else also

    router.add(reply, direct, family, _answer)
    return router


def _answer(turn: Turn) -> Findings | None:
    text = turn.text
    found = _ANSWER.fullmatch(text) if len(text) <= LONGEST and not turn.message.quoted else None
    if found is None:
        return None
    if found["mark"]:
        return {"verdict": MARKS[found["mark"]], "words": _without_answer(found["more"])}
    verdict = "issues" if found["words"] == "有问题" else "confirmed" if found["words"][0] == "收" else "not_received"
    return {"verdict": verdict, "words": found["rest"].strip(" ,，。!~")}


def _without_answer(text: str) -> str:
    """1 收到了: the words only say the number once more."""
    return re.sub(r"^(收到了?|没有?收到|有问题)[\s,，。!]*", "", text.strip())
