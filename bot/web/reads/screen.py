"""What hangs in the entrance hall today: the tips of the day's schedules, filled up with others of the season."""

from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import NamedTuple

from bot import clock
from bot.actions.broadcasting import programme
from bot.actions.broadcasting.programme import Programme
from bot.content.messages import Message
from bot.content.plan import season_of
from bot.content.preview import preview
from bot.events import Text
from bot.models import Broadcast, ScheduleState

KIND = "tips"
LEAST, MOST = 4, 8


class Slide(NamedTuple):
    title: str
    lines: list[str]
    source: str


class Screen(NamedTuple):
    """`version` changes with every word that is shown."""

    slides: list[Slide]
    version: str


async def today(files: Programme) -> Screen:
    now = clock.now()
    plan = await programme.current(files)
    keys = dict.fromkeys([*await _went(now), *await _will_go(plan, now), *_season(plan, now)])
    slides = [_slide(plan, plan.texts.messages[key], now) for key in keys if key in plan.texts.messages]
    shown = [one for one in slides if one.lines][:MOST]
    return Screen(shown, sha256(repr(shown).encode()).hexdigest()[:16])


def _midnight(now: datetime) -> datetime:
    return datetime.combine(clock.local(now).date(), time(), clock.zone())


async def _went(now: datetime) -> list[str]:
    rows = Broadcast.filter(slot__gte=_midnight(now), slot__lt=now, outcome="fired", stopped_at=None)
    keys = await rows.order_by("slot", "id").values_list("message_key", flat=True)
    return [str(key) for key in keys if str(key).startswith(f"{KIND}/")]


async def _will_go(plan: Programme, now: datetime) -> list[str]:
    states = await ScheduleState.all()
    cursors = {state.key: state.cursor for state in states}
    paused = [state.key for state in states if state.paused]
    coming = preview(
        plan.schedules, plan.texts, plan.workdays, now, _midnight(now) + timedelta(days=1), cursors, paused
    )
    return [one.message.key for one in coming if one.message is not None and one.message.kind == KIND]


def _season(plan: Programme, now: datetime) -> list[str]:
    """Others that fit, by turns from day to day."""
    local = clock.local(now)
    fitting = [key for key, one in plan.texts.messages.items() if one.kind == KIND and season_of(local) in one.seasons]
    start = LEAST * local.toordinal() % max(len(fitting), 1)
    return (fitting[start:] + fitting[:start])[:LEAST]


def _slide(plan: Programme, message: Message, now: datetime) -> Slide:
    parts = plan.say(message.key, now, str(plan.union))
    lines = [line.strip() for part in parts if isinstance(part, Text) for line in part.text.splitlines()]
    return Slide(message.title, [line for line in lines if line], message.source)
