"""/audit: who saw or changed what. It cannot be changed, and taking it out into a file leaves a line as well."""

import csv
from io import StringIO
from urllib.parse import urlencode

from aiohttp.web import StreamResponse

from bot import clock
from bot.actions.privacy import trail
from bot.sheets import neutral
from bot.web.languages import N_
from bot.web.reads import workers
from bot.web.routing import ADMINS, file, page
from bot.web.visit import Visit

KINDS = [
    ("", N_("全部")),
    ("view.", N_("看了资料")),
    ("roster.", N_("名册")),
    ("help.", N_("求助")),
    ("callback.", N_("回访")),
    ("relief.", N_("救助")),
    ("staff.", N_("人员")),
    ("identity.", N_("绑定")),
    ("group.", N_("群")),
    ("session.", N_("登录")),
]


async def listed(visit: Visit) -> StreamResponse:
    wanted, before = _wanted(visit), visit.asked_number("before")
    lines = await trail.look(visit.me, wanted, before)
    people = [(one.staff.id, one.staff.name) for one in await workers.workers(visit.me)]
    asked = {name: value for name, value in visit.request.query.items() if value and name != "before"}
    older = f"/audit?{urlencode({**asked, 'before': lines[-1].row.id})}" if len(lines) == trail.AT_ONCE else ""
    return visit.render(
        "audit/list.html",
        lines=lines,
        wanted=wanted,
        people=people,
        kinds=[(start, visit._(name)) for start, name in KINDS],
        older=older,
        query=urlencode(asked),
    )


async def download(visit: Visit) -> StreamResponse:
    out = StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["时间", "谁", "做了什么", "关于", "原因"])
    for line in await trail.taken_out(visit.me, _wanted(visit)):
        at = clock.local(line.row.at).strftime("%Y-%m-%d %H:%M:%S")
        sheet.writerow([at, *map(neutral, (line.who, line.what, line.about, line.why))])
    return visit.download("audit.csv", b"\xef\xbb\xbf" + out.getvalue().encode(), "text/csv")


def _wanted(visit: Visit) -> trail.Wanted:
    return trail.Wanted(
        visit.asked_number("who"),
        visit.asked("kind", 40),
        visit.asked("code", 20),
        visit.asked_day("from"),
        visit.asked_day("to"),
    )


ROUTES = [page("/audit", listed, ADMINS), file("/audit.csv", download, ADMINS)]
