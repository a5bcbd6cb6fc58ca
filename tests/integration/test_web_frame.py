"""The frame of the console: the way in and out, one's own sessions, and what is shown when something fails."""

import asyncio
from datetime import timedelta
from io import BytesIO

import pytest
from aiohttp import FormData

from bot import clock
from bot.actions.staff import people as staff
from bot.actions.staff import sessions, signin
from bot.errors import BadInput, NotAllowed
from bot.models import Audit, Session, db
from bot.web.assets import address
from bot.web.gate import COOKIE, COOKIE_TLS
from bot.web.visit import whole
from tests import people
from tests.web import Console, console

PUBLIC = signin.Address("https://nuan.example.cn")


async def link(who: str) -> str:
    return await signin.issue_link(await people.staff_id(who))


def session_in(cookie: str) -> str:
    return cookie.partition(";")[0].partition("=")[2]


async def later(minutes: float) -> None:
    at = clock.now() + timedelta(minutes=minutes)
    clock.use(lambda: at)


async def test_a_link_lets_its_person_in_once(database: str) -> None:
    async with console(database) as site:
        token = await link(people.CHAIR)
        for _ in range(3):  # a chat program looks at it, more than once
            page = await site.get(f"/sign-in/{token}")
            assert page.status == 200 and "您好，王秀兰" in page.text and page.headers["Cache-Control"] == "no-store"
        page = await site.post(f"/sign-in/{token}")
        assert (page.status, page.location) == (303, "/")
        cookie = page.headers["Set-Cookie"]
        assert cookie.startswith(f"{COOKIE}=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
        me = await site.get("/me", headers={"Cookie": f"{COOKIE}={session_in(cookie)}"})
        assert me.status == 200 and "王秀兰" in me.text and "周文静" not in me.text
        again = await site.post(f"/sign-in/{token}")
        assert again.status == 422 and "用过了" in again.text and "Set-Cookie" not in again.headers
        assert (await site.get(f"/sign-in/{token}")).status == 422


async def test_a_link_ends_after_ten_minutes_and_by_the_next_one(database: str) -> None:
    async with console(database) as site:
        first, second = await link(people.CHAIR), await link(people.CHAIR)
        assert (await site.get(f"/sign-in/{first}")).status == 422
        await later(9.9)
        assert (await site.get(f"/sign-in/{second}")).status == 200
        await later(0.2)
        assert (await site.post(f"/sign-in/{second}")).status == 422
        assert await Session.all().count() == 0


async def test_who_left_comes_in_no_more(database: str) -> None:
    async with console(database) as site:
        token, number = await link(people.VOLUNTEER), await people.staff_id(people.VOLUNTEER)
        assert (await site.get("/me", as_=people.VOLUNTEER)).status == 200
        await staff.deactivate(number)
        assert (await site.get("/me", as_=people.VOLUNTEER)).location == "/sign-in"
        assert (await site.post(f"/sign-in/{token}")).status == 422
        with pytest.raises(NotAllowed):
            await signin.issue_link(number)
        assert await Session.filter(staff_id=number, ended_at=None).count() == 0, "not even if they come back"


async def test_only_digests_are_kept(database: str) -> None:
    async with console(database) as site:
        token = await link(people.CHAIR)
        session = session_in((await site.post(f"/sign-in/{token}")).headers["Set-Cookie"])
        for table in ("sign_in_link", "web_session", "audit"):
            rows = repr(await db.fetch(f"SELECT * FROM {table}"))
            assert token not in rows and session not in rows
        assert len({token, session}) == 2 and min(len(token), len(session)) >= 43  # 256 bits


async def test_of_two_who_use_a_link_at_once_one_comes_in(database: str) -> None:
    async with console(database) as site:
        token = await link(people.CHAIR)
        pages = await asyncio.gather(*(site.post(f"/sign-in/{token}") for _ in range(4)))
        assert sorted(page.status for page in pages) == [303, 422, 422, 422]
        assert await Session.all().count() == 1


async def test_a_session_ends_when_idle_and_when_old(database: str) -> None:
    async with console(database, span=sessions.Span(timedelta(hours=1), timedelta(hours=3))) as site:
        for _ in range(3):
            assert (await site.get("/me", as_=people.CHAIR)).status == 200
            await later(55)
        assert (await site.get("/me", as_=people.CHAIR)).status == 200
        await later(55)
        assert (await site.get("/me", as_=people.CHAIR)).status == 303, "three hours are over"
        site.forget(people.CHAIR)
        assert (await site.get("/me", as_=people.CHAIR)).status == 200
        await later(61)
        assert (await site.get("/me", as_=people.CHAIR)).status == 303, "idle for an hour"


async def test_ones_own_sessions_and_nobody_elses(database: str) -> None:
    async with console(database) as site:
        await site.token(people.CHAIR)
        hers = (await Session.get()).id
        assert (await site.post(f"/me/sessions/{hers}/end", as_=people.ADMIN)).status == 404
        assert (await site.get("/me", as_=people.CHAIR)).status == 200
        old = await site.token(people.CHAIR)
        site.forget(people.CHAIR)
        page = await site.get("/me", as_=people.CHAIR)
        assert page.html.count('/end"') == 1 and "这一台" in page.text
        assert (await site.post("/me/sessions/end-others", as_=people.CHAIR)).location == "/me"
        assert (await site.get("/me", headers={"Cookie": f"{COOKIE}={old}"})).status == 303
        assert (await site.get("/me", as_=people.CHAIR)).status == 200
        assert (await site.get("/me", as_=people.ADMIN)).status == 200


async def test_signing_out_ends_the_session_and_clears_the_browser(database: str) -> None:
    async with console(database) as site:
        page = await site.post("/sign-out", as_=people.CHAIR)
        assert page.location == "/" and '"storage"' in page.headers["Clear-Site-Data"]
        assert "Max-Age=0" in page.headers["Set-Cookie"]
        assert (await site.get("/me", as_=people.CHAIR)).status == 303
        assert await Audit.filter(action="session.end").count() == 1


async def test_one_browser_is_one_person(database: str) -> None:
    async with console(database) as site:
        page = await site.post(f"/sign-in/{await link(people.CHAIR)}", as_=people.VOLUNTEER)
        assert page.status == 303
        assert (await site.get("/me", as_=people.VOLUNTEER)).status == 303
        me = await site.get("/me", headers={"Cookie": f"{COOKIE}={session_in(page.headers['Set-Cookie'])}"})
        assert "王秀兰" in me.text


async def test_nobody_is_led_away_to_a_foreign_page(database: str) -> None:
    async with console(database) as site:
        for path in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""):
            page = await site.post("/language", {"lang": "en", "back": path})
            assert page.location == "/", path
        assert (await site.post("/language", {"lang": "en", "back": "/me"})).location == "/me"


