"""What a robot's answer means. HTTP says 200 either way: `errcode` is the answer, its words may repeat ours.

From the developer centre, 群机器人配置说明 and 全局错误码:

    45009, 45033       Retryable  too often in a minute, too many at once: nothing was sent
    93000              Permanent  no such robot: it was taken out of the group, or the address is wrong
    93004, 93008       Permanent  the robot is switched off, or not in the group
    45001, 45002       Permanent  too long; 40058 says it in words, or that the request was not understood
    40004 … 301019     Permanent  the file or picture is not taken
    any other, none    Unknown    a duplicate is worse than asking a person
"""

from typing import Any

from bot.errors import Permanent, Retryable, SendError, Unknown

TOO_OFTEN = frozenset({45009, 45033})
BAD_ROBOT = frozenset({93000, 93004, 93008})
TOO_LONG = frozenset({45001, 45002})
BAD_MEDIA = frozenset({40004, 40006, 40007, 40009, 301019})
BAD_REQUEST = frozenset({40008, 40058, 44004})
WAIT_SECONDS = 60.0


def judge(answer: Any) -> SendError | None:
    """None: it was sent. `answer` is the JSON that came back, whatever it is."""
    code = answer.get("errcode") if isinstance(answer, dict) else None
    if not isinstance(code, int) or isinstance(code, bool):
        return Unknown("async", "对方的回答看不懂")
    if code == 0:
        return None
    if code in TOO_OFTEN:
        return Retryable("too_often", retry_after=WAIT_SECONDS)
    if code in BAD_ROBOT:
        return Permanent("bad_robot")
    if code in TOO_LONG or (code in BAD_REQUEST and "exceed" in str(answer.get("errmsg", ""))):
        return Permanent("too_long")
    if code in BAD_MEDIA:
        return Permanent("bad_media")
    return Permanent("bad_request") if code in BAD_REQUEST else Unknown(f"failed_{code}")
