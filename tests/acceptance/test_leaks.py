"""Nobody learns anything of a family that is not theirs: every chat command, for everybody who has no business with it.

The commands come from the router itself, so a new one is played without anybody thinking of it. The measure is that
the answers about a family that exists are the same as those about one that does not, whatever is typed behind them.
"""

import asyncio
import re
from typing import Any

import pytest

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.staff import directory
from bot.handlers import build
from bot.models import Delivery, FollowUp, HelpRequest, Household, Identity, Relief, Staff, Unit
from bot.triage import judge
from tests.kept import ADDRESS, NICKNAME, NOTE, PHONE, WORDS, lived
from tests.people import CHAIR, CHANNEL, EDITOR, FAMILY_GROUP, MA, OUTSIDER, STAFF_GROUP, STRANGER, WU
from tests.room import Room, incoming

CLERK, HELPER, OFFICE = "31000011", "31000012", "31000013"  # editor, volunteer and admin of the other mine
STRANGERS = {
    "a chair of another mine": OUTSIDER,
    "an admin of another mine": OFFICE,
    "a volunteer of another mine": HELPER,
    "an editor of another mine": CLERK,
    "a family of another mine": MA,
    "a neighbour": WU,
    "a stranger": STRANGER,
}
# What is typed behind a command about the family that exists, and the same about one that does not.
REAL = ["1", "H0123", "刘桂芳", "0100", PHONE, "H0123 问个好", "1 陈小满", "1 米10斤 186元", "H0123 平安", "H0123 缺药"]
NONE = [
    "7",
    "H7123",
    "贺国珍",
    "7100",
    "13800007100",
    "H7123 问个好",
    "7 陈小满",
    "7 米10斤 186元",
    "H7123 平安",
    "H7123 缺药",
]
SAME = list(zip(REAL, NONE, strict=True))
_PIECES = {piece for typed in REAL + NONE for piece in (typed, *typed.split())}
_PIECES |= {"H0001", "H0007", "100", "H0100", "H7100"}  # a number read as a code, an ending as a number
_PIECES |= {PHONE[:10], "1380000710"}  # and as an answer cuts it short
TYPED = re.compile(
    "|".join(rf"(?<![0-9]){re.escape(piece)}(?![0-9])" for piece in sorted(_PIECES, key=len, reverse=True))
)
BY_THE_WAY = [ADDRESS, NICKNAME, NOTE, "老伴的腿", "阴面那间屋", "女儿刘小妹", "186.5", PHONE, "138****0100"]
OWN_LIFE = {
    "解绑",
    "解除绑定",
    "退订",
    "订阅",
    "删除我的资料",
    "导出我的资料",
}  # change only who writes them: played last


def words(room: Room) -> list[str]:
    """Every command there is, but those by which people end what they are themselves."""
    every = {word for route in build(room.desk)._routes for word in route.words}
    assert every > OWN_LIFE
    return sorted(every - OWN_LIFE)


@pytest.fixture
async def room(database: str) -> Room:
    """刘桂芳 of 向阳 has lived through everything; 清河 has people in every role."""
    room = await lived()
    mine, now = (await Unit.get(code="M2")).id, clock.now()
    for account, name, role in ((CLERK, "何静", "editor"), (HELPER, "罗小军", "volunteer"), (OFFICE, "贺明", "admin")):
        staff = await Staff.create(name=name, role=role, unit_id=mine)
        await Identity.create(channel=CHANNEL, user_id=account, staff=staff, bound_at=now)
    await directory.refresh_if_forgotten()
    await room.deliver()
    await room.news()
    return room


async def told(room: Room, text: str, who: str, group: str | None) -> list[tuple[str, str, str]]:
    """(kind, chat, text) of all that is said because of it, to whomever."""
    message = incoming(text, who, group)
    await room.reception.received(message)
    rows = await Delivery.filter(key__endswith=f":{message.message_id}").order_by("key")
    return [(row.chat_kind, row.chat_id, outbox.plain(outbox.decode(row.body or "[]"))) for row in rows]


