"""What an answer to a send means: sent, certainly not sent, or nobody knows.

    status ok                              Receipt
    status async, retcode 1                Unknown    queued over there; the result is never reported
    retcode 1401, 1403                     Retryable  our token is not taken: nothing was looked at
    any "timeout" in the wording           Unknown    NapCat's 1200: it may be out, or silently blocked
    go-cqhttp's SEND_MSG_API_ERROR         Unknown    reported failures that had been delivered
    1404, 1400, 100                        Permanent  no such action, or our request was not understood
    EventRet result 110, 120, 16           Permanent  QQ itself said no: removed, muted, not a friend
    wording: removed, muted, no such group Permanent  the same, from implementations without EventRet
    any other failure                      Unknown    a duplicate is worse than asking a person

QQ's servers have no idempotency key, so "Permanent" needs a reason to be certain; a failure of a kind we
have not met is doubtful by definition.
"""

import re

from bot import clock
from bot.channels.onebot.frames import Frame
from bot.channels.onebot.incoming import sent_ident
from bot.errors import Permanent, Retryable, SendError, Unknown
from bot.events import Receipt

REFUSED = frozenset({1401, 1403})
_REJECTED = {1404: "unsupported", 1400: "bad_request", 100: "bad_request"}
_RESULT = re.compile(r'"result"\s*:\s*(-?\d{1,9})')
_BY_RESULT = {"110": "not_in_group", "120": "muted", "16": "not_a_friend"}
_DOUBTFUL = ("timeout", "time out", "timed out", "超时", "send_msg_api_error")
_BY_WORDING = {
    "移出该群": "not_in_group",
    "group_not_found": "not_in_group",
    "群不存在": "not_in_group",
    "不在群": "not_in_group",
    "禁言": "muted",
    "添加对方为好友": "not_a_friend",
    "不是好友": "not_a_friend",
    "消息体无法解析": "bad_request",
}
_DETAIL = {
    "unsupported": "对方不支持这个动作，请升级 NapCat 或 LLBot",
    "bad_request": "对方看不懂这条消息",
    "not_in_group": "账号不在这个群里",
    "muted": "账号在群里被禁言",
    "not_a_friend": "对方还不是账号的好友",
}


def judge(answer: Frame) -> Receipt | SendError:
    """The outcome of a send from its answer; the error's text never repeats the wording, which may quote us."""
    if answer.status == "ok" and not answer.retcode:
        return Receipt(sent_ident(answer.data), clock.now())
    if answer.status == "async" or answer.retcode == 1:
        return Unknown("async", "对方收下了，但不会报告结果")
    if answer.retcode in REFUSED:
        return Retryable("refused", "访问口令不对")
    return _failure(answer)


def _failure(answer: Frame) -> SendError:
    said = _said(answer)
    if any(word in said for word in _DOUBTFUL):
        return Unknown("timeout", "对方等 QQ 回应超时，可能已经发出")
    code = _known_reason(said) or _REJECTED.get(answer.retcode or 0)
    if code is None:
        return Unknown(f"failed_{answer.retcode}", "对方说失败，但没有说明是否已发出")
    return Permanent(code, _DETAIL[code])


def _known_reason(said: str) -> str | None:
    result = _RESULT.search(said)
    if result and result[1] in _BY_RESULT:
        return _BY_RESULT[result[1]]
    return next((code for word, code in _BY_WORDING.items() if word in said), None)


def _said(answer: Frame) -> str:
    message = answer.message if isinstance(answer.message, str) else ""
    return f"{message}\n{answer.wording or ''}".casefold()
