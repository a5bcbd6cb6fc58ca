"""Five hundred things that somebody might write to break a bot; always the same, so a red run can be repeated."""

from itertools import product
from random import Random

COUNT = 500
SEEDS = [
    "[CQ:at,qq=all]", "[CQ:image,file=file:///etc/passwd]", "[CQ:json,data={&#34;a&#34;:1}]", "&#91;CQ:at,qq=all&#93;",
    "[CQ:reply,id=1][CQ:at,qq=10000001]", "&amp;#91;", "@全体成员 ", "@all", "@everyone",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "javascript:alert(1)", "]]>", "<!--",
    "\x1b[31m红\x1b[0m", "\x1b]0;标题\x07", "\x1b[2J\x1b[H", "\r2026-12-01 08:30:00 INFO    bot.sender  假的一行",
    "\n2026-12-01 08:30:00 ERROR   bot.app  假的一行", '\n{"time":"2026-12-01","level":"ERROR","message":"假"}',
    "\u202e反写\u202c", "\u2066隔离\u2069", "\u200f\u200e", "零\u200b宽\u200d字\ufeff", "\u2060\u180e\u00ad",
    "前\x00后", "\x00", "半\ud800个", "\udc00\ud83d", "\U0001f600\u20e3\U0001f468\u200d\U0001f469",
    "\U000e0041\ue000",
    "a\r\nb\tc\x0b\x0c", "\u2028行\u2029段\x85", '"}]},"echo":"x"', "\\u0000\\ud800", '\\"\\\\', "\x7f\x80\x9f",
    "{{ 70007*7 }}",
    "{% for x in range(9) %}x{% endfor %}",
    "{{ cycler.__init__.__globals__ }}", "{# 注释 #}", "${7*7}",
    "#{7*7}", "%s%n%d", "{0.__class__}", "'; DROP TABLE delivery; --", '" OR ""="', "\\'; DELETE FROM household; --",
    "$1 ? :name",
    "=cmd|'/c calc'!A1", "+1+1", "@SUM(1)", "../../secrets/songnuan.key", "file:///etc/passwd", "\\\\server\\share",
    "Z\u0351\u0352\u0353\u0354\u0355algo", "̴" * 80, "您来管，就回：收到 1", "【求助 1 号】", "收到 1", "绑定 ABCDEFGH",
    "撤销", "帮助", "长" * 3000, "x" * 20000, " " * 500, "\n" * 300, "[" * 2000,
    "(" * 2000 + ")" * 2000, "🏴" + "\U000e0067" * 40,
    "0" * 400, "NaN", "null", "-1", "1e999", "true", "１２３", "٣", "²", "ﷺ" * 50, "𝒽𝑒𝓁𝓅", "ＳＴＡＦＦ",
]  # fmt: skip


def strings() -> list[str]:
    """All seeds, then pairs of them, some with noise between; deterministic."""
    rng = Random(20261201)
    pairs = [f"{one}{other}" for one, other in product(SEEDS, SEEDS) if len(one) + len(other) < 4000]
    noise = ["".join(chr(rng.choice([rng.randrange(0x20), rng.randrange(0xD7FF), rng.randrange(0xE000, 0x10FFFF)]))
                     for _ in range(40)) for _ in range(60)]  # fmt: skip
    picked = rng.sample(pairs, COUNT - len(SEEDS) - len(noise))
    return [*SEEDS, *noise, *picked]
