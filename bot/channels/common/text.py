"""What no chat client can bear in a text, whoever wrote it."""

import re

_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """NUL would end the text in the client, half a surrogate cannot be encoded; all else is theirs."""
    return _UNSENDABLE.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text)
