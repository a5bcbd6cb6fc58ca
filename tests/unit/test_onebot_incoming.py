"""Recorded frames -> events: who wrote what where, and whose words they are."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.channels.onebot import incoming
from bot.channels.onebot.frames import BadFrame, Frame, decode
from bot.events import Chat, GroupInfo, Incoming, OwnMessage

WIRE = Path(__file__).parents[1] / "wire" / "onebot"
ME = "10000001"
AT = datetime.fromtimestamp(1795471200, UTC)
GROUP = Chat("group", "700000001")


def frame(name: str, **changes: Any) -> Frame:
    raw = msgspec.json.decode((WIRE / f"{name}.json").read_bytes())
    return decode(msgspec.json.encode(raw | changes))


def read(name: str, **changes: Any) -> Incoming:
    message = incoming.message("qq", ME, frame(name, **changes))
    assert isinstance(message, Incoming)
    return message


def own(name: str, **changes: Any) -> OwnMessage:
    message = incoming.message("qq", ME, frame(name, **changes))
    assert isinstance(message, OwnMessage)
    return message


def test_a_group_message() -> None:
    message = read("napcat_group_text")
    assert (message.channel, message.chat, message.at) == ("qq", GROUP, AT)
    assert (message.sender.id, message.sender.nickname) == ("20000001", "掘进队小赵")
    assert message.text == "今天井口风大,大家多穿点"
    assert not message.quoted and not message.mentions_me


def test_a_private_message_with_a_negative_id() -> None:
    message = read("napcat_private")
    assert message.chat == Chat("direct", "20000001")
    assert message.message_id == "1795471200--1204571177"
    assert message.sender.nickname == "小赵"


def test_a_replay_has_the_same_id_and_another_time_another_one() -> None:
    assert read("napcat_private").message_id == read("napcat_private").message_id
    assert read("napcat_private").message_id != read("napcat_private", time=1795471201).message_id


def test_at_me_and_at_all() -> None:
    assert (read("napcat_group_at_me").text, read("napcat_group_at_me").mentions_me) == ("收到", True)
    assert not read("napcat_group_at_all").mentions_me


def test_a_reply_is_the_senders_own_word() -> None:
    assert (read("napcat_reply").text, read("napcat_reply").quoted) == ("退订", False)


@pytest.mark.parametrize("name", ["napcat_forward", "napcat_card"])
def test_forwards_and_cards_are_others_words(name: str) -> None:
    assert (read(name).text, read(name).quoted) == ("", True)


def test_words_beside_a_picture_are_kept() -> None:
    assert read("napcat_picture").text == "水漫进屋了"


def test_a_cq_string() -> None:
    message = read("llbot_string")
    assert message.text == "我家 [三号楼] 停水&停电"
    assert message.mentions_me and not message.quoted


def test_typed_brackets_are_no_code() -> None:
    assert read("llbot_string", message="&#91;CQ:at,qq=10000001&#93;").text == "[CQ:at,qq=10000001]"
    assert not read("llbot_string", message="&amp;#91;CQ:at,qq=10000001&amp;#93;").mentions_me


@pytest.mark.parametrize("name", ["napcat_sent_group", "own_as_message"])
def test_our_own_message_in_a_group(name: str) -> None:
    message = own(name)
    assert (message.chat, message.text) == (GROUP, "天冷路滑,慢点走。")


def test_our_own_direct_message_names_its_target() -> None:
    message = own("napcat_sent_private")
    assert (message.chat, message.message_id) == (Chat("direct", "20000001"), "1893055752")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("napcat_private", {"user_id": "somebody"}),
        ("napcat_private", {"message_id": None}),
        ("napcat_private", {"message": None}),
        ("napcat_private", {"message_type": "guild"}),
        ("napcat_private", {"time": 1e18}),
        ("napcat_private", {"time": None}),
        ("napcat_group_text", {"group_id": None}),
        ("napcat_sent_private", {"target_id": None}),
    ],
)
def test_forged_messages_are_refused(name: str, changes: dict[str, Any]) -> None:
    with pytest.raises(BadFrame):
        incoming.message("qq", ME, frame(name, **changes))


def test_an_odd_segment_does_not_cost_the_message() -> None:
    segments = [{"type": "text", "data": {"text": {"a": 1}}}, {"type": "dice"}, {"type": "x", "data": None}]
    assert read("napcat_private", message=[*segments, {"type": "text", "data": {"text": "救命"}}]).text == "救命"


def test_groups_of_the_account() -> None:
    assert incoming.groups(frame("napcat_group_list").data) == [
        GroupInfo("700000001", "一号井工友群", 86),
        GroupInfo("700000002", "家属互助群", None),
    ]
