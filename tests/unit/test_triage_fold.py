"""Folding and judging hold for any text that a network may deliver: broken, hidden, huge or empty."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.triage import fold, folding, judge

# Hypothesis leaves surrogates out by default; a broken frame does not.
ANY = st.text(st.one_of(st.characters(), st.characters(categories=["Cs", "Cf", "Mn"])), max_size=60)
CHINESE = st.lists(
    st.sampled_from(
        "我 家 没 米 了 求 求 救 命 药 断 粮 不 想 活 谢 谢 收 到 有 多 的 ， ！ 　 \u200b 餓 1 a 哈".split(" ")
    ),
    max_size=40,
).map("".join)
PIECES = {
    "full-width": ("回访　Ｈ０１２３，平安！", "回访 H0123,平安!"),
    "zero-width": ("没\u200b米\u2060了", "没米了"),
    "bidi": ("\u202e没米了\u202c", "没米了"),
    "look-alike": ("ТD", "TD"),
    "radical": ("断⻝", "断食"),
    "traditional": ("沒藥了，幫幫我們", "没药了,帮帮我们"),
    "surrogate": ("米\ud83d没了", "米\ufffd没了"),
    "line break": ("一\r\n二", "一\n二"),
}


@pytest.mark.parametrize("name", PIECES)
def test_what_looks_alike_is_spelt_alike(name: str) -> None:
    raw, folded = PIECES[name]
    assert fold(raw) == folded


def test_what_is_passed_unread_is_what_folds_to_itself() -> None:
    usual = [char for char in map(chr, range(0x110000)) if not folding._UNUSUAL.search(char)]
    assert len(usual) > 20_000
    assert all(unicodedata.is_normalized("NFKC", char) and not unicodedata.combining(char) for char in usual)
    assert not folding._HAS_ALIKE.search("".join(usual)) and not folding._DROP.search("".join(usual))
    assert unicodedata.is_normalized("NFKC", "".join(usual)), "no two of them melt into one"


@given(ANY)
def test_folding_twice_is_folding_once_and_gives_valid_text(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    folded.encode()


@given(st.one_of(ANY, CHINESE))
def test_any_text_gets_a_verdict_whose_reasons_stand_in_it(text: str) -> None:
    verdict = judge(text)
    assert 0 <= verdict.confidence <= 1
    assert all(reason and reason in fold(text) for reason in verdict.reasons)
    assert (verdict.urgency == "emergency") <= (verdict.decision in ("alert", "review"))
    assert (verdict.decision == "none") == (verdict.kinds == ())


@given(st.one_of(ANY, CHINESE))
def test_folding_first_changes_no_verdict(text: str) -> None:
    assert judge(fold(text)) == judge(text)
