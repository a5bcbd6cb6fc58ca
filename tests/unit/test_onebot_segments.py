"""What leaves: segment arrays only, and words of people in text segments only."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.common import media
from bot.channels.common.text import clean
from bot.channels.onebot.channel import MAX_IMAGE
from bot.channels.onebot.segments import write
from bot.errors import Permanent
from bot.events import File, Image, Link, Mention, Text

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)


def text(words: str) -> dict[str, object]:
    return {"type": "text", "data": {"text": words}}


def test_text_stays_as_it_is() -> None:
    words = "[CQ:at,qq=all] @全体成员 <b>&amp;</b>"
    assert write((Text(words),), direct=False, images={}) == [text(words)]


def test_a_mention_in_a_group() -> None:
    parts = (Mention("20000001", "小赵"), Text(" 收到请回"))
    assert write(parts, direct=False, images={}) == [{"type": "at", "data": {"qq": "20000001"}}, text(" 收到请回")]


@pytest.mark.parametrize("user", ["all", "0", "", "20000001,name=x", "1" * 30, "２００００００１"])
def test_only_numbers_are_mentioned(user: str) -> None:
    assert write((Mention(user, "小赵"),), direct=False, images={}) == [text("@小赵 ")]


def test_a_direct_talk_has_no_mentions() -> None:
    assert write((Mention("20000001", "小赵"),), direct=True, images={}) == [text("@小赵 ")]


def test_links_and_files_become_text_on_their_own_line() -> None:
    parts = (Text("看这里"), Link("https://example.org/a", "救助政策"), File("files/form.pdf", "申请表"))
    assert write(parts, direct=False, images={}) == [
        text("看这里"),
        text("\n救助政策\nhttps://example.org/a"),
        text("\n文件《申请表》，需要的请向工会索取"),
    ]


def test_nothing_to_say_is_no_segment() -> None:
    assert write((Text(""), Text("\x00")), direct=False, images={}) == []


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_any_text_can_be_encoded_and_stays_text(words: str) -> None:
    for segment in write((Text(words), Link(words, words), Mention(words, words)), direct=False, images={}):
        assert segment["type"] == "text" or segment == {"type": "at", "data": {"qq": words}}
        assert "\x00" not in msgspec.json.encode(segment).decode()
    assert clean(clean(words)) == clean(words)


async def test_a_picture_is_sent_as_base64(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    parts = (Image("a.png"), Image("a.png"))
    images = await media.load(["a.png"], tmp_path, MAX_IMAGE)
    segments = write(parts, direct=False, images=images)
    assert [segment["type"] for segment in segments] == ["image", "image"]
    assert images["a.png"].startswith("iVBORw0KGgo")


async def test_a_changed_picture_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    first = await media.load(["a.png"], tmp_path, MAX_IMAGE)
    (tmp_path / "a.png").write_bytes(PNG + b"new")
    assert await media.load(["a.png"], tmp_path, MAX_IMAGE) != first


@pytest.mark.parametrize("path", ["missing.png", "../secret.png", "/etc/hostname", "a\x00.png", ".", "a\ud800.png"])
async def test_pictures_that_must_not_or_cannot_be_read(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "messages").mkdir()
    with pytest.raises(Permanent, match="bad_media"):
        await media.load([path], tmp_path / "messages", MAX_IMAGE)


async def test_a_huge_picture_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "big.png").open("wb") as file:
        file.truncate(MAX_IMAGE + 1)
    with pytest.raises(Permanent, match="bad_media"):
        await media.load(["big.png"], tmp_path, MAX_IMAGE)
