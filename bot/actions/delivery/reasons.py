"""In plain words why a delivery is not known to have arrived, and what to look at before sending it again."""

import re

REASONS = {
    "": "没有记下原因",
    "restored": "恢复备份时还没有发完",
    "stalled": "发送中途程序停了，可能已经发出",
    "timeout": "等回执超时，可能已经发出",
    "dropped": "发送中途断线，可能已经发出",
    "partly": "前面的图片或文件发出了，后面的没有",
    "async": "对方收下了但不报告结果，可能已经发出",
    "bug": "程序出错，可能已经发出，请看日志",
    "group_off": "这个群已关掉",
    "unreadable": "内容解不开，密钥文件可能不对",
    "canary": "前三个群都不确定发没发出，其余的先停下",
    "canary_refused": "前面的群都不收，其余的先停下，请看看文案和账号",
    "other_road": "换了另一个账号发",
    "stopped": "有人叫停了",
    "group_cap": "这个群今天的条数满了",
    "opted_out": "这一户已退订",
    "not_in_group": "账号不在这个群里",
    "muted": "账号在群里被禁言",
    "not_a_friend": "对方还不是账号的好友",
    "no_such_chat": "没有这个群或这个人",
    "bad_target": "群号或账号不对",
    "bad_media": "图片或文件读不出来",
    "bad_request": "对方看不懂这条消息",
    "unsupported": "对方不支持这个动作，请升级对方的程序",
    "empty": "消息是空的",
    "too_long": "消息太长",
    "offline": "没有连上",
    "logged_out": "账号掉线了，请重新登录",
    "refused": "访问口令不对",
    "not_started": "渠道还没有启动",
    "too_often": "这个群一分钟的条数满了，等一等再发",
    "bad_robot": "群机器人已失效，请在群里重新添加，改好地址",
    "journal": "演练场的记录写不下去，请看磁盘是否已满",
    "resend": "有人要求重发",
    "late": "太晚了，已作废",
    "acknowledged": "已经有人收到",
    "erased": "本人要求删除资料",
    "no_words": "原文已经不保留了，没有可发的",
    "left": "收信的账号已经不是工作人员的了",
}
STATUS_NAMES = {
    "queued": "等待",
    "sending": "正在发",
    "sent": "已发出",
    "failed": "失败",
    "unknown": "不确定",
    "expired": "作废",
    "held": "暂停",
}


def explain(code: str) -> str:
    """A code without a sentence is shown as it is: better than nothing."""
    if found := re.fullmatch(r"failed_(.+)", code):
        return f"对方说失败（{found[1]}），没说是否已经发出"
    return REASONS.get(code, f"原因代码 {code}")