# What a heavy heart hears in private, and when it writes once more: both of a pair may sound like one.
FIRST, AGAIN = "谢谢您跟我说这些。我是机器人，怕自己听漏了，已经请工会的人看一眼。", "您说的我都转给工会的人了。"


def masked(said: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Without the words that were typed, of either kind: repeating these tells nothing. Nor does a second time."""
    return [(kind, chat, TYPED.sub("…", text.replace(AGAIN, FIRST))) for kind, chat, text in said]


def alike(one: str, other: str) -> bool:
    """Does triage, which knows no roster, make the same of both? Names have characters, and these weigh a little."""
    pairs = [(judge(one, closely=closely), judge(other, closely=closely)) for closely in (False, True)]
    return all((first.decision, first.urgency) == (second.decision, second.urgency) for first, second in pairs)


def leaked(said: list[tuple[str, str, str]], *more: str) -> list[str]:
    """Secrets that were told though nobody had typed them."""
    return [secret for *_, text in masked(said) for secret in (*BY_THE_WAY, *more) if secret in text]


async def kept() -> list[Any]:
    """What may not change by anything a stranger types."""
    return [
        await HelpRequest.filter(id=1).values(),
        await Household.filter(code="H0123").values(),
        await FollowUp.all().order_by("id").values(),
        await Relief.all().order_by("id").values(),
    ]


@pytest.mark.parametrize("who", STRANGERS.values(), ids=STRANGERS)
async def test_it_is_as_if_the_family_were_not_there(room: Room, who: str) -> None:
    wrong: list[tuple[object, ...]] = []
    before = await kept()
    for word in words(room):
        for place in (None, FAMILY_GROUP, STAFF_GROUP):
            pairs = SAME if place is None else SAME[:3]
            asked = [told(room, f"{word} {typed}", who, place) for pair in pairs for typed in pair]
            answers = await asyncio.gather(*asked, told(room, word, who, place))
            for (real, none), told_real, told_none in zip(pairs, answers[::2], answers[1::2], strict=False):
                if masked(told_real) != masked(told_none) and alike(f"{word} {real}", f"{word} {none}"):
                    wrong.append((word, real, place, told_real, told_none))
            wrong += [(word, secret) for said in answers for secret in leaked(said)]
    assert wrong == []
    assert await kept() == before, "a stranger changed something"


def test_nearly_all_of_it_is_judged_alike(room: Room) -> None:
    """Else the test above would look away too often."""
    differ = [
        (word, real) for word in words(room) for real, none in SAME if not alike(f"{word} {real}", f"{word} {none}")
    ]
    assert len(differ) <= 2, differ


async def test_the_measure_tells_who_may(room: Room) -> None:
    """The chair of the family's own mine does hear a difference, or the test above would prove nothing."""
    heard = 0
    for word in words(room):
        real, none = (
            await told(room, f"{word} H0123 问个好", CHAIR, None),
            await told(room, f"{word} H7123 问个好", CHAIR, None),
        )
        heard += masked(real) != masked(none)
    assert heard >= 4


async def test_nothing_of_a_family_is_said_in_a_group(room: Room) -> None:
    """Whoever may know, and whatever they write there: in a group no name, no number, no need."""
    for word in words(room):
        for typed in ("", "1", "H0123", "刘桂芳", "1 米10斤 186元"):
            for place in (FAMILY_GROUP, STAFF_GROUP):
                said = await told(room, f"{word} {typed}", CHAIR, place)
                public = [one for one in said if one[0] == "group"]
                assert not leaked(public, "刘桂芳", WORDS), (word, typed, place)


async def test_an_editor_of_the_own_union_learns_no_more_than_that_there_is_a_request(room: Room) -> None:
    for word in words(room):
        for typed in ("", *REAL):
            assert not leaked(await told(room, f"{word} {typed}", EDITOR, None), WORDS), (word, typed)
