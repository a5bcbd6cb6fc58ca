"""What the Wechaty packages of 2022 need to work beside the libraries of today, all in one place.

- `pyee` took the name `AsyncIOEventEmitter` out of its top module (12.0): put back.
- `telnetlib` left Python with 3.13. The packages only knock at the endpoint with it, which would hold up the loop for
  three seconds; we dial ourselves, so an empty module is enough, on every Python.
- On import each of their loggers opens a handler of its own on standard error and stops propagating. They write
  tokens and events in clear: the handlers go, and only warnings are left, which pass through our log.
- `import wechaty` would need `urllib3.get_host` and a hash for `PuppetOptions` as well, and bring a web server and a
  scheduler with it. It is not imported at all: the puppet below it is what talks to a gateway.
"""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import pyee
import pyee.asyncio

__all__ = ["EventRequest", "MessagePayloadRequest", "Puppet", "PuppetOptions", "PuppetService", "PuppetStub"]

_LOG_SETTINGS = ("WECHATY_LOG", "WECHATY_LOG_FILE")  # meant for the gateway; a level they do not know is an error


class _NoTelnet:
    """Stands in for `telnetlib.Telnet`; nobody may ever use it."""


@contextmanager
def _as_in_2022() -> Iterator[None]:
    before = set(logging.root.manager.loggerDict)
    kept = {name: os.environ.pop(name) for name in _LOG_SETTINGS if name in os.environ}
    real = sys.modules.get("telnetlib")
    sys.modules["telnetlib"] = stand_in = ModuleType("telnetlib")
    setattr(stand_in, "Telnet", _NoTelnet)  # noqa: B010 - a plain assignment is an error to mypy
    setattr(pyee, "AsyncIOEventEmitter", pyee.asyncio.AsyncIOEventEmitter)  # noqa: B010
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.environ.update(kept)
        del sys.modules["telnetlib"]
        if real is not None:
            sys.modules["telnetlib"] = real
        _quieten(set(logging.root.manager.loggerDict) - before)


def _quieten(names: set[str]) -> None:
    for name in names:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.WARNING)
        logger.propagate = True


with _as_in_2022():
    from wechaty_grpc.wechaty import PuppetStub
    from wechaty_grpc.wechaty.puppet import EventRequest, MessagePayloadRequest
    from wechaty_puppet import Puppet, PuppetOptions
    from wechaty_puppet_service import PuppetService
