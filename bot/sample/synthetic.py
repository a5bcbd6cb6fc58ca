"""A synthetic roster of any size in the proportions of the report that the project starts from.

That report names 3,700 households called back, 567 of them in need, about 90 families of workers in
hardship and 80 families of medical workers at the front; how the others divide is an assumption. Every
person is invented, and phones run from 13800000000 upward. The same seed gives the same roster.
"""

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import NamedTuple

CALLED, IN_NEED = 3700, 567

# Every column that the import knows, so that a sample shows all of it.
HEADER = (
    "户编号 姓名 关系 电话 未满14岁 监护人 单位 类别 等级 地址 方便接听时间 可告知的人 "
    "回避日子 纪念日子 请勿致电 退订消息 同意人 同意日期 同意事项 同意原话 备注"
).split()

OF_HOUSE = len(HEADER) - 6  # all but the code and the five columns of a person

AREAS = ("东岭", "西河", "南坪", "北原")
MINES = ("一矿", "二矿", "三矿")
UNITS: tuple[tuple[str, str, str | None], ...] = (  # code, name, parent; a parent comes before its children
    ("N", "北原煤业集团", None),
    *((f"N{a}", f"{area}矿区", "N") for a, area in enumerate(AREAS, 1)),
    *((f"N{a}{m}", f"{area}{mine}", f"N{a}") for a, area in enumerate(AREAS, 1) for m, mine in enumerate(MINES, 1)),
)
WORKPLACES = tuple(code for code, _, _ in UNITS if len(code) == 3)

CATEGORIES = {
    "工伤残职工": 1650,
    "工亡遗属": 1150,
    "孤寡老人": 600,
    "留守儿童": 130,
    "困难职工": 90,
    "一线医护家庭": 80,
}
GRADES = {"深度": 2, "相对": 5, "意外致困": 3}

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
OLD = "桂芳 秀英 玉珍 淑琴 凤兰 春梅 月娥 德顺 永福 长河 铁柱 大勇 志强 建军 光明 来喜 金凤 秋菊 素云 立新".split()
YOUNG = "小满 子涵 晓雨 浩然 欣怡 宇轩 思远 佳琪 明哲 雨桐".split()
TIMES = ("上午", "下午三点以后", "晚上七点以后", "晚上 18:00-20:00", "周末白天", "中午休息时")
TOLD = ("只和本人说", "可以和妻子说", "可以和女儿说", "可以告诉儿子", "楼下邻居可以转告")
NOTES = ("腿脚不便", "听力不好，慢点说", "有糖尿病，常备药", "子女在外地", "住六楼没电梯", "冬天怕冷")
WORDS = ("同意登记，有困难请联系我", "同意工会打电话回访", "可以，常打来聊聊")


class Person(NamedTuple):
    """One row of the sheet, but for what belongs to the whole household."""

    name: str
    relation: str
    phone: str = ""
    under_14: str = ""
    guardian: str = ""


def needs(code: str) -> bool:
    """Will this household turn out to need help? 567 of each 3,700 codes in a row, spread evenly."""
    number = int(code.removeprefix("H"))
    return number * IN_NEED // CALLED > (number - 1) * IN_NEED // CALLED


def rows(households: int, seed: int = 1) -> Iterator[list[str]]:
    """The lines below HEADER: H0001 upward, the household's own columns beside its first member only."""
    dice, phones = Random(seed), count(13_800_000_000)
    for number in range(1, households + 1):
        category = _pick(dice, CATEGORIES)
        code, family = f"H{number:04d}", _family(dice, category, phones)
        for place, person in enumerate(family):
            house = [*_house(dice, category, number), *_consent(dice, person)] if place == 0 else [""] * OF_HOUSE
            yield [code, *person, *house]


def _pick(dice: Random, weights: dict[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


def _chance(dice: Random, of_100: int, text: str) -> str:
    return text if dice.randrange(100) < of_100 else ""


def _family(dice: Random, category: str, phones: Iterator[int]) -> list[Person]:
    """The person to ask for comes first and has a phone. Nobody in a family shares a name."""
    surname = dice.choice(SURNAMES)
    others = [dice.choice(SURNAMES) + given for given in dice.sample(OLD, 3)]
    first = {"工亡遗属": "妻子", "留守儿童": "祖父"}.get(category, "本人")
    family = [Person(surname + others[0][1:], first, str(next(phones)))]
    if category == "孤寡老人":
        return family
    if dice.randrange(100) < 70:
        relation = "祖母" if category == "留守儿童" else "母亲" if first == "妻子" else "配偶"
        family.append(Person(others[1], relation, _chance(dice, 60, str(next(phones)))))
    if category == "留守儿童" or dice.randrange(100) < 35:
        family.append(Person(surname + dice.choice(YOUNG), "孩子", "", "是", family[0].name))
    return family


def _house(dice: Random, category: str, number: int) -> list[str]:
    address = f"{dice.choice(AREAS)}小区 {number % 40 + 1} 号楼 {dice.randint(1, 4)} 单元 {dice.randint(101, 605)}"
    mourning = _chance(dice, 80 if category == "工亡遗属" else 3, f"忌日 {_day(dice)}")
    return [
        dice.choice(WORKPLACES),
        category,
        _chance(dice, 90, _pick(dice, GRADES)) if category == "困难职工" else "",
        address,
        _chance(dice, 60, dice.choice(TIMES)),
        _chance(dice, 30, dice.choice(TOLD)),
        mourning,
        _chance(dice, 20, f"生日 {_day(dice)}"),
        _chance(dice, 1, "是"),
    ]


def _day(dice: Random) -> str:
    return f"{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"


def _consent(dice: Random, person: Person) -> list[str]:
    """Opt-out, consent (who, when, to what, in which words) and note."""
    opted_out, note = _chance(dice, 1, "是"), _chance(dice, 40, dice.choice(NOTES))
    if dice.randrange(100) >= 85:
        return [opted_out, "", "", "", "", note]
    day = f"2019-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
    return [opted_out, person.name, day, "登记和回访", dice.choice(WORDS), note]
