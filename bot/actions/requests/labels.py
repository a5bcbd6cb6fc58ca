"""What people said of the bot's judgement, kept for the next training: the sentence, encrypted, and what it really was.

Off unless `[privacy] keep_labels` says otherwise. No sender, household or request goes with it, of the time only the
day; numbers, and the names of the household, are struck out before it is stored.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC
from pathlib import Path

from bot import clock
from bot.actions.privacy import audit
from bot.actions.requests.alerts import Rules
from bot.models import HelpRequest, Label, Member, Staff, db

SOMEBODY, NUMBER = "某某", "［号码］"
CHINESE_DIGITS = "零〇一二三四五六七八九十百两幺壹贰叁肆伍陆柒捌玖"
NUMBERS = re.compile(
    r"[A-Za-z]{0,3}\d(?:[ \-.·—_]{0,2}\d){3,}[Xx]?"  # a phone, an identity card, an account, a household's code
    rf"|[{CHINESE_DIGITS}](?:[ \-.·]?[{CHINESE_DIGITS}]){{6,}}"
)
NAME = range(2, 5)  # letters of a Chinese name


async def keep(request: HelpRequest, rules: Rules, *, ask: bool) -> bool:
    """Remember what a request really was, in the transaction of the correction. Only what a family itself wrote."""
    if not rules.keep_labels or request.source != "message" or not request.words:
        return False
    names = {(request.nickname or "").partition("（")[0].strip()}
    if request.household_id is not None:
        names |= {one.name for one in await Member.filter(household_id=request.household_id)}
    today = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    await Label.create(
        day=today.astimezone(UTC),
        words=struck(request.words, {name for name in names if len(name) >= min(NAME)}),
        ask=ask,
        kinds=list(request.kinds) if ask else [],
        urgency=request.urgency if ask else "normal",
    )
    return True


def struck(text: str, names: Collection[str]) -> str:
    """Without numbers that lead to somebody, and without these names."""
    text = NUMBERS.sub(NUMBER, "".join(map(_plain, text)))
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, SOMEBODY)
    return text


def _plain(letter: str) -> str:
    """Digits and Latin letters of every width as the narrow ones; the rest of the sentence stays as it was written."""
    return unicodedata.normalize("NFKC", letter) if letter.isdecimal() or "Ａ" <= letter <= "ｚ" else letter


async def export(path: Path, *, by: int | None = None) -> int:
    """Write them in the form that `songnuan judge` reads, one JSON a line; returns how many.

    Of a sentence that was corrected twice the last word counts. Every name of the roster and of the staff is struck
    out as well; what else tells who somebody is (a street, a rare illness) only a reader sees.
    """
    rows = await Label.exclude(words=None).order_by("id")
    known = {row["name"] for row in [*await Member.all().values("name"), *await Staff.all().values("name")]}
    last = {row.words: row for row in rows}
    lines = [json.dumps(_line(row, known), ensure_ascii=False) for row in last.values()]
    async with db.transaction():
        await audit.note("labels.export", "label", staff_id=by, rows=len(lines))
    _write(path, lines)
    return len(lines)


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def _line(row: Label, known: Collection[str]) -> dict[str, str]:
    text = struck(row.words or "", {name for name in _pieces(row.words or "") if name in known})
    if not row.ask:
        return {"text": text, "label": "none"}
    return {"text": text, "label": "help", "kind": (row.kinds or ["other"])[0], "urgency": row.urgency}


def _pieces(text: str) -> Iterator[str]:
    """Everything in the text that is as long as a name: the roster may have a hundred thousand of them."""
    return (text[start : start + long] for long in NAME for start in range(len(text) - long + 1))
