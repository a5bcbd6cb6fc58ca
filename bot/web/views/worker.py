"""/sw.js: what opens the volunteer's page without a network. It stands at the top, so that it may serve every path."""

import json
from hashlib import sha256

from aiohttp.web import Response, StreamResponse

from bot.web import assets
from bot.web.routing import PUBLIC, Route
from bot.web.visit import Visit

# All that the page shows and runs; modules that name each other are asked for without a mark.
MARKED = (
    "tokens.css",
    "base.css",
    "parts.css",
    "layout.css",
    "print.css",
    "calls/calls.css",
    "calls/calls.js",
    "calls/manifest.webmanifest",
    "console.js",
    "vendor/htmx.min.js",
    "icons.svg",
    "icon.svg",
)
MODULES = ("live.js", *(f"calls/{name}.js" for name in ("box", "cards", "desk", "queue", "wire")))
PLAIN = (*MODULES, "calls/offline.html", "calls/offline.css", "icon.svg")
HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


async def worker(visit: Visit) -> StreamResponse:
    """The script, behind the list of what it keeps; a new release has another list, so browsers take it anew."""
    shell = [*(assets.address(name) for name in MARKED), *(f"/static/{name}" for name in PLAIN)]
    known = assets.found()
    version = sha256("".join(known[name][1] for name in (*MARKED, *PLAIN)).encode()).hexdigest()[:12]
    body = known["calls/worker.js"][0].read_text("utf-8")
    text = f"const SHELL = {json.dumps(shell)};\nconst VERSION = {json.dumps(version)};\n{body}"
    return Response(text=text, content_type="text/javascript", headers=HEADERS)


ROUTES = [Route("GET", "/sw.js", worker, PUBLIC, "static")]
