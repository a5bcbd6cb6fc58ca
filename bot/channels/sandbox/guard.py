"""Who may open the sandbox: pages of this very server, on this very machine.

Anyone at the sandbox can play the chair. So the peer must be on loopback; the page must come from us (browsers
let any site open a websocket to localhost); and the host must be a loopback name, or a site that points its
own name at 127.0.0.1 would pass as us.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp.web import Request

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def may_enter(request: Request) -> bool:
    """Whether this request comes from a page of ours on this machine."""
    return _local(request.remote) and _own_host(request.host) and _same_origin(request)


def _local(remote: str | None) -> bool:
    try:
        return ip_address(remote or "").is_loopback
    except ValueError:
        return False


def _own_host(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in LOOPBACK
    except ValueError:
        return False


def _same_origin(request: Request) -> bool:
    scheme, _, rest = request.headers.get("Origin", "").partition("://")
    return scheme in ("http", "https") and rest.lower() == request.host.lower()
