"""Messages of a gateway become events of ours: whose words, where, when; and what is none of our business."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechaty.incoming import MAX_TEXT, BadMessage, message
from bot.events import Chat, Incoming, OwnMessage

ME, LIU, ROOM = "wxid_songnuan", "wxid_liu", "70000000001@chatroom"


@dataclass
class Payload:
    """As the gateway's answer is decoded."""

    id: str = "wx1"
    text: str = "家里没米了"
    timestamp: int = 1_795_600_000
    type: int = 7
    from_id: str = LIU
    room_id: str = ""
    to_id: str = ME
    mention_ids: list[str] = field(default_factory=list)


def read(**changes: object) -> Incoming | OwnMessage:
    return message("wechat", ME, Payload(**changes))  # type: ignore[arg-type]  # the names are tested by the calls


def words(text: str) -> str:
    found = read(text=text)
    assert isinstance(found, Incoming)
    return found.text


def test_a_direct_message() -> None:
    found = read()
    assert isinstance(found, Incoming)
    assert (found.chat, found.sender.id, found.message_id) == (Chat("direct", LIU), LIU, "wx1")
    assert not found.quoted and not found.mentions_me


def test_a_message_in_a_group_that_calls_us() -> None:
    found = read(room_id=ROOM, text="@送暖 机器人\u2005收到 1", mention_ids=[ME])
    assert isinstance(found, Incoming)
    assert (found.chat, found.text, found.mentions_me) == (Chat("group", ROOM), "收到 1", True)


@pytest.mark.parametrize(("room", "chat"), [("", Chat("direct", LIU)), (ROOM, Chat("group", ROOM))])
def test_our_own_message(room: str, chat: Chat) -> None:
    found = read(from_id=ME, to_id=LIU, room_id=room, text="@桂芳\u2005请回电")
    assert found == OwnMessage(chat, "@桂芳\u2005请回电", "wx1", datetime.fromtimestamp(1_795_600_000, UTC))


@pytest.mark.parametrize("moment", [1_795_600_000, 1_795_600_000_000])
def test_seconds_and_milliseconds(moment: int) -> None:
    assert read(timestamp=moment).at == datetime.fromtimestamp(1_795_600_000, UTC)


def test_no_time_is_now() -> None:
    assert abs((read(timestamp=0).at - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ("「王姐：家里没米了」\n- - - - - - - - - - - - - - -\n我也去看看", "我也去看看"),
        ("「王姐:一行\n两行」\n---------------\n收到 1", "收到 1"),
        ("「王姐：a」\n- - - - - - - -\n「李姐：b」\n- - - - - - - -\nc", "「李姐：b」\n- - - - - - - -\nc"),
        ("「家里没米了」", "「家里没米了」"),
        ("「王姐：家里没米了」\n就是这样", "「王姐：家里没米了」\n就是这样"),
        ("求助\n「王姐：a」\n- - - - - - - -\nb", "求助\n「王姐：a」\n- - - - - - - -\nb"),
        ("@王姐\u2005@李姐\u2005帮忙", "帮忙"),
        ("写信到 a@example.test", "写信到 a@example.test"),
        ("前\x00后\ud800", "前后\ufffd"),
        ("  空 白  ", "空 白"),
    ],
)
def test_only_their_own_words_count(said: str, own: str) -> None:
    assert words(said) == own


@given(st.text(st.characters() | st.sampled_from("「」：\n- @\u2005")))
def test_any_text_is_read(text: str) -> None:
    assert "\x00" not in words(text)


def test_a_quote_that_never_ends_is_read_in_no_time() -> None:
    began = monotonic()
    assert words("「王姐：" + "」\n- - -" * 14_000).startswith("「王姐")
    assert words("@" * 90_000).startswith("@")
    assert monotonic() - began < 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        *[({"type": kind}, "no_text") for kind in (0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 99)],
        ({"text": "x" * (MAX_TEXT + 1)}, "oversized"),
        ({"from_id": ""}, "bad_id"),
        ({"from_id": "小 赵"}, "bad_id"),
        ({"from_id": "x" * 129}, "bad_id"),
        ({"id": ""}, "bad_id"),
        ({"room_id": "群\n"}, "bad_id"),
        ({"timestamp": 10**18}, "bad_time"),
        ({"timestamp": -5}, "bad_time"),
    ],
)
def test_what_is_no_use(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(BadMessage) as caught:
        read(**changes)
    assert caught.value.reason == reason
