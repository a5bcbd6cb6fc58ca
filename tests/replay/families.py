"""What is true of each family of the synthetic roster, before anybody calls it: the story only finds it out.

Everything follows from the household's code, so that the same size gives the same story to the fen.
"""

from functools import cached_property

from bot.quantities import yuan
from bot.sample import synthetic

SEED_HOUSEHOLDS, SEED_FEN = synthetic.CALLED, 17_600_000
THINGS = "米20斤 油1桶 蔬菜10斤"

# How the calls go before somebody talks to us, by the household's number. Twenty of forty answer at once.
FOUR_TIMES, SWITCHED_OFF, WRONG = ("未接", "没人接", "无人接听", "未接"), ("关机", "停机", "关机"), ("错号",)
TRIES: tuple[tuple[str, ...], ...] = (
    *[()] * 20,
    *[("未接",)] * 7,
    *[("占线",)] * 3,
    ("未接", "占线"),
    ("没接", "未接", "占线"),
    ("晚上再打 19:00",),
    ("明天上午再打",),
    ("未接", "晚上再打 19:00"),
    FOUR_TIMES,
    SWITCHED_OFF,
    WRONG,
    WRONG,
    ("占线", "占线"),
)
WORDS = ("米 油 老人一个人", "粮油 蔬菜 出不了门", "没有米面了 腿脚不便", "面 油 孩子小", "米 菜 封了小区买不到")
WELL = ("平安", "都好", "挺好", "平安 谢谢工会", "没事")


class Family:
    """One household; `rank` is its place among those in need, None for all others."""

    def __init__(self, code: str, name: str, rank: int | None, fen: int) -> None:
        self.code, self.name, self.rank, self.fen = code, name, rank, fen
        self.account = f"5{int(code[1:]):08d}"
        self.tries = list(TRIES[int(code[1:]) * 7 % len(TRIES)])
        self.answers = ["2", "1"] if rank is not None and rank % 6 == 2 else ["1" if int(code[1:]) % 2 else "收到了"]

    @cached_property
    def words(self) -> str:
        """What the volunteer writes when somebody talks to them."""
        number = int(self.code[1:])
        if self.rank is not None:
            return f"需帮助 {WORDS[number % len(WORDS)]}"
        return "拒访" if number % 23 == 5 else WELL[number % len(WELL)]

    @property
    def slips(self) -> bool:
        """The volunteer's thumb hits the wrong word first."""
        return not TRIES[int(self.code[1:]) * 7 % len(TRIES)] and int(self.code[1:]) % 9 == 4

    @property
    def has_account(self) -> bool:
        return self.rank is not None and self.rank % 5 < 3

    @property
    def promised(self) -> bool:
        """The chair says what to bring; else whoever brings it says what it was."""
        return self.rank is not None and self.rank % 3 == 0

    @property
    def corrected(self) -> bool:
        """The amount is written down wrong at first."""
        return not self.promised and self.rank is not None and self.rank % 7 == 1

    @property
    def parcel(self) -> str:
        return f"{THINGS} {yuan(self.fen)}元"

    def dialled(self) -> str:
        return self.tries.pop(0) if self.tries else self.words

    def answer(self) -> str:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def roster(households: int, seed: int) -> dict[str, Family]:
    heads = {row[0]: row[1] for row in reversed(list(synthetic.rows(households, seed)))}
    codes = sorted(heads)
    needy = [code for code in codes if synthetic.needs(code)]
    parts = shares(SEED_FEN * households // SEED_HOUSEHOLDS, len(needy))
    rank = {code: place for place, code in enumerate(needy)}
    return {code: Family(code, heads[code], rank.get(code), parts[rank[code]] if code in rank else 0) for code in codes}


def shares(fen: int, parts: int) -> list[int]:
    """The amount divided to the fen, and no two neighbours alike: what one has less the next has more."""
    even = [fen * (place + 1) // parts - fen * place // parts for place in range(parts)]
    for place in range(0, parts - 1, 2):
        moved = (place * 37 % 89) * 100 + place % 100
        even[place], even[place + 1] = even[place] - moved, even[place + 1] + moved
    return even
