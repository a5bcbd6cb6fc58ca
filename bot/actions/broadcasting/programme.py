"""What is said, and when: the files of messages/ and schedules/ with what editors wrote and planned on the pages.

An own text or schedule with the key of a file stands in front of that file. Whoever changes one calls `touch`, and
every process sees the new version at its next look, without a restart.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from bot import clock
from bot.actions.broadcasting import pictures
from bot.actions.upkeep import settings
from bot.content import Library, Message, Schedule, Workdays
from bot.content.messages import compose
from bot.content.schedules import read_spec
from bot.errors import Problem
from bot.events import Limits, Part
from bot.models import OwnSchedule, OwnText, ScheduleState

log = logging.getLogger(__name__)

OVER = timedelta(days=4)  # a schedule whose last moment is so long ago is not even sent late any more
SHOWN = "这条文案"
DATE = "%Y年%m月%d日"


class Programme(NamedTuple):
    """Everything that is said on a schedule, and how."""

    schedules: Mapping[str, Schedule]
    texts: Library
    workdays: Workdays
    union: object  # config's [union]: name, hotline, phone
    channel_quiet: Mapping[str, str | None]  # a channel's own quiet hours; None: the union's
    quiet_hours: str
    expire: timedelta
    limits: Mapping[str, Limits]  # what each channel can carry
    approval: bool  # texts of the pages need a second person
    base: Path  # where messages/ and data/ are

    def quiet_by_channel(self, own: str | None) -> dict[str, str]:
        """A channel's own quiet hours count first (the sandbox has none), then the schedule's, then the union's."""
        fallback = self.quiet_hours if own is None else own
        return {name: fallback if quiet is None else quiet for name, quiet in self.channel_quiet.items()}

    def say(self, key: str, slot: datetime, unit: str) -> tuple[Part, ...]:
        """A message as it is said in a group of a unit. Raises KeyError, and ProblemsFound for a missing variable."""
        return self.texts.render(key, union=self.union, unit=unit, date=clock.local(slot).strftime(DATE))


class _Kept(NamedTuple):
    version: str
    files: Programme
    merged: Programme


_kept: list[_Kept] = []


async def current(files: Programme) -> Programme:
    """The files with what stands in front of them and beside them. Costs one small query as long as nothing changes."""
    version = await settings.get(settings.PROGRAMME)
    if not version:
        return files
    if not (_kept and _kept[0].version == version and _kept[0].files is files):
        _kept[:] = [_Kept(version, files, await _merged(files))]
    return _kept[0].merged


async def touch() -> None:
    """Call at the beginning of the transaction of a change: it also makes everybody else who changes one wait."""
    await settings.put(settings.PROGRAMME, uuid4().hex)


async def at_once(files: Programme) -> Programme:
    """The same inside the transaction of a change, past what is kept: a change may yet be taken back."""
    return await _merged(files)


async def _merged(files: Programme) -> Programme:
    await pictures.materialise(files.base)
    texts = dict(files.texts.messages)
    for row in await OwnText.filter(state="approved").order_by("approved_at", "id"):
        message, problems = read(row, files, await pictures.known())
        if message is None or problems:
            log.warning("own text %d cannot be used any more, see it on the pages", row.id)
        else:
            texts[row.key] = message
    schedules = dict(files.schedules)
    for plan in await OwnSchedule.filter(state="active").order_by("id"):
        schedule = read_schedule(plan)
        if schedule is not None and not _over(schedule):
            schedules[plan.key] = schedule
    library = Library(dict(sorted(texts.items())), files.texts.broken)
    return files._replace(schedules=schedules, texts=library)


def read(row: OwnText, files: Programme, known: frozenset[str]) -> tuple[Message | None, list[Problem]]:
    """An own text as a message, and what is wrong with it; `known` are the pictures there are."""
    front = {
        "key": row.key,
        "title": row.title,
        "topic": row.topic,
        "season": row.season.split(","),
        "source": row.source,
    }

    def lacks(path: str) -> str:
        return "" if path in known or _in_files(files.base, path) else "先上传这张图片"

    return compose(front, row.body, SHOWN, lacks)


def _in_files(base: Path, path: str) -> bool:
    root = (base / "messages").resolve()
    full = (root / path).resolve()
    return full.is_relative_to(root) and full.is_file()


def read_schedule(row: OwnSchedule) -> Schedule | None:
    """None when an older version wrote what this one does not understand."""
    draft, _ = read_spec(row.spec, row.key, row.key)
    return draft.schedule


def _over(schedule: Schedule) -> bool:
    moments = schedule.when.moments(clock.zone())
    return bool(moments) and moments[-1] < clock.now() - OVER


class State(NamedTuple):
    """What is remembered of schedules, by key: what the plan of the coming days needs."""

    cursors: dict[str, int]
    paused: frozenset[str]
    skipped: dict[str, datetime]


async def states() -> State:
    rows = await ScheduleState.all()
    return State(
        {row.key: row.cursor for row in rows},
        frozenset(row.key for row in rows if row.paused),
        {row.key: row.skipped_slot for row in rows if row.skipped_slot is not None},
    )
