"""How a route is written down: method, path, handler, who may, and what kind of answer it gives.

Whoever is not named is refused before the handler runs; the unit is looked at by actions and reads.
"""

from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

from aiohttp.web import StreamResponse

from bot.web.visit import Visit

Handler = Callable[[Visit], Awaitable[StreamResponse]]
Kind = Literal["page", "fragment", "form", "file", "api", "static"]
Who = frozenset[str]

# Everybody; whoever is signed in; only this very machine, signed in or not. The rest are roles, an admin always may.
PUBLIC: Who = frozenset({"public"})
MACHINE: Who = frozenset({"machine"})
SIGNED_IN: Who = frozenset({"admin", "chair", "editor", "volunteer"})
ADMINS: Who = frozenset({"admin"})
CHAIRS: Who = frozenset({"admin", "chair"})
CALLERS: Who = frozenset({"admin", "chair", "volunteer"})
EDITORS: Who = frozenset({"admin", "editor"})

FORM_BYTES = 1 << 20


class Route(NamedTuple):
    method: str
    path: str
    handler: Handler
    who: Who
    kind: Kind
    most_bytes: int = FORM_BYTES  # of what may be sent to it


def page(path: str, handler: Handler, who: Who) -> Route:
    """A whole page, by GET."""
    return Route("GET", path, handler, who, "page")


def fragment(path: str, handler: Handler, who: Who) -> Route:
    """A piece of a page that htmx asks for, by GET."""
    return Route("GET", path, handler, who, "fragment")


def form(path: str, handler: Handler, who: Who, *, most_bytes: int = FORM_BYTES) -> Route:
    """Something is to be changed, by POST with the form token. Answers with a fragment or a redirect."""
    return Route("POST", path, handler, who, "form", most_bytes)


def file(path: str, handler: Handler, who: Who) -> Route:
    """A download or a picture, by GET."""
    return Route("GET", path, handler, who, "file")


def api(method: str, path: str, handler: Handler, who: Who) -> Route:
    """JSON or plain text for a program; a POST needs the form token in X-Form-Token."""
    return Route(method, path, handler, who, "api")
