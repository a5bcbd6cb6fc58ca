"""What each audited action is called in the report that a family may ask for: who saw or changed what, when and why."""

from bot.actions.households.viewing import CLEAR, CODES, LISTED, OPENED, WHAT
from bot.actions.outreach.outcomes import OUTCOMES
from bot.models import Audit

LISTS = {
    "calls": "名单",
    "which": "重名时的候选名单",
    "search": "搜索结果",
    "report": "统计明细",
    "history": "回访经过",
    "print": "打印的名单",
    "roster": "名册",
    "household": "户页",
}
BOT, LINE = "机器人", "命令行"

NAMES = {
    CLEAR: "看了完整的{what}",
    LISTED: "看了带姓名的{list}",
    OPENED: "打开了包含这一户的{list}",
    "access.report": "查了谁看过这一户的资料",
    "assignment.given": "分给{to}回访",
    "assignment.moved": "转给{to}回访",
    "assignment.released": "从{to}那里收回",
    "assignment.returned": "退回回访",
    "assignment.taken": "领去回访",
    "callback.recorded": "登记回访：{outcome}",
    "callback.undone": "撤销回访：{outcome}",
    "consent.give": "记下同意",
    "consent.withdraw": "撤回同意",
    "date.add": "加了要记的日子",
    "date.remove": "去掉要记的日子",
    "do_not_call.on": "设为请勿再打",
    "help.acknowledged": "收到求助",
    "help.asked": "问家属收到没有",
    "help.assigned": "派给{to}",
    "help.behalf": "代报求助",
    "help.closed": "办结求助",
    "help.confirmed": "家属确认收到",
    "help.corrected": "更正送达",
    "help.delivered": "记下送达",
    "help.issues": "家属说有问题",
    "help.joined": "又说了求助的话",
    "help.kinds": "改了求助的类别",
    "help.linked": "把求助关联到这一户",
    "help.not_received": "家属说没收到",
    "help.raised": "记下求助",
    "help.reminded": "提醒办理",
    "help.reopened": "重开求助",
    "help.urgency": "改了求助的急缓",
    "help.withdrawn": "收回求助",
    "household.create": "建户",
    "household.update": "导入名册时更新",
    "identity.bind": "绑定账号",
    "identity.unbind": "解除绑定",
    "member.code": "发绑定码",
    "member.create": "加了一位成员",
    "member.guardian": "设了监护人",
    "messages.off": "退订消息",
    "messages.on": "订阅消息",
    "person.ask_copy": "本人要一份资料",
    "person.ask_erasure": "本人要求删除资料",
    "person.erase": "删除了资料",
    "person.export": "导出了本人的全部资料",
    "relief.confirmed": "救助：家属确认",
    "relief.delivered": "救助：送到",
    "relief.issues": "救助：有问题",
    "relief.not_received": "救助：没收到",
    "relief.promised": "救助：答应",
    "relief.void": "救助：作废",
    "roster.export": "导出名册（{clear}），包含这一户",
    "view.request": "看了求助的原话和经过",
    "wish.best_time": "改了方便接听的时间",
    "wish.do_not_call": "设为请勿再打",
    "wish.may_call": "恢复可以打电话",
    "wish.may_tell": "改了可以告诉谁",
}
OFFICE = {
    "access.of_staff": "查了一位工作人员看过什么",
    "audit.export": "下载了审计",
    "backup.restore": "恢复了备份",
    "backup.write": "做了备份",
    "group.learn": "认出了账号在的群",
    "group.stand_in": "设了替补的群",
    "group.switch": "改了群的设置",
    "group.trial": "给群试发了一条",
    "broadcast.forward": "把播发转发到更多群",
    "broadcast.resend": "重发了播发里的几条",
    "broadcast.stop": "叫停了播发",
    "schedule.cancel": "取消了排期",
    "schedule.change": "改了排期",
    "schedule.pause": "停用或打开了排期",
    "schedule.plan": "新排了一次",
    "schedule.skip": "跳过或恢复了下一次",
    "screen.close": "关掉了大厅的屏幕",
    "screen.open": "换了大厅屏幕的网址",
    "text.approve": "审过了文案",
    "text.picture": "上传了图片",
    "text.send_back": "退回了文案",
    "text.submit": "交了文案待审",
    "text.withdraw": "收回了文案",
    "text.write": "写了文案",
    "hold.release": "恢复备份后重新开始",
    "key.begin": "开始换密钥",
    "key.end": "换完密钥",
    "labels.export": "导出了判断的更正",
    "password.choose": "开始设密码",
    "password.remove": "去掉了密码",
    "password.set": "设了密码",
    "outbox.resend": "重发了没有把握的几条",
    "roster.import": "导入名册",
    "round.closed": "结束一轮回访",
    "round.created": "建了一轮回访",
    "sample.create": "建了演练用的工会",
    "session.end": "退出登录",
    "session.end_others": "让别的设备退出",
    "session.start": "登录",
    "setting.put": "改了设置",
    "signin.link": "要了登录链接",
    "staff.add": "添加了工作人员",
    "staff.appoint": "改了角色或单位",
    "staff.code": "发了工作人员的绑定码",
    "staff.deactivate": "停用了工作人员",
    "staff.leave": "有人离开，手上的事交出去",
    "unit.add": "添加了单位",
}
OF_THE_BOT = ("help.raised", "help.joined", "help.reminded", "help.asked", "assignment.released", "relief.")
OF_THE_FAMILY = ("help.confirmed", "help.not_received", "help.issues", "messages.", "person.ask_", "identity.")


def named(row: Audit, to: str = "") -> str:
    """In words; an action that has none by its own name, so that nothing is left out. `to`: to whom it was given."""
    detail = row.detail or {}
    outcome = OUTCOMES.get(detail.get("outcome", ""))
    known = {
        "to": f" {to} " if to else "",
        "what": "、".join(WHAT.get(one, one) for one in detail.get("what", ())) or "姓名",
        "list": LISTS.get(detail.get("list", ""), "名单"),
        "outcome": outcome.name if outcome is not None else "",
        "clear": "电话和地址完整" if detail.get("clear") else "打码",
    }
    return (NAMES.get(row.action) or OFFICE.get(row.action, row.action)).format_map(known)


def reason(row: Audit) -> str:
    code: str = (row.detail or {}).get("code", "")
    return row.reason or CODES.get(code, "")


def nobody(action: str) -> str:
    """Who did it when it was no staff person in the chat."""
    if action.startswith(OF_THE_FAMILY):
        return "家属本人"
    return BOT if action.startswith(OF_THE_BOT) else LINE
