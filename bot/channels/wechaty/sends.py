"""A delivery on its way: files first, then all words as one message; what the account shows back settles a doubt.

The words go last, so that seeing them come back means that everything before them had been taken.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from bot import clock
from bot.channels.common.text import clean
from bot.channels.wechaty.line import Line
from bot.channels.wechaty.outcomes import judge
from bot.errors import Permanent, Unknown
from bot.events import Chat, File, Image, Inbox, Link, Mention, Outgoing, OwnMessage, Part, Receipt

Step = Callable[[], Coroutine[Any, Any, str | None]]
REMEMBERED = 1000  # answered sends that have not been shown yet
MAX_FILE = 3_000_000  # bytes: as base64 just below the 4 MiB that gRPC takes at once


class Words(Struct, frozen=True):
    """The message itself, and whom it calls."""

    text: str
    mentions: list[str]


def words(parts: Sequence[Part], *, direct: bool) -> Words:
    """All that is not a file, in order; each text on lines of its own, behind the names that it calls."""
    text, mentions = "", []
    for part in parts:
        if isinstance(part, Mention):
            text += f"@{clean(part.name or part.user_id)}\u2005"
            mentions += [] if direct else [part.user_id]
        elif not isinstance(part, Image | File):
            said = "\n".join(filter(None, (part.title, part.url))) if isinstance(part, Link) else part.text
            text += ("\n" if text and not text.endswith("\u2005") else "") + clean(said)
    return Words(text, mentions)


class _Open:
    """A send that is not answered yet, or was not in time."""

    def __init__(self, ref: str, chat: Chat, text: str) -> None:
        self.ref = ref
        self.key = _key(chat, text)
        self.begun = False  # a part of it was taken
        self.seen: Receipt | None = None

    def outcome(self, error: Exception) -> Receipt:
        """What it came to after an error; raises SendError unless the account has shown it."""
        if self.seen is not None:
            return self.seen
        verdict = judge(error)
        if self.begun and not isinstance(verdict, Unknown):
            raise Unknown("partly", "前面的图片或文件发出了，后面的没有") from None
        raise verdict from None


def _key(chat: Chat, text: str) -> tuple[Chat, str]:
    return chat, "".join(text.split())


class Sends:
    """Knows what is on its way. `late` answers go to the inbox."""

    def __init__(self, timeout: float) -> None:
        self.inbox: Inbox | None = None
        self._timeout = timeout
        self._open: list[_Open] = []
        self._answered: deque[tuple[Chat, str]] = deque(maxlen=REMEMBERED)
        self._late: set[asyncio.Task[None]] = set()

    def shown(self, own: OwnMessage) -> None:
        """The account shows a message of ours: the oldest send with these words has arrived, whatever comes of it."""
        key = _key(own.chat, own.text)
        if key in self._answered:
            self._answered.remove(key)  # of one that was answered before it was shown: it says nothing of the next
            return
        for send in self._open:
            if send.seen is None and send.key == key:
                send.seen = Receipt(own.message_id, own.at)
                return

    async def run(self, line: Line, out: Outgoing, files: Sequence[tuple[str, str]], said: Words) -> Receipt:
        """Send; `files` are names, each with its content in base64. Raises SendError."""
        gateway, chat = line.gateway, out.chat.id
        steps: list[Step] = [partial(gateway.hand_over, chat, *file) for file in files]
        if said.text:
            steps.append(partial(gateway.say, chat, said.text, said.mentions))
        if not steps:
            raise Permanent("empty", "没有可发的内容")
        send = _Open(out.ref, out.chat, said.text)
        self._open.append(send)
        try:
            for step in steps[:-1]:
                await line.call(step(), self._timeout)
                send.begun = True
            message_id = await line.call(steps[-1](), self._timeout, partial(self._came_late, send))
        except Exception as error:
            return send.outcome(error)
        finally:
            self._open.remove(send)
        if send.seen is None:
            self._answered.append(send.key)
        return Receipt(message_id, clock.now())

    def _came_late(self, send: _Open, task: "asyncio.Task[str | None]") -> None:
        """After we had stopped waiting. An error then is no news: the delivery is in doubt as it is."""
        if task.cancelled() or task.exception() is not None or self.inbox is None:
            return
        telling = asyncio.create_task(self.inbox.settled(send.ref, Receipt(task.result(), clock.now())))
        self._late.add(telling)
        telling.add_done_callback(self._late.discard)

    async def settle(self) -> None:
        """Wait until late answers are written down."""
        await asyncio.gather(*self._late, return_exceptions=True)
