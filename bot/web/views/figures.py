"""/figures: what was done in a span of days, as charts, tables and files; every total opens to its rows."""

import asyncio
import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from aiohttp.web import StreamResponse

from bot.actions.figures import report_file, reports
from bot.actions.figures.reports import Span
from bot.actions.households import viewing
from bot.actions.staff.scope import Scope, scope
from bot.errors import BadInput, NotFound
from bot.models import Unit
from bot.quantities import shown
from bot.web import charts, words
from bot.web.languages import N_
from bot.web.passing import Place
from bot.web.reads import figures
from bot.web.reads.figures import Total
from bot.web.routing import CHAIRS, Handler, file, page
from bot.web.visit import LARGEST, Visit

LONGEST = 3660  # days
SPANS = ((1, N_("今天")), (7, N_("7 天")), (30, N_("30 天")), (90, N_("90 天")), (365, N_("一年")))
USUAL = 30
# What the outcomes of calls are put together to, in the order of the stack.
CALLS = {
    "well": ("well",),
    "needs": ("needs_help",),
    "other": ("call_later", "refused", "do_not_call", "deceased"),
    "missed": ("no_answer", "busy", "off", "wrong_number", "moved"),
}
GROUP_OF = {outcome: group for group, outcomes in CALLS.items() for outcome in outcomes}
CALLS_NAMED = {"well": N_("平安"), "needs": N_("需帮助"), "other": N_("接通，别的结果"), "missed": N_("没接通")}
WAITS_NAMED = {
    "5": N_("5 分钟内"),
    "30": N_("30 分钟内"),
    "120": N_("2 小时内"),
    "480": N_("8 小时内"),
    "more": N_("更久"),
    "never": N_("没人收到"),
}
GIFTS = {"goods": N_("物资"), "cash": N_("现金"), "service": N_("服务")}
TOTALS = {
    "called": (N_("回访"), N_("打过的每一个电话、每一次上门，撤销的不算")),
    "reached": (N_("回访接通"), N_("接通的电话、见到人的上门：平安、需帮助、稍后再打、拒访、勿打、已故")),
    "needing": (N_("回访需帮助"), N_("结果是需帮助的回访")),
    "opened": (N_("求助单"), N_("这段时间开的求助单，待核实的也算，收回的、误报的不算")),
    "helped": (N_("求助已解决"), N_("这段时间办结、结果是“已解决”的求助单")),
    "ended": (N_("求助另办结"), N_("这段时间以不需要、转介、重复、联系不上办结的求助单")),
    "waiting": (N_("求助未办结"), N_("到现在还没办结的求助单，不论哪天开的")),
    "promised": (N_("救助·答应"), N_("答应了、还没送到的")),
    "delivered": (N_("救助·送达"), N_("送到了的，不管家属有没有回音；说没收到的不算")),
    "confirmed": (N_("救助·确认"), N_("家属（或问过家属的人）说收到了的")),
    "doubtful": (N_("救助·有疑问"), N_("家属说没收到，或者有问题的")),
}
MONEY = ("promised", "delivered", "confirmed", "doubtful")
NARROW = {"outcome": words.OUTCOMES, "kind": words.KINDS, "gift": GIFTS}


class Asked(NamedTuple):
    """The span and the units of an address."""

    span: Span
    first: date
    last: date
    scope: Scope

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def query(self, **more: object) -> str:
        """Of an address that keeps both."""
        query = {"first": self.first, "last": self.last, "unit": self.scope.picked, **more}
        return urlencode({name: value for name, value in query.items() if value})


async def _asked(visit: Visit) -> Asked:
    today = figures.today()
    last = min(visit.asked_day("last") or today, today)
    first = visit.asked_day("first") or last - timedelta(days=USUAL - 1)
    if first > last:
        raise BadInput("起始日期在结束日期后面，请对调一下。")
    if (last - first).days > LONGEST:
        raise BadInput("时间太长了，最多看十年。")
    return Asked(Span(first, last), first, last, await scope(visit.me.id, CHAIRS, visit.asked("unit", 20)))


async def show(visit: Visit) -> StreamResponse:
    asked = await _asked(visit)
    span, units = asked.span, asked.scope
    totals = await figures.calls(asked.first, asked.last, units)
    totals |= {key: await figures.total(key, span, units) for key in TOTALS if key not in totals}
    by_unit, by_kind = await _requests(asked)
    return visit.render(
        "figures/figures.html",
        asked=asked,
        totals=totals,
        named=TOTALS,
        money=MONEY,
        spans=_spans(asked),
        calls=await _calls(asked),
        by_unit=by_unit,
        by_kind=by_kind,
        waits=await _waits(asked),
        lying=charts.lying,
        calls_named=CALLS_NAMED,
        waits_named=WAITS_NAMED,
        gifts=GIFTS,
        gift_heads=[(visit._(label), "number") for label in GIFTS.values()],
        kind_heads=[(label, "number") for _, label in words.options(visit, words.KINDS)],
        unit_options=words.units(units),
        words=words,
    )


def _spans(asked: Asked) -> list[tuple[str, str, bool]]:
    today, found = figures.today(), []
    for days, label in SPANS:
        first = today - timedelta(days=days - 1)
        query = urlencode(
            {"first": first, "last": today} | ({"unit": asked.scope.picked} if asked.scope.picked else {})
        )
        found.append((label, f"/figures?{query}", (asked.first, asked.last) == (first, today)))
    return found


