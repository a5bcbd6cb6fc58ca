"""The language of quantities as people type it: 十斤米, 半袋面, 一百八, 186.5元, 明天晚上七点半. Pure."""

from bot.quantities.gifts import Gift, read_gifts, shown, shown_all, yuan
from bot.quantities.moments import Found, find_time
from bot.quantities.numbers import money, number, thousandths

__all__ = [
    "Found",
    "Gift",
    "find_time",
    "money",
    "number",
    "read_gifts",
    "shown",
    "shown_all",
    "thousandths",
    "yuan",
]
