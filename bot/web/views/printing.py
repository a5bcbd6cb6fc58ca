"""/print: what one has to have on paper when the power or the network is gone: calls to make, requests to see to."""

from typing import NamedTuple

from aiohttp.web import StreamResponse

from bot import clock
from bot.actions.households import viewing
from bot.actions.outreach import printing
from bot.actions.outreach.printing import CallList
from bot.actions.requests import relief
from bot.actions.staff.scope import scope
from bot.errors import ActionError, BadInput, NotFound
from bot.web import words
from bot.web.languages import N_
from bot.web.reads import request as one_request
from bot.web.reads import requests
from bot.web.reads.requests import Wanted, Whose
from bot.web.routing import CALLERS, form, page
from bot.web.visit import Visit

SEES_ALL = ("chair", "admin")
PAGES = 4  # of thirty requests each: what one can look through on paper
BOXES = (N_("平安"), N_("需帮助"), N_("没人接"), N_("稍后再打"), N_("其他"))


class _Asked(NamedTuple):
    staff: int
    round: int


async def calls(visit: Visit) -> StreamResponse:
    """A volunteer's list, or what is left of a round, with masked numbers."""
    asked = _Asked(visit.asked_number("staff"), visit.asked_number("round"))
    found = await printing.masked(visit.me.id, staff_id=asked.staff, round_id=asked.round)
    return visit.render("printing/calls.html", await _call_context(visit, asked, found))


async def calls_in_clear(visit: Visit) -> StreamResponse:
    """By POST, with a reason: the numbers stand in this answer and nowhere else."""
    sent = await visit.form()
    asked = _Asked(*(sent.number(name) if sent.text(name) else 0 for name in _Asked._fields))
    reason = sent.text("reason", 200)
    try:
        found = await printing.in_clear(
            visit.me.id, reason, visit.site.rules, staff_id=asked.staff, round_id=asked.round
        )
    except BadInput as error:
        found = await printing.masked(visit.me.id, staff_id=asked.staff, round_id=asked.round)
        context = await _call_context(visit, asked, found)
        return visit.refuse(error, "printing/calls.html", context | {"typed": sent.typed()})
    return visit.render("printing/calls.html", await _call_context(visit, asked, found) | {"clear": True})


async def _call_context(visit: Visit, asked: _Asked, found: CallList) -> dict[str, object]:
    return {
        "found": found,
        "asked": asked,
        "callers": [] if asked.round else await printing.callers(visit.me.id),
        "most": printing.MOST,
        "boxes": BOXES,
        "clear": False,
        "typed": {},
        "now": clock.now(),
        "words": words,
    }


async def listing(visit: Visit) -> StreamResponse:
    """Requests that are not closed, by number and code; what a family said stands on the sheet of each."""
    sees_all = visit.me.role in SEES_ALL
    units = await scope(visit.me.id, SEES_ALL, visit.asked("unit", 20)) if sees_all else None
    lines, before = [], 0
    for _ in range(PAGES):
        some, before = await requests.lines(Whose(visit.me.id, units), Wanted(), before)
        lines += some
        if not before:
            break
    return visit.render(
        "printing/requests.html",
        lines=sorted(lines, key=lambda one: (list(words.URGENCY).index(one.urgency), one.number)),
        more=bool(before),
        units=units,
        unit_options=words.units,
        now=clock.now(),
        words=words,
    )


async def sheet(visit: Visit) -> StreamResponse:
    return visit.render("printing/request.html", await _sheet_context(visit))


async def sheet_in_clear(visit: Visit) -> StreamResponse:
    """Phone and address of one household, each seen for the reason given."""
    number, sent = visit.number("id"), await visit.form()
    reason = sent.text("reason", 200)
    context = await _sheet_context(visit)
    seen = []
    try:
        for what in ("phone", "address"):
            try:
                seen.append(await viewing.look(what, reason, visit.me.id, visit.site.rules, number=number))
            except NotFound:  # nothing of this kind on the roster
                continue
    except ActionError as error:
        return visit.refuse(error, "printing/request.html", context | {"typed": sent.typed()})
    return visit.render("printing/request.html", context | {"clear": {one.what: one.text for one in seen}})


async def _sheet_context(visit: Visit) -> dict[str, object]:
    found = await one_request.sheet(visit.number("id"), visit.me.id)
    return {
        "sheet": found,
        "one": found.request,
        "gifts": [(row, relief.words_of([row])) for row in found.reliefs],
        "clear": None,
        "typed": {},
        "now": clock.now(),
        "words": words,
    }


ROUTES = [
    page("/print/calls", calls, CALLERS),
    form("/print/calls", calls_in_clear, CALLERS),
    page("/print/requests", listing, CALLERS),
    page("/print/requests/{id}", sheet, CALLERS),
    form("/print/requests/{id}", sheet_in_clear, CALLERS),
]
