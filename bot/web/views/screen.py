"""/screen: the day's tips for a television in an entrance hall, and as a sheet to be read out over the loudspeakers."""

from aiohttp.web import Response, StreamResponse

from bot import clock
from bot.actions.upkeep import screen
from bot.errors import NotFound
from bot.models.fields import to_ms
from bot.web.reads import screen as reads
from bot.web.rendering import SECURITY_HEADERS
from bot.web.routing import ADMINS, MACHINE, PUBLIC, api, form, page
from bot.web.visit import Visit


async def show(visit: Visit) -> StreamResponse:
    found = await reads.today(visit.site.programme)
    return visit.render(
        "screen/screen.html",
        screen=found,
        union=str(visit.site.programme.union),
        hotline=visit.site.rules.hotline,
        now=clock.now(),
        now_ms=to_ms(clock.now()),
        version=visit.site.version,
    )


async def sheet(visit: Visit) -> StreamResponse:
    """Plain text: what a speaker reads, with a date on top."""
    found = await reads.today(visit.site.programme)
    head = f"{visit.site.programme.union}  {clock.local(clock.now()):%Y年%m月%d日}"
    pieces = [head, *("\n".join((one.title, *one.lines)) for one in found.slides)]
    text = "\n\n".join(pieces) + "\n"
    return Response(text=text, content_type="text/plain", charset="utf-8", headers=SECURITY_HEADERS)


async def shown_to_all(visit: Visit) -> StreamResponse:
    await _check(visit)
    return await show(visit)


async def sheet_for_all(visit: Visit) -> StreamResponse:
    await _check(visit)
    return await sheet(visit)


async def _check(visit: Visit) -> None:
    if not await screen.opens(visit.word("token")):
        raise NotFound("没有这块屏幕，或者网址换过了。请向管理员要新的网址。")


async def address(visit: Visit) -> StreamResponse:
    return visit.render("screen/address.html", is_open=await screen.is_open(), token="", site=visit.site)


async def renew(visit: Visit) -> StreamResponse:
    """The new address stands in this answer alone."""
    token = await screen.open_(visit.me.id)
    return visit.render("screen/address.html", is_open=True, token=token, site=visit.site)


async def close(visit: Visit) -> StreamResponse:
    await screen.close(visit.me.id)
    return visit.go("/screen/address")


ROUTES = [
    page("/screen", show, MACHINE),
    api("GET", "/screen.txt", sheet, MACHINE),
    page("/screen/address", address, ADMINS),
    form("/screen/address", renew, ADMINS),
    form("/screen/address/close", close, ADMINS),
    page("/screen/{token}", shown_to_all, PUBLIC),
    api("GET", "/screen/{token}/tips.txt", sheet_for_all, PUBLIC),
]
