"""The load: what families and strangers write, and the OneBot frames that carry it. All of it is made up."""

import json
import time
from functools import cache
from pathlib import Path

from bot.triage import judge

SELF_ID = 10_000_001
FIRST_GROUP = 700_000_001
FIRST_NEIGHBOUR = 20_000_001
FIRST_STRANGER = 30_000_001
FIRST_FAMILY = 40_000_001
FIRST_CHAIR = 50_000_001
CHATTING_GROUPS = 50

LINES = Path(__file__).with_name("small_talk.txt").read_text(encoding="utf-8").splitlines()
# Said after a line, so that thousands of texts differ and no memory of verdicts would help.
TAILS = " 哈 呀 哦 嘛 呢 啊 嗯 ! ~ 。 哈哈 真的 是吧 对吧 嘿嘿 [微笑] [强] 👍 😄".split(" ")
NEEDS = (
    "家里断粮了,老人还病着,能不能帮帮我们",
    "孩子爸走了以后没有收入,学费实在凑不出来,求工会帮帮忙",
    "我妈的降压药吃完了,买不到,求求大家帮忙",
    "家里没米没面了,三天没吃上正经饭,工会能帮帮我们吗",
)


ALL_TALK = [line + tail for tail in TAILS for line in LINES]


@cache
def ordinary() -> list[str]:
    """The texts that are not taken for a request: one that is would be no ordinary chat but a transaction."""
    return [text for text in ALL_TALK if judge(text).decision == "none"]


def frame(text: str, user: int, number: int, group: int | None = None) -> bytes:
    """One message event, with the fields and the spacing that NapCat writes."""
    place = {"message_type": "group", "group_id": group} if group else {"message_type": "private"}
    event = {
        "self_id": SELF_ID,
        "user_id": user,
        "time": int(time.time()),
        "message_id": number,
        "message_seq": number,
        "real_id": number,
        **place,
        "sender": {"user_id": user, "nickname": f"邻居{user % 1000}", "card": "", "role": "member"},
        "raw_message": text,
        "font": 14,
        "sub_type": "normal" if group else "friend",
        "message": [{"type": "text", "data": {"text": text}}],
        "message_format": "array",
        "post_type": "message",
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def chatter(number: int) -> bytes:
    """Ordinary message `number`, of a stranger in one of the groups that are switched on."""
    group = FIRST_GROUP + number % CHATTING_GROUPS
    texts = ordinary()
    return frame(texts[number % len(texts)], FIRST_NEIGHBOUR + number % 997, number + 1, group)


def groups(count: int) -> list[dict[str, object]]:
    """What the network says of the account's groups."""
    return [
        {"group_id": FIRST_GROUP + at, "group_name": f"送暖测试群{at + 1}", "member_count": 20 + at % 180}
        for at in range(count)
    ]


def household(number: int) -> str:
    return f"H{number + 1:04d}"