class Calls(NamedTuple):
    chart: charts.Columns
    periods: list[charts.Period]
    sums: list[dict[str, int]]

    @property
    def filled(self) -> list[tuple[charts.Period, dict[str, int]]]:
        """For the table, which leaves out days without a call; the latest first."""
        return [(one, sums) for one, sums in zip(self.periods, self.sums, strict=True) if sums][::-1]


async def _calls(asked: Asked) -> Calls:
    days = await figures.calls_by_day(asked.first, asked.last, asked.scope)
    over = charts.periods(asked.first, asked.last)
    sums = charts.gathered(days, over, GROUP_OF)
    return Calls(charts.columns(sums, list(CALLS)), over, sums)


class UnitRow(NamedTuple):
    code: str
    name: str
    kinds: dict[str, int]
    requests: int


async def _requests(asked: Asked) -> tuple[list[UnitRow], dict[str, int]]:
    """Requests of the unit itself and of each unit right below it, and all of them by kind.

    One that asks for two things counts once for its unit and once for each kind.
    """
    found = await figures.requests_by(asked.span, asked.scope)
    units = {one.id: one for one in await Unit.filter(path__startswith=asked.scope.path).order_by("path")}
    rows: dict[int | None, UnitRow] = {}
    for (unit_id, stored), n in found.items():
        unit = units.get(_below(units, unit_id, asked.scope.path) or 0)
        key = unit.id if unit is not None else None
        row = rows.setdefault(key, UnitRow(unit.code if unit else "", unit.name if unit else "", {}, 0))
        for kind in json.loads(stored) or ["other"]:
            row.kinds[kind] = row.kinds.get(kind, 0) + n
        rows[key] = row._replace(requests=row.requests + n)
    kinds = {kind: sum(row.kinds.get(kind, 0) for row in rows.values()) for kind in words.KINDS}
    return sorted(rows.values(), key=lambda row: -row.requests), kinds


def _below(units: Mapping[int, Unit], unit_id: int | None, path: str) -> int | None:
    """The unit right below `path` to which another one belongs; the unit of `path` itself for its own."""
    unit = units.get(unit_id or 0)
    if unit is None:
        return None
    steps = unit.path.strip("/").split("/")
    depth = len(path.strip("/").split("/"))
    return int(steps[min(depth, len(steps) - 1)])


class Waits(NamedTuple):
    chart: charts.Columns
    sums: list[dict[str, int]]


async def _waits(asked: Asked) -> Waits:
    found = await figures.waits(asked.span, asked.scope)
    sums = [{level: found.get((bucket, level), 0) for level in words.URGENCY} for bucket in WAITS_NAMED]
    return Waits(charts.columns(sums, list(words.URGENCY)), sums)


async def rows(visit: Visit) -> StreamResponse:
    """What one total is made of, the latest first. That it was opened is written down."""
    asked, key = await _asked(visit), visit.asked("what", 20)
    if key not in TOTALS:
        raise NotFound("没有这一项统计。")
    narrowed = {name: value for name, known in NARROW.items() if (value := visit.asked(name, 20)) in known}
    before = _mark(visit.asked("before", 40))
    await viewing.opened("report", asked.scope.code, by=visit.me.id)
    found, older = await figures.opened(key, asked.span, asked.scope, narrowed, before)
    total: Total | None = None if narrowed else await figures.total(key, asked.span, asked.scope)
    query = {"what": key, **narrowed}
    return visit.render(
        "figures/rows.html",
        asked=asked,
        key=key,
        name=TOTALS[key],
        money=key in MONEY,
        total=total,
        narrowed=[NARROW[name][value] for name, value in narrowed.items()],
        rows=found,
        state_words={**words.STATES, **words.RELIEF, **words.CLOSED_AS, **words.OUTCOMES},
        newer=f"/figures/rows?{asked.query(**query)}" if before else "",
        older=f"/figures/rows?{asked.query(**query, before='{}-{}'.format(*older))}" if older else "",
        gifts=GIFTS,
        shown=shown,
        words=words,
    )


def _mark(text: str) -> tuple[int, int] | None:
    """Where a page of rows begins: milliseconds and number of the row before it."""
    at, _, number = text.partition("-")
    whole = all(one.isascii() and one.isdecimal() and len(one) < 16 for one in (at, number))
    return (int(at), int(number)) if whole and int(number) <= LARGEST else None


def _download(ending: str, media_type: str) -> Handler:
    async def download(visit: Visit) -> StreamResponse:
        asked = await _asked(visit)
        report = await reports.report(asked.span, asked.scope.code, by=visit.me.id)
        await viewing.opened("report", asked.scope.code, by=visit.me.id)
        body = await asyncio.to_thread(_written, report, ending, visit.site.passing)
        return visit.download(f"figures-{asked.first}-{asked.last}.{ending}", body, media_type)

    return download


def _written(report: reports.Report, ending: str, place: Place) -> bytes:
    with place.folder() as folder:
        path = Path(folder) / f"report.{ending}"
        report_file.save(report, path)
        return path.read_bytes()


ROUTES = [
    page("/figures", show, CHAIRS),
    page("/figures/rows", rows, CHAIRS),
    file("/figures.csv", _download("csv", "text/csv"), CHAIRS),
    file(
        "/figures.xlsx",
        _download("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        CHAIRS,
    ),
]
