"""What a gateway says, decoded so that no text can break it: theirs raises at half a character, and the line is gone.

The numbers of the fields are those of wechaty-grpc's puppet.proto.
"""

from dataclasses import dataclass

import betterproto

EVENT = "/wechaty.Puppet/Event"
MESSAGE_PAYLOAD = "/wechaty.Puppet/MessagePayload"


@dataclass
class RawEvent(betterproto.Message):
    """`payload` is JSON."""

    type: int = betterproto.int32_field(1)
    payload: bytes = betterproto.bytes_field(2)


@dataclass
class RawMessage(betterproto.Message):
    """A message as the gateway has it; `text` are its words."""

    id: str = betterproto.string_field(1)
    raw_text: bytes = betterproto.bytes_field(3)
    timestamp: int = betterproto.uint64_field(4)
    type: int = betterproto.int32_field(5)
    from_id: str = betterproto.string_field(6)
    room_id: str = betterproto.string_field(7)
    to_id: str = betterproto.string_field(8)
    mention_ids: list[str] = betterproto.string_field(9)  # noqa: RUF009 - as this library wants it

    @property
    def text(self) -> str:
        """JavaScript writes a character beyond the first plane as two halves when it is careless: they are joined."""
        try:
            text = self.raw_text.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return self.raw_text.decode("utf-8", "replace")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
