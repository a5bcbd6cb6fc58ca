"""What crosses the border between a chat network and the rest, and the protocol of a channel.

All are frozen. The parts of an `Outgoing` are also the outbox's stored payload (msgspec JSON, tagged),
so a change here is a change of stored data: add fields with defaults, never rename.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from aiohttp.web import AbstractRouteDef
from msgspec import Struct

from bot.errors import SendError


class Text(Struct, frozen=True, tag="text"):
    """Plain text. The only place where words of a user may go."""

    text: str


class Image(Struct, frozen=True, tag="image"):
    """A picture below messages/ (`path` relative to it); `alt` is sent where pictures cannot be."""

    path: str
    alt: str = ""


class File(Struct, frozen=True, tag="file"):
    """A document below messages/; where files cannot be sent, its name and where to ask for it."""

    path: str
    name: str = ""


class Link(Struct, frozen=True, tag="link"):
    """A web page; where cards cannot be sent: title, new line, address."""

    url: str
    title: str = ""


class Mention(Struct, frozen=True, tag="mention"):
    """@ one person of the group by network id; where that cannot be: @name as text. Never @all."""

    user_id: str
    name: str = ""


Part = Text | Image | File | Link | Mention
PartName = Literal["text", "image", "file", "link", "mention"]


class Chat(Struct, frozen=True):
    """Where a message is written: a group, or a direct talk with the person `id`."""

    kind: Literal["group", "direct"]
    id: str


class Sender(Struct, frozen=True):
    """Who wrote: the network's stable id. The nickname is what they call themselves: never authority."""

    id: str
    nickname: str = ""


class Incoming(Struct, frozen=True):
    """A message that somebody wrote. (channel, message_id) is unique: a replay is recognised by it."""

    channel: str
    message_id: str
    at: datetime
    chat: Chat
    sender: Sender
    text: str
    quoted: bool = False  # the text stands inside a quote or a forward: never a command
    mentions_me: bool = False


class Outgoing(Struct, frozen=True):
    """A delivery on its way out. `ref` comes back with a late answer, also after a restart."""

    ref: str
    chat: Chat
    parts: tuple[Part, ...]
    request: int | None = None  # the help request that it is about: a number says nothing of anybody


class Receipt(Struct, frozen=True):
    """The network accepted it. Some networks name no message id: None is still success."""

    message_id: str | None
    at: datetime


class OwnMessage(Struct, frozen=True):
    """Our own message as the network shows it back to us: settles what was unknown."""

    chat: Chat
    text: str
    message_id: str | None
    at: datetime


class GroupInfo(Struct, frozen=True):
    """A group that the account is in, as the network tells it."""

    id: str
    name: str
    members: int | None = None


class Line(StrEnum):
    """State of a channel's line to its network."""

    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"  # no connection; being tried again
    LOGGED_OUT = "logged_out"  # connected, but the account is not: a person must log in
    REFUSED = "refused"  # the token is wrong: trying again is useless until someone mends it


class Health(Struct, frozen=True):
    """What a channel says of itself; `detail` is a short Chinese sentence without personal data."""

    state: Line
    since: datetime
    detail: str = ""


class Limits(Struct, frozen=True):
    """What a network carries. `text_max` counts `unit` (code points or UTF-8 bytes), files are in bytes; 0: not known.

    A long text is cut into several messages where a delivery may be more than one (`most`). Not `private`: it cannot
    write to one person alone, so what is meant for one is not written there.
    """

    text_max: int
    unit: Literal["chars", "bytes"]
    parts: frozenset[PartName]
    most: int = 1
    private: bool = True
    images: frozenset[str] = frozenset()  # endings; none: any
    image_max: int = 0
    file_max: int = 0


class Inbox(Protocol):
    """What a channel tells the rest. None of these raises; each returns once it is safe to forget the news."""

    def concerns(self, message: Incoming) -> bool:
        """Is this message for anybody here? Asked where it is read: most chat is not, and goes no further."""
        ...

    async def received(self, message: Incoming) -> None: ...

    async def settled(self, ref: str, outcome: Receipt | SendError) -> None: ...

    async def echoed(self, channel: str, message: OwnMessage) -> None: ...

    async def learnt(self, channel: str, groups: Sequence[GroupInfo]) -> None: ...


class Channel(Protocol):
    """One account on one network."""

    name: str
    limits: Limits

    def routes(self) -> Sequence[AbstractRouteDef]:
        """HTTP routes to mount before start, e.g. for a network that dials us."""
        ...

    async def start(self, inbox: Inbox) -> None:
        """Begin to connect; returns at once, keeps the line up in the background."""
        ...

    async def stop(self) -> None:
        """Finish what is in flight (the sender has stopped calling) and close."""
        ...

    async def send(self, out: Outgoing) -> Receipt:
        """Deliver, or raise Retryable, Permanent or Unknown. Never raises anything else but CancelledError."""
        ...

    def health(self) -> Health: ...
