"""Uploaded pictures: only what was drawn anew is kept, hostile ones are refused, and channels find their copy."""

import asyncio
import struct
import zlib
from io import BytesIO
from pathlib import Path
from threading import Lock

import pytest
from PIL import Image

from bot.actions.broadcasting import pictures
from bot.channels.common.media import load, locate
from bot.errors import BadInput, NotAllowed, Permanent
from bot.models import Picture
from tests import people


@pytest.fixture
async def editor(database: str) -> int:
    await people.settle()
    return await people.staff_id(people.EDITOR)


def drawn(kind: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "red").save(out, kind, **options)
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes that says it is `side` x `side`."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 50_000))
        + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HOSTILE = {
    "bomb": (bomb(50_000), "点数太多"),
    "small bomb": (bomb(5_000), "点数太多"),
    "svg": (SVG, "换一张 JPG 或 PNG"),
    "page": (b"<html>jpg</html>", "换一张 JPG 或 PNG"),
    "cut off": (drawn("JPEG")[:200], "换一张 JPG 或 PNG"),
    "other kind": (drawn("TIFF"), "换一张 JPG 或 PNG"),
    "nothing": (b"", "换一张 JPG 或 PNG"),
    "too big": (b"\xff\xd8" + b"0" * pictures.MOST_BYTES, "最多 5 MB"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_picture_is_refused(editor: int, name: str) -> None:
    data, why = HOSTILE[name]
    with pytest.raises(BadInput, match=why):
        await pictures.add(data, by=editor)
    assert not await Picture.exists()


async def test_only_what_is_seen_is_kept(editor: int) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "相机", 6  # who made it, and that it lies on its side
    path = await pictures.add(drawn("JPEG", (3000, 1500), exif=exif, comment=b"H0123"), by=editor)
    row = await Picture.get()
    assert (row.width, row.height) == (800, 1600) and path == f"pictures/{row.digest}.jpg"
    with Image.open(BytesIO(bytes(row.data))) as kept:
        assert not kept.getexif() and "comment" not in kept.info and kept.size == (800, 1600)


async def test_what_is_clear_stays_clear_and_the_same_picture_is_one_row(editor: int) -> None:
    first = await pictures.add(drawn("PNG", mode="RGBA"), by=editor)
    assert first.endswith(".png") and await pictures.add(drawn("PNG", mode="RGBA"), by=editor) == first
    assert await Picture.all().count() == 1


async def test_nothing_hidden_behind_the_end_of_a_picture_is_kept(editor: int) -> None:
    await pictures.add(drawn("GIF") + b"PK\x03\x04 hidden", by=editor)
    assert b"hidden" not in bytes((await Picture.get()).data)


async def test_a_channel_finds_the_copy_and_only_that(editor: int, tmp_path: Path) -> None:
    root = tmp_path / "messages"
    root.mkdir()
    path = await pictures.add(drawn("PNG"), by=editor)
    await pictures.materialise(tmp_path)
    (tmp_path / "data" / "songnuan.key").write_text("secret")
    assert (await load([path], root, 1 << 20))[path] and locate(root, path).is_file()
    for outside in ("pictures/../songnuan.key", "../data/songnuan.key", "pictures/x.jpg"):
        with pytest.raises(Permanent):
            await load([outside], root, 1 << 20)


async def test_a_volunteer_may_not_upload(editor: int) -> None:
    with pytest.raises(NotAllowed):
        await pictures.add(drawn("PNG"), by=await people.staff_id(people.VOLUNTEER))


async def test_two_are_drawn_at_once_however_many_come(editor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw, lock, at_work, most = pictures._redraw, Lock(), 0, 0

    def counted(data: bytes) -> tuple[bytes, str, tuple[int, int]]:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        try:
            return draw(data)
        finally:
            with lock:
                at_work -= 1

    monkeypatch.setattr(pictures, "_redraw", counted)
    ten = [drawn("JPEG", (1600, 1000 + number)) for number in range(10)]
    await asyncio.gather(*(pictures.add(one, by=editor) for one in ten))
    assert await Picture.all().count() == 10 and most <= 2
