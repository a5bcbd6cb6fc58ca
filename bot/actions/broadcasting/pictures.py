"""Pictures that editors upload: checked, made small, encoded anew without what the camera knew, and kept by their hash.

What was uploaded is never stored or sent: only what Pillow drew from it. The row is the original (it is in every
backup); channels read a copy of it from data/pictures.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from bot import clock
from bot.actions.privacy import audit
from bot.actions.staff import people
from bot.errors import BadInput
from bot.models import Picture, db

EDITORS = ("editor",)
MOST_BYTES = 5 << 20
# Against bombs, a few kilobytes that unfold to gigabytes. A JPEG, as cameras write it, is made small while it is read.
MOST_PIXELS, MOST_OF_JPEG = 16_000_000, 50_000_000
LONGEST = 1600  # of the longer side, in pixels: enough for a phone held sideways
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
SUFFIX: Mapping[str, str] = {"image/jpeg": "jpg", "image/png": "png"}
FOLDER = "pictures"
BOMB = "图片的点数太多了，请先缩小"
BAD = "这张图片读不出来，请换一张 JPG 或 PNG 图片"
# The largest take 350 MB while they are drawn. Two threads and no semaphore, which would let a third begin as soon as a
# browser no longer waits for the first.
_at_once = ThreadPoolExecutor(2, "picture")


async def add(data: bytes, *, by: int) -> str:
    """Keep a picture; returns the path that a text names it by. BadInput says what is wrong with it."""
    await people.act_as(by, EDITORS)
    if len(data) > MOST_BYTES:
        raise BadInput(f"图片太大了，最多 {MOST_BYTES >> 20} MB，请先缩小")
    fresh, media_type, (width, height) = await asyncio.get_running_loop().run_in_executor(_at_once, _redraw, data)
    digest = hashlib.sha256(fresh).hexdigest()
    async with db.transaction():
        await people.act_as(by, EDITORS)
        if not await Picture.filter(digest=digest).exists():
            await Picture.create(
                digest=digest,
                media_type=media_type,
                width=width,
                height=height,
                data=fresh,
                added_by_id=by,
                added_at=clock.now(),
            )
            await audit.note("text.picture", "picture", None, staff_id=by, bytes=len(fresh))
    return path_of(digest, media_type)


def path_of(digest: str, media_type: str) -> str:
    return f"{FOLDER}/{digest}.{SUFFIX[media_type]}"


async def known() -> frozenset[str]:
    """The paths of all pictures there are."""
    rows = await Picture.all().values_list("digest", "media_type")
    return frozenset(path_of(str(digest), str(media_type)) for digest, media_type in rows)


async def materialise(base: Path) -> None:
    """Lay a copy of each picture where the channels look for it; one that lies there already is left alone."""
    folder = base / "data" / FOLDER
    for path in sorted(await known()):
        target = folder / path.rpartition("/")[2]
        if not await asyncio.to_thread(target.exists):
            row = await Picture.get(digest=target.stem)
            await asyncio.to_thread(_lay, target, bytes(row.data))


def _lay(target: Path, data: bytes) -> None:
    """All or nothing: a channel may read it at this moment."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(".half")
    half.write_bytes(data)
    half.replace(target)


def _redraw(data: bytes) -> tuple[bytes, str, tuple[int, int]]:
    try:
        return _drawn(data)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadInput(BOMB) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        raise BadInput(BAD) from None


def _drawn(data: bytes) -> tuple[bytes, str, tuple[int, int]]:
    with Image.open(BytesIO(data), formats=FORMATS) as image:  # reads the head alone
        if image.width * image.height > (MOST_OF_JPEG if image.format == "JPEG" else MOST_PIXELS):
            raise BadInput(BOMB)
        if image.format == "JPEG":
            image.draft("RGB", (LONGEST, LONGEST))
        upright = ImageOps.exif_transpose(image)
    clear = "A" in upright.getbands() or "transparency" in upright.info
    plain = upright.convert("RGBA" if clear else "RGB")
    plain.thumbnail((LONGEST, LONGEST))
    bare = Image.new(plain.mode, plain.size)  # takes over the points and nothing else: no EXIF, no comment, no profile
    bare.paste(plain)
    out = BytesIO()
    if clear:
        bare.save(out, "PNG", optimize=True)
        return out.getvalue(), "image/png", bare.size
    bare.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue(), "image/jpeg", bare.size
