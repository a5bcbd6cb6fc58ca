"""All commands with their arguments, in one place to read; what each does is in the module that it names."""

from argparse import SUPPRESS, ArgumentTypeError
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from typing import Any

from bot.cli.chinese import Parser

LARGEST = 2**63 - 1  # of an id in the database
DAYS_MAX = 366

Add = Callable[..., Parser]

COLUMNS = """\
认识的列（姓名一定要有，户编号和电话至少有一列，新的一户还要单位和类别；手机、住址这样的常见叫法也认）：
  哪一户      户编号 单位 类别 等级 地址 备注
  家里的人    姓名 关系 电话 未满14岁 监护人
  怎么联系    方便接听时间 可告知的人 回避日子 纪念日子 请勿致电 退订消息
  本人同意    同意人 同意日期 同意事项 同意原话
空格子不改动原来的，写“清空”才清掉。"""


def number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) <= LARGEST):
        raise ArgumentTypeError(f"要写一个大于 0 的整数，不能是“{text[:30]}”")
    return int(text)


def days(text: str) -> int:
    if (found := number(text)) > DAYS_MAX:
        raise ArgumentTypeError(f"最多 {DAYS_MAX} 天")
    return found


def seconds(text: str) -> float:
    """Every process looks at the key file once a second: two are the least to wait for all of them."""
    if (found := number(text)) < 2:
        raise ArgumentTypeError("至少 2 秒")
    return float(found)


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"要写成 2026-12-01 这样，不能是“{text[:30]}”") from None


def words(text: str) -> list[str]:
    """`family,workers`, also with Chinese commas."""
    return [word.strip() for word in text.replace("，", ",").replace("、", ",").split(",") if word.strip()]


def build() -> Parser:
    """The parser of the whole command line; `args.handler` names what to call."""
    parser = Parser(prog="songnuan", description="送暖：按时送提示，听见求助，有人回应为止。")
    parser.add_argument("--config", metavar="文件", default=None, help="配置文件，不写就是 ./config.toml")
    parser.add_argument("--version", action="version", version=f"songnuan {version('songnuan')}", help="显示版本")
    parser.set_defaults(handler=None, parser=parser)
    add = _adder(parser)
    _running(add)
    _people(add)
    _calls(add)
    _outbox(add)
    _reports(add)
    _safety(add)
    return parser


def _adder(parser: Parser) -> Add:
    """A function that adds a command below `parser`."""
    below = parser.add_subparsers(title="命令", metavar="命令", parser_class=Parser)

    def add(name: str, summary: str, handler: str | None = None, **options: Any) -> Parser:
        command: Parser = below.add_parser(name, help=summary, description=f"{summary}。", **options)
        command.add_argument("--config", metavar="文件", default=SUPPRESS, help="配置文件，不写就是 ./config.toml")
        command.set_defaults(handler=handler, parser=command)
        return command

    return add


def _json(command: Parser) -> None:
    command.add_argument("--json", action="store_true", help="输出 JSON，给程序看")


def _running(add: Add) -> None:
    add("run", "启动送暖，一直运行到 Ctrl-C", "running:run")
    add("check", "检查配置、文案和排期，一次说出所有问题", "contents:check")
    preview = add("preview", "看看今后几天会发什么", "contents:preview")
    preview.add_argument("--text", metavar="文案", help="只看这一条发出去的样子，例如 tips/co-four-steps")
    preview.add_argument("--as", dest="channel", metavar="渠道", help="和 --text 一起用：只看这个渠道的样子")
    preview.add_argument("--days", type=days, default=14, metavar="天数", help="看几天，不写是 14 天")
    _json(preview)
    _json(add("status", "现在怎么样：队列、求助单、播发、运行情况", "status:status"))
    _watch(add)
    judge = add("judge", "用标好的例句测一测求助识别", "judging:judge")
    judge.add_argument("file", metavar="例句.jsonl", help="每行一个 JSON，有 text、label、kind、urgency")
    judge.add_argument("--private", action="store_true", help="当作家属或私聊里说的：听得更细，误报也多一些")
    judge.add_argument("--each", action="store_true", help="逐句输出判断结果（每行一个 JSON），不统计")


