"""What a page sends is judged before anything believes it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.sandbox.frames import TEXT_MAX, Refused, Say, parse


def frame(**changes: object) -> str:
    right = {"do": "say", "as": "f-0001", "chat": {"kind": "group", "id": "g"}, "text": "你好", "nonce": "1"}
    return json.dumps(right | changes)


def test_a_right_frame() -> None:
    said = parse(frame())
    assert isinstance(said, Say)
    assert (said.persona, said.chat.kind, said.text, said.nonce, said.quoted) == ("f-0001", "group", "你好", "1", False)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 5000,
        '{"do":"send"}',
        frame(do="delete"),
        frame(**{"as": ""}),
        frame(**{"as": "x" * 65}),
        frame(**{"as": 7}),
        frame(chat={"kind": "everyone", "id": "g"}),
        frame(chat="g"),
        frame(text=None),
        frame(nonce="n" * 65),
        frame(admin=True),
        '{"do":"say","as":"f","chat":{"kind":"group","id":"g"},"text":"\\ud800"}',
    ],
)
def test_what_makes_no_sense_is_a_bad_frame(raw: str) -> None:
    answer = parse(raw)
    assert isinstance(answer, Refused) and answer.code == "bad_frame"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0\x01\x7f"])
def test_silence_is_refused_under_its_nonce(text: str) -> None:
    assert parse(frame(text=text)) == Refused("empty", "还没有写内容", "1")


def test_length_counts_characters_not_bytes() -> None:
    assert isinstance(parse(frame(text="暖" * TEXT_MAX)), Say)
    assert isinstance(parse(frame(text="🔥" * TEXT_MAX)), Say)
    answer = parse(frame(text="暖" * (TEXT_MAX + 1)))
    assert isinstance(answer, Refused) and answer.code == "too_long"


def test_control_characters_go_but_lines_and_words_stay() -> None:
    said = parse(frame(text="一\0\x1b[31m\n二\t<b>‮"))
    assert isinstance(said, Say)
    assert said.text == "一[31m\n二\t<b>‮"


@given(st.text(max_size=200))
def test_any_string_is_answered_never_raised(raw: str) -> None:
    assert isinstance(parse(raw), Refused)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_words_arrive_without_controls(words: str) -> None:
    said = parse(frame(text=words))
    printable = [letter for letter in words if letter in "\n\t" or (letter >= " " and letter != "\x7f")]
    assert (said.text if isinstance(said, Say) else "") == "".join(printable).strip()
