"""`songnuan check` and `songnuan preview`: are texts and schedules in order, and what will they do?"""

from argparse import Namespace
from datetime import timedelta

from bot import clock
from bot.actions.broadcasting.programme import Programme
from bot.cli.audience import Standing, standing
from bot.cli.loading import config_of, config_path, environment
from bot.cli.printing import as_json, moment, say, stamp, table
from bot.config import Config, WeCom
from bot.content import Library, load_schedules
from bot.content import check as examine
from bot.content.messages import SENT
from bot.content.preview import Planned, as_sent
from bot.content.preview import preview as look_ahead
from bot.errors import BadInput, Problem, ProblemsFound

UNIT = "某某单位"
UNKNOWN = Standing(None, None, {}, {}, (), {}, None)


def check(args: Namespace) -> int:
    """Everything that is wrong, in one run; the rest is also looked at when config.toml itself is broken."""
    from bot.app import limits  # knows all channels: slow to load, and only wanted here

    path, problems = config_path(args), list[Problem]()
    config, here = None, UNKNOWN
    try:
        config = config_of(args)
        here = standing(config, ())
    except ProblemsFound as error:
        problems += error.problems if config else []  # those of config.toml are found again below
    base = path.absolute().parent
    carried = limits(config) if config else {}
    problems += _robots(config) if config else []
    folders = base / "messages", base / "schedules"
    problems += examine(path, *folders, here.tags, here.units, carried, environment())
    if problems:
        raise ProblemsFound(problems)
    texts, schedules = len(Library.load(folders[0]).messages), len(load_schedules(folders[1]))
    say(f"都没问题：配置、{texts} 条文案、{schedules} 个排期。")
    return 0


def _robots(config: Config) -> list[Problem]:
    """What is wrong in the files that name the robots of groups."""
    from bot.app.building import enabled, robots

    problems: list[Problem] = []
    for section in enabled(config).values():
        try:
            if isinstance(section, WeCom):
                robots(config, section)
        except ProblemsFound as error:
            problems += error.problems
    return problems


def preview(args: Namespace) -> int:
    from bot.app import programme  # knows all channels: slow to load, and only wanted here

    config = config_of(args)
    files = programme(config)
    here = standing(config, files.schedules.values(), files)
    if args.text:
        return _as_sent(here.programme or files, args.text, args.channel)
    schedules, texts = (here.programme or files).schedules, (here.programme or files).texts
    start = clock.now()
    end = start + timedelta(days=args.days)
    planned = look_ahead(schedules, texts, files.workdays, start, end, here.cursors, here.paused, here.skipped)
    if args.json:
        as_json([_plain(one, here) for one in planned])
    else:
        _show(config, planned, here, args.days)
        for key in sorted(set(here.paused) & schedules.keys()):
            say(f"排期“{schedules[key].name}”已停用，没有列出。")
    return 0


def _as_sent(files: Programme, key: str, channel: str | None) -> int:
    """One text as each channel carries it: by the same functions as it is sent."""
    if key not in files.texts.messages:
        raise BadInput(f"没有“{key}”这条文案，写 messages/ 下的名字，不带 .md，例如 tips/co-four-steps。")
    if files.texts.get(key).kind not in SENT:
        raise BadInput(f"“{key}”不是播发用的：里面的空要到用的时候才填。")
    if channel is not None and channel not in files.limits:
        raise BadInput(f"没有启用“{channel}”这个渠道，启用的有：{'、'.join(files.limits) or '无'}。")
    parts = files.say(key, clock.now(), UNIT)
    for name in [channel] if channel else files.limits:
        messages = as_sent(parts, files.limits[name])
        say(f"—— 渠道 {name}，{len(messages)} 条 ——")
        say("\n——\n".join(messages))
    return 0


def _plain(one: Planned, here: Standing) -> dict[str, object]:
    return {
        "at": stamp(one.at),
        "schedule": one.schedule.key,
        "name": one.schedule.name,
        "message": one.message.key if one.message else None,
        "title": one.message.title if one.message else None,
        "groups": here.groups.get(one.schedule.key, 0),
        "note": one.note,
        "left_out": one.skipped,
    }


def _show(config: Config, planned: list[Planned], here: Standing, days: int) -> None:
    if not planned:
        say(f"今后 {days} 天没有要发的。")
        return
    rows = [
        (
            moment(one.at) + ("*" if one.note else ""),
            one.schedule.name,
            "（跳过）" if one.skipped else one.message.title if one.message else "（没有可发的文案）",
            f"{here.groups.get(one.schedule.key, 0)} 个群",
        )
        for one in planned
    ]
    table(rows, ("时间", "排期", "文案", "发到"))
    for note in dict.fromkeys(one.note for one in planned if one.note):
        say(f"* {note}。")
