"""Whatever bytes come from the socket: a frame, or BadFrame, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.onebot import incoming
from bot.channels.onebot.calls import Echoes
from bot.channels.onebot.frames import MAX_ANSWER, BadFrame, Frame, decode, ident, message_ident
from bot.channels.onebot.outcomes import judge
from bot.channels.onebot.segments import parse_cq, read
from bot.errors import SendError
from bot.events import Incoming, OwnMessage, Receipt

WIRE = Path(__file__).parents[1] / "wire" / "onebot"
FIELDS = sorted(Frame.__struct_fields__)
SURROGATES = st.characters(categories=["Cs"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.text(SURROGATES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SEGMENT = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "at", "reply", "json", "face"]) | JSON},
    optional={"data": st.fixed_dictionaries({}, optional={"text": JSON, "qq": JSON}) | JSON},
)


def use(data: bytes) -> Frame | None:
    """Everything that the channel does with a frame before it looks at its own state."""
    try:
        frame = decode(data)
    except BadFrame:
        return None
    for step in (_as_message, _as_answer):
        try:
            step(frame)
        except BadFrame:
            continue
    return frame


def _as_message(frame: Frame) -> None:
    assert isinstance(incoming.message("qq", "10000001", frame), Incoming | OwnMessage)


def _as_answer(frame: Frame) -> None:
    assert isinstance(judge(frame), Receipt | SendError)
    Echoes().late_ref(frame.echo)
    incoming.groups(frame.data)


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    use(data)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.lists(SEGMENT, max_size=3)))
def test_any_json_object(fields: dict[str, Any]) -> None:
    use(json.dumps(fields).encode())


@given(st.sampled_from(sorted(WIRE.glob("*.json"))), st.sampled_from(FIELDS), JSON)
def test_a_recorded_frame_with_one_field_forged(file: Path, field: str, value: Any) -> None:
    use(json.dumps(json.loads(file.read_text()) | {field: value}).encode())


@given(st.sampled_from(sorted(WIRE.glob("*.json"))), st.integers(0, 3000), st.binary(max_size=4))
def test_a_recorded_frame_with_bytes_replaced(file: Path, at: int, junk: bytes) -> None:
    data = file.read_bytes()
    use(data[:at] + junk + data[at + len(junk) :])


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"echo":' + b"[" * 100_000, b'{"data":' * 50_000, b'{"x":1e999}'])
def test_deep_and_monstrous_json(data: bytes) -> None:
    use(data)


def test_too_large_is_told_apart() -> None:
    with pytest.raises(BadFrame, match="oversized"):
        decode(b" " * (MAX_ANSWER + 1))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb"\ud800", "\ufffd"),
        (rb"a\udc00b", "a\ufffdb"),
        (rb"\ud83d\ude00\ud83d", "\U0001f600\ufffd"),
        (rb"\\ud800", r"\ud800"),
        (rb"\n\ud800\"", '\n\ufffd"'),
        (b"\xed\xa0\x80", "\ufffd" * 3),
        (b"\xff", "\ufffd"),
    ],
)
def test_half_characters_are_replaced_not_fatal(raw: bytes, text: str) -> None:
    frame = decode(b'{"post_type":"message","message":"' + raw + b'"}')
    assert frame.message == text


@given(st.text(st.characters() | SURROGATES))
def test_any_text_survives_as_far_as_it_can_be_text(text: str) -> None:
    frame = decode(json.dumps({"message": text}).encode())
    expected = json.loads(json.dumps(text)).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    assert isinstance(frame.message, str)
    assert frame.message.replace("\ufffd", "") == expected.replace("\ufffd", "")


@given(st.text() | st.text(st.sampled_from("[]CQ:,=&#amp;91 at")))
def test_any_cq_string_is_read(text: str) -> None:
    words = read(text, "10000001")
    assert len(words.text) <= len(text)


@given(st.text())
def test_escaped_text_comes_back_as_it_was_typed(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")
    assert read(escaped, "1").text == text.strip()


def test_cq_parsing_is_linear() -> None:
    hostile = "[CQ:at,qq=" * 100_000
    assert "".join(s.data.text for s in parse_cq(hostile) if s.data) == hostile


@pytest.mark.parametrize("value", [0, -1, "", "0123", "12 3", "１２３", "1;2", "all", None, 10**21, "9" * 21])
def test_forged_ids(value: Any) -> None:
    with pytest.raises(BadFrame, match="bad_id"):
        ident(value)


def test_ids_as_number_or_string_are_the_same() -> None:
    assert ident(20000001) == ident("20000001") == "20000001"
    assert message_ident(-12) == message_ident("-12") == "-12"
