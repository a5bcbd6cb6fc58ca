"""What a line of a volunteer says, and when a household may be called again."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import clock
from bot.actions.outreach.calling import Calling, next_attempt
from bot.actions.outreach.outcomes import BY_WORD, NEXT_STEPS, OUTCOMES
from bot.errors import BadInput
from bot.handlers.callparse import household_and_call, later

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)  # 12:00 on a Tuesday in Shanghai


@pytest.fixture(autouse=True)
def noon() -> None:
    clock.use(lambda: NOON)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=clock.zone())


@pytest.mark.parametrize(
    ("text", "who", "outcome", "note", "kinds"),
    [
        ("H0123 平安", "H0123", "well", "", ()),
        ("h0123没人接", "H0123", "no_answer", "", ()),
        ("张秀英 需帮助 米 降压药 老人一个人", "张秀英", "needs_help", "米 降压药 老人一个人", ("food", "medicine")),
        ("张秀英需帮助 米", "张秀英", "needs_help", "米", ("food",)),
        ("张秀英，没接", "张秀英", "no_answer", "", ()),
        ("李平安 平安", "李平安", "well", "", ()),
        ("尾号 0101 占线", "尾号0101", "busy", "", ()),
        ("张秀英 稍后再打 她在医院", "张秀英", "call_later", "她在医院", ()),
        ("H0123 没接 晚上再打", "H0123", "no_answer", "晚上再打", ()),
    ],
)
def test_a_line(text: str, who: str, outcome: str, note: str, kinds: tuple[str, ...]) -> None:
    found, call = household_and_call(text)
    assert (found, call.outcome, call.note, call.kinds) == (who, outcome, note, kinds)


@pytest.mark.parametrize(
    ("text", "who", "outcome", "note"),
    [
        ("H0123 上门 平安", "H0123", "well", ""),
        ("H0123上门，平安", "H0123", "well", ""),
        ("张秀英上门平安", "张秀英", "well", ""),
        ("张秀英 走访了 需帮助 米", "张秀英", "needs_help", "米"),
        ("张秀英 上门 不在家 邻居说去女儿家了", "张秀英", "no_answer", "邻居说去女儿家了"),
        ("H0123 登门看望 晚上再打 19:00", "H0123", "call_later", ""),
    ],
)
def test_a_visit_is_no_phone_call(text: str, who: str, outcome: str, note: str) -> None:
    found, call = household_and_call(text)
    assert (found, call.outcome, call.note, call.visited) == (who, outcome, note, True)
    assert not household_and_call("H0123 平安 明天上门")[1].visited, "what is said behind the outcome is a note"


@pytest.mark.parametrize(
    "text", ["", "平安", "H0123", "H0123 还行吧", "张秀英", "平安 还行", "上门 平安", "H0123 上门"]
)
def test_a_line_that_says_too_little(text: str) -> None:
    with pytest.raises(BadInput):
        household_and_call(text)


@pytest.mark.parametrize(
    ("text", "when", "note"),
    [
        ("晚上再打 19:00", at(1, 19), ""),
        ("再打 19:00", at(1, 19), ""),
        ("明天上午再打", at(2, 9), ""),
        ("晚上七点半再打 她女儿在", at(1, 19, 30), "她女儿在"),
        ("过两天再打", at(3, 12), ""),
        ("两小时后再打", at(1, 14), ""),
    ],
)
def test_when_to_call_again(text: str, when: datetime, note: str) -> None:
    call = later(text)
    assert call is not None and (call.outcome, call.asked, call.note) == ("call_later", when, note)


@pytest.mark.parametrize("text", ["晚上再打电话给你吧", "他说别再打了", "你们先吃，吃完再打 19:00 的球"])
def test_what_only_sounds_like_it(text: str) -> None:
    assert later(text) is None


def again(
    wanted: datetime, *, asked: bool = False, best: str = "", avoid: tuple[tuple[int, int], ...] = ()
) -> datetime:
    return next_attempt(NOON, wanted, asked=asked, best_time=best, avoid=avoid, calling=Calling())


@pytest.mark.parametrize(
    ("wanted", "options", "expected"),
    [
        (at(1, 14), {}, at(2, 8, 30)),  # never twice in a day …
        (at(1, 14), {"asked": True}, at(1, 14)),  # … but when the family asked for it
        (at(1, 21), {"asked": True}, at(2, 8, 30)),  # inside calling hours
        (at(2, 6), {"asked": True}, at(2, 8, 30)),
        (at(2, 12), {"best": "晚上七点以后"}, at(2, 19)),
        (at(2, 12), {"best": "周六上午"}, at(5, 9)),
        (at(2, 12), {"best": "说不准"}, at(2, 12)),
        (at(2, 12), {"avoid": ((12, 2), (12, 3))}, at(4, 12)),
        (at(1, 19), {"asked": True, "avoid": ((12, 1),)}, at(2, 19)),
    ],
)
def test_the_rules_for_the_next_attempt(wanted: datetime, options: dict[str, object], expected: datetime) -> None:
    assert again(wanted, **options) == expected  # type: ignore[arg-type]


def test_no_limit_on_hours_is_possible() -> None:
    late = at(1, 23)
    found = next_attempt(NOON, late, asked=True, best_time="", avoid=(), calling=Calling(hours=""))
    assert found == late


def test_the_table_of_outcomes_leaves_nothing_open() -> None:
    for outcome in OUTCOMES.values():
        assert outcome.final == (outcome.again is None), outcome.code
        assert outcome.final or (outcome.tries > 1 and outcome.then in NEXT_STEPS), outcome.code
        assert outcome.ends in NEXT_STEPS
        assert all(BY_WORD[word] is outcome for word in outcome.words)
        assert outcome.again is None or outcome.again >= timedelta(hours=1)