def _watch(add: Add) -> None:
    watch = add("watch", "在另一台电脑上看着送暖：它没有动静了就说", "watch:watch")
    watch.add_argument("url", metavar="网址", help="例如 http://10.0.0.5:8420/healthz，那边要写 [watch] public = true")
    watch.add_argument("--minutes", type=number, default=3, metavar="分钟", help="多久没有好消息就说，不写是 3 分钟")
    watch.add_argument("--every", type=seconds, default=30.0, metavar="秒", help="隔多久问一次，不写是 30 秒")
    watch.add_argument("--once", action="store_true", help="只问一次：好就返回 0，不好返回 1")
    watch.add_argument("--mail", action="store_true", help="也发邮件，用这台电脑上 config.toml 的 [mail]")
    watch.add_argument("--command", metavar="命令", help="也运行这个命令，最后一个参数是要说的话")


def _people(add: Add) -> None:
    _roster(add)
    _persons(_adder(add("person", "应本人要求，导出或删除资料")))
    _units(_adder(add("unit", "单位")))
    _staff(_adder(add("staff", "工作人员")))
    _groups(_adder(add("group", "群")))


def _roster(add: Add) -> None:
    roster = add("import", "导入名册（Excel、CSV、ODS）", "roster:bring_in", epilog=COLUMNS)
    roster.add_argument("file", metavar="名册", help="第一行是列名，见下")
    roster.add_argument("--dry-run", action="store_true", help="只检查，不写进数据库")
    roster.add_argument("--mapping", metavar="对照.toml", help="列名对照，用过一次就记住")
    roster.add_argument("--report", metavar="报告.xlsx", help="把原表连同每行没有收下的原因写成 .xlsx 或 .csv")
    export = add("export", "导出名册，改好后可以再导入", "roster:take_out")
    export.add_argument("file", metavar="文件", help="以 .xlsx 或 .csv 结尾")
    export.add_argument("--unit", metavar="编号", help="只要这个单位和它下面的")
    export.add_argument("--clear", action="store_true", help="电话和地址不打码，要写原因")
    export.add_argument("--reason", metavar="原因", help="为什么要完整的，记入审计")
    sample = add("sample", "做一份虚构的名册，供演练用", "sample:sample")
    sample.add_argument("--households", type=number, default=3700, metavar="户数", help="不写是 3700 户")
    sample.add_argument("--seed", type=number, default=1, metavar="数字", help="同一个数字做出同样的名册，不写是 1")
    sample.add_argument("--out", metavar="文件", help="写到哪里，不写是 sample-roster.csv")
    sample.add_argument("--into-database", action="store_true", help="直接放进还没有名册的数据库")


def _persons(add: Add) -> None:
    export = add("export", "把一户（或其中一人）的全部资料写成文件，给本人看", "persons:export")
    erase = add("erase", "应本人要求删除一户（或其中一人）的资料，合计不变", "persons:erase")
    for command in (export, erase):
        command.add_argument("household", metavar="户编号", help="例如 H0123")
        command.add_argument("--member", metavar="姓名", help="只要户里的这一位")
        command.add_argument("--reason", required=True, metavar="原因", help="例如 本人来电要求，记入审计")
    export.add_argument("file", metavar="文件", help="以 .json 或 .zip 结尾，.zip 里另有一份好读的文字")
    erase.add_argument("--yes", action="store_true", help="不再询问")


def _units(add: Add) -> None:
    unit = add("add", "添加一个单位", "people:unit_add")
    unit.add_argument("code", metavar="编号", help="单位编号，例如 M1")
    unit.add_argument("name", metavar="名称", help="单位名称")
    unit.add_argument("--parent", metavar="编号", help="上级单位的编号，不写就是最上级")
    add("list", "列出所有单位", "people:unit_list")


