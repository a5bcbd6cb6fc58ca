"""/me/password and /sign-in/password: an admin's second way in, for the day when no chat works."""

from aiohttp.web import Response, StreamResponse

from bot.actions.staff import passwords
from bot.errors import ActionError
from bot.web import gate
from bot.web.devices import named
from bot.web.rendering import SECURITY_HEADERS
from bot.web.routing import ADMINS, PUBLIC, file, form, page
from bot.web.visit import Visit, status_of


async def own(visit: Visit) -> StreamResponse:
    return await _show(visit)


async def choose(visit: Visit) -> StreamResponse:
    typed = await visit.form()
    try:
        await passwords.choose(visit.me, typed.secret("password"))
    except ActionError as error:
        return await _show(visit, error)
    return visit.go("/me/password")


async def confirm(visit: Visit) -> StreamResponse:
    try:
        await passwords.confirm(visit.me, (await visit.form()).text("code", 20))
    except ActionError as error:
        return await _show(visit, error)
    return visit.go("/me/password")


async def remove(visit: Visit) -> StreamResponse:
    await passwords.remove(visit.me)
    return visit.go("/me/password")


async def _show(visit: Visit, error: ActionError | None = None) -> StreamResponse:
    state = await passwords.state(visit.me.id)
    secret = await passwords.secret(visit.me) if state == "pending" else ""
    secret = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))  # read and typed in fours
    status, words = (200, "") if error is None else (status_of(error), str(error))
    return visit.render(
        "password.html", status=status, error=words, state=state, secret=secret, shortest=passwords.SHORTEST
    )


async def qr(visit: Visit) -> StreamResponse:
    body = await passwords.picture(visit.me)
    return Response(body=body, content_type="image/svg+xml", headers=SECURITY_HEADERS)


async def ask(visit: Visit) -> StreamResponse:
    return visit.render("sign-in-password.html", name="")


async def enter(visit: Visit) -> StreamResponse:
    typed = await visit.form()
    name, request = typed.text("name", 40), visit.request
    earlier = request.cookies.get(gate.cookie_name(request), "")
    caller = passwords.Caller(gate.remote_of(request), earlier, named(request.headers.get("User-Agent", "")))
    try:
        token = await passwords.enter(name, typed.secret("password"), typed.text("code", 20), caller, visit.site.span)
    except ActionError as error:
        return visit.refuse(error, "sign-in-password.html", name=name)
    answer = visit.go("/")
    gate.keep(request, answer, token)
    return answer


ROUTES = [
    page("/sign-in/password", ask, PUBLIC),
    form("/sign-in/password", enter, PUBLIC),
    page("/me/password", own, ADMINS),
    form("/me/password", choose, ADMINS),
    form("/me/password/confirm", confirm, ADMINS),
    form("/me/password/remove", remove, ADMINS),
    file("/me/password/qr.svg", qr, ADMINS),
]
