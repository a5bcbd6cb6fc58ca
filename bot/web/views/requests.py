"""/requests: what families asked for, as a list or a board, narrowed by unit, kind, urgency and whose it is."""

from collections.abc import Mapping
from urllib.parse import urlencode

from aiohttp.web import StreamResponse

from bot.actions.households import lookup, viewing
from bot.actions.staff.scope import scope
from bot.errors import ActionError, NotFound
from bot.web import words
from bot.web.languages import N_
from bot.web.reads import request as one
from bot.web.reads import requests as reads
from bot.web.reads.requests import ALL_OPEN, Wanted, Whose
from bot.web.routing import CALLERS, form, page
from bot.web.visit import Visit

SHOWN = {
    "": ALL_OPEN,
    "review": ("review",),
    "open": ("open",),
    "acknowledged": ("acknowledged",),
    "assigned": ("assigned",),
    "delivering": ("delivering",),
    "closed": ("closed",),
}
TABS = [
    ("", N_("没办结")),
    ("open", N_("等人收到")),
    ("acknowledged", N_("已收到")),
    ("assigned", N_("已派人")),
    ("delivering", N_("等家属确认")),
    ("review", N_("待核实")),
    ("closed", N_("已办结")),
]
COLUMNS = {
    "review": N_("待核实"),
    "open": N_("等人收到"),
    "acknowledged": N_("已收到"),
    "assigned": N_("已派人"),
    "delivered": N_("送到了"),
    "asked": N_("问过家属"),
    "closed": N_("七天内办结"),
}
SEES_ALL = ("chair", "admin")


async def listing(visit: Visit) -> StreamResponse:
    """The whole page; for htmx the list alone."""
    context = await _context(visit)
    return visit.render("requests/_list.html" if visit.hx else "requests/list.html", context)


async def search(visit: Visit) -> StreamResponse:
    """By POST, for what is looked for may be a name or the end of a phone number and belongs in no address."""
    what = (await visit.form()).text("q", 40)
    if not what:
        return visit.go("/requests")
    try:
        if number := await _number(what.strip("#号 "), visit.me.id):
            return visit.go(f"/requests/{number}")
        household = await lookup.find(what, visit.me.id)
        await viewing.listed(visit.me.id, "search", [household.code])  # who is on the roster is told by it
    except ActionError as error:
        if isinstance(error, lookup.Unclear):
            await viewing.listed(visit.me.id, "which", [one.code for one in error.candidates])
        return visit.refuse(error, "requests/list.html", await _context(visit) | {"q": what})
    return visit.go(f"/requests?{urlencode({'household': household.code})}")


async def _number(digits: str, staff_id: int) -> int:
    """Of a request that the person may know of, 0 when it is none: then a household may be meant."""
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        return 0
    try:
        await one.reachable(int(digits), staff_id)
    except NotFound:
        return 0
    return int(digits)


async def _context(visit: Visit) -> dict[str, object]:
    asked = {name: visit.asked(name, 40) for name in ("state", "unit", "kind", "urgency", "household")}
    asked |= {"mine": "1" if visit.asked("mine") else "", "view": "board" if visit.asked("view") == "board" else ""}
    asked = {name: value for name, value in asked.items() if value}
    sees_all = visit.me.role in SEES_ALL
    units = await scope(visit.me.id, SEES_ALL, asked.get("unit", "")) if sees_all else None
    whose, wanted = Whose(visit.me.id, units), _wanted(asked)
    board = "view" in asked
    before = visit.asked_number("before")
    lines, older = ([], 0) if board else await reads.lines(whose, wanted, before)
    return {
        "lines": lines,
        "older": _address(asked, before=older) if older else "",
        "newer": _address(asked) if before else "",
        "columns_named": COLUMNS,
        "tabs": TABS,
        "kind_options": words.options(visit, words.KINDS),
        "urgency_options": words.options(visit, words.URGENCY),
        "unit_options": words.units,
        "columns": await reads.board(whose, wanted) if board else [],
        "counts": await reads.counts(whose),
        "most": reads.MOST,
        "here": _address(asked, **({"before": before} if before else {})),
        "asked": asked,
        "address": lambda **changes: _address(asked, **changes),
        "units": units,
        "words": words,
        "ago": lambda at: words.ago(visit, at),
        "q": "",
    }


def _wanted(asked: Mapping[str, str]) -> Wanted:
    household = asked.get("household", "")
    states = SHOWN.get(asked.get("state", ""), ALL_OPEN)
    if household and "state" not in asked:
        states = (*ALL_OPEN, "closed")
    kind, urgency = asked.get("kind", ""), asked.get("urgency", "")
    return Wanted(
        states,
        kind if kind in words.KINDS else "",
        urgency if urgency in words.URGENCY else "",
        "mine" in asked,
        household,
    )


def _address(asked: Mapping[str, str], **changes: object) -> str:
    """The address of the same list with some things changed; "" takes one away."""
    query = {name: value for name, value in ({**asked, **changes}).items() if value}
    return f"/requests?{urlencode(query)}" if query else "/requests"


ROUTES = [page("/requests", listing, CALLERS), form("/requests/search", search, CALLERS)]
