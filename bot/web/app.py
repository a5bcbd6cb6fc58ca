"""The HTTP side: the table of routes behind the gate, and the doors that channels bring along."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from bot.errors import ActionError
from bot.web import assets, errors, gate
from bot.web.gate import Refused
from bot.web.live import LIVE, Live
from bot.web.routes import table
from bot.web.routing import PUBLIC, Route
from bot.web.site import SITE, Site
from bot.web.visit import Visit

log = logging.getLogger(__name__)

ROUTES: web.AppKey[dict[web.AbstractRoute, Route | None]] = web.AppKey("routes", dict)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build(site: Site, doors: Iterable[web.AbstractRouteDef] = ()) -> web.Application:
    """`doors` are the channels' own routes, which check their callers themselves; all else is in the table."""
    assets.found()  # read now, not during the first visit
    app = web.Application(client_max_size=1 << 20, middlewares=[_gate])
    known: dict[web.AbstractRoute, Route | None] = dict.fromkeys(app.router.add_routes(doors))
    for route in table(site):
        methods = ("GET", "HEAD") if route.method == "GET" else (route.method,)
        resource = app.router.add_resource(route.path)
        known |= {resource.add_route(method, _unreached): route for method in methods}
    site.paths = frozenset(route.path for route in known.values() if route is not None and route.kind == "page")
    app[SITE], app[ROUTES], app[LIVE] = site, known, Live()
    app.on_response_prepare.append(_harden)
    app.on_startup.append(_clear)
    app.on_shutdown.append(_close)
    return app


async def _unreached(request: web.Request) -> web.StreamResponse:
    raise AssertionError("the gate calls the handlers of the table")


@web.middleware
async def _gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    routes = request.app[ROUTES]
    if request.match_info.http_exception is None and request.match_info.route not in routes:
        raise web.HTTPForbidden  # somebody added a route beside the table
    route = routes.get(request.match_info.route, Route("GET", "", _nowhere, PUBLIC, "page"))
    if route is None:
        return await handler(request)
    visit = Visit(request, None, "")
    try:
        gate.check_place(request, route)
        admitted = await gate.admit(request, route)
        visit = Visit(request.clone(client_max_size=route.most_bytes), admitted.who, admitted.token)
        if route.method != "GET":
            gate.check_origin(request)
            if not await visit.has_form_token():
                raise Refused("token")
        return await route.handler(visit)
    except Refused as refused:
        return errors.refusal(visit, refused.reason)
    except ActionError as error:
        return errors.of_action(visit, error)
    except web.HTTPException as error:
        return errors.of_status(visit, error) if error.status >= 400 else error
    except (asyncio.CancelledError, ConnectionResetError):
        raise
    except Exception:
        log.exception("a page could not be made: %s", route.path)
        return errors.show(visit, errors.BROKEN)


async def _nowhere(visit: Visit) -> web.StreamResponse:
    raise visit.request.match_info.http_exception or web.HTTPNotFound


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    gate.harden(request, response)


async def _clear(app: web.Application) -> None:
    if left := await asyncio.to_thread(app[SITE].passing.sweep):
        log.warning("removed %d folders with sheets that a process left when it was cut off", left)


async def _close(app: web.Application) -> None:
    await app[LIVE].close()
    await app[SITE].imports.close()
