"""Pictures from messages/ as base64 text; the same picture goes to hundreds of groups, so it is kept."""

import asyncio
import base64
from functools import lru_cache
from pathlib import Path

from bot.errors import Permanent
from bot.events import Image, Part

MAX_IMAGE = 10 << 20


async def load_images(parts: tuple[Part, ...], root: Path) -> dict[str, str]:
    """Path -> base64 of each picture; raises Permanent for one that cannot be read or lies outside `root`."""
    paths = {part.path for part in parts if isinstance(part, Image)}
    return {path: await asyncio.to_thread(_load, root, path) for path in paths}


def _load(root: Path, path: str) -> str:
    try:
        file = (root / path).resolve()
        if not file.is_relative_to(root.resolve()):
            raise Permanent("bad_media", "图片不在 messages 目录里")
        facts = file.stat()
        if facts.st_size > MAX_IMAGE:
            raise Permanent("bad_media", "图片超过 10 MB")
        return _encoded(file, facts.st_mtime_ns)
    except (OSError, ValueError):
        raise Permanent("bad_media", "图片读不出来") from None


@lru_cache(maxsize=4)
def _encoded(file: Path, changed: int) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
