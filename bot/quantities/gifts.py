"""What was given, out of one chat line: 米10斤 油1桶 186元, 十斤米两桶油, 现金500元, 服务 陪诊.

An amount belongs to the goods before it and is kept on the last of them, so that sums are right and
nobody invents how much of it was the rice. An amount without goods is cash.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from bot.errors import BadInput
from bot.quantities.numbers import NUMERAL, money, number, thousandths

Kind = Literal["goods", "cash", "service"]
MOST_FEN = 100_000_000  # a million yuan in one go is a slip of the finger
ITEM_LONGEST = 40
LINES_MOST = 30

_MEASURES = sorted(
    """
    公斤 千克 毫升 kg KG Kg ml ML 斤 克 吨 升 两 桶 袋 箱 盒 瓶 包 件 个 只 条 床 套 双
    份 罐 提 捆 把 张 台 部 辆 车 次 顿 趟 天 小时 片 板 支 筐 篮 听 篓 棵 颗 根 打
    对 卷 枚 头 副 本 串 盘 碗 壶 粒 贴 管 坛 扎 吊 兜 块 组 盆 户 人 月
    """.split(),
    key=lambda word: -len(word),
)
_MEASURE = f"(?:{'|'.join(_MEASURES)})"
# 一次性口罩 is not one time, 三个月的药 not three pieces, 块 before 钱 not a piece.
_NOT_HERE = "(?!性)(?!月)(?!钱)"
_CHANGE = rf"(?:{NUMERAL}[角毛]?(?:{NUMERAL}分)?(?!{_MEASURE}))?"  # 3块5, 3元5角2分
_AMOUNT = rf"{NUMERAL}(?:元|圆|块){_CHANGE}(?:钱|整)*|{NUMERAL}[角毛]钱?"
_COUNTED = rf"(?P<num>{NUMERAL})(?P<measure>{_MEASURE}){_NOT_HERE}(?P<half>半)?"
_NEXT = rf"(?=(?:{NUMERAL})(?:{_MEASURE}{_NOT_HERE}|元|圆|块|角|毛)|[¥￥]|$)"
_WORTH = "(?:合计|总共|一共|共计|总计|价值|折合|约合|共|值|计|约)"
_CASH = "(?:现金|现款|慰问金|慰问款|救助金|救助款|补助金|补助款|补助|补贴|生活费|助学金|医疗费|红包|钱款|钱)"

_VALUE = re.compile(rf"{_WORTH}*(?P<sign>[¥￥])?(?P<amount>{_AMOUNT}|(?<=[¥￥]){NUMERAL}(?![\d.]))")
_MONEY_WORD = re.compile(rf"(?P<what>{_CASH})(?P<amount>[¥￥]?(?:{_AMOUNT}|{NUMERAL}(?!{_MEASURE})))?")
_FIRST = re.compile(rf"{_COUNTED}(?:的)?(?P<item>(?!\s).*?){_NEXT}")
_LAST = re.compile(rf"(?P<item>.+?)[x×*:]?{_COUNTED}")
_ALONE = re.compile(rf"(?P<item>.+?)(?:[x×*](?P<times>\d+)$|{_NEXT})")
_BARE = re.compile(rf"{_WORTH}*(?P<amount>{NUMERAL})")
_CUT = re.compile(r"[\s,，、;；。+/|]+|(?<=[\d元块斤桶袋箱盒瓶])和")
_SAYS_NOTHING = re.compile(f"{_WORTH}+:?|[:.-]+")
_BY_PIECE = re.compile("(?:每|单价).*(?:元|块)|.*(?:元|块)(?:每|一(?:斤|袋|桶|盒|箱|个|件)$)")
_THOUSANDS = re.compile(r"(?<![\d.])(\d{1,3})((?:,\d{3})+)(?=元|块|\D|$)")
_SERVICES = re.compile(
    "陪诊|陪护|看护|看望|探望|慰问|谈心|修|打扫|保洁|送医|理发|接送|代办|疏导|聊天|做饭|辅导|清洗|疏通"
)
# Pieces of these are counted in 块; for all else 块 is money.
_IN_PIECES = re.compile("皂|煤|豆腐|糖|巧克力|布|毛巾|砖|饼|电池|玻璃|姜|肉|板|表")


class Gift(NamedTuple):
    """`quantity` in thousandths of `measure`, 0 when it was not said; `value_fen` 0 when not said."""

    kind: Kind
    item: str
    quantity: int = 0
    measure: str = ""
    value_fen: int = 0


def read_gifts(text: str) -> list[Gift]:
    """All gifts of a line. Raises BadInput, whose sentence says what cannot be read and how to write it."""
    found: list[Gift] = []
    text = _THOUSANDS.sub(lambda hit: hit[1] + hit[2].replace(",", ""), text)
    words = [word for word in _CUT.split(text) if word and not _SAYS_NOTHING.fullmatch(word)]
    service = False
    for word in words:
        if word == "服务":
            service = True
            continue
        for gift in _word(word, found):
            found.append(gift._replace(kind="service") if service and gift.kind == "goods" else gift)
    if len(found) > LINES_MOST:
        raise BadInput(f"一次最多记 {LINES_MOST} 样，请分几条写。")
    return found


def _word(word: str, before: list[Gift]) -> Iterator[Gift]:
    """The gifts of one word without blanks; an amount changes the last of those before it."""
    if _BY_PIECE.match(word):
        raise BadInput(f"“{word[:12]}”是单价吧？请写合计多少元。")
    position = 0
    while position < len(word):
        rest = word[position:]
        for pattern, take in _FORMS:
            hit = pattern.match(rest)
            gift = take(hit, before) if hit else None
            if hit and gift is not None:
                position += hit.end()
                if gift.item or gift.kind == "cash":
                    yield gift
                break
        else:
            raise BadInput(f"看不懂“{rest[:12]}”，请写成“米10斤”“油1桶”“186元”这样。")


_DONE = Gift("goods", "")  # it went to what stood before: nothing new


def _value(hit: re.Match[str], before: list[Gift]) -> Gift | None:
    amount = hit["amount"]
    if (fen := money(amount)) is None:
        return None
    return _priced(_sensible(fen), before)


def _priced(fen: int, before: list[Gift]) -> Gift:
    """An amount: of the goods, or of the 现金, just before it; otherwise it is cash itself."""
    if before and not before[-1].value_fen:
        before[-1] = before[-1]._replace(value_fen=fen)
        return _DONE
    return Gift("cash", "", value_fen=fen)


def _sensible(fen: int) -> int:
    if not 0 < fen <= MOST_FEN:
        raise BadInput("金额要大于 0、不超过 100 万元，请再看一下。")
    return fen


def _cash(hit: re.Match[str], before: list[Gift]) -> Gift | None:
    if hit["amount"] is None:
        # 现金 alone: how much is for the rules to say. 补助 may be part of a longer word.
        return Gift("cash", hit["what"]) if hit.end() == len(hit.string) else None
    fen = money(hit["amount"])
    return None if fen is None else Gift("cash", hit["what"], value_fen=_sensible(fen))


def _first(hit: re.Match[str], before: list[Gift]) -> Gift | None:
    """十斤米, 两块香皂; a bare 10斤 belongs to the thing before it."""
    if hit["item"]:
        return _goods(hit, hit["item"])
    if hit["measure"] == "块" or not before or before[-1].kind == "cash" or before[-1].quantity or before[-1].value_fen:
        return None
    counted = _goods(hit, before[-1].item)
    before[-1] = before[-1]._replace(quantity=counted.quantity, measure=counted.measure)
    return _DONE


def _last(hit: re.Match[str], before: list[Gift]) -> Gift | None:
    """米10斤; 米50块 is money unless it is a thing of pieces."""
    if hit["measure"] == "块" and not _IN_PIECES.search(hit["item"]):
        return None
    if re.search(rf"(?:{NUMERAL})(?:元|圆|块|角|毛)", hit["item"]):
        return None  # 米50元油1桶: the amount comes first
    return _goods(hit, hit["item"])


def _goods(hit: re.Match[str], item: str) -> Gift:
    quantity = thousandths(hit["num"])
    if quantity is None:
        raise BadInput(f"“{hit['num']}{hit['measure']}”是多少说不准，请写一个数，例如 3{hit['measure']}。")
    quantity += 500 if hit["half"] else 0
    if not 0 < quantity <= 10**12:
        raise BadInput(f"“{hit['num']}{hit['measure']}”的数量不对，请再看一下。")
    return Gift(_kind(item), _named(item), quantity, hit["measure"])


def _alone(hit: re.Match[str], before: list[Gift]) -> Gift | None:
    """A thing without a number: 被子; or 口罩x20."""
    times = int(hit["times"] or 0)
    return Gift(_kind(hit["item"]), _named(hit["item"]), times * 1000)


def _bare(hit: re.Match[str], before: list[Gift]) -> Gift | None:
    """186 after 油1桶 is money; after 米 nobody can tell."""
    if hit.end() != len(hit.string) or number(hit["amount"]) is None or hit["amount"] == "半":
        return None
    if before and before[-1].kind == "goods" and not before[-1].quantity and not before[-1].value_fen:
        raise BadInput(f"“{before[-1].item} {hit['amount']}”是多少斤还是多少元？请带上单位。")
    fen = money(hit["amount"])
    return None if fen is None else _priced(_sensible(fen), before)


def _kind(item: str) -> Kind:
    return "service" if _SERVICES.search(item) else "goods"


def _named(item: str) -> str:
    item = item.strip("的:-—·“”\"'()（）")
    if not item or len(item) > ITEM_LONGEST or not re.search(r"[^\W\d_]", item) or number(item) is not None:
        raise BadInput(f"“{item[:12]}”不像一样东西，请写成“米10斤”这样。")
    return item


_FORMS = (
    (_MONEY_WORD, _cash),
    (_FIRST, _first),
    (_VALUE, _value),
    (_LAST, _last),
    (_BARE, _bare),
    (_ALONE, _alone),
)


def yuan(fen: int) -> str:
    """186.5 for 18650: no more digits than needed."""
    whole, rest = divmod(abs(fen), 100)
    tail = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{'-' if fen < 0 else ''}{whole}{tail}"


def shown(item: str, quantity: int, measure: str) -> str:
    """米10斤, 油1.5桶, 被子."""
    whole, rest = divmod(quantity, 1000)
    tail = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{item}{whole}{tail}{measure}" if quantity else item


def shown_all(gifts: Sequence[Gift]) -> str:
    """米10斤、油1桶（186元）、现金500元: as it was written, to be read back."""
    parts = []
    for gift in gifts:
        if gift.kind == "cash":
            amount = f"{yuan(gift.value_fen)}元" if gift.value_fen else ""
            parts.append(f"{gift.item or '现金'}{amount}")
        else:
            worth = f"（{yuan(gift.value_fen)}元）" if gift.value_fen else ""
            parts.append(shown(gift.item, gift.quantity, gift.measure) + worth)
    return "、".join(parts)
