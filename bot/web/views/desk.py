"""/today: a chair's desk. First what nobody has taken, then what is late, then the day in six figures."""

from aiohttp.web import StreamResponse

from bot import clock
from bot.actions.figures.today import numbers
from bot.actions.staff.scope import scope
from bot.web import words
from bot.web.reads import figures, requests
from bot.web.reads.requests import Line, Whose
from bot.web.routing import CHAIRS, page
from bot.web.visit import Visit


async def today(visit: Visit) -> StreamResponse:
    """The whole page; for htmx what is on the desk."""
    units = await scope(visit.me.id, CHAIRS, visit.asked("unit", 20))
    whose = Whose(visit.me.id, units)
    day = figures.today()
    counts = await requests.counts(whose)
    return visit.render(
        "today/_desk.html" if visit.hx else "today/desk.html",
        suspected=await requests.suspected(whose),
        waiting=await requests.waiting(whose),
        due=await requests.due(whose),
        doubtful=await requests.doubtful(whose),
        counts=counts,
        most=requests.MOST,
        numbers=await numbers(units),
        in_hand=sum(counts.get(state, 0) for state in requests.IN_HAND),
        units=units,
        unit_options=words.units(units),
        words=words,
        day=day,
        left=lambda line: _left(visit, line),
        ago=lambda at: words.ago(visit, at),
        here=f"/today?unit={units.picked}" if units.picked else "/today",
        and_unit=f"&unit={units.picked}" if units.picked else "",
    )


def _left(visit: Visit, line: Line) -> tuple[str, str]:
    """The time until the next step in words, and how bad that is."""
    if line.due is None:
        return visit._("还没定时"), ""
    left = line.due - clock.now()
    late = left.total_seconds() <= 0
    if line.state == "open":
        step = visit._("再催") if line.alerts % visit.site.rules.times_each else visit._("往上报")
        if late:
            return visit._("正在%(step)s", step=step), "bad"
        return visit._("%(span)s后%(step)s", span=words.span(visit, left), step=step), "bad"
    if late or line.alerts:
        return visit._("已经超时"), "bad"
    return visit._("还有%(span)s到时", span=words.span(visit, left)), "warn"


ROUTES = [page("/today", today, CHAIRS)]
