"""How a page is made: templates that escape by themselves, and headers that forbid every foreign script.

No page of ours carries inline script or style, so the policy can be strict: what a family wrote stays text.
"""

from pathlib import Path

from aiohttp.web import AbstractRouteDef, Response, static
from jinja2 import Environment, PackageLoader, StrictUndefined

STATIC = Path(__file__).parent.parent / "static"
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that browsers send `Origin: null` from forms, and the origin check would refuse them.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

environment = Environment(
    loader=PackageLoader("bot.web", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, *, status: int = 200, **context: object) -> Response:
    """A page from a template, with the security headers every page needs."""
    html = environment.get_template(template).render(context)
    return Response(text=html, status=status, content_type="text/html", headers=SECURITY_HEADERS)


def static_routes() -> list[AbstractRouteDef]:
    """Style sheets, scripts and icons below /static."""
    return [static("/static", STATIC)]
