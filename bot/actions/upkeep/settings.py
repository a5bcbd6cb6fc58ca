"""Facts about the installation: on hold after a restore, and the version of the directory."""

from bot.models import Setting, db

HOLD = "hold"
DIRECTORY = "directory"
PROGRAMME = "programme"  # changes with every text or schedule of the pages


async def get(key: str) -> str:
    """The stored value, "" when there is none."""
    row = await Setting.get_or_none(key=key)
    return "" if row is None else row.value


async def put(key: str, value: str) -> None:
    await db.fetch(
        "INSERT INTO setting (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value RETURNING key",
        key,
        value,
    )


async def advance(key: str, value: str) -> bool:
    """Put a value that sorts after the one that is there; of two who try, one hears True. A first value only begins."""
    begun = await db.fetch(
        "INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING RETURNING key", key, value
    )
    if begun:
        return False
    rows = await db.fetch("UPDATE setting SET value = ? WHERE key = ? AND value < ? RETURNING key", value, key, value)
    return bool(rows)
