"""A phone is one string of digits, however it was typed, or it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.households import phones
from bot.actions.households.phones import normalise

MOBILES = st.integers(13800000000, 13800099999).map(str)
BETWEEN = st.sampled_from(["", " ", "-", "–", " ", "\u3000", "."])
PREFIX = st.sampled_from(["", "+86", "+86 ", "86", "0086-", "+86", "(+86)"])


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("13800000001", "13800000001"),
        ("138 0000 0001", "13800000001"),
        ("+86 138-0000-0001", "13800000001"),
        ("0086 13800000001", "13800000001"),
        ("8613800000001", "13800000001"),
        ("13800000001", "13800000001"),
        ("0351-2000001", "03512000001"),
        ("(0351)2000001", "03512000001"),
        ("(010)62000001", "01062000001"),
        ("+86 10 6200 0001", "01062000001"),
        ("+86 351 2000001", "03512000001"),
        ("0755-86000001", "075586000001"),
    ],
)
def test_good_ones(typed: str, stored: str) -> None:
    assert normalise(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "电话", "1380000000", "138000000011", "12800000001", "2000001", "4008000001", "1.38E+10",
        "13800000001/13800000002", "13800000001 13800000002", "0351-2000001-8", "+1 2025550100", "010-12345678",
        "010 62000001-801", "١٣٨٠٠٠٠٠٠٠١",
    ],
)  # fmt: skip
def test_bad_ones(typed: str) -> None:
    assert normalise(typed) is None


@given(PREFIX, MOBILES, BETWEEN, BETWEEN)
def test_any_way_to_write_a_mobile_gives_the_same(prefix: str, phone: str, one: str, two: str) -> None:
    assert normalise(f" {prefix}{phone[:3]}{one}{phone[3:7]}{two}{phone[7:]} ") == phone


@given(st.text() | st.text("0123456789+- ()86１３", max_size=20))
def test_the_result_is_digits_and_stays_the_same(text: str) -> None:
    phone = normalise(text)
    if phone is not None:
        assert phone.isascii() and phone.isdigit() and 10 <= len(phone) <= 12
        assert normalise(phone) == phone


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("张姐13800000001", "张姐"),
        ("老马 １３８-００００-０００１（水电）", "老马 （水电）"),
        ("138 0000 0001", ""),
        ("采一队3班", "采一队3班"),
        ("王2026", "王2026"),
        ("19.00-20.30，周末10-12", "19.00-20.30，周末10-12"),
        ("电话 0451-82345678", "电话"),
        ("微信1234567", "微信"),
    ],
)
def test_a_number_in_a_name_is_struck_out(text: str, left: str) -> None:
    assert phones.without(text) == left
    assert phones.hidden_in(text) == (left != text)
