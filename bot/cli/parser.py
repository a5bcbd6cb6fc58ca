"""All commands with their arguments, in one place to read; what each does is in the module that it names."""

from argparse import SUPPRESS, ArgumentTypeError
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from bot.cli.chinese import Parser

LARGEST = 2**63 - 1  # of an id in the database
DAYS_MAX = 366

Add = Callable[..., Parser]


def number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) <= LARGEST):
        raise ArgumentTypeError(f"要写一个大于 0 的整数，不能是“{text[:30]}”")
    return int(text)


def days(text: str) -> int:
    if (found := number(text)) > DAYS_MAX:
        raise ArgumentTypeError(f"最多 {DAYS_MAX} 天")
    return found


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
    _outbox(add)
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
    preview.add_argument("--days", type=days, default=14, metavar="天数", help="看几天，不写是 14 天")
    _json(preview)
    _json(add("status", "现在怎么样：队列、求助单、播发、运行情况", "status:status"))
    judge = add("judge", "用标好的例句测一测求助识别", "judging:judge")
    judge.add_argument("file", metavar="例句.jsonl", help="每行一个 JSON，有 text、label、kind、urgency")
    judge.add_argument("--each", action="store_true", help="逐句输出判断结果（每行一个 JSON），不统计")


def _people(add: Add) -> None:
    roster = add("import", "导入名册（Excel、CSV、ODS）", "roster:bring_in")
    roster.add_argument("file", metavar="名册", help="第一行是列名：户编号、姓名、关系、电话、单位、类别、地址、备注")
    roster.add_argument("--dry-run", action="store_true", help="只检查，不写进数据库")
    _units(_adder(add("unit", "单位")))
    _staff(_adder(add("staff", "工作人员")))
    _groups(_adder(add("group", "群")))


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
    leave = add("leave", "停用：他的账号和绑定码立刻失效", "people:staff_leave")
    for command in (code, leave):
        command.add_argument("who", metavar="姓名或编号")


def _groups(add: Add) -> None:
    add("list", "列出机器人所在的群", "groups:group_list")
    on = add("on", "打开一个群，从此给它发消息", "groups:group_on")
    off = add("off", "关掉一个群，不再给它发消息", "groups:group_off")
    for command in (on, off):
        command.add_argument("channel", metavar="渠道", help="config.toml 里 [channels.名字] 的名字")
        command.add_argument("chat_id", metavar="群号")
    on.add_argument("--unit", metavar="编号", help="这个群属于哪个单位")
    on.add_argument("--tags", type=words, metavar="标签", help="群标签，用逗号隔开，例如 family,workers")


def _outbox(add: Add) -> None:
    doubtful = add("doubtful", "列出不确定、暂停和失败的投递", "outbox:doubtful")
    doubtful.add_argument("--limit", type=number, default=200, metavar="条数", help="最多列几条，不写是 200 条")
    _json(doubtful)
    resend = add("resend", "重新发送这些投递（先确认真的没有发出去）", "outbox:resend")
    resend.add_argument("ids", type=number, nargs="+", metavar="编号", help="songnuan doubtful 里的编号")


def _safety(add: Add) -> None:
    backup = add("backup", "备份数据库，运行中也可以", "safety:backup")
    backup.add_argument("--to", metavar="文件夹", help="放到哪里，不写就是配置里的 [database] backups")
    restore = add("restore", "把备份恢复到空的数据库，恢复后先暂停", "safety:restore")
    restore.add_argument("file", metavar="备份.zip")
    restore.add_argument("--yes", action="store_true", help="不再询问")
    add("release", "恢复后检查完毕，重新开始工作", "safety:release")
