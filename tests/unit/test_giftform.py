"""What was brought, out of the rows of a form: the gifts that a chat line is read into, or a sentence on the row."""

import pytest
from multidict import MultiDict, MultiDictProxy

from bot.errors import BadInput
from bot.quantities import Gift, read_gifts
from bot.web import giftform
from bot.web.visit import Form


def form(*fields: tuple[str, str]) -> Form:
    return Form(MultiDictProxy(MultiDict(fields)))


def row(item: str, amount: str = "", measure: str = "斤", yuan: str = "") -> list[tuple[str, str]]:
    return [("item", item), ("amount", amount), ("measure", measure), ("yuan", yuan)]


def test_a_form_and_a_chat_line_say_the_same() -> None:
    filled = form(*row("米", "10"), *row("油", "1", "桶", "186"), ("cash", "500"), ("service", "陪诊"))
    assert giftform.read(filled) == read_gifts("米10斤 油1桶 186元 现金500元 服务 陪诊")


def test_amounts_are_exact_and_may_be_written_as_people_do() -> None:
    assert giftform.read(form(*row("米", "两", "袋", "186.5元"))) == [Gift("goods", "米", 2000, "袋", 18650)]
    assert giftform.read(form(*row("被子"))) == [Gift("goods", "被子")]  # no amount, so no measure either
    assert giftform.read(form(*row("油", "1.5", "升", "0.01"))) == [Gift("goods", "油", 1500, "升", 1)]


def test_empty_rows_are_no_gifts_and_typed_ones_come_back() -> None:
    typed = form(*row(""), *row(" 米 ", "10"), *row(""))
    assert giftform.rows(typed) == [("米", "10", "斤", "")]
    assert giftform.read(form()) == giftform.read(form(*row(""))) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (row("", "10"), "没写是什么"),
        (row("米", "很多"), "“米”的数量“很多”"),
        (row("米", "0"), "数量"),
        (row("米", "-3"), "数量"),
        (row("米", "1", "斤", "贵"), "“米”的金额“贵”"),
        (row("米", "1", "斤", "1000001"), "不超过 100 万元"),
        (row("米" * 41), "太长"),
        ([("cash", "一点")], "“现金”的金额"),
        ([("cash", "0")], "“现金”的金额"),
        ([*row("米") * 31], "最多记 30 样"),
    ],
)
def test_what_cannot_be_read_is_named(fields: list[tuple[str, str]], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        giftform.read(form(*fields))
