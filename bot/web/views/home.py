"""/: where everybody begins. Who is signed in goes to their work; at the sandbox one may come in as somebody."""

from aiohttp.web import StreamResponse

from bot.actions.staff import signin
from bot.errors import NotAllowed
from bot.web import gate, navigation
from bot.web.devices import named
from bot.web.routing import MACHINE, PUBLIC, form, page
from bot.web.visit import Visit


async def home(visit: Visit) -> StreamResponse:
    if visit.who is not None:
        return visit.go(navigation.landing(visit.who, visit.site.paths))
    if visit.site.sandbox and gate.from_this_machine(visit.request):
        return visit.render("welcome.html", people=await signin.cast() if visit.site.alone else [])
    return visit.go("/sign-in")


async def play(visit: Visit) -> StreamResponse:
    """Only where nothing real can be seen: the sandbox is the only channel, and its people are invented."""
    if not visit.site.alone:
        raise NotAllowed(signin.INVENTED_ONLY)
    number = (await visit.form()).number("staff", visit._("编号"))
    device = named(visit.request.headers.get("User-Agent", ""))
    token = await signin.play(number, device, visit.site.span)
    answer = visit.go("/")
    gate.keep(visit.request, answer, token)
    return answer


async def language(visit: Visit) -> StreamResponse:
    typed = await visit.form()
    answer = visit.go(local(typed.text("back", 200)))
    answer.set_cookie(
        "lang",
        typed.text("lang", 5),
        max_age=gate.YEAR,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=gate.over_tls(visit.request),
    )
    return answer


def local(path: str) -> str:
    """A path of ours, or the start: nobody is led away to a foreign page."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if good else "/"


ROUTES = [page("/", home, PUBLIC), form("/play", play, MACHINE), form("/language", language, PUBLIC)]
