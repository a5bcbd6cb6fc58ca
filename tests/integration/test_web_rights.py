"""Who may go where: every route of the table, played as every role, by somebody of another unit and by nobody.

A new route is played by itself. One with {…} in its path needs an example of unit M1 in EXAMPLES; then the standing
outsider, a chair of M2, must not get through to it.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot import clock
from bot.actions.broadcasting import composing
from bot.actions.broadcasting.composing import Words
from bot.models import Group, HelpRequest, Household, Round, Unit
from bot.web.app import build
from bot.web.errors import REFUSALS
from bot.web.routes import table
from bot.web.routing import MACHINE, PUBLIC, SIGNED_IN, Route
from bot.web.views import calls, request
from tests import people
from tests.web import Console, Page, console, quiet_site

ROLES = {
    "admin": people.ADMIN,
    "chair": people.CHAIR,
    "editor": people.EDITOR,
    "volunteer": people.VOLUNTEER,
}
Example = Callable[[Console], Awaitable[str]]


def _always(path: str) -> Example:
    async def example(site: Console) -> str:
        return path

    return example


async def _volunteer(site: Console) -> str:
    return f"/staff/{await people.staff_id(people.VOLUNTEER)}"


async def _round(site: Console) -> str:
    unit = await Unit.get(code="M1")
    made = await Round.filter(unit_id=unit.id).first()
    made = made or await Round.create(name="走访", unit_id=unit.id, starts_at=clock.now())
    return f"/rounds/{made.id}"


async def _family_group(site: Console) -> str:
    return f"/groups/{(await Group.get(chat_id=people.FAMILY_GROUP)).id}"


async def _request(site: Console) -> str:
    family = await Household.get(code="H0123")
    known = await HelpRequest.get_or_none(household_id=family.id)
    one = known or await HelpRequest.create(
        household_id=family.id, unit_id=family.unit_id, source="message", urgency="urgent", opened_at=clock.now()
    )
    return f"/requests/{one.id}"


async def _waiting_text(site: Console) -> str:
    files, by = site.site.programme, await people.staff_id(people.EDITOR)
    row = await composing.begin(Words("notices", "停水通知", body="明天上午停水。"), files, by=by)
    await composing.submit(row.id, files, site.site.rules, version=row.version, by=by)
    return f"/texts/{row.id}"


async def _printed_request(site: Console) -> str:
    return f"/print{await _request(site)}"


def _below(example: Example, rest: str) -> Example:
    async def path(site: Console) -> str:
        return await example(site) + rest

    return path


def paths_of(views: ModuleType) -> set[str]:
    routes: list[Route] = views.ROUTES
    return {route.path for route in routes}


def _all_below(path: str, example: Example, *rests: str) -> dict[str, Example]:
    return {path + rest: _below(example, rest) for rest in rests}


# Path of the table -> what makes an example of it in unit M1, on the open database, and gives its address.
EXAMPLES: dict[str, Example] = {
    "/static/{name:.+}": _always("/static/base.css"),
    "/sign-in/{token}": _always("/sign-in/nobodys-link"),
    "/me/sessions/{id}/end": _always("/me/sessions/999999/end"),
    "/staff/{id}": _volunteer,
    "/staff/{id}/code": _below(_volunteer, "/code"),
    "/staff/{id}/appoint": _below(_volunteer, "/appoint"),
    "/staff/{id}/accounts/{account}/unbind": _below(_volunteer, "/accounts/999999/unbind"),
    "/staff/{id}/leave": _below(_volunteer, "/leave"),
    "/groups/{id}": _family_group,
    "/groups/{id}/trial": _below(_family_group, "/trial"),
    "/groups/{id}/trial/{delivery}": _below(_family_group, "/trial/999999"),
    **{path: _below(_request, path.removeprefix("/requests/{id}")) for path in paths_of(request)},
    **{path: _always(path.replace("{code}", "H0123")) for path in paths_of(calls) if "{" in path},
    "/roster/{code}": _always("/roster/H0123"),
    "/roster/{code}/access": _always("/roster/H0123/access"),
    "/roster/{code}/look": _always("/roster/H0123/look"),
    "/roster/{code}/code": _always("/roster/H0123/code"),
    "/roster/{code}/{deed}": _always("/roster/H0123/calls"),
    **{
        f"/roster/import/{{sheet}}{end}": _always(f"/roster/import/nobodys{end}")
        for end in ("", "/state", "/try", "/run", "/again", "/drop", "/refused.xlsx")
    },
    "/rounds/{id}": _round,
    "/rounds/{id}/assign": _below(_round, "/assign"),
    "/rounds/{id}/move": _below(_round, "/move"),
    "/rounds/{id}/close": _below(_round, "/close"),
    "/print/requests/{id}": _printed_request,
    "/screen/{token}": _always("/screen/nobodys-screen"),
    "/screen/{token}/tips.txt": _always("/screen/nobodys-screen/tips.txt"),
    "/channels/{name}/login.svg": _always("/channels/none/login.svg"),
    "/channels/{name}/doubtful": _always("/channels/none/doubtful"),
    **_all_below("/texts/{id}", _waiting_text, "", "/edit", "/submit", "/approve", "/send-back", "/withdraw"),
    **_all_below("/schedules/{key}", _always("/schedules/daily-tip"), "", "/edit", "/skip", "/pause", "/cancel"),
    **_all_below("/broadcasts/{id}", _always("/broadcasts/999999"), "", "/state", "/stop", "/resend", "/forward"),
}
# Paths with an example that are not of a unit, and why.
UNSCOPED = {
    "/static/{name:.+}": "the same for everybody",
    "/sign-in/{token}": "the token is the right",
    "/screen/{token}": "the token is the right, and only tips are shown: tests/integration/test_web_hall.py",
    "/screen/{token}/tips.txt": "the same",
    "/me/sessions/{id}/end": "one's own, whatever the unit: tests/integration/test_web_frame.py",
}
ENDINGS = ("/sign-out",)  # forms that end the session they are sent with


def routes() -> list[Route]:
    return table(quiet_site(sandbox="play"))


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


async def addresses(site: Console) -> dict[str, str]:
    """An address for each path of the table."""
    paths = dict.fromkeys(route.path for route in routes())
    return {path: await EXAMPLES[path](site) if "{" in path else path for path in paths}


async def play(site: Console, route: Route, path: str, who: str, headers: Mapping[str, str] | None = None) -> Page:
    if route.method == "GET":
        return await site.get(path, as_=who, headers=headers)
    page = await site.post(path, as_=who, headers=headers)
    if route.path in ENDINGS:
        site.forget(who)
    return page


def test_every_path_has_an_example() -> None:
    paths = {route.path for route in routes() if "{" in route.path}
    assert paths == set(EXAMPLES)
    assert set(UNSCOPED) <= paths and all(UNSCOPED.values())


def test_nothing_is_served_beside_the_table() -> None:
    app = build(quiet_site(sandbox="play"))
    served = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}
    written = {(route.method, route.path.replace(":.+", "")) for route in routes()}
    assert {one for one in served if one[0] != "HEAD"} == written
    assert {("GET", path) for method, path in served if method == "HEAD"} <= written
    assert len(routes()) == len(written), "two routes with one method and path"


async def test_a_route_beside_the_table_is_refused() -> None:
    async def secret(request: web.Request) -> web.Response:
        return web.Response(text="secret")

    app = build(quiet_site())
    app.router.add_get("/secret", secret)
    app.freeze()
    with pytest.raises(web.HTTPForbidden):
        await app._handle(make_mocked_request("GET", "/secret", headers={"Host": "127.0.0.1"}, app=app))


def test_what_changes_something_is_a_post_for_named_roles() -> None:
    for route in routes():
        assert route.method in ("GET", "POST") and (route.kind == "form") <= (route.method == "POST"), named(route)
        assert route.who in (PUBLIC, MACHINE) or (route.who and route.who <= SIGNED_IN), named(route)


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_gets_through_to_its_own_and_to_nothing_else(database: str, role: str) -> None:
    async with console(database, sandbox="play") as site:
        paths, wrong = await addresses(site), []
        for route in routes():
            page = await play(site, route, paths[route.path], ROLES[role])
            may = route.who in (PUBLIC, MACHINE) or role in route.who
            kept_out = page.status == 403 and REFUSALS["role"].title in page.text
            if may == kept_out or page.status in (401, 500):
                wrong.append(f"{named(route)}: {page.status} for {role}")
        assert wrong == []


async def test_nobody_is_led_to_the_sign_in(database: str) -> None:
    async with console(database, sandbox="play") as site:
        paths = await addresses(site)
        for route in routes():
            if route.who in (PUBLIC, MACHINE):
                continue
            page = await play(site, route, paths[route.path], "")
            led = page.status == 303 and page.location == "/sign-in"
            assert led if route.method == "GET" else page.status == 401, named(route)
            assert "刘桂芳" not in page.html


async def test_another_unit_stays_outside(database: str) -> None:
    async with console(database, sandbox="play") as site:
        paths = await addresses(site)
        scoped = [route for route in routes() if "{" in route.path and route.path not in UNSCOPED]
        for route in scoped:
            if "chair" not in route.who:
                continue
            page = await play(site, route, paths[route.path], people.OUTSIDER)
            assert page.status in (403, 404), f"{named(route)}: {page.status} for a chair of another unit"
            assert "刘桂芳" not in page.html and "吴德顺" not in page.html


FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": ""},
    {"Origin": "null", "Sec-Fetch-Site": ""},
    {"Origin": "", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "", "Sec-Fetch-Site": "same-site"},
    {"Origin": "", "Sec-Fetch-Site": ""},
]


async def test_no_form_is_taken_from_a_foreign_page(database: str) -> None:
    async with console(database, sandbox="play", alone=True) as site:
        paths = await addresses(site)
        for route in (route for route in routes() if route.method == "POST"):
            for headers in FOREIGN:
                page = await play(site, route, paths[route.path], people.ADMIN, headers)
                assert page.status == 403 and "不是从送暖的页面发出来的" in page.text, (named(route), headers)


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64])
async def test_no_form_is_taken_without_the_token_of_its_session(database: str, token: str) -> None:
    async with console(database, sandbox="play", alone=True) as site:
        paths = await addresses(site)
        for route in (route for route in routes() if route.method == "POST" and "admin" in route.who):
            page = await site.post(paths[route.path], as_=people.ADMIN, headers={"X-Form-Token": token})
            assert page.status == 403 and "打开太久" in page.text, named(route)
