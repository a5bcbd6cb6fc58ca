"""Who is speaking and where, answered from memory: ordinary chat must cost no query.

A read model of identities, groups and units. It says which handler to try; an action that changes
something asks the database again, in its own transaction, so a stale answer here gives nobody a right.
Writers call `changed()`; other processes see that by the version in the `setting` table.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple, cast
from uuid import uuid4

from bot.actions.upkeep import settings
from bot.models import Group, Identity, Unit, db

Role = Literal["admin", "chair", "editor", "volunteer", "family"]


class Speaker(NamedTuple):
    """A bound account: a staff person, or a member of a household."""

    role: Role
    name: str
    staff_id: int | None = None
    household_id: int | None = None
    unit_id: int | None = None

    @property
    def is_staff(self) -> bool:
        return self.staff_id is not None


class Place(NamedTuple):
    """A group that the bot works in."""

    group_id: int
    name: str
    unit_id: int | None
    tags: frozenset[str]
    channel: str
    root: int = 0  # the same for all groups that are the same people, reached by several accounts
    rank: int = 0  # which of them is tried first


class _Book(NamedTuple):
    version: str
    speakers: dict[tuple[str, str], Speaker]
    places: dict[tuple[str, str], Place]
    units: dict[int, Unit]


_book: list[_Book] = [_Book("", {}, {}, {})]


def speaker(channel: str, user_id: str) -> Speaker | None:
    return _book[0].speakers.get((channel, user_id))


def place(channel: str, chat_id: str) -> Place | None:
    """The group, if it is switched on."""
    return _book[0].places.get((channel, chat_id))


def unit_and_above(unit_id: int | None) -> list[int]:
    """The unit, its parent, and so on up to the top."""
    unit = _book[0].units.get(unit_id or 0)
    return [] if unit is None else [int(step) for step in reversed(unit.path.strip("/").split("/"))]


def within(unit_id: int | None, scope: int | None) -> bool:
    """Is `unit_id` the unit `scope` or somewhere below it?"""
    return scope is not None and scope in unit_and_above(unit_id)


def groups_for(units: Iterable[str], tags: Iterable[str]) -> list[Place]:
    """The groups that an audience means: under any of the unit codes, with any of the tags; empty means all."""
    book = _book[0]
    wanted, wanted_tags = set(units), set(tags)
    scopes = {unit.id for unit in book.units.values() if unit.code in wanted}
    return [
        place
        for place in book.places.values()
        if (not wanted or scopes.intersection(unit_and_above(place.unit_id)))
        and (not wanted_tags or wanted_tags & place.tags)
    ]


async def refresh() -> bool:
    """Read everything again if someone changed it since; returns whether it was read."""
    version = await settings.get(settings.DIRECTORY) or "new"
    if version == _book[0].version:
        return False
    units = {unit.id: unit for unit in await Unit.all()}
    _book[0] = _Book(version, await _speakers(), await _places(), units)
    return True


async def refresh_if_forgotten() -> None:
    """Read again after a change made in this process; costs nothing when there was none."""
    if not _book[0].version:
        await refresh()


async def _speakers() -> dict[tuple[str, str], Speaker]:
    found: dict[tuple[str, str], Speaker] = {}
    for identity in await Identity.all().select_related("staff", "member__household"):
        at = (identity.channel, identity.user_id)
        if identity.staff is not None:
            staff = identity.staff
            if staff.active:
                found[at] = Speaker(cast(Role, staff.role), staff.name, staff_id=staff.id, unit_id=staff.unit_id)
        elif identity.member is not None:
            member = identity.member
            household = member.household
            found[at] = Speaker("family", member.name, household_id=household.id, unit_id=household.unit_id)
    return found


async def _places() -> dict[tuple[str, str], Place]:
    groups = await Group.filter(enabled=True)
    return {
        (group.channel, group.chat_id): Place(
            group.id,
            group.name,
            group.unit_id,
            frozenset(group.tags),
            group.channel,
            group.same_as_id or group.id,
            group.rank,
        )
        for group in groups
    }


async def changed() -> None:
    """Call inside the transaction of a change: everyone reads again after it is committed."""
    await settings.put(settings.DIRECTORY, uuid4().hex)
    db.after_commit(_forget)


def _forget() -> None:
    _book[0] = _book[0]._replace(version="")
