"""Chinese in Latin letters is read; English, names, addresses and codes are left as they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.triage import fold, judge, pinyin


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("bu xiang huo le", "不想活了"),
        ("buxianghuole", "不想活了"),
        ("Bie zhao wo le, wo zai tie gui shang", "别找我了, 我在铁轨上"),
        ("ma, dui bu qi, zai jian", "ma, 对不起, 再见"),
        ("我 bu xiang huo le", "我 不想活了"),
        ("nǚ er".replace("ǚ", "ü"), "女儿"),
    ],
)
def test_pinyin_is_read(text: str, meant: str) -> None:
    assert pinyin.read(text) == meant


@pytest.mark.parametrize(
    "text", ["", "a", "hello", "OK", "HELP 1", "I will call you tomorrow", "WeChat", "wifi", "VIP", "H0123", "yyds 666"]
)
def test_what_is_no_pinyin_stays(text: str) -> None:
    assert pinyin.read(text) == text


@given(st.text() | st.text("abhinowxü ' ，1我V"))
def test_nothing_but_letters_is_changed(text: str) -> None:
    changed = pinyin.read(text)
    rest = iter(changed)
    assert all(character in rest for character in re.sub("[A-Za-zü' ]", "", text)), "the rest stays, in its order"
    assert pinyin.read(changed) == changed
    if not re.search("[A-Za-zü]", text):
        assert changed == text


@given(
    st.lists(st.sampled_from(sorted(sound for sound in pinyin._table() if " " not in sound)), min_size=2, max_size=12)
)
def test_every_row_of_syllables_is_read_whole(syllables: list[str]) -> None:
    assert re.fullmatch("[\u4e00-\u9fff]+", pinyin.read(" ".join(syllables)))
    together = "".join(syllables)  # xi'a is xia
    assert re.fullmatch("[\u4e00-\u9fff]+", pinyin.read(together)) or together in pinyin._table()


def test_the_words_are_made_of_syllables_that_are_there() -> None:
    table = pinyin._table()
    assert {syllable for sound in table for syllable in sound.split()} <= table.keys()
    assert all(len(word) == len(sound.split()) <= 4 for sound, word in table.items())


@pytest.mark.parametrize(
    "text", ["jiu ming wo ma yao tiao lou", "ba he le nong yao", "zi sha", "yaodouchile, biejiuwo"]
)
def test_a_life_in_danger_is_heard_in_pinyin_and_the_reason_is_readable(text: str) -> None:
    verdict = judge(text)
    assert verdict.urgency == "emergency" and verdict.reasons
    assert all(re.search("[\u4e00-\u9fff]", reason) for reason in verdict.reasons)


@pytest.mark.parametrize("text", ["chi fan le mei", "jintian shang ye ban", "nihao", "fold", "xie xie da jia"])
def test_small_talk_in_pinyin_stays_small_talk(text: str) -> None:
    assert judge(fold(text)).decision == "none"