async def test_the_pages_speak_english_too(database: str) -> None:
    async with console(database) as site:
        cookie = f"{COOKIE}={await site.token(people.VOLUNTEER)}; lang=en"
        page = await site.get("/me", headers={"Cookie": cookie})
        assert '<html lang="en">' in page.html and "Sign out" in page.text and "退出" not in page.text
        odd = await site.get("/me", headers={"Cookie": cookie.replace("lang=en", "lang=../../etc")})
        assert '<html lang="zh-CN">' in odd.html


async def test_troubles_say_what_to_do_and_nothing_else(database: str, caplog: pytest.LogCaptureFixture) -> None:
    async with console(database) as site:
        missing = await site.get("/nowhere/刘桂芳", as_=people.CHAIR)
        assert missing.status == 404 and "没有这一页" in missing.text and "刘桂芳" not in missing.html
        assert (await site.get("/nowhere")).status == 404
        assert (await site.post("/me", as_=people.CHAIR)).status == 404
        note = await site.post("/me/sessions/4711/end", as_=people.CHAIR, hx=True)
        assert note.status == 404 and note.headers["HX-Retarget"] == "#notes" and "<html" not in note.html
        upload = FormData()
        upload.add_field("back", BytesIO(b"x" * 2_000_000), filename="x.bin")
        large = await site.post("/language", upload, as_=people.CHAIR)
        assert large.status == 413 and "太大了" in large.text


BODIES = [
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=b", b"--b\r\nnonsense\r\n\r\n--b--"),
    ("multipart/form-data; boundary=b", b"--b\r\n"),
    ("application/x-www-form-urlencoded; charset=klingon", b"a=1"),
    ("application/x-www-form-urlencoded", b"lang=%00&back=%ff%00"),
    ("application/x-www-form-urlencoded", b"\xff\xfe\x00=1&" + b"&" * 1000),
    ("application/json", b"[1]"),
]


