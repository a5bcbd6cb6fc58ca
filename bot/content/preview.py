"""What the coming days will bring: each slot with the message that will be picked for it. Pure arithmetic."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bot import clock
from bot.content.messages import Library, Message
from bot.content.parts import as_text, degrade
from bot.content.plan import pick, slots
from bot.content.schedules import Schedule
from bot.content.workdays import Workdays
from bot.events import File, Image, Limits, Link, Part, Text

NOTHING: Mapping[str, datetime] = {}


class Planned(NamedTuple):
    """One slot to come. No message: nothing is sent then. `note`: the calendar does not know that day yet."""

    at: datetime
    schedule: Schedule
    message: Message | None
    note: str
    skipped: bool = False  # a person asked that this one be left out


def as_sent(parts: Sequence[Part], limits: Limits) -> list[str]:
    """The messages that a delivery of these parts becomes on a network; pictures and files by their names."""
    shown = [part.text if isinstance(part, Text) else _named(part) for part in degrade(parts, limits)]
    return ["\n".join(shown)] if limits.most == 1 else shown


def _named(part: Part) -> str:
    match part:
        case Image(path=path):
            return f"〔图片 {path}〕"
        case File(path=path):
            return f"〔文件 {path}〕"
        case Link():
            return f"〔链接〕{as_text(part)}"
        case _:
            return as_text(part)


def preview(
    schedules: Mapping[str, Schedule],
    library: Library,
    workdays: Workdays,
    start: datetime,
    end: datetime,
    cursors: Mapping[str, int],
    paused: Collection[str] = (),
    skipped: Mapping[str, datetime] = NOTHING,
) -> list[Planned]:
    """All slots with start <= slot < end, in order.

    `cursors` is how many messages each schedule has sent, `skipped` the slot that a person asked to leave out.
    """
    found: list[Planned] = []
    for key, schedule in schedules.items():
        if key in paused:
            continue
        cursor = cursors.get(key, 0)
        mine = Library({message.key: message for message in library.match(schedule.send.messages)})  # looked for once
        for slot in slots(schedule, start, end, workdays):
            message = pick(schedule, mine, slot, cursor)
            left_out = skipped.get(key) == slot
            cursor += message is not None and not left_out  # as it is counted when it is sent
            note = workdays.note(clock.local(slot).date()) if schedule.when.workdays_only else ""
            found.append(Planned(slot, schedule, message, note, left_out))
    return sorted(found, key=lambda planned: (planned.at, planned.schedule.key))
