"""Files that pages bring along: known at the start, with a mark in their address, so that browsers keep them for good.

Only what was found then is ever given out, so no path leads anywhere else. The script of htmx comes from its
package; it is not copied into ours.
"""

from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
VENDORED = {"vendor/htmx.min.js": "static/htmx/htmx.min.js"}
FOREVER = "public, max-age=31536000, immutable"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@cache
def found() -> dict[str, tuple[Path, str]]:
    """Name below /static, and for each the file and the mark of its content."""
    package = find_spec("js_lib_htmx")
    assert package is not None and package.origin is not None
    ours = {path.relative_to(STATIC).as_posix(): path for path in sorted(STATIC.rglob("*")) if path.is_file()}
    theirs = {name: Path(package.origin).parent / path for name, path in VENDORED.items()}
    return {name: (path, sha256(path.read_bytes()).hexdigest()[:12]) for name, path in (ours | theirs).items()}


def address(name: str) -> str:
    """`static('base.css')` in a template; KeyError for a file that is not there."""
    return f"/static/{name}?v={found()[name][1]}"


def answer(name: str, version: str) -> web.StreamResponse:
    """A file. With its right mark it may be kept for ever; a module that another one names is asked for each time."""
    if name not in found():
        raise web.HTTPNotFound
    path, mark = found()[name]
    kept = FOREVER if version == mark else "no-cache"
    headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    if path.suffix in TYPES:
        headers["Content-Type"] = TYPES[path.suffix]
    return web.FileResponse(path, headers=headers)
