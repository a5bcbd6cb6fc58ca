"""How the measured programs are steered: one JSON order a line on stdin, one JSON answer a line on stdout."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Order = dict[str, Any]


def say(answer: Order) -> None:
    print(json.dumps(answer), flush=True)


async def obey(obedient: Callable[[Order], Awaitable[Order]]) -> None:
    """Answer orders until stdin ends."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        say(await obedient(json.loads(line)))
