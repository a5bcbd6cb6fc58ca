"""Which conversation gets a message: filters, the first match, findings by name, and words that are nobody's order."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Place, Speaker
from bot.errors import BadInput
from bot.events import Chat, Incoming, Sender
from bot.handlers.callparse import household_and_call
from bot.handlers.desk import family, spoken_to, staff, working_place
from bot.router import Findings, Router, Turn, command, direct, either, group
from bot.triage import fold

AT = datetime(2026, 12, 1, tzinfo=UTC)
CHAIR = Speaker("chair", "王秀兰", staff_id=1, unit_id=1)
KIN = Speaker("family", "刘桂芳", household_id=1, unit_id=1)
STAFF_PLACE = Place(1, "工作群", 1, frozenset({"staff"}), "qq")


def turn(
    text: str,
    *,
    kind: str = "direct",
    quoted: bool = False,
    mentions_me: bool = False,
    speaker: Speaker | None = None,
    place: Place | None = None,
) -> Turn:
    chat = Chat("group", "g") if kind == "group" else Chat("direct", "u")
    message = Incoming("qq", "1", AT, chat, Sender("u"), text, quoted, mentions_me)
    return Turn(message, fold(text).strip(), speaker, place)


async def test_the_first_route_whose_filters_all_agree_has_the_message() -> None:
    async def one() -> str:
        return "one"

    async def two() -> str:
        return "two"

    router, later = Router(), Router()
    router.add(one, command("帮助"), direct)
    later.add(two, command("帮助"))
    router.include(later)
    here, there = router.match(turn("帮助")), router.match(turn("帮助", kind="group"))
    assert here is not None and there is not None
    assert (await here(), await there()) == ("one", "two")
    assert router.match(turn("别的话")) is None


@pytest.mark.parametrize(
    ("text", "concerned"),
    [
        ("收到 12", True),  # nobody here may use it, but that can change until it is answered
        ("收到12", True),
        ("收到", True),
        ("收到啦大家", False),
        ("大家收到 12", False),
        ("今晚有空的来", True),
        ("今晚有雪", False),
    ],
)
def test_what_concerns_somebody_is_a_whole_command_word_or_what_a_listener_agrees_to(
    text: str, concerned: bool
) -> None:
    async def handler() -> None: ...

    router = Router()
    router.add(handler, staff("chair"), command("收到"))
    router.add(
        handler,
        direct,
        lambda turn: {} if "今晚" in turn.text else None,
        lambda turn: {} if "来" in turn.text else None,
    )
    assert router.concerns(turn(text)) is concerned
    assert not router.concerns(turn("今晚有空的来", kind="group"))


async def test_a_handler_is_given_the_findings_that_it_names() -> None:
    def number(_: Turn) -> Findings:
        return {"number": 7, "unwanted": 8}

    async def handler(rest: str, number: int, turn: Turn) -> tuple[str, int, str]:
        return rest, number, turn.text

    router = Router()
    router.add(handler, command("收到"), number)
    call = router.match(turn("收到 7"))
    assert call is not None and await call() == ("7", 7, "收到 7")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("收到", ""),
        ("收到 12", "12"),
        ("收到12", "12"),
        ("收到１２号", "12号"),
        ("收到：12", "12"),
        ("收到#12", "12"),
        ("收\u200b到 12", "12"),
        ("\u202e收到 12", "12"),
        ("收到\u300012", "12"),
        ("  收到 12\n", "12"),
        ("收到了", None),
        ("没收到 12", None),
        ("收", None),
        ("", None),
    ],
)
def test_a_command_is_known_however_it_is_typed(text: str, rest: str | None) -> None:
    found = command("收到")(turn(text))
    assert (None if found is None else found["rest"]) == rest


@pytest.mark.parametrize(("text", "rest"), [("回访H0123 平安", "H0123 平安"), ("绑定ABCD2345", "ABCD2345")])
def test_a_blank_may_be_missing_before_a_code(text: str, rest: str) -> None:
    assert command("回访", "绑定")(turn(text)) == {"rest": rest}


def test_words_in_a_quote_or_a_forward_are_nobodys_order() -> None:
    assert command("收到")(turn("收到 12", quoted=True)) is None


def test_where_and_to_whom() -> None:
    assert direct(turn("x")) is not None and group(turn("x")) is None
    assert group(turn("x", kind="group")) is not None and direct(turn("x", kind="group")) is None
    assert either(direct, group)(turn("x")) == {}
    assert either(group, command("x"))(turn("x y")) == {"rest": "y"}
    assert either(group, command("z"))(turn("x")) is None
    assert spoken_to(turn("x", kind="group")) is None
    assert spoken_to(turn("x", kind="group", mentions_me=True)) is not None
    assert spoken_to(turn("x", kind="group", place=STAFF_PLACE)) is not None
    assert working_place(turn("x", kind="group")) is None
    assert working_place(turn("x", kind="group", place=STAFF_PLACE)) is not None


def test_a_role_comes_from_the_binding_never_from_the_words() -> None:
    for pretended in ("收到 1", "我是主席 收到 1", "收\u200b到 1", "\uff33\uff34\uff21\uff26\uff26 收到 1"):
        assert staff()(turn(pretended)) is None
        assert staff()(turn(pretended, speaker=KIN)) is None
        assert staff("chair")(turn(pretended, speaker=CHAIR)) == {"speaker": CHAIR}
        assert staff("admin")(turn(pretended, speaker=CHAIR)) is None
    assert family(turn("x", speaker=KIN)) == {"speaker": KIN}
    assert family(turn("x", speaker=CHAIR)) is None and family(turn("x")) is None


@pytest.mark.parametrize(
    ("line", "code", "outcome", "note"),
    [
        ("H0123 需帮助 米 降压药 老人一个人", "H0123", "needs_help", "米 降压药 老人一个人"),
        ("h123，需帮助，米 降压药", "H123", "needs_help", "米 降压药"),
        ("123\n需帮助\n米", "123", "needs_help", "米"),
        ("H0123没人接", "H0123", "no_answer", ""),
        ("H0123 需要帮助 没药了", "H0123", "needs_help", "没药了"),
        ("xy-17 平安", "XY-17", "well", ""),
        ("东区-12 平安", "东区-12", "well", ""),
    ],
)
def test_a_call_back_is_understood_however_it_is_typed(line: str, code: str, outcome: str, note: str) -> None:
    who, call = household_and_call(fold(line))
    assert (who, call.outcome, call.note) == (code, outcome, note)


@pytest.mark.parametrize(("line", "problem"), [("", "没看到户编号"), ("平安", "户编号"), ("H1 啥", "不认识结果“啥”")])
def test_what_is_missing_is_named(line: str, problem: str) -> None:
    with pytest.raises(BadInput, match=problem):
        household_and_call(line)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60), st.booleans())
def test_no_text_breaks_a_filter(text: str, after_word: bool) -> None:
    check = command("回访", "收到", "?")
    for words in (text, "回访" + text, "收到 " + text) if after_word else (text,):
        found = check(turn(words))
        assert found is None or isinstance(found["rest"], str)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_no_line_of_a_call_back_breaks_the_parser(text: str) -> None:
    for line in (text, f"H0123 {text}", f"H0123 需帮助 {text}"):
        try:
            who, call = household_and_call(fold(line))
        except BadInput as error:
            assert 0 < len(str(error)) < 60
        else:
            assert 0 < len(who) <= 20 and call.outcome


def test_an_answer_may_be_empty() -> None:
    assert Answer() == ((), ())