@pytest.mark.parametrize(("kind", "body"), BODIES)
async def test_odd_bodies_are_refused_and_break_nothing(database: str, kind: str, body: bytes) -> None:
    async with console(database) as site:
        page = await site.post("/language", body, headers={"Content-Type": kind})
        assert page.status in (303, 400, 422), page.text


def test_numbers_as_people_type_them() -> None:
    assert [whole(text, "数") for text in ("12", "１２", "0")] == [12, 12, 0]
    for odd in ("", "-1", "1.5", "十二", "9" * 30, "1e3"):
        with pytest.raises(BadInput, match="数要写成一个整数"):
            whole(odd, "数")


async def test_a_bug_is_logged_and_shows_no_detail(
    database: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("刘桂芳 at fault")

    async with console(database) as site:
        monkeypatch.setattr(sessions, "mine", broken)
        page = await site.get("/me", as_=people.CHAIR)
        assert page.status == 500 and "什么都没有改动" in page.text and "fault" not in page.html
        assert "a page could not be made: /me" in caplog.text


async def test_static_files_are_kept_for_ever_by_their_mark(database: str) -> None:
    async with console(database) as site:
        for name in ("base.css", "vendor/htmx.min.js", "icons.svg", "sandbox/main.js"):
            page = await site.get(address(name))
            assert page.status == 200 and "immutable" in page.headers["Cache-Control"], name
            assert (await site.get(f"/static/{name}")).headers["Cache-Control"] == "no-cache"
            assert (await site.get(f"/static/{name}?v=0")).headers["Cache-Control"] == "no-cache"
        assert (await site.get(address("console.js"))).headers["Content-Type"].startswith("text/javascript")
        assert (await site.get("/static/../app.py")).status == 404


async def test_behind_tls(database: str) -> None:
    """Under the public name, which a proxy brings along: https cookies, HSTS, and nothing of this machine's own."""
    async with console(database, pages=PUBLIC, sandbox="play", alone=True) as site:
        here = {"Host": site.site.host, "X-Forwarded-For": "192.0.2.7"}
        page = await site.get("/sign-in", headers=here)
        assert page.status == 200 and page.headers["Strict-Transport-Security"].startswith("max-age=")
        token = await link(people.CHAIR)
        origin = {"Origin": PUBLIC.public_url}
        assert (await site.post(f"/sign-in/{token}", headers=here | {"Origin": "http://127.0.0.1"})).status == 403
        page = await site.post(f"/sign-in/{token}", headers=here | origin)
        cookie = page.headers["Set-Cookie"]
        assert cookie.startswith(f"{COOKIE_TLS}=") and "Secure" in cookie and "Path=/" in cookie
        assert "Domain" not in cookie
        assert (await site.get("/me", headers=here | {"Cookie": cookie.partition(";")[0]})).status == 200
        plain = f"{COOKIE}={session_in(cookie)}"
        assert (await site.get("/me", headers=here | {"Cookie": plain})).status == 303, "a cookie without its guard"
        assert (await site.get("/me", headers=here | {"Host": "evil.example"})).status == 403
        for path in ("/sandbox", "/metrics", "/healthz"):
            assert (await site.get(path, headers=here)).status == 403
        assert (
            "以" not in (await site.get("/", headers=here)).text and (await site.get("/", headers=here)).status == 303
        )
        assert (await site.post("/play", {"staff": "1"}, headers=here | origin)).status == 403


async def test_play_is_for_invented_people_only(database: str) -> None:
    """The people of the tests are no sample, so nobody may come in as one of them without a link."""
    async with console(database, sandbox="play", alone=True) as site:
        number = await people.staff_id(people.ADMIN)
        page = await site.get("/")
        assert page.status == 200 and "周文静" not in page.html
        assert (await site.post("/play", {"staff": str(number)})).status == 403
        assert await Session.all().count() == 0


async def start(site: Console, who: str) -> str:
    return (await site.get("/", as_=who)).location


async def test_everybody_begins_with_their_own_work(database: str) -> None:
    async with console(database) as site:
        pages = site.site.paths
        for who, first in ((people.VOLUNTEER, "/calls"), (people.EDITOR, "/calendar"), (people.CHAIR, "/today")):
            assert await start(site, who) == (first if first in pages else "/me")
        assert (await site.get("/")).location == "/sign-in"
