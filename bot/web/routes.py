"""Every route there is: each module of views lists its own as ROUTES, and nothing beside this table is served."""

from bot.web import live
from bot.web.routing import MACHINE, Route, page
from bot.web.site import Site
from bot.web.views import (
    audit,
    broadcasts,
    calendar,
    calls,
    channels,
    desk,
    figures,
    groups,
    health,
    home,
    household,
    importing,
    me,
    password,
    printing,
    request,
    requests,
    roster,
    rounds,
    sandbox,
    screen,
    settings,
    signing,
    staff,
    static,
    texts,
    worker,
    writing,
)

MODULES = (
    home,
    calls,
    worker,
    password,
    signing,
    me,
    health,
    static,
    live,
    desk,
    requests,
    request,
    figures,
    importing,
    roster,
    household,
    rounds,
    staff,
    groups,
    channels,
    calendar,
    writing,
    texts,
    broadcasts,
    audit,
    settings,
    printing,
    screen,
)


def table(site: Site) -> list[Route]:
    """The sandbox is only there when its channel is."""
    routes = [route for module in MODULES for route in module.ROUTES]
    return [*routes, page("/sandbox", sandbox.page, MACHINE)] if site.sandbox else routes
