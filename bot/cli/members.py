"""`songnuan member code`: the one-time code with which a family's own account becomes known."""

from argparse import Namespace

from bot.actions.staff import people
from bot.cli.loading import in_database
from bot.cli.printing import say
from bot.config import Config
from bot.errors import BadInput, NotFound
from bot.models import Household, Member


def member_code(args: Namespace) -> int:
    return in_database(args, _code)


async def _code(config: Config, args: Namespace) -> int:
    member = await _find(args.household.strip().upper(), args.name)
    code = await people.issue_member_code(member.id)
    hours = int(people.LIFETIME.total_seconds() // 3600)
    say(f"{member.name} 的绑定码：{code}")
    say(f"请本人用自己的账号私聊机器人，发送：绑定 {code}")
    say(f"{hours} 小时内有效，只能用一次；以前发的码作废。请当面或打电话告诉本人，不要发在群里。")
    return 0


async def _find(code: str, name: str | None) -> Member:
    household = await Household.get_or_none(code=code)
    known = Member.filter(household_id=household.id if household is not None else 0, erased_at=None)
    members = await known.order_by("id")
    if not members:
        raise NotFound(f"名册上没有 {code} 这一户，请核对户编号。")
    chosen = [one for one in members if name is None or one.name == name]
    if not chosen or (name is None and len(chosen) > 1):
        raise BadInput(f"{code} 有这些人：{'、'.join(one.name for one in members)}。用 --name 写明是谁。")
    return chosen[0]
