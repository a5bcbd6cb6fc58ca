"""/roster: the families of one's units, narrowed, searched, and taken out as a table."""

from pathlib import Path
from urllib.parse import urlencode

from aiohttp.web import StreamResponse

from bot.actions.outreach import rounds
from bot.actions.roster import exporting
from bot.actions.staff.scope import scope
from bot.errors import ActionError
from bot.web import words
from bot.web.languages import N_
from bot.web.reads import roster as reads
from bot.web.reads.roster import Wanted
from bot.web.routing import CHAIRS, form, page
from bot.web.visit import Visit

SHOW = [
    ("", N_("所有")),
    ("promised", N_("答应了没打")),
    ("never", N_("从没打通")),
    ("silent", N_("很久没联系上")),
    ("no_calls", N_("请勿再打")),
]
STEPS = [
    ("", N_("这一轮所有的")),
    ("free", N_("等人打")),
    ("held", N_("在志愿者手上")),
    ("done", N_("打完的")),
    ("visit", N_("要上门")),
    ("roster_fix", N_("要核对")),
]
NARROWING = ("unit", "category", "grade", "show", "round", "step")
TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


async def listing(visit: Visit) -> StreamResponse:
    """The whole page; for htmx the next lines of the list."""
    asked = {name: value for name in NARROWING if (value := visit.asked(name, 20))}
    units = await scope(visit.me.id, CHAIRS, asked.get("unit", ""))
    found = await reads.page(visit.me.id, units, _wanted(visit, asked), visit.asked("after", 20))
    shown = {"lines": found.lines, "older": _address(asked, found.after) if found.after else "", "asked": asked}
    if visit.hx:
        return visit.render("roster/_lines.html", shown, words=words, said="")
    about = await rounds.reach(int(asked["round"]), visit.me.id) if "round" in asked else None
    return visit.render("roster/list.html", shown | _choices(visit), units=units, round=about, said="", words=words)


def _wanted(visit: Visit, asked: dict[str, str]) -> Wanted:
    """What is no choice of ours counts as not said."""
    known = {"show": dict(SHOW), "step": dict(STEPS), "category": words.CATEGORIES, "grade": words.GRADES}
    for name, choices in known.items():
        if name in asked and asked[name] not in choices:
            del asked[name]
    number = visit.asked_number("round")
    return Wanted(
        asked.get("category", ""),
        asked.get("grade", ""),
        asked.get("show", ""),
        number,
        asked.get("step", "") if number else "",
        visit.site.calling.silent_days,
    )


def _address(asked: dict[str, str], after: str) -> str:
    return f"/roster?{urlencode(asked | {'after': after})}"


def _choices(visit: Visit) -> dict[str, object]:
    return {
        "show": [(key, visit._(label)) for key, label in SHOW],
        "steps": [(key, visit._(label)) for key, label in STEPS],
        "categories": words.options(visit, words.CATEGORIES),
        "grades": words.options(visit, words.GRADES),
        "silent_days": visit.site.calling.silent_days,
        "from_start": "after" not in visit.request.query,
    }


async def search(visit: Visit) -> StreamResponse:
    """By POST: what is looked for may be a name or a phone, which belong in no address."""
    said = (await visit.form()).text("q", 40)
    if not said:
        return visit.go("/roster")
    units = await scope(visit.me.id, CHAIRS)
    lines = await reads.search(visit.me.id, units, said)
    if len(lines) == 1:
        return visit.go(f"/roster/{lines[0].code}")
    shown: dict[str, object] = {"lines": lines, "older": "", "asked": {}, "units": units, "round": None}
    return visit.render("roster/list.html", shown | _choices(visit), said=said, words=words)


async def take_out(visit: Visit) -> StreamResponse:
    return visit.render("roster/export.html", units=await scope(visit.me.id, CHAIRS), words=words, typed={})


async def exported(visit: Visit) -> StreamResponse:
    """The file is written to a place that is gone again before the answer is."""
    sent = await visit.form()
    kind, clear = sent.text("kind"), sent.on("clear")
    kind = kind if kind in TYPES else "xlsx"
    try:
        reason = sent.text("reason", 200)
        units = await scope(visit.me.id, CHAIRS, sent.text("unit", 20))
        exporting.check_reason(reason, clear=clear)
        with visit.site.passing.folder() as folder:
            path = Path(folder) / f"roster.{kind}"
            await exporting.export_roster(
                path, visit.me.id, unit_code=units.code, reason=reason if clear else "", rules=visit.site.rules
            )
            return visit.download(path.name, path.read_bytes(), TYPES[kind])
    except ActionError as error:
        own = await scope(visit.me.id, CHAIRS)
        return visit.refuse(error, "roster/export.html", units=own, words=words, typed=sent.typed())


ROUTES = [
    page("/roster", listing, CHAIRS),
    form("/roster/search", search, CHAIRS),
    page("/roster/export", take_out, CHAIRS),
    form("/roster/export", exported, CHAIRS),
]
