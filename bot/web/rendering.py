"""How a page is made: templates that escape by themselves, and headers that forbid every foreign script.

No page of ours carries inline script or style, so the policy can be strict: what a family wrote stays text.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from aiohttp.web import Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bot import clock
from bot.web import assets, languages

PERSONAL = {"Cache-Control": "no-store"}
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with that browsers send `Origin: null` from forms, and the origin check would refuse them.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

# A refusal is shown where the form was; nothing is evaluated; no page is kept in the browser's own store.
HTMX = json.dumps(
    {
        "includeIndicatorStyles": False,
        "allowEval": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "(403|404|409|413|422|500)", "swap": True},
            {"code": "...", "swap": False, "error": True},
        ],
    }
)


@cache
def environment(language: str) -> Environment:
    """The templates in one language. Macros are parsed once for each, so `_` needs no context."""
    made = Environment(
        loader=PackageLoader("bot.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    known = languages.catalogue(language)
    made.install_gettext_callables(known.gettext, known.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(static=assets.address, language=language, language_tag=languages.TAGS[language])
    made.globals.update(htmx_config=HTMX)
    made.filters.update(moment=moment, day=day, clock=hour, attributes=attributes)
    return made


def html(language: str, template: str, status: int, context: dict[str, object]) -> Response:
    """A page from a template, with the security headers every page needs."""
    text = environment(language).get_template(template).render(context)
    return Response(text=text, status=status, content_type="text/html", headers=SECURITY_HEADERS)


def moment(at: datetime | None) -> str:
    """`2026-12-01 08:30` in the union's time."""
    return clock.local(at).strftime("%Y-%m-%d %H:%M") if at is not None else ""


def day(at: datetime | None) -> str:
    return clock.local(at).strftime("%Y-%m-%d") if at is not None else ""


def hour(at: datetime | None) -> str:
    return clock.local(at).strftime("%H:%M") if at is not None else ""


def attributes(values: Mapping[str, object]) -> Markup:
    """Attributes of a tag: hx_get becomes hx-get, True stands alone, None and False are left out."""
    shown = ((name.rstrip("_").replace("_", "-"), value) for name, value in values.items())
    pieces = [f" {name}" if value is True else f' {name}="{escape(value)}"' for name, value in shown if _there(value)]
    return Markup("".join(pieces))


def _there(value: object) -> bool:
    return value is not None and value is not False
