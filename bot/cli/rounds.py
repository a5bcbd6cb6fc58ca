"""Rounds of call-backs: opened, given out, moved to other volunteers, closed; and the lists of what was missed."""

from argparse import Namespace
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from bot import clock
from bot.actions.households import viewing
from bot.actions.outreach import assignments, calllists, rounds
from bot.actions.outreach.assignments import Given
from bot.actions.outreach.calllists import OVERLOOKED, Overlooked
from bot.actions.outreach.outcomes import BY_WORD, OUTCOMES
from bot.actions.outreach.rounds import NEVER, Plan, Segment, Standing
from bot.actions.staff import people
from bot.app import building
from bot.cli.loading import in_database
from bot.cli.people import find_staff
from bot.cli.printing import as_json, moment, say, stamp, table
from bot.config import Config
from bot.errors import BadInput

KINDS = {name: kind for kind, name in OVERLOOKED.items()} | {kind: kind for kind in OVERLOOKED}


def round_create(args: Namespace) -> int:
    return in_database(args, _create)


def round_list(args: Namespace) -> int:
    return in_database(args, _list)


def round_assign(args: Namespace) -> int:
    return in_database(args, _assign)


def round_move(args: Namespace) -> int:
    return in_database(args, _move)


def round_close(args: Namespace) -> int:
    return in_database(args, _close)


def calls(args: Namespace) -> int:
    return in_database(args, _calls)


async def _create(config: Config, args: Namespace) -> int:
    segment = Segment(args.category, args.grade, [_outcome(word) for word in args.last], args.silent or 0)
    ends = _midnight(args.until + timedelta(days=1)) if args.until else None
    starts = _midnight(args.since) if args.since else None
    plan = Plan(args.name, args.unit, segment, _script(config, args.script), args.cap or 0, starts, ends)
    made = await rounds.create(plan)
    say(f"已建第 {made.round.id} 轮“{made.round.name}”，{made.total} 户。")
    say(f"接着运行 songnuan round assign {made.round.id}，分给志愿者。")
    return 0


def _script(config: Config, name: str | None) -> str:
    """care, scripts/care; nothing: each household gets the script of its category."""
    if not name:
        return ""
    known = [key for key in building.texts(config).messages if key.startswith("scripts/")]
    key = name if name.startswith("scripts/") else f"scripts/{name}"
    if key not in known:
        raise BadInput(f"没有“{name}”这份说法，能写的有：{'、'.join(one.removeprefix('scripts/') for one in known)}。")
    return key


def _outcome(word: str) -> str:
    if word in (NEVER, "没打过"):
        return NEVER
    named = {outcome.name: outcome for outcome in OUTCOMES.values()}
    found = OUTCOMES.get(word) or BY_WORD.get(word) or named.get(word)
    if found is None:
        words = "、".join(one.words[0] for one in OUTCOMES.values())
        raise BadInput(f"没有“{word}”这个结果，能写的有：没打过、{words}。")
    return found.code


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.zone())


async def _list(config: Config, args: Namespace) -> int:
    found = await rounds.overview(closed=args.all)
    if args.json:
        as_json([_plain(one) for one in found])
    elif not found:
        say("没有进行中的回访。用 songnuan round create 名字 单位编号 建一轮。")
    else:
        head = ("编号", "名字", "单位", "户", "待分派", "在打", "打完", "待上门", "待核对", "到期")
        table([_line(one) for one in found], head)
    return 0


def _line(one: Standing) -> tuple[object, ...]:
    until = "已结束" if one.round.closed_at else moment(one.round.ends_at) if one.round.ends_at else ""
    numbers = (one.total, one.free, one.held, one.done, one.visit, one.roster_fix)
    return (one.round.id, one.round.name, one.unit, *numbers, until)


def _plain(one: Standing) -> dict[str, object]:
    counts = {name: value for name, value in one._asdict().items() if name != "round"}
    ends, closed = stamp(one.round.ends_at), stamp(one.round.closed_at)
    return {"id": one.round.id, "name": one.round.name, **counts, "ends_at": ends, "closed_at": closed}


async def _assign(config: Config, args: Namespace) -> int:
    to = [(await find_staff(who)).id for who in args.to]
    _given(await assignments.assign(args.id, to))
    return 0


async def _move(config: Config, args: Namespace) -> int:
    person = await find_staff(args.who, active=False)
    _given(await assignments.move(person.id, [(await find_staff(who)).id for who in args.to]))
    return 0


def _given(given: Given) -> None:
    for who, count in given.counts.items():
        say(f"{who}：{count} 户")
    if given.again:
        say(f"其中 {given.again} 户还是上次打的人。")
    if given.left:
        say(f"还有 {given.left} 户没人可分，请给那些单位添加志愿者。")
    if not given.counts and not given.left:
        say("没有等着分派的户。")


async def _close(config: Config, args: Namespace) -> int:
    left = await rounds.close(args.id)
    say(f"第 {args.id} 轮结束了" + (f"，还有 {left} 户没打完。" if left else "，都打完了。"))
    return 0


async def _calls(config: Config, args: Namespace) -> int:
    if args.kind is not None and args.kind not in KINDS:
        raise BadInput(f"没有“{args.kind}”这个名单，能写的有：{'、'.join(OVERLOOKED.values())}。")
    kinds = [KINDS[args.kind]] if args.kind else list(OVERLOOKED)
    under = (await people.unit_by_code(args.unit)).path if args.unit else "/"
    days = args.days or config.callbacks.silent_days
    found = {kind: await calllists.overlooked(kind, under=under, days=days) for kind in kinds}
    await viewing.opened("calls", args.unit)
    if args.json:
        as_json({kind: [_record(row) for row in rows] for kind, rows in found.items()})
        return 0
    for kind, rows in found.items():
        say(f"{f'{days} 天没联系上' if kind == 'silent' else OVERLOOKED[kind]}：{len(rows)} 户")
        _show(rows)
    return 0


def _show(rows: Sequence[Overlooked]) -> None:
    if rows:
        head = ("户", "姓名", "单位", "打过", "上次", "结果", "约好", "在谁手上")
        table([_row(row) for row in rows], head)


def _row(row: Overlooked) -> tuple[object, ...]:
    outcome = OUTCOMES[row.outcome].name if row.outcome else "没打过"
    last, promised = (moment(at) if at is not None else "" for at in (row.last_at, row.next_call_at))
    return (row.code, row.name, row.unit, row.attempts, last, outcome, promised, row.holder)


def _record(row: Overlooked) -> dict[str, object]:
    at = {name: stamp(getattr(row, name)) for name in ("last_at", "reached_at", "next_call_at")}
    return row._asdict() | at
