"""What codes of the tables are called on pages, marked for the catalogue. The Chinese is that of the chat."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot import clock
from bot.actions.staff.scope import Scope
from bot.web.languages import N_
from bot.web.visit import Visit

STATES = {
    "review": (N_("待核实"), "info"),
    "open": (N_("等人收到"), "bad"),
    "acknowledged": (N_("已收到"), "warn"),
    "assigned": (N_("已派人"), "warn"),
    "delivering": (N_("等家属确认"), "info"),
    "closed": (N_("已办结"), "good"),
}
CLOSED_AS = {
    "helped": N_("已解决"),
    "no_need": N_("不需要了"),
    "referred": N_("已转介"),
    "duplicate": N_("重复"),
    "unreachable": N_("联系不上"),
    "withdrawn": N_("已收回"),
    "mistaken": N_("不是求助"),
}
KINDS = {
    "food": N_("米面粮油"),
    "medicine": N_("药品"),
    "medical": N_("看病就医"),
    "money": N_("钱"),
    "psychological": N_("心理"),
    "daily": N_("生活"),
    "other": N_("其他"),
}
URGENCY = {"emergency": (N_("万分紧急"), "bad"), "urgent": (N_("急"), "warn"), "normal": (N_("一般"), "")}
STEPS = {
    "raised": N_("求助"),
    "joined": N_("又说"),
    "acknowledged": N_("收到"),
    "assigned": N_("派人"),
    "promised": N_("答应"),
    "delivered": N_("送达"),
    "corrected": N_("更正"),
    "asked": N_("问家属"),
    "confirmed": N_("确认收到"),
    "not_received": N_("说没收到"),
    "issues": N_("说有问题"),
    "reminded": N_("提醒"),
    "linked": N_("关联"),
    "kinds": N_("改类"),
    "urgency": N_("改急缓"),
    "closed": N_("办结"),
    "reopened": N_("重开"),
    "withdrawn": N_("收回"),
    "handed": N_("交接"),
}
RELIEF = {
    "promised": (N_("答应了"), "warn"),
    "delivered": (N_("送到了"), "info"),
    "confirmed": (N_("家属确认"), "good"),
    "not_received": (N_("家属说没收到"), "bad"),
    "issues": (N_("家属说有问题"), "bad"),
}
OUTCOMES = {
    "well": N_("接通-平安"),
    "needs_help": N_("接通-需帮助"),
    "call_later": N_("稍后再打"),
    "no_answer": N_("无人接听"),
    "busy": N_("占线"),
    "off": N_("关机停机"),
    "wrong_number": N_("号码错误"),
    "moved": N_("换号搬迁"),
    "refused": N_("拒访"),
    "do_not_call": N_("请勿再打"),
    "deceased": N_("已故"),
}
AT_THE_DOOR = {
    "well": N_("上门-平安"),
    "needs_help": N_("上门-需帮助"),
    "call_later": N_("上门-稍后再打"),
    "no_answer": N_("上门-没遇到人"),
    "busy": N_("上门-占线"),
    "off": N_("上门-关机停机"),
    "wrong_number": N_("上门-号码错误"),
    "moved": N_("上门-换号搬迁"),
    "refused": N_("上门-拒访"),
    "do_not_call": N_("上门-请勿再打"),
    "deceased": N_("上门-已故"),
}
CATEGORIES = {
    "工伤残职工": N_("工伤残职工"),
    "工亡遗属": N_("工亡遗属"),
    "孤寡老人": N_("孤寡老人"),
    "留守儿童": N_("留守儿童"),
    "困难职工": N_("困难职工"),
    "一线医护家庭": N_("一线医护家庭"),
}
GRADES = {"深度": N_("深度"), "相对": N_("相对"), "意外致困": N_("意外致困")}
SOURCES = {"message": N_("家属自己写的"), "callback": N_("回访时说的"), "behalf": N_("工作人员代报")}


def outcome(code: str, visited: bool) -> str:
    return (AT_THE_DOOR if visited else OUTCOMES)[code]


def options(visit: Visit, named: Mapping[str, str | tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs for chips and selects."""
    return [(key, visit._(name if isinstance(name, str) else name[0])) for key, name in named.items()]


def span(visit: Visit, length: timedelta) -> str:
    """5 分钟, 3 小时, 2 天: one unit, rounded down."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 60:
        return visit._("不到 1 分钟")
    if seconds < 3600:
        return visit._("%(n)s 分钟", n=seconds // 60)
    if seconds < 86400:
        return visit._("%(n)s 小时", n=seconds // 3600)
    return visit._("%(n)s 天", n=seconds // 86400)


def ago(visit: Visit, at: datetime) -> str:
    return visit._("%(span)s前", span=span(visit, clock.now() - at))


def yuan(fen: int) -> str:
    """1,234 or 1,234.50: with its thousands, and fen only where there are any."""
    return f"{fen // 100:,}" + (f".{fen % 100:02d}" if fen % 100 else "")


def units(scope: Scope) -> list[tuple[str, str]]:
    """The unit picker, those below moved in."""
    return [(one.code, "\u3000" * one.depth + one.name) for one in scope.choices]
