"""/channels: is each account there, what has it said today, what may it still say, and what nobody is sure of."""

from io import BytesIO
from typing import NamedTuple

import segno
from aiohttp import web
from aiohttp.web import StreamResponse

from bot.actions.broadcasting import steering
from bot.actions.delivery import accounts, reasons
from bot.actions.delivery.accounts import Ledger
from bot.actions.figures import overview
from bot.errors import NotFound
from bot.events import Health, Line
from bot.models import Delivery
from bot.web.languages import N_
from bot.web.routing import ADMINS, file, form, fragment, page
from bot.web.visit import Visit

LINES = {
    Line.CONNECTING: (N_("正在连接"), "info"),
    Line.ONLINE: (N_("在线"), "good"),
    Line.OFFLINE: (N_("连不上"), "bad"),
    Line.LOGGED_OUT: (N_("账号掉线"), "bad"),
    Line.REFUSED: (N_("被拒绝"), "bad"),
}
DOUBTFUL = ("unknown", "held", "failed")
SHOWN = 100
TOP = 2  # "/1/": the path of a top unit


class Account(NamedTuple):
    """One card. `counts` are the rows of its outbox by status, `seconds` how long tips rest after sends in doubt."""

    name: str
    health: Health
    line: tuple[str, str]
    day: Ledger | None
    counts: dict[str, int]
    rests: bool
    to_scan: bool


async def listed(visit: Visit) -> StreamResponse:
    return visit.render("channels/list.html", accounts=await _accounts(visit))


async def cards(visit: Visit) -> StreamResponse:
    return visit.render("channels/_cards.html", accounts=await _accounts(visit))


async def doubtful(visit: Visit) -> StreamResponse:
    name = _named(visit)
    found = Delivery.filter(channel=name, status__in=DOUBTFUL).order_by("-id").limit(SHOWN).select_related("group")
    if visit.me.unit_path.count("/") > 2:  # of a lower unit: its own groups, and no talk with anybody
        found = found.filter(group__unit__path__startswith=visit.me.unit_path)
    rows = await found
    return visit.render(
        "channels/doubtful.html", name=name, rows=rows, why=reasons.explain, done=visit.asked_number("done", -1)
    )


async def resend(visit: Visit) -> StreamResponse:
    """A person has looked into the groups and says: not there, send it again."""
    name, sent = _named(visit), await visit.form()
    chosen = [int(one) for one in sent.all("id") if one.isascii() and one.isdecimal() and len(one) < 19]
    done = await steering.resend_of(name, chosen, by=visit.me.id)
    return visit.go(f"/channels/{name}/doubtful?done={done}")


async def login(visit: Visit) -> StreamResponse:
    """The QR code that signs the account in: who scans it speaks as the union, so only admins of a top unit see it."""
    code = _code(visit, _named(visit))
    if not code:
        raise NotFound("现在没有要扫的码")
    drawn = BytesIO()
    segno.make(code, error="l").save(drawn, kind="svg", scale=6, border=4, light="#fff", xmldecl=False)
    return web.Response(body=drawn.getvalue(), content_type="image/svg+xml")


def _code(visit: Visit, name: str) -> str:
    return visit.site.login_code(name) if visit.me.unit_path.count("/") == TOP else ""


def _named(visit: Visit) -> str:
    name = visit.word("name")
    if name not in visit.site.channels():
        raise NotFound("没有这个渠道")
    return name


async def _accounts(visit: Visit) -> list[Account]:
    seen = await overview.look()
    resting = visit.site.resting()
    found = []
    for name, health in visit.site.channels().items():
        words, tone = LINES[health.state]
        day = None
        if name in visit.site.pacing:
            day = await accounts.ledger(name, *visit.site.pacing[name])
        counts = {status: n for (channel, status), n in seen.deliveries.items() if channel == name}
        found.append(
            Account(name, health, (visit._(words), tone), day, counts, name in resting, bool(_code(visit, name)))
        )
    return found


ROUTES = [
    page("/channels", listed, ADMINS),
    fragment("/channels/cards", cards, ADMINS),
    file("/channels/{name}/login.svg", login, ADMINS),
    page("/channels/{name}/doubtful", doubtful, ADMINS),
    form("/channels/{name}/doubtful", resend, ADMINS),
]
