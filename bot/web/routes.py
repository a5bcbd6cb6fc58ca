"""Every route there is: each module of views lists its own as ROUTES, and nothing beside this table is served."""

from bot.web import live
from bot.web.routing import MACHINE, Route, page
from bot.web.site import Site
from bot.web.views import (
    audit,
    channels,
    desk,
    figures,
    groups,
    health,
    home,
    me,
    password,
    request,
    requests,
    sandbox,
    signing,
    staff,
    static,
)

MODULES = (
    home,
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
    staff,
    groups,
    channels,
    audit,
)


def table(site: Site) -> list[Route]:
    """The sandbox is only there when its channel is."""
    routes = [route for module in MODULES for route in module.ROUTES]
    return [*routes, page("/sandbox", sandbox.page, MACHINE)] if site.sandbox else routes
