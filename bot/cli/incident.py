"""`songnuan incident`: what has to be said after a leak, to the authority and to the families, and what to do by when.

PIPL article 57 wants in both notices: the kinds of information, the cause and the possible harm; what was done and
what people can do themselves; how to reach whoever is responsible. The hours are ours where the law says "at once".
"""

from argparse import Namespace
from collections.abc import Iterable
from datetime import timedelta

from bot.actions.figures.reports import Span
from bot.actions.privacy import incident as leaks
from bot.actions.privacy.incident import Incident, Traffic
from bot.app import building
from bot.cli.loading import in_database
from bot.cli.printing import as_json, moment, say, stamp, table
from bot.config import Config
from bot.events import Text

CHECKLIST = (
    (0, "堵住：停掉可疑的账号（songnuan staff leave 姓名），断开泄露的机器，换掉渠道的 token；不要删日志和数据库"),
    (0, "密钥也可能丢了：马上换（songnuan key rotate），旧备份一并收好"),
    (1, "告诉工会负责人；指定一个人记时间、记谁做了什么"),
    (2, "留证据：songnuan backup 一份另存，存下这份清单和系统日志；查审计：songnuan access --by 姓名"),
    (
        4,
        "报告当地网信部门，或打 12387。《国家网络安全事件报告管理办法》：较大以上的最迟 4 小时；拿不准也报",
    ),
    (4, "涉嫌违法犯罪的，向公安机关报案（110）"),
    (24, "把下面的信发给家属：先打电话给有危险的人家和有孩子、老人独居的人家，再逐户私信；不要发在群里"),
    (24, "如果采取的措施能有效避免危害，可以不逐个通知；但主管部门要求通知的，就要通知"),
    (72, "查清原因，补上报告；开一次会，写下以后怎么不再发生"),
    (24 * 30, "回访一次：有没有人家因此受骗、受骚扰"),
)


def incident(args: Namespace) -> int:
    return in_database(args, _incident)


async def _incident(config: Config, args: Namespace) -> int:
    found = await leaks.drill(
        Span(args.since, args.until), unit_code=args.unit, what=args.what or (), key_exposed=args.key_exposed
    )
    letter = _letter(config, args, found)
    if args.json:
        as_json(_plain(config, args, found, letter))
        return 0
    say(_notice(config, args, found))
    for hint in _hints(args, found):
        say(f"注意：{hint}")
    say("\n二、办事清单（从现在起）")
    table([(moment(found.at + timedelta(hours=hours)), what) for hours, what in _list(args)], ("最迟", "做什么"))
    say("\n三、给家属的信（按实际做到的改了再发）\n")
    say(letter)
    return 0


def _list(args: Namespace) -> Iterable[tuple[int, str]]:
    return (one for one in CHECKLIST if args.key_exposed or "密钥" not in one[1])


def _notice(config: Config, args: Namespace, found: Incident) -> str:
    where = found.unit or config.union.name
    lines = [
        f"一、给主管部门的通知（{moment(found.at)} 的情况，《个人信息保护法》第五十七条）",
        f"时间：{_when(args)}",
        f"原因：{args.cause or '正在调查'}",
        f"范围：{where}，{found.households} 户 {found.members} 人，其中不满 14 周岁 {found.children} 人。",
        "涉及的个人信息种类：",
        *(f"  {one.kind.name}：{one.number} 条，{_state(one.open, one.kind.encrypted)}" for one in found.touched),
        "其中困难类别、病情、家境和不满 14 周岁孩子的资料是敏感个人信息（第二十八条）。",
        f"可能的危害：{_harm(found)}。",
        f"查审计，{_when(args)}：{_traffic(found.traffic)}",
        f"已采取的补救措施：{_remedies(args)}。",
        "个人可以怎样减轻危害：不向来电者提供密码和验证码、不转账；来电来访先打工会电话核实；受骚扰或受骗即报警。",
        f"联系方式：{config.union.name}，{config.union.phone or '（请填值班电话和联系人）'}",
    ]
    return "\n".join(lines)


def _hints(args: Namespace, found: Incident) -> Iterable[str]:
    """What makes ciphertext readable after all."""
    if not args.key_exposed:
        yield "丢的如果是装着送暖的机器，密钥文件也在上面，请加上 --key-exposed 再做一次。"
    if found.traffic.exports_clear:
        yield "这段时间有不打码的导出。泄露的如果是导出的文件，上面加密的几项也要当作能读出。"


def _state(readable: bool, encrypted: bool) -> str:
    if not readable:
        return "加密存放（AES-256-GCM），密钥没有泄露，拿到的人读不出"
    return "加密存放，但密钥也可能泄露，应当作能读出" if encrypted else "没有加密，能直接读出"


def _when(args: Namespace) -> str:
    if not (args.since or args.until):
        return "时间待查"
    return f"{args.since or '时间待查'} 到 {args.until or '现在'}"


def _harm(found: Incident) -> str:
    return "；".join(one.kind.harm for one in found.touched if one.open and one.number) or "拿到的人读不出，危害很小"


def _traffic(seen: Traffic) -> str:
    return (
        f"{seen.lookers} 人看过 {seen.looked} 户完整的电话、住址或备注；导出名册 {seen.exports} 次，"
        f"其中不打码 {seen.exports_clear} 次；打开整份名单 {seen.lists} 次；做备份 {seen.backups} 次。"
    )


def _remedies(args: Namespace) -> str:
    done = ["停用可疑账号，封住泄露的途径", "保全日志和审计记录"]
    return "；".join([*done, "更换加密密钥"] if args.key_exposed else done) + "（请按实际做了的改）"


def _letter(config: Config, args: Namespace, found: Incident) -> str:
    parts = building.texts(config).render(
        "replies/incident-letter",
        union=config.union.name,
        phone=config.union.phone,
        when=_when(args) if args.since or args.until else "最近",
        cause=args.cause.rstrip("。"),
        open="；".join(one.kind.name for one in found.touched if one.open) or "没有能读出来的",
        safe="；".join(one.kind.name for one in found.touched if not one.open),
        harm=_harm(found),
    )
    return "\n".join(one.text for one in parts if isinstance(one, Text))


def _plain(config: Config, args: Namespace, found: Incident, letter: str) -> dict[str, object]:
    return {
        "at": stamp(found.at),
        "since": args.since.isoformat() if args.since else None,
        "until": args.until.isoformat() if args.until else None,
        "unit": found.unit or None,
        "cause": args.cause or None,
        "key_exposed": args.key_exposed,
        "households": found.households,
        "members": found.members,
        "under_14": found.children,
        "kinds": [
            {"name": one.kind.name, "number": one.number, "encrypted": one.kind.encrypted, "readable": one.open}
            for one in found.touched
        ],
        "audit": found.traffic._asdict(),
        "checklist": [{"by": stamp(found.at + timedelta(hours=hours)), "what": what} for hours, what in _list(args)],
        "contact": config.union.phone or None,
        "letter": letter,
    }
