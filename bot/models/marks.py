"""The blind indexes there are, and what each is made from: with a new key all of them are made anew."""

from collections.abc import Callable
from typing import NamedTuple


class Mark(NamedTuple):
    """A column that is the blind index of `form(text)`, the text being that of the encrypted column `source`."""

    column: str
    source: str
    form: Callable[[str], str]


def whole(phone: str) -> str:
    return phone


def ending(digits: str) -> str:
    """The last four; the prefix keeps their mark apart from that of a whole number."""
    return f"ending:{digits[-4:]}"


# By table.
MARKS = {"member": (Mark("phone_index", "phone", whole), Mark("phone_ending", "phone", ending))}

# Made from what is not kept, so they end with their key: the rows that are not under the one of the id given.
CODES_OF_OTHERS = "bind_code WHERE coalesce(key_id, -1) <> ?"
FAILURES_OF_OTHERS = "throttle WHERE key NOT LIKE '%:' || CAST(? AS TEXT) || ':%'"


def as_text(key_id: int) -> str:
    return f"{key_id:02x}"
