"""The HTTP side: pages, /healthz and /metrics, and the doors that channels bring along."""

from collections.abc import Awaitable, Callable, Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from bot.web.views import health, sandbox, static_routes

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
DOORS: web.AppKey[frozenset[str]] = web.AppKey("doors", frozenset)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build(facts: health.Facts, doors: Iterable[web.AbstractRouteDef], *, with_sandbox: bool) -> web.Application:
    """`doors` are the channels' own routes, which check their callers themselves; all else is for this machine."""
    app = web.Application(client_max_size=1 << 20, middlewares=[_this_machine_only])
    app[health.FACTS] = facts
    resources = {route.resource for route in app.router.add_routes(doors)}
    app[DOORS] = frozenset(resource.canonical for resource in resources if resource is not None)
    app.router.add_routes([*health.routes(), *static_routes()])
    if with_sandbox:
        app.router.add_routes(sandbox.routes())
    app.on_response_prepare.append(_common_headers)
    return app


@web.middleware
async def _this_machine_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """There is no sign-in yet, so nobody from outside may look, whatever address the config listens on.

    The Host header counts too: a foreign page could point its own name at 127.0.0.1 (DNS rebinding).
    """
    resource = request.match_info.route.resource
    if resource is not None and resource.canonical in request.app[DOORS]:
        return await handler(request)
    if not _is_loopback(request.remote or "") or _host(request) not in LOOPBACK_NAMES:
        raise web.HTTPForbidden(text="这些页面只能在装送暖的这台电脑上看（http://127.0.0.1）。")
    return await handler(request)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _host(request: web.Request) -> str:
    name = urlsplit(f"//{request.host}").hostname or ""
    return f"[{name}]" if ":" in name else name


async def _common_headers(request: web.Request, response: web.StreamResponse) -> None:
    """No browser may guess types; modules have no version in their address: it asks each time whether they changed."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"
