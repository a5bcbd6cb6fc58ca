"""Keeps the tests on this machine: any address but loopback is refused, and remembered as a failure of the test.

An audit hook sees every socket of the interpreter, whichever library opens it and in whichever thread.
(Name look-ups of c-ares pass below it, so conftest keeps aiohttp from using that.)
"""

import ipaddress
import socket
import sys
from typing import Any

NAMES = {"localhost", "localhost.localdomain", ""}

refused: list[str] = []  # what was refused since it was last emptied


class OutsideWorld(RuntimeError):
    """A test tried to leave this machine. No OSError: code that forgives those must not hide it."""


def install() -> None:
    """From now on, for the rest of the process: hooks cannot be taken out again."""
    sys.addaudithook(_hook)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        sock, address = args
        if sock.family in (socket.AF_INET, socket.AF_INET6) and address and not _loopback(str(address[0])):
            _refuse(f"{event} to {address[0]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0].decode() if isinstance(args[0], bytes) else args[0]
        if host and not _needs_no_lookup(host, numeric_is_free=event != "socket.gethostbyaddr"):
            _refuse(f"{event} of {host}")


def _refuse(what: str) -> None:
    refused.append(what)
    raise OutsideWorld(what)


def _loopback(host: str) -> bool:
    if host in NAMES:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _needs_no_lookup(host: str, *, numeric_is_free: bool) -> bool:
    if _loopback(host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return numeric_is_free
