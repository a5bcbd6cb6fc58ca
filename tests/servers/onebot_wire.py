"""Frames as an OneBot v11 implementation writes them; names and numbers are made up."""

import json
import time
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[1] / "wire" / "onebot"
FIRST_GROUP = 700_000_001

Json = dict[str, Any]


def recorded(name: str) -> Json:
    """A frame from tests/wire/onebot."""
    return dict(json.loads((RECORDED / f"{name}.json").read_text()))


def group_list(count: int) -> list[Json]:
    return [
        {
            "group_all_shut": 0,
            "group_remark": "",
            "group_id": FIRST_GROUP + at,
            "group_name": f"送暖测试群{at + 1}",
            "member_count": 20 + at % 180,
            "max_member_count": 200,
        }
        for at in range(count)
    ]


def answer(echo: Any, data: Any = None) -> Json:
    return {"status": "ok", "retcode": 0, "data": data, "message": "", "wording": "", "echo": echo, "stream": "normal"}


def failure(echo: Any, retcode: int, wording: str) -> Json:
    return {
        "status": "failed",
        "retcode": retcode,
        "data": None,
        "message": wording,
        "wording": wording,
        "echo": echo,
        "stream": "normal",
    }


def timed_out(echo: Any) -> Json:
    """NapCat when QQ does not confirm a message: it may be out all the same."""
    where = "NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg ListenerName:NodeIKernelMsgListener"
    return failure(echo, 1200, f'Timeout: {where}/onMsgInfoListUpdate EventRet:\n{{"result": 0, "errMsg": ""}}\n')


def refused_by_qq(echo: Any, result: int, reason: str) -> Json:
    """NapCat when QQ itself says no."""
    return failure(
        echo, 1200, f'EventChecker Failed: EventRet:\n{{\n    "result": {result},\n    "errMsg": "{reason}"\n}}\n'
    )


def event(self_id: str, post_type: str, **fields: Any) -> Json:
    return {"time": int(time.time()), "self_id": int(self_id), "post_type": post_type, **fields}


def lifecycle(self_id: str) -> Json:
    return event(self_id, "meta_event", meta_event_type="lifecycle", sub_type="connect")


def heartbeat(self_id: str, *, online: bool, interval: float) -> Json:
    status = {"online": online, "good": True}
    return event(self_id, "meta_event", meta_event_type="heartbeat", status=status, interval=round(interval * 1000))


def text_message(text: str, as_string: bool) -> str | list[Json]:
    if as_string:
        return text.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")
    return [{"type": "text", "data": {"text": text}}]


def message(
    self_id: str, message_id: int, user: str, nickname: str, content: str | list[Json], group: str | None
) -> Json:
    """A message of somebody in a group, or in a direct talk when `group` is None."""
    place = {"message_type": "group", "group_id": int(group)} if group else {"message_type": "private"}
    return event(
        self_id,
        "message",
        **place,
        sub_type="normal" if group else "friend",
        message_id=message_id,
        message_seq=message_id,
        real_id=message_id,
        user_id=int(user),
        message=content,
        raw_message=content if isinstance(content, str) else "",
        message_format="string" if isinstance(content, str) else "array",
        font=14,
        sender={"user_id": int(user), "nickname": nickname, "card": "", "role": "member"},
    )


def own_message(self_id: str, message_id: int, chat: str, content: list[Json]) -> Json:
    """Our message as the account sees it (`reportSelfMessage`)."""
    kind, _, target = chat.partition(":")
    frame = message(self_id, message_id, self_id, "送暖", content, target if kind == "group" else None)
    return {**frame, "post_type": "message_sent", "target_id": int(target)}
