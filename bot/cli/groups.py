"""Groups: which there are, and which may hear from us."""

from argparse import Namespace

from bot.actions.broadcasting import groups
from bot.cli.loading import in_database
from bot.cli.printing import say, table
from bot.config import Config
from bot.errors import BadInput
from bot.models import Group


def group_list(args: Namespace) -> int:
    return in_database(args, _list)


def group_on(args: Namespace) -> int:
    return in_database(args, _on)


def group_off(args: Namespace) -> int:
    return in_database(args, _off)


def group_stand_in(args: Namespace) -> int:
    return in_database(args, _stand_in)


async def _list(config: Config, args: Namespace) -> int:
    rows = await Group.all().order_by("channel", "id").select_related("unit")
    if not rows:
        say("还没有群。把机器人的账号拉进群里，它上线后会自己认出来。")
        return 0
    table(
        [
            (
                "开" if group.enabled else "关",
                group.channel,
                group.chat_id,
                group.name or "（没有名字）",
                group.unit.code if group.unit else "—",
                ",".join(group.tags) or "—",
            )
            for group in rows
        ],
        ("状态", "渠道", "群号", "群名", "单位", "标签"),
    )
    return 0


async def _on(config: Config, args: Namespace) -> int:
    _known(config, args.channel)
    group = await groups.switch(args.channel, args.chat_id, True, args.unit, args.tags)
    say(f"已打开群“{group.name or group.chat_id}”，标签：{'、'.join(group.tags) or '无'}。")
    if not group.tags:
        say("没有标签的群，只收得到不限标签的排期；用 --tags 加标签。")
    return 0


async def _off(config: Config, args: Namespace) -> int:
    group = await groups.switch(args.channel, args.chat_id, False)
    say(f"已关掉群“{group.name or group.chat_id}”，不再给它发消息。")
    return 0


async def _stand_in(config: Config, args: Namespace) -> int:
    first = None if args.first is None else (args.first[0], args.first[1])
    group = await groups.stand_in((args.channel, args.chat_id), first)
    name = group.name or group.chat_id
    say(f"“{name}”只代表它自己了。" if first is None else f"“{name}”从此是替补：先用的那个发不出去，才发到这里。")
    return 0


def _known(config: Config, channel: str) -> None:
    if channel not in config.channels:
        raise BadInput(f"没有“{channel}”这个渠道，config.toml 里有：{'、'.join(config.channels) or '一个也没有'}。")
