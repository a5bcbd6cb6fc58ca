"""What every answer forbids the browser, on every route of the table, whoever asks and whatever comes of it."""

from bot.actions.staff.signin import Address
from bot.web.routing import Route
from tests import people
from tests.integration.test_web_rights import addresses, named, play, routes
from tests.web import Page, console

ANYBODY = ("", people.ADMIN)  # who is led to the sign-in, and who gets through
TLS = {"Host": "pages.example", "X-Forwarded-For": "203.0.113.7", "Origin": "https://pages.example"}


def _policy(page: Page) -> dict[str, list[str]]:
    pieces = [piece.split() for piece in page.headers["Content-Security-Policy"].split(";")]
    return {piece[0]: piece[1:] for piece in pieces}


def _wrong(route: Route, page: Page) -> list[str]:
    """What a browser would be allowed to do that it should not."""
    headers, wrong = page.headers, []
    if headers.get("X-Content-Type-Options") != "nosniff":
        wrong.append("sniffing")
    if route.kind != "static" and "no-store" not in headers.get("Cache-Control", ""):
        wrong.append("kept in a cache")
    if headers.get("Content-Type", "").startswith("text/html"):
        policy = _policy(page) if "Content-Security-Policy" in headers else {}
        sources = [one for name in policy for one in policy[name]]
        if policy.get("default-src") != ["'none'"] or policy.get("frame-ancestors") != ["'none'"]:
            wrong.append("policy")
        if policy.get("base-uri") != ["'none'"] or policy.get("form-action") != ["'self'"]:
            wrong.append("forms or base")
        wrong += [one for one in sources if one not in ("'none'", "'self'")]
        if (
            headers.get("Referrer-Policy") != "same-origin"
            or headers.get("Cross-Origin-Opener-Policy") != "same-origin"
        ):
            wrong.append("referrer or opener")
    return [f"{named(route)} {page.status}: {one}" for one in wrong]


async def test_every_answer_forbids_what_no_page_of_ours_needs(database: str) -> None:
    async with console(database, sandbox="play", alone=True) as site:
        paths, wrong = await addresses(site), []
        for who in ANYBODY:
            for route in routes():
                wrong += _wrong(route, await play(site, route, paths[route.path], who))
        assert wrong == []


async def test_behind_tls_the_browser_is_told_to_stay_there(database: str) -> None:
    async with console(database, sandbox="play", pages=Address("https://pages.example", 0), behind_proxy=True) as site:
        paths, wrong = await addresses(site), []
        for route in routes():
            page = await play(site, route, paths[route.path], people.ADMIN, TLS)
            if "max-age=31536000" not in page.headers.get("Strict-Transport-Security", ""):
                wrong.append(named(route))
            cookies = page.headers.get("Set-Cookie", "")
            assert not cookies.startswith("__Host-") or ("Secure" in cookies and "HttpOnly" in cookies)
            wrong += _wrong(route, page)
        assert wrong == []


async def test_over_plain_http_nothing_is_said_of_tls(database: str) -> None:
    async with console(database) as site:
        assert "Strict-Transport-Security" not in (await site.get("/sign-in")).headers


async def test_what_is_not_there_is_no_exception(database: str) -> None:
    async with console(database) as site:
        for path in ("/nowhere", "/requests/<script>", "/static/../secrets", "/%00"):
            page = await site.get(path, as_=people.ADMIN)
            assert page.status in (400, 404) and page.headers["X-Content-Type-Options"] == "nosniff"
            assert "<script>" not in page.html.replace('<script src="', "").replace("<script type", "")
