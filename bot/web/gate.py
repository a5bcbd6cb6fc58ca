"""The one door that every request passes: from where, who, and may they. What is not in the table is refused.

Sandbox and figures are for this machine; pages may be reached from elsewhere under `public_url` alone, which is
https. The Host header counts too: a foreign page could point its own name at 127.0.0.1 (DNS rebinding).
"""

from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from aiohttp import web

from bot.actions.staff import sessions
from bot.actions.staff.sessions import Me
from bot.web.routing import MACHINE, PUBLIC, Route
from bot.web.site import SITE

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")
COOKIE, COOKIE_TLS = "songnuan", "__Host-songnuan"
ALIVE = "/healthz"  # may be asked from elsewhere where config.toml says so; it then answers “well” or “not”
YEAR = 365 * 24 * 3600


class Refused(Exception):
    """The request goes no further; `reason` is one of the keys of `bot.web.errors.REFUSALS`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Admitted(NamedTuple):
    who: Me | None
    token: str


def over_tls(request: web.Request) -> bool:
    """Did it come under the public address? That is https, or the config would not have been accepted."""
    host = request.app[SITE].host
    return bool(host) and request.host.lower() == host


def from_this_machine(request: web.Request) -> bool:
    """From a browser right here, not through a proxy that stands here for others."""
    if any(name in request.headers for name in FORWARDED):
        return False
    return _is_loopback(request.remote or "") and _name(request) in LOOPBACK_NAMES


def remote_of(request: web.Request) -> str:
    """The address of the caller; behind a proxy the one that the proxy saw."""
    last = ",".join(request.headers.getall("X-Forwarded-For", [])).rpartition(",")[2].strip()
    if request.app[SITE].behind_proxy and last:
        return last
    return request.remote or ""


def cookie_name(request: web.Request) -> str:
    """With TLS the cookie is bound to this very host; Safari takes no such cookie over plain http."""
    return COOKIE_TLS if over_tls(request) else COOKIE


def check_place(request: web.Request, route: Route) -> None:
    """Raises Refused for a request from where it may not come."""
    here = from_this_machine(request) or (route.path == ALIVE and request.app[SITE].watched)
    if not here and (route.who == MACHINE or not over_tls(request)):
        raise Refused("elsewhere")


async def admit(request: web.Request, route: Route) -> Admitted:
    """Who is it, and may they use this route? Raises Refused."""
    if route.kind == "static":
        return Admitted(None, "")
    token = request.cookies.get(cookie_name(request), "")
    who = await sessions.known(token, request.app[SITE].span) if token else None
    if who is None and route.who not in (PUBLIC, MACHINE):
        raise Refused("unknown")
    if who is not None and route.who not in (PUBLIC, MACHINE) and who.role not in route.who:
        raise Refused("role")
    return Admitted(who, token)


def check_origin(request: web.Request) -> None:
    """A change must be asked for by a page of ours. Browsers tell where a request comes from, one way or the other."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is None and origin is None:
        raise Refused("origin")
    if site is not None and site != "same-origin":
        raise Refused("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
        raise Refused("origin")


def keep(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Give the browser its session. `Lax`: a link in a chat leads in, a form on a foreign page does not."""
    life = int(request.app[SITE].span.longest.total_seconds())
    _cookie(request, response, token, life)


def forget(request: web.Request, response: web.StreamResponse) -> None:
    _cookie(request, response, "", 0)


def _cookie(request: web.Request, response: web.StreamResponse, value: str, life: int) -> None:
    response.set_cookie(
        cookie_name(request), value, max_age=life, path="/", httponly=True, samesite="Lax", secure=over_tls(request)
    )


def harden(request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer, whoever made it."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    if over_tls(request):
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _name(request: web.Request) -> str:
    try:
        name = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return ""
    return f"[{name}]" if ":" in name else name
