"""Who is there to be sent to: the groups and units of the database, or of the sample union before there is one."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from bot.actions.broadcasting import programme
from bot.actions.broadcasting.programme import Programme
from bot.actions.staff import directory
from bot.cli.loading import exists, opened
from bot.config import Config, Sandbox
from bot.content import Schedule
from bot.models import Group, Unit
from bot.sample import World, load


class Standing(NamedTuple):
    """What the schedules meet. `groups` counts for a schedule; None of tags, units: nothing is known of them."""

    tags: set[str] | None
    units: set[str] | None
    groups: Mapping[str, int]
    cursors: Mapping[str, int]
    paused: Collection[str]
    skipped: Mapping[str, datetime]
    programme: Programme | None  # with what stands on the pages; None when there is no database


def standing(config: Config, schedules: Collection[Schedule], files: Programme | None = None) -> Standing:
    """From the database if there is one, else from the sample if the sandbox is on, else nothing is known."""
    if exists(config):
        return asyncio.run(_stored(config, schedules, files))
    if any(isinstance(channel, Sandbox) and channel.enabled for channel in config.channels.values()):
        return _sampled(load(), schedules)
    return Standing(None, None, {}, {}, (), {}, None)


async def _stored(config: Config, schedules: Collection[Schedule], files: Programme | None) -> Standing:
    async with opened(config):
        now = await programme.current(files) if files is not None else None
        schedules = now.schedules.values() if now is not None else schedules
        units = set(await Unit.all().values_list("code", flat=True))
        tags = {tag for group in await Group.all() for tag in group.tags}
        known = await programme.states()
    return Standing(
        tags or None,
        {str(code) for code in units} or None,
        {one.key: len(directory.groups_for(one.audience.units, one.audience.tags)) for one in schedules},
        known.cursors,
        known.paused,
        known.skipped,
        now,
    )


def _sampled(world: World, schedules: Collection[Schedule]) -> Standing:
    tags: set[str] = {tag for group in world.groups for tag in group.tags}
    units = {unit.code for unit in world.units}
    return Standing(tags, units, {one.key: _count(world, one) for one in schedules}, {}, (), {}, None)


def _count(world: World, schedule: Schedule) -> int:
    """As `directory.groups_for` counts them."""
    parents = {unit.code: unit.parent for unit in world.units}
    units, tags = set(schedule.audience.units), set(schedule.audience.tags)
    return sum(
        (not units or not units.isdisjoint(_upwards(group.unit, parents)))
        and (not tags or not tags.isdisjoint(group.tags))
        for group in world.groups
    )


def _upwards(unit: str | None, parents: Mapping[str, str | None]) -> list[str]:
    found = []
    while unit is not None:
        found.append(unit)
        unit = parents[unit]
    return found
