"""/healthz and /metrics: is everything that should move moving, and if not, what to do."""

from aiohttp import web

from bot import clock
from bot.actions.delivery import accounts
from bot.actions.figures import overview
from bot.actions.upkeep import settings
from bot.events import Line
from bot.web import gate
from bot.web.routing import MACHINE, api
from bot.web.visit import Visit

LINE_NAMES = {
    Line.CONNECTING: "正在连接",
    Line.ONLINE: "在线",
    Line.OFFLINE: "连不上",
    Line.LOGGED_OUT: "账号掉线",
    Line.REFUSED: "被拒绝",
}


async def healthz(visit: Visit) -> web.Response:
    """200 when all is well, else 503 with the reasons in Chinese. Numbers only, nobody's data.

    Whoever asks from elsewhere hears whether all is well, and nothing more.
    """
    facts = visit.site
    reasons = list(facts.reasons())
    channels = {}
    for name, health in facts.channels().items():
        channels[name] = {"state": health.state.value, "since": health.since.isoformat(), "detail": health.detail}
        if health.state is not Line.ONLINE:
            reasons.append(f"渠道 {name} {LINE_NAMES[health.state]}。{health.detail}".rstrip())
    here = gate.from_this_machine(visit.request)
    try:
        numbers = await (_numbers() if here else _readable())
    except Exception:  # whatever the database's trouble is, it is the answer
        numbers = {}
        reasons.append("数据库读不出来，请看日志。")
    status = {"status": "ok" if not reasons else "trouble"}
    body = status | {
        "reasons": reasons,
        "version": facts.version,
        "now": clock.now().isoformat(),
        "channels": channels,
        **numbers,
    }
    return web.json_response(
        body if here else status, status=503 if reasons else 200, headers={"Cache-Control": "no-store"}
    )


async def _readable() -> dict[str, object]:
    """Is the database there? Counting it all is not for everybody who asks from elsewhere."""
    await settings.get(settings.HOLD)
    return {}


async def _numbers() -> dict[str, object]:
    seen = await overview.look()
    waiting = (clock.now() - seen.oldest_open).total_seconds() if seen.oldest_open is not None else 0
    return {
        "queue": {status: seen.total(status) for status in ("queued", "sending", "unknown", "held", "failed")},
        "open_requests": seen.requests.get("open", 0),
        "oldest_open_request_seconds": round(waiting),
        "on_hold_since": seen.on_hold_since,
    }


async def metrics(visit: Visit) -> web.Response:
    facts = visit.site
    seen = await overview.look()
    facts.metrics.deliveries.clear()
    facts.metrics.requests.clear()
    facts.metrics.sent_today.clear()
    for (channel, status), count in seen.deliveries.items():
        facts.metrics.deliveries.labels(channel, status).set(count)
    for state, count in seen.requests.items():
        facts.metrics.requests.labels(state).set(count)
    for name, (caps, quiet) in facts.pacing.items():
        day = await accounts.ledger(name, caps, quiet)
        for purpose, count in day.sent.items():
            facts.metrics.sent_today.labels(name, purpose).set(count)
        if day.left is not None:
            facts.metrics.left_today.labels(name).set(day.left)
    for name, health in facts.channels().items():
        facts.metrics.channel_up.labels(name).set(health.state is Line.ONLINE)
    return web.Response(body=facts.metrics.expose(), headers={"Content-Type": "text/plain; version=0.0.4"})


ROUTES = [api("GET", "/healthz", healthz, MACHINE), api("GET", "/metrics", metrics, MACHINE)]
