"""Numbers, money, gifts and times as people type them; what is not certain is asked for, never guessed."""

from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadInput
from bot.quantities import Gift, find_time, money, number, read_gifts, shown, shown_all, thousandths, yuan

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Tuesday
DIGITS = "零一二三四五六七八九"


def spelt(value: int) -> str:
    """The numeral that a careful writer uses, made independently of what reads it."""
    if value >= 10_000:
        head, rest = divmod(value, 10_000)
        return spelt(head) + "万" + ("" if not rest else ("零" if rest < 1000 else "") + spelt(rest))
    text, gap = "", False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + sign
        gap = not digit
    return text or "零"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十", 10), ("两", 2), ("十五", 15), ("二十五", 25), ("一百八", 180), ("一百零八", 108), ("三千二", 3200),
        ("两百五十", 250), ("一万二", 12000), ("两万五千", 25000), ("一万零五", 10005), ("1.2万", 12000),
        ("1万2", 12000),
        ("3千5", 3500), ("186.5", Fraction(373, 2)), ("三点五", Fraction(7, 2)), ("半", Fraction(1, 2)),
        ("一八六", 186),
        ("壹佰捌拾", 180), ("兩", 2), ("一亿二", 120_000_000), ("零", 0),
    ],
)  # fmt: skip
def test_numbers(text: str, value: Fraction) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["", "两三", "一二", "几", "百", "万", "二百百", "五百零", "1.5万2", "十十", "1e5", "٣", "米", "-3"]
)
def test_what_is_no_one_number(text: str) -> None:
    assert number(text) is None


@given(st.integers(0, 99_999_999))
def test_every_numeral_is_read_back(value: int) -> None:
    assert number(spelt(value)) == value
    assert number(str(value)) == value


@given(st.integers(1, 9), st.sampled_from([("百", 100), ("千", 1000), ("万", 10_000)]), st.integers(1, 9))
def test_a_last_digit_counts_tenths(first: int, unit: tuple[str, int], last: int) -> None:
    assert number(DIGITS[first] + unit[0] + DIGITS[last]) == first * unit[1] + last * unit[1] // 10


@given(st.text(alphabet="零一二两三十百千万亿半点.0123456789", max_size=12))
def test_no_numeral_makes_it_fall(text: str) -> None:
    found = number(text)
    assert found is None or 0 <= found <= 10**12
    assert thousandths(text) is None or thousandths(text) == 1000 * (found or 0)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("186元", 18600), ("186.5元", 18650), ("一百八", 18000), ("￥200", 20000), ("¥0.5", 50), ("三块五", 350),
        ("三块五毛", 350), ("186块5", 18650), ("十块零五分", 1005), ("12元5角3分", 1253), ("五毛", 50), ("五分", 5),
        ("两百块钱", 20000), ("1.2万元", 1_200_000), ("1,200元", 120_000), ("三千二百块", 320_000), ("200元整", 20000),
    ],
)  # fmt: skip
def test_money(text: str, fen: int) -> None:
    assert money(text) == fen


@pytest.mark.parametrize("text", ["", "米", "186.555元", "两三块", "十斤", "元", "3块55"])
def test_what_is_no_amount(text: str) -> None:
    assert money(text) is None


@given(st.integers(1, 10**8))
def test_every_amount_is_read_back_to_the_fen(fen: int) -> None:
    assert money(f"{yuan(fen)}元") == fen
    assert money(f"{fen // 100}元{fen // 10 % 10}角{fen % 10}分") == fen


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("米10斤 油1桶 186元", "米10斤、油1桶（186元）"),
        ("米10斤油1桶186元", "米10斤、油1桶（186元）"),
        ("十斤米", "米10斤"),
        ("两桶油", "油2桶"),
        ("半袋面", "面0.5袋"),
        ("一斤半肉", "肉1.5斤"),
        ("十斤米两桶油", "米10斤、油2桶"),
        ("米 10斤", "米10斤"),
        ("米十斤，面二十斤；一百八", "米10斤、面20斤（180元）"),
        ("米50元油1桶136元", "米（50元）、油1桶（136元）"),
        ("米50块", "米（50元）"),
        ("两块香皂", "香皂2块"),
        ("香皂两块", "香皂2块"),
        ("一次性口罩两包", "一次性口罩2包"),
        ("三七粉两盒 八宝粥两箱 五斤五花肉", "三七粉2盒、八宝粥2箱、五花肉5斤"),
        ("千张两斤", "千张2斤"),
        ("三个月的药", "三个月的药"),
        ("口罩x20", "口罩20"),
        ("被子", "被子"),
        ("大米10公斤、豆油2桶 共计 312.5元", "大米10公斤、豆油2桶（312.5元）"),
        ("现金500元", "现金500元"),
        ("现金 500元", "现金500元"),
        ("慰问金一千", "慰问金1000元"),
        ("现金1,200元", "现金1200元"),
        ("500元", "现金500元"),
        ("三千二百块", "现金3200元"),
        ("现金", "现金"),
        ("服务 换窗户", "换窗户"),
        ("陪诊1次", "陪诊1次"),
        ("", ""),
    ],
)
def test_gifts(line: str, read: str) -> None:
    assert shown_all(read_gifts(line)) == read


