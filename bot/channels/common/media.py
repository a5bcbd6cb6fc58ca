"""Files of messages as base64 text; the same picture goes to hundreds of groups, so it is kept."""

import asyncio
import base64
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from bot.errors import Permanent

UPLOADED = re.compile(r"pictures/[0-9a-f]{64}\.(?:jpg|png)")


def locate(root: Path, path: str) -> Path:
    """Where a file of a message lies: below messages/ (`root`), but an uploaded picture in data/ beside it.

    Raises ValueError for what would lie outside.
    """
    if UPLOADED.fullmatch(path):
        return root.parent / "data" / path
    file = (root / path).resolve()
    if not file.is_relative_to(root.resolve()):
        raise ValueError("outside")
    return file


async def load(paths: Iterable[str], root: Path, limit: int) -> dict[str, str]:
    """Path -> base64 of each file; raises Permanent for what is unreadable, outside `root` or over `limit` bytes."""
    return {path: await asyncio.to_thread(_load, root, path, limit) for path in set(paths)}


def _load(root: Path, path: str, limit: int) -> str:
    try:
        file = locate(root, path)
        facts = file.stat()
        if facts.st_size > limit:
            raise Permanent("bad_media", f"文件超过 {limit // 1_000_000} MB")
        return _encoded(file, facts.st_mtime_ns)
    except (OSError, ValueError):
        raise Permanent("bad_media", "文件读不出来") from None


@lru_cache(maxsize=4)
def _encoded(file: Path, changed: int) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