def _staff(add: Add) -> None:
    staff = add("add", "添加一位工作人员", "people:staff_add")
    staff.add_argument("name", metavar="姓名")
    staff.add_argument("role", metavar="角色", help="管理员 admin、主席 chair、宣传 editor、志愿者 volunteer")
    staff.add_argument("unit", metavar="单位编号", help="管这个单位和它下面的所有单位")
    staff.add_argument("--deputy", action="store_true", help="副主席：主席没回应时提醒")
    add("list", "列出所有工作人员", "people:staff_list")
    code = add("code", "发一个绑定码，让本人的微信或 QQ 号能用", "people:staff_code")
    leave = add("leave", "停用：他的账号、登录和绑定码立刻失效，手上的事交出去", "people:staff_leave")
    password = add("password", "给管理员一个进入管理页面的链接，进来后可以设密码", "people:staff_password")
    for command in (code, leave, password):
        command.add_argument("who", metavar="姓名或编号")
    robot = add("robot", "有求助时用群机器人在群里喊他（群里只说有一条求助）", "people:staff_robot")
    robot.add_argument("who", metavar="姓名或编号")
    robot.add_argument("channel", metavar="渠道", help="企业微信渠道的名字，例如 wecom")
    robot.add_argument("chat_id", metavar="群", help="他也在的工作群，写机器人的名字")
    robot.add_argument("account", metavar="账号", help="企业微信里的成员账号（userid）")
    leave.add_argument("--to", metavar="姓名或编号", help="他手上的户和求助单都交给谁；不写就各回各处")


def _groups(add: Add) -> None:
    add("list", "列出机器人所在的群", "groups:group_list")
    on = add("on", "打开一个群，从此给它发消息", "groups:group_on")
    off = add("off", "关掉一个群，不再给它发消息", "groups:group_off")
    for command in (on, off):
        command.add_argument("channel", metavar="渠道", help="config.toml 里 [channels.名字] 的名字")
        command.add_argument("chat_id", metavar="群号")
    stand_in = add("stand-in", "同一批人的两个群：一个账号发不出去时用另一个", "groups:group_stand_in")
    stand_in.add_argument("channel", metavar="渠道", help="替补的群在哪个渠道")
    stand_in.add_argument("chat_id", metavar="群号", help="替补的群")
    stand_in.add_argument("--for", dest="first", nargs=2, metavar=("渠道", "群号"), help="先用的群；不写就是不再替补")
    on.add_argument("--unit", metavar="编号", help="这个群属于哪个单位")
    on.add_argument("--tags", type=words, metavar="标签", help="群标签，用逗号隔开，例如 family,workers")


def _calls(add: Add) -> None:
    member = _adder(add("member", "家庭成员"))("code", "发一个绑定码，让家属自己的账号认得出来", "members:member_code")
    member.add_argument("household", metavar="户编号", help="例如 H0123")
    member.add_argument("--name", metavar="姓名", help="户里的哪一位；只有一位就不用写")
    _rounds(_adder(add("round", "回访轮次")))
    calls = add("calls", "漏掉的回访：答应了没打、从没打通、很久没联系上", "rounds:calls")
    calls.add_argument("kind", nargs="?", metavar="名单", help="promised、never、silent 之一，或中文名；不写就都列")
    calls.add_argument("--unit", metavar="编号", help="只看这个单位和它下面的")
    calls.add_argument("--days", type=days, metavar="天数", help="几天算很久，不写就按 [callbacks] silent_days")
    _json(calls)


def _rounds(add: Add) -> None:
    create = add("create", "建一轮回访", "rounds:round_create")
    create.add_argument("name", metavar="名字")
    create.add_argument("unit", metavar="单位编号", help="这个单位和它下面的户")
    create.add_argument("--category", type=words, default=[], metavar="类别", help="只要这些类别，用逗号隔开")
    create.add_argument("--grade", type=words, default=[], metavar="等级", help="只要这些困难等级：深度,相对,意外致困")
    create.add_argument("--last", type=words, default=[], metavar="结果", help="上次结果，例如 未接,占线；没打过 也算")
    create.add_argument("--silent", type=days, metavar="天数", help="只要这么多天没联系上的（含从没打通的）")
    create.add_argument("--script", metavar="说法", help="messages/scripts 里的一份；不写就按类别选")
    create.add_argument("--cap", type=number, metavar="户数", help="每人每天最多打几户，不写不限")
    create.add_argument("--since", type=day, metavar="日期", help="从哪天开始，不写就是现在")
    create.add_argument("--until", type=day, metavar="日期", help="到哪天为止（含这一天）")
    listing = add("list", "列出进行中的回访", "rounds:round_list")
    listing.add_argument("--all", action="store_true", help="连结束了的也列")
    _json(listing)
    assign = add("assign", "把等着的户分给志愿者：先给上次打的人，再按单位均分", "rounds:round_assign")
    assign.add_argument("id", type=number, metavar="编号")
    move = add("move", "把一个人手上的户全部转给别人", "rounds:round_move")
    move.add_argument("who", metavar="姓名或编号")
    for command in (assign, move):
        command.add_argument("--to", type=words, default=[], metavar="姓名", help="只给这些人，用逗号隔开")
    add("close", "结束一轮回访", "rounds:round_close").add_argument("id", type=number, metavar="编号")


