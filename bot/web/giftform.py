"""What was brought or promised, as a form asks for it: things with amount and worth, cash, a service.

The rows end as the same `Gift`s that a chat line is read into, so both ways write the same ledger.
"""

from collections.abc import Iterator
from itertools import zip_longest

from bot.errors import BadInput
from bot.quantities import Gift, money, thousandths
from bot.quantities.gifts import ITEM_LONGEST, LINES_MOST, MOST_FEN
from bot.web.visit import Form

MEASURES = ("斤", "公斤", "袋", "桶", "箱", "盒", "瓶", "包", "件", "床", "条", "个", "吨", "升")
MOST_THOUSANDTHS = 10**12


Row = tuple[str, str, str, str]  # item, amount, measure and yuan, as they were typed
EMPTY: Row = ("", "", MEASURES[0], "")


def rows(form: Form) -> list[Row]:
    """The rows of things in which anything was written, to be read or shown again."""
    columns = [form.all(name) for name in ("item", "amount", "measure", "yuan")]
    every = [tuple(cell.strip() for cell in row) for row in zip_longest(*columns, fillvalue="")]
    return [(item, amount, measure, yuan) for item, amount, measure, yuan in every if item or amount or yuan]


def read(form: Form) -> list[Gift]:
    """All gifts of a form. Raises BadInput, which names the row that cannot be read."""
    things = [_thing(*row) for row in rows(form)]
    gifts = [*things, *_cash(form.text("cash", 20)), *_service(form.text("service", ITEM_LONGEST))]
    if len(gifts) > LINES_MOST:
        raise BadInput(f"一次最多记 {LINES_MOST} 样，请分几次记。")
    return gifts


def _thing(item: str, amount: str, measure: str, yuan: str) -> Gift:
    if not item:
        raise BadInput("有一行没写是什么东西，请写上，例如“米”。")
    if len(item) > ITEM_LONGEST:
        raise BadInput(f"“{item[:12]}…”太长了，最多 {ITEM_LONGEST} 个字。")
    quantity = 0
    if amount:
        read_ = thousandths(amount)
        if read_ is None or not 0 < read_ <= MOST_THOUSANDTHS:
            raise BadInput(f"“{item}”的数量“{amount[:12]}”看不懂，请写一个数，例如 10。")
        quantity = read_
    return Gift("goods", item, quantity, measure[:8] if quantity else "", _fen(yuan, item) if yuan else 0)


def _fen(text: str, what: str) -> int:
    fen = money(text)
    if fen is None or not 0 < fen <= MOST_FEN:
        raise BadInput(f"“{what}”的金额“{text[:12]}”看不懂，请写元，例如 186.5；不超过 100 万元。")
    return fen


def _cash(text: str) -> Iterator[Gift]:
    if text:
        yield Gift("cash", "现金", value_fen=_fen(text, "现金"))


def _service(text: str) -> Iterator[Gift]:
    if text:
        yield Gift("service", text)
