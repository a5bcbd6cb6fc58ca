"""/roster/import: a spreadsheet is uploaded, its columns are named, it is tried, and then it is brought in."""

from pathlib import Path

from aiohttp.web import StreamResponse

from bot.actions.roster import columns as roster_columns
from bot.errors import ActionError, BadInput
from bot.web.imports import BUSY, Sheet
from bot.web.languages import N_
from bot.web.routing import CHAIRS, file, form, fragment, page
from bot.web.views.roster import TYPES
from bot.web.visit import Visit

MOST_BYTES = 20 << 20
MAPPINGS = "mappings"  # beside config.toml, as for `songnuan import`
SHOWN = 50
LABELS = {
    "code": N_("户编号"),
    "name": N_("姓名"),
    "relation": N_("关系"),
    "phone": N_("电话"),
    "under_14": N_("未满14岁"),
    "guardian": N_("监护人"),
    "unit": N_("单位"),
    "category": N_("类别"),
    "grade": N_("等级"),
    "address": N_("地址"),
    "best_time": N_("方便接听时间"),
    "may_tell": N_("可告知的人"),
    "avoid": N_("回避日子"),
    "remember": N_("纪念日子"),
    "do_not_call": N_("请勿致电"),
    "messages_off": N_("退订消息"),
    "consent_by": N_("同意人"),
    "consent_at": N_("同意日期"),
    "consent_to": N_("同意事项"),
    "consent_words": N_("同意原话"),
    "note": N_("备注"),
}


def _folder(visit: Visit) -> Path:
    folder: Path = visit.site.config.resolve(MAPPINGS)
    return folder


async def choose(visit: Visit) -> StreamResponse:
    return visit.render("roster/import.html", most=MOST_BYTES >> 20)


async def upload(visit: Visit) -> StreamResponse:
    try:
        sent = (await visit.form()).file("sheet")
        if sent is None:
            raise BadInput("请先选一个文件。")
        sheet = await visit.site.imports.take(*sent, visit.me.id, roster_columns.saved(_folder(visit)))
    except ActionError as error:
        return visit.refuse(error, "roster/import.html", most=MOST_BYTES >> 20)
    return visit.go(f"/roster/import/{sheet.id}")


async def show(visit: Visit) -> StreamResponse:
    return visit.render("roster/sheet.html", _context(visit, _sheet(visit)))


async def state(visit: Visit) -> StreamResponse:
    """How far it is; the page asks again for as long as it is being worked on."""
    return visit.render("roster/_sheet.html", _context(visit, _sheet(visit)))


def _sheet(visit: Visit) -> Sheet:
    return visit.site.imports.find(visit.word("sheet"), visit.me.id)


def _context(visit: Visit, sheet: Sheet) -> dict[str, object]:
    return {
        "sheet": sheet,
        "busy": sheet.state in BUSY,
        "fields": [(key, visit._(label)) for key, label in LABELS.items()],
        "shown": SHOWN,
    }


async def try_it(visit: Visit) -> StreamResponse:
    """The columns as the person wants them, and a run that changes nothing."""
    sheet, sent = _sheet(visit), await visit.form()
    if sheet.state not in BUSY:
        sheet.chosen = {name: sent.text(f"column-{n}", 20) for n, name in enumerate(sheet.chosen)}
        sheet.keep = sent.on("keep")
    return _begin(visit, sheet, dry_run=True)


async def run(visit: Visit) -> StreamResponse:
    """For good. The columns are remembered for the next sheet like this one, if the person said so."""
    sheet = _sheet(visit)
    answer = _begin(visit, sheet, dry_run=False)
    if sheet.keep and sheet.state == "running":
        roster_columns.keep(sheet.chosen, _folder(visit))
    return answer


def _begin(visit: Visit, sheet: Sheet, *, dry_run: bool) -> StreamResponse:
    template = "roster/_sheet.html" if visit.hx else "roster/sheet.html"
    try:
        visit.site.imports.start(sheet, dry_run=dry_run)
    except ActionError as error:
        return visit.refuse(error, template, _context(visit, sheet))
    return visit.render(template, _context(visit, sheet)) if visit.hx else visit.go(f"/roster/import/{sheet.id}")


async def again(visit: Visit) -> StreamResponse:
    """Back to the columns."""
    sheet = _sheet(visit)
    if sheet.state in ("tried", "failed"):
        sheet.state = "mapping"
    return visit.go(f"/roster/import/{sheet.id}")


async def drop(visit: Visit) -> StreamResponse:
    visit.site.imports.drop(_sheet(visit))
    return visit.go("/roster/import")


async def refused(visit: Visit) -> StreamResponse:
    body = await visit.site.imports.refused(_sheet(visit))
    return visit.download("refused.xlsx", body, TYPES["xlsx"])


ROUTES = [
    page("/roster/import", choose, CHAIRS),
    form("/roster/import", upload, CHAIRS, most_bytes=MOST_BYTES),
    page("/roster/import/{sheet}", show, CHAIRS),
    fragment("/roster/import/{sheet}/state", state, CHAIRS),
    form("/roster/import/{sheet}/try", try_it, CHAIRS),
    form("/roster/import/{sheet}/run", run, CHAIRS),
    form("/roster/import/{sheet}/again", again, CHAIRS),
    form("/roster/import/{sheet}/drop", drop, CHAIRS),
    file("/roster/import/{sheet}/refused.xlsx", refused, CHAIRS),
]
