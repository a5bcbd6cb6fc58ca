"""Nicknames of those who write, as the group or their contact card has them; asked for once and kept for a while."""

from collections import OrderedDict

from bot.channels.common.text import clean
from bot.channels.wechaty.line import Line

KEPT = 4096


class People:
    """What a person calls themselves is shown to staff and never trusted; without it, all works the same."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._names: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def name(self, line: Line | None, person: str, room: str = "") -> str:
        """The name in that room, or of the contact; "" when it cannot be learnt in time."""
        key = (room, person)
        if key in self._names:
            self._names.move_to_end(key)
            return self._names[key]
        if line is None:
            return ""
        try:
            name = await self._ask(line, person, room)
        except Exception:  # whatever goes wrong over there: a name is not worth it
            return ""
        self._names[key] = name
        if len(self._names) > KEPT:
            self._names.popitem(last=False)
        return name

    async def _ask(self, line: Line, person: str, room: str) -> str:
        if room:
            member = await line.call(line.gateway.room_member_payload(room, person), self._patience)
            name = member.room_alias or member.name
        else:
            name = (await line.call(line.gateway.contact_payload(person), self._patience)).name
        return clean(str(name))[:64]

    def forget(self) -> None:
        """People rename themselves: now and then all are asked anew."""
        self._names.clear()
