"""Units and staff: who there is, the code that ties their chat account, and what happens when they leave."""

from argparse import Namespace

from bot.actions.requests.alerts import Rules
from bot.actions.staff import leaving, people, robots, signin
from bot.app import building
from bot.cli.loading import in_database
from bot.cli.printing import complain, say, table
from bot.config import Config
from bot.errors import BadInput, NotFound, ProblemsFound
from bot.models import Identity, Staff, Unit

ROLE_NAMES = {"admin": "管理员", "chair": "主席", "editor": "宣传", "volunteer": "志愿者"}
ROLES = {name: role for role, name in ROLE_NAMES.items()} | {"副主席": "chair"}


def unit_add(args: Namespace) -> int:
    return in_database(args, _unit_add, create=True)


def unit_list(args: Namespace) -> int:
    return in_database(args, _unit_list)


def staff_add(args: Namespace) -> int:
    return in_database(args, _staff_add)


def staff_list(args: Namespace) -> int:
    return in_database(args, _staff_list)


def staff_code(args: Namespace) -> int:
    return in_database(args, _staff_code)


def staff_password(args: Namespace) -> int:
    return in_database(args, _staff_password)


def staff_leave(args: Namespace) -> int:
    return in_database(args, _staff_leave)


def staff_robot(args: Namespace) -> int:
    return in_database(args, _staff_robot)


async def _unit_add(config: Config, args: Namespace) -> int:
    unit = await people.add_unit(args.code, args.name, args.parent)
    say(f"已添加单位 {unit.code}（{unit.name}）。")
    return 0


async def _unit_list(config: Config, args: Namespace) -> int:
    units = await Unit.all()
    if not units:
        say("还没有单位。用 songnuan unit add 编号 名称 添加。")
        return 0
    codes = {unit.id: unit.code for unit in units}
    # By the codes on the way down, so that each unit stands below its own parent.
    for unit in sorted(units, key=lambda unit: [codes.get(int(step), "") for step in unit.path.strip("/").split("/")]):
        say(f"{'  ' * (unit.path.count('/') - 2)}{unit.code}  {unit.name}")
    return 0


async def _staff_add(config: Config, args: Namespace) -> int:
    role = ROLES.get(args.role, args.role)
    deputy = args.deputy or args.role == "副主席"
    if role not in ROLE_NAMES:
        listed = "、".join(f"{name} {code}" for code, name in ROLE_NAMES.items())
        raise BadInput(f"没有“{args.role}”这个角色，能写的有：{listed}。")
    staff = await people.add_staff(args.name, role, args.unit, deputy)
    say(f"已添加 {staff.name}（{_title(staff)}），编号 {staff.id}。")
    say(f"接着运行 songnuan staff code {staff.id}，把绑定码交给本人。")
    return 0


async def _staff_list(config: Config, args: Namespace) -> int:
    rows = await Staff.filter(active=True).order_by("id").select_related("unit")
    if not rows:
        say("还没有工作人员。用 songnuan staff add 姓名 角色 单位编号 添加。")
        return 0
    accounts: dict[int | None, set[str]] = {}
    for identity in await Identity.exclude(staff_id=None).order_by("id"):
        accounts.setdefault(identity.staff_id, set()).add(identity.channel)
    table(
        [
            (one.id, one.name, _title(one), one.unit.name, "、".join(sorted(accounts.get(one.id, ()))) or "未绑定")
            for one in rows
        ],
        ("编号", "姓名", "角色", "单位", "账号"),
    )
    return 0


async def _staff_code(config: Config, args: Namespace) -> int:
    staff = await find_staff(args.who)
    code = await people.issue_code(staff.id)
    hours = int(people.LIFETIME.total_seconds() // 3600)
    say(f"{staff.name} 的绑定码：{code}")
    say(f"请本人用自己的账号私聊机器人，发送：绑定 {code}")
    say(f"{hours} 小时内有效，只能用一次；以前发的码作废。请当面或打电话告诉本人，不要发在群里。")
    return 0


async def _staff_robot(config: Config, args: Namespace) -> int:
    staff = await find_staff(args.who)
    await robots.call_by(staff.id, args.channel, args.chat_id, args.account)
    say(f"有求助时会在“{args.chat_id}”里喊 {staff.name}。群里只说有一条求助，内容请到送暖里看。")
    return 0


async def _staff_leave(config: Config, args: Namespace) -> int:
    staff = await find_staff(args.who)
    to = await find_staff(args.to) if args.to else None
    left = await leaving.leave(staff.id, to.id if to is not None else None, rules=rules_of(config))
    say(f"{staff.name} 已停用：账号、登录和绑定码都已失效。")
    if left.households:
        pool = f"，其中 {left.pool} 户回到等人打电话的" if left.pool else ""
        say(f"手上要回访的 {left.households} 户已交出去{pool}。")
    if left.requests:
        say(f"手上的 {left.requests} 张求助单" + (f"交给了{to.name}。" if to is not None else "已退回，并告诉了主席。"))
    if left.alerted:
        say(f"还没人收到的 {left.alerted} 张求助单马上提醒下一位。")
    if staff.name in config.escalation.counsellors:
        say("config.toml 的 counsellors 里还有他，请换上别人。")
    return 0


async def _staff_password(config: Config, args: Namespace) -> int:
    staff = await find_staff(args.who)
    if staff.role != "admin":
        raise BadInput(f"只有管理员用密码。请 {staff.name} 给机器人私聊发“登录”。")
    address = signin.Address(config.web.public_url, config.web.port)
    say(f"{staff.name} 的登录链接：{address}/sign-in/{await signin.issue_link(staff.id)}")
    minutes = int(signin.LIFETIME.total_seconds() // 60)
    say(f"送暖要在运行。链接 {minutes} 分钟内有效，只能用一次，请只给本人。进来后在“我”里设密码。")
    return 0


def rules_of(config: Config) -> Rules | None:
    """Who leaves is cut off even while somebody's text is broken: then nobody is told."""
    try:
        return building.rules(config, building.texts(config))
    except ProblemsFound as error:
        complain(str(error))
        return None


async def find_staff(who: str, *, active: bool = True) -> Staff:
    """By number, or by a name that only one person has; of those who work here, unless `active` is False."""
    who = who.strip()
    people_ = Staff.filter(active=True) if active else Staff.all()
    if who.isascii() and who.isdecimal() and len(who) < 10:
        found = await people_.filter(id=int(who)).select_related("unit")
    else:
        found = await people_.filter(name=who).order_by("id").select_related("unit")
    if not found:
        raise NotFound(f"没有找到在用的工作人员“{who}”，用 songnuan staff list 看看都有谁。")
    if len(found) > 1:
        listed = "，".join(f"{one.id}（{one.unit.name}）" for one in found)
        raise BadInput(f"有 {len(found)} 位叫“{who}”，请改写编号：{listed}。")
    return found[0]


def _title(staff: Staff) -> str:
    return "副主席" if staff.deputy else ROLE_NAMES.get(staff.role, staff.role)