def _outbox(add: Add) -> None:
    doubtful = add("doubtful", "列出不确定、暂停和失败的投递", "outbox:doubtful")
    doubtful.add_argument("--limit", type=number, default=200, metavar="条数", help="最多列几条，不写是 200 条")
    _json(doubtful)
    resend = add("resend", "重新发送这些投递（先确认真的没有发出去）", "outbox:resend")
    resend.add_argument("ids", type=number, nargs="+", metavar="编号", help="songnuan doubtful 里的编号")


def _reports(add: Add) -> None:
    report = add("report", "统计：回访、求助、救助的户、人次和元，每项都能打开看明细", "report:report")
    report.add_argument(
        "--from", dest="first", type=day, metavar="日期", help="从哪天起，例如 2026-12-01，不写就是从头"
    )
    report.add_argument("--to", dest="last", type=day, metavar="日期", help="到哪天为止（含这一天），不写就是到现在")
    report.add_argument("--unit", metavar="编号", help="只看这个单位和它下面的")
    report.add_argument("--rows", nargs="?", const="", metavar="项目", help="打开明细；写项目名就只开这一项")
    report.add_argument("--csv", metavar="文件", help="连明细写进 CSV 文件")
    report.add_argument("--xlsx", metavar="文件", help="连明细写进 Excel 文件")
    _json(report)


def _keys(add: Add) -> None:
    rotate = add("rotate", "换密钥：全部重新加密，运行中也可以；断了就再运行一次", "keys:rotate")
    rotate.add_argument("--status", action="store_true", help="只看换到哪里了")
    rotate.add_argument("--grace", type=seconds, default=10.0, metavar="秒", help="等别的程序跟上的时间，不写是 10 秒")


def _safety(add: Add) -> None:
    _keys(_adder(add("key", "密钥")))
    backup = add("backup", "备份数据库，运行中也可以", "safety:backup")
    backup.add_argument("--to", metavar="文件夹", help="放到哪里，不写就是配置里的 [database] backups")
    restore = add("restore", "把备份恢复到空的数据库，恢复后先暂停", "safety:restore")
    restore.add_argument("file", metavar="备份.zip")
    restore.add_argument("--key", metavar="密钥文件", help="换密钥以前的备份：换下来的那个密钥文件")
    restore.add_argument("--yes", action="store_true", help="不再询问")
    add("release", "恢复后检查完毕，重新开始工作", "safety:release")
    _privacy(add)
    kept = add("retention", "各种资料留多久，有多少到期了，上次清理是什么时候", "retention:show")
    kept.add_argument("--now", action="store_true", help="现在就清理，不等每天那一次")
    _json(kept)


def _privacy(add: Add) -> None:
    access = add("access", "谁在什么时候为什么看过、改过、导出过一户的资料", "access:access")
    access.add_argument("household", nargs="?", metavar="户编号", help="例如 H0123；用 --by 就不用写")
    access.add_argument("--member", metavar="姓名", help="只说户里这一位的")
    access.add_argument("--by", metavar="姓名或编号", help="反过来：这位工作人员看过哪些户")
    labels = add("labels", "把改正过的判断写成训练用的例句（号码和姓名已去掉）", "access:labels")
    labels.add_argument("file", metavar="文件.jsonl")
    incident = add("incident", "资料泄露了：要告诉主管部门和家属的内容、清单和一封信", "incident:incident")
    incident.add_argument("--cause", metavar="原因", default="", help="怎么发生的，查清多少写多少")
    incident.add_argument("--unit", metavar="编号", help="只涉及这个单位和它下面的")
    incident.add_argument("--what", type=words, metavar="种类", help="涉及哪些：names,phones,addresses,words,accounts")
    incident.add_argument("--key-exposed", action="store_true", help="密钥文件也可能落到了别人手里")
    for command in (access, incident):
        command.add_argument("--since", type=day, metavar="日期", help="从哪天起")
        command.add_argument("--until", type=day, metavar="日期", help="到哪天为止（含这一天）")
        _json(command)