def test_what_kind_it_is() -> None:
    kinds = [gift.kind for gift in read_gifts("米10斤 现金500元 陪诊1次 服务 换窗户")]
    assert kinds == ["goods", "cash", "service", "service"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("米 10", "是多少斤还是多少元"),
        ("两三斤米", "说不准"),
        ("0斤米", "数量不对"),
        ("0元", "金额要大于 0"),
        ("99999999999元", "不超过 100 万元"),
        ("米2袋 每袋50元", "单价"),
        ("!!!", "请写成“米10斤”"),
        (" ".join(["米1斤"] * 31), "最多记 30 样"),
        ("米" * 60 + "1斤", "不像一样东西"),
    ],
)
def test_what_cannot_be_read_is_asked_for(line: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read_gifts(line)


GOODS = st.builds(
    Gift,
    st.just("goods"),
    st.sampled_from("米 油 面粉 鸡蛋 降压药 棉被 白菜 八宝粥 三七粉 牛奶".split()),
    st.integers(1, 9_999_999),
    st.sampled_from("斤 公斤 桶 袋 箱 盒 瓶 包 件 床 升".split()),
    st.integers(0, 10_000_000),
)
CASH = st.builds(Gift, st.just("cash"), st.just("现金"), st.just(0), st.just(""), st.integers(1, 10_000_000))


@given(st.lists(st.one_of(GOODS, CASH), max_size=8))
def test_whatever_was_given_is_read_back(gifts: list[Gift]) -> None:
    line = " ".join(
        f"现金{yuan(gift.value_fen)}元"
        if gift.kind == "cash"
        else shown(gift.item, gift.quantity, gift.measure) + (f" {yuan(gift.value_fen)}元" if gift.value_fen else "")
        for gift in gifts
    )
    assert read_gifts(line) == gifts
    assert sum(gift.value_fen for gift in read_gifts(line)) == sum(gift.value_fen for gift in gifts)


@given(st.text(alphabet="米油面药十两半一百千万元块毛斤袋桶个服务现金的x*:,，、 0123456789.", max_size=40))
def test_no_line_makes_it_fall(line: str) -> None:
    try:
        gifts = read_gifts(line)
    except BadInput as error:
        assert str(error).endswith(("。", "？"))
        return
    assert all(gift.item or gift.kind == "cash" for gift in gifts)
    assert all(gift.quantity >= 0 and gift.value_fen >= 0 and len(gift.item) <= 40 for gift in gifts)


@pytest.mark.parametrize(
    ("text", "at", "rest"),
    [
        ("19:00", "12-01 19:00", ""),
        ("晚上再打 19:00", "12-01 19:00", "再打"),
        ("晚上七点半", "12-01 19:30", ""),
        ("7点一刻", "12-01 19:15", ""),
        ("晚上", "12-01 19:00", ""),
        ("明天上午", "12-02 09:00", ""),
        ("后天下午三点", "12-03 15:00", ""),
        ("明晚八点", "12-02 20:00", ""),
        ("周五", "12-04 09:00", ""),
        ("星期天", "12-06 09:00", ""),
        ("下周一上午", "12-07 09:00", ""),
        ("12月3日 9点", "12-03 09:00", ""),
        ("两小时后", "12-01 14:00", ""),
        ("一个半小时后", "12-01 13:30", ""),
        ("三天后", "12-04 12:00", ""),
        ("老人18:00吃药", "12-01 18:00", "老人 吃药"),
        ("凌晨两点", "12-02 02:00", ""),
        ("夜里两点", "12-02 02:00", ""),
        ("晚上12点", "12-02 00:00", ""),
        ("中午1点", "12-01 13:00", ""),
    ],
)
def test_times(text: str, at: str, rest: str) -> None:
    found = find_time(text, NOON)
    assert found is not None and (found.at.strftime("%m-%d %H:%M"), found.rest) == (at, rest)


@pytest.mark.parametrize(
    "text", ["", "再打", "今天8:00", "11月31日", "吃点心", "12:5", "25:00", "138000", "30号", "两三天后"]
)
def test_what_is_no_moment(text: str) -> None:
    assert find_time(text, NOON) is None


@given(st.text(alphabet="今明后天早晚上下午周一二三四五六日点半刻分月号小时0123456789: 再打", max_size=20))
def test_a_moment_is_always_to_come(text: str) -> None:
    found = find_time(text, NOON)
    assert found is None or (NOON < found.at <= NOON + timedelta(days=367) and found.at.tzinfo is not None)
