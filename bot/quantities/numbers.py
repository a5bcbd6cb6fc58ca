"""Chinese and Arabic numerals, and money: exact fractions and fen, never a float.

What cannot be read for certain is None, never a guess: 两三 is "two or three", not 23.
"""

import re
from fractions import Fraction

DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
UNITS = {"十": 10, "百": 100, "千": 1000}
BIG = {"万": 10**4, "亿": 10**8}
# What banks write so that nobody adds a stroke, and what the folding of chat leaves as it was.
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟萬億兩弍", "一二三四五六七八九十百千万亿两二")
_PLAIN = re.compile(r"(\d{1,12})(?:\.(\d{1,6}))?([十百千万亿]{0,2})([1-9]?)")
LARGEST = 10**12

# A numeral wherever it stands in a text; whether it means something is `number`'s business.
_CHARS = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟"
_FIRST = f"{_CHARS[:11]}十壹贰叁肆伍陆柒捌玖拾"
NUMERAL = (
    r"(?:\d+(?:\.\d+)?(?:[万亿千百](?:\d(?!\d|\.))?)?|半|"
    rf"(?:[{_FIRST}][{_CHARS}]*)(?:点[{_CHARS[:11]}]+)?)"
)
_SIGN = r"(?:人民币|[¥￥$])?"
_MONEY = re.compile(
    rf"{_SIGN}(?P<yuan>{NUMERAL})(?:元|圆|块)?"
    rf"(?P<bit>(?<=[元圆块]){NUMERAL}[角毛]?(?:{NUMERAL}分)?)?(?:钱|整|正)*"
)
_SMALL = re.compile(rf"(?:(?P<jiao>{NUMERAL})[角毛])?(?:(?P<fen>{NUMERAL})分)?钱?")


def number(text: str) -> Fraction | None:
    """一百八 is 180, 三千二 is 3200, 1.2万 is 12000, 半 is a half, 三点五 is 3.5; None if it is no one number."""
    text = text.strip().translate(_FORMAL)
    if text == "半":
        return Fraction(1, 2)
    if text[:1].isascii():
        return _arabic(text)
    whole, dot, rest = text.partition("点")
    if dot:
        return _with_point(whole, rest)
    found = _chinese(text)
    return None if found is None or found > LARGEST else Fraction(found)


def _arabic(text: str) -> Fraction | None:
    found = _PLAIN.fullmatch(text)
    if found is None or not text.isprintable():
        return None
    whole, decimals, units, rest = found.groups()
    value = Fraction(int(whole)) + (Fraction(int(decimals), 10 ** len(decimals)) if decimals else 0)
    factor = 1
    for unit in units:
        factor *= UNITS.get(unit) or BIG[unit]
    if rest and (decimals or factor < 100):  # 1万2 is 12,000; 1.5万2 is nothing
        return None
    value = value * factor + (Fraction(int(rest) * factor, 10) if rest else 0)
    return value if value <= LARGEST else None


def _with_point(whole: str, rest: str) -> Fraction | None:
    head = _chinese(whole)
    if head is None or not rest or any(letter not in DIGITS for letter in rest):
        return None
    return head + Fraction(int("".join(str(DIGITS[letter]) for letter in rest)), 10 ** len(rest))


def _chinese(text: str) -> int | None:
    """Digits and units in falling order; a last digit after 百, 千, 万 counts tenths of it."""
    if not text or any(letter not in DIGITS and letter not in UNITS and letter not in BIG for letter in text):
        return None
    if all(letter in DIGITS for letter in text):
        return _spelt(text)
    for sign, factor in (("亿", BIG["亿"]), ("万", BIG["万"])):
        if sign in text:
            return _split(text, sign, factor)
    return _section(text)


def _spelt(text: str) -> int | None:
    """二〇二六, digit by digit. 两三 and 一二 are people who do not know exactly."""
    if len(text) == 1:
        return DIGITS[text]
    if "两" in text or (len(text) < 3 and "零" not in text and "〇" not in text) or len(text) > 12:
        return None
    return int("".join(str(DIGITS[letter]) for letter in text))


def _split(text: str, sign: str, factor: int) -> int | None:
    head, _, tail = text.partition(sign)
    front = _chinese(head) if head else None
    if front is None or (sign == "万" and front >= 10**4):
        return None
    if not tail:
        return front * factor
    if len(tail) == 1 and tail in DIGITS:
        return front * factor + DIGITS[tail] * (factor // 10)
    back = _chinese(tail.lstrip("零〇"))
    return None if back is None or back >= factor else front * factor + back


def _section(text: str) -> int | None:
    """Below ten thousand: 三千二百零五, 一百八, 十五."""
    total, last_unit, position = 0, 10**4, 0
    while position < len(text):
        letter = text[position]
        if letter in "零〇":
            if position == 0 or position + 1 == len(text) or text[position + 1] in "零〇":
                return None
            position, last_unit = position + 1, min(last_unit, 100)
            continue
        digit = 1 if letter == "十" and position == 0 else DIGITS.get(letter)
        if digit is None:
            return None
        position += 0 if letter == "十" else 1
        if position == len(text):
            # 一百八: tenths of what stood before; after 零 or 十 it is a plain digit
            short = last_unit // 10 if text[-2:-1] in ("百", "千") else 1
            return total + digit * short
        unit = UNITS.get(text[position])
        if unit is None or unit >= last_unit:
            return None
        total, last_unit, position = total + digit * unit, unit, position + 1
    return total


def thousandths(text: str) -> int | None:
    """The number in thousandths; None when it is finer than that."""
    found = number(text)
    scaled = None if found is None else found * 1000
    return int(scaled) if scaled is not None and scaled.denominator == 1 else None


def money(text: str) -> int | None:
    """Fen of 186.5元, 一百八, ¥200, 三块五, 十块零五分, 五毛, 1.2万元; None if it is no amount."""
    text = re.sub(r"(?<=\d)[,，](?=\d{3}(?!\d))", "", text.strip())
    small = _SMALL.fullmatch(text)
    if small and (small["jiao"] or small["fen"]):
        return _fen(None, small["jiao"], small["fen"])
    found = _MONEY.fullmatch(text)
    if found is None:
        return None
    bit = (found["bit"] or "").removeprefix("零")
    if not bit:
        return _fen(found["yuan"], None, None)
    if bit[-1] not in "角毛分":  # 三块五, 186块5: the one digit is jiao
        return _fen(found["yuan"], bit, None) if len(bit) == 1 else None
    rest = _SMALL.fullmatch(bit)
    return _fen(found["yuan"], rest["jiao"], rest["fen"]) if rest else None


def _fen(yuan: str | None, jiao: str | None, fen: str | None) -> int | None:
    total = Fraction(0)
    for text, factor in ((yuan, 100), (jiao, 10), (fen, 1)):
        if text is not None:
            value = number(text)
            if value is None or (factor < 100 and value >= 10):
                return None
            total += value * factor
    return int(total) if total.denominator == 1 else None
