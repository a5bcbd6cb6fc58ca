"""An admin's second way in: set by a fresh session, password and code together, each code once, guessing made slow."""

import asyncio
import re
from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher

from bot import clock
from bot.actions.staff import passwords, sessions, throttle
from bot.actions.staff.passwords import Caller
from bot.errors import ActionError, BadInput, NotAllowed, NotFound
from bot.models import Password, Session, db
from tests import people
from tests.web import Console, console

GOOD = "暖壶 矿灯 北岭 六月雪"
NAME = "周文静"
HERE, ELSEWHERE = Caller("192.0.2.1", "", "Chrome"), Caller("192.0.2.99", "", "curl")
SPAN = sessions.Span()


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes a password safe makes tests slow; one test below looks at the real parameters."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._decoy.cache_clear()


async def me(who: str = people.ADMIN) -> sessions.Me:
    async with db.transaction():
        token = await sessions.start(await people.staff_id(who), "Chrome", SPAN, "test")
    known = await sessions.known(token, SPAN)
    assert known is not None
    return known


def code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()) + 30 * steps)


async def wait(**span: float) -> None:
    at = clock.now() + timedelta(**span)
    clock.use(lambda: at)


async def set_up() -> str:
    """Returns the authenticator's secret; the code of this moment is used up."""
    admin = await me()
    await passwords.choose(admin, GOOD)
    secret = await passwords.secret(admin)
    await passwords.confirm(admin, code(secret))
    return secret


async def try_(password: str, secret: str, caller: Caller = HERE, name: str = NAME) -> str:
    await wait(seconds=31)
    return await passwords.enter(name, password, code(secret), caller, SPAN)


async def test_both_together_let_in(database: str) -> None:
    await people.settle()
    secret = await set_up()
    known = await sessions.known(await try_(GOOD, secret), SPAN)
    assert known is not None and known.name == NAME
    for password, right in ((GOOD, "000000"), (GOOD, ""), (GOOD, "１２３"), (GOOD + " ", None), ("", None)):
        await wait(days=2)
        with pytest.raises(BadInput, match=passwords.WRONG):
            await passwords.enter(NAME, password, code(secret) if right is None else right, HERE, SPAN)
    await wait(days=2)
    with pytest.raises(BadInput, match=passwords.WRONG):
        await passwords.enter("王秀兰", GOOD, code(secret), HERE, SPAN)


async def test_each_code_is_good_once(database: str) -> None:
    await people.settle()
    secret = await set_up()
    with pytest.raises(BadInput):
        await passwords.enter(NAME, GOOD, code(secret), HERE, SPAN)
    await wait(seconds=30)
    await passwords.enter(NAME, GOOD, code(secret), HERE, SPAN)
    with pytest.raises(BadInput):
        await passwords.enter(NAME, GOOD, code(secret, -1), HERE, SPAN)
    await wait(seconds=60)
    await passwords.enter(NAME, GOOD, code(secret, -1), HERE, SPAN)  # the phone's clock is slow
    await wait(hours=1)
    with pytest.raises(BadInput):
        await passwords.enter(NAME, GOOD, code(secret, -3), HERE, SPAN)


@pytest.mark.parametrize(
    "weak", ["short", "1234567890123", "周文静周文静周文静周文静", "passwordpassword", "qwertyuiop12", "x" * 200]
)
async def test_weak_passwords_are_refused_with_advice(database: str, weak: str) -> None:
    await people.settle()
    with pytest.raises(BadInput, match="密码"):
        await passwords.choose(await me(), weak)
    assert await passwords.state(await people.staff_id(people.ADMIN)) == "none"


async def test_only_a_fresh_session_of_an_admin_makes_a_way_in(database: str) -> None:
    await people.settle()
    with pytest.raises(NotAllowed):
        await passwords.choose(await me(people.CHAIR), GOOD)
    admin = await me()
    await wait(minutes=16)
    with pytest.raises(NotAllowed, match="退出"):
        await passwords.choose(admin, GOOD)
    assert await Password.all().count() == 0


async def test_a_password_without_its_code_is_not_yet_one(database: str) -> None:
    await people.settle()
    admin = await me()
    await passwords.choose(admin, GOOD)
    secret = await passwords.secret(admin)
    with pytest.raises(BadInput):
        await passwords.enter(NAME, GOOD, code(secret), HERE, SPAN)
    with pytest.raises(BadInput):
        await passwords.confirm(admin, "123")
    await passwords.confirm(admin, code(secret))
    with pytest.raises(NotFound):
        await passwords.secret(admin)


async def test_what_is_kept_is_unreadable(database: str) -> None:
    await people.settle()
    secret = await set_up()
    rows = repr(await db.fetch("SELECT * FROM password")) + repr(await db.fetch("SELECT * FROM throttle"))
    assert GOOD not in rows and secret not in rows and NAME not in rows and HERE.address not in rows


def test_the_real_parameters_are_those_of_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert re.match(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$", passwords._hasher.hash(GOOD))


async def refused(caller: Caller, name: str = NAME) -> str:
    try:
        await passwords.enter(name, "wrong", "000000", caller, SPAN)
    except ActionError as error:
        return str(error)
    raise AssertionError("a wrong password let somebody in")


async def test_guessing_gets_slower_and_slower(database: str) -> None:
    await people.settle()
    await set_up()
    for _ in range(throttle.FREE):
        assert await refused(ELSEWHERE) == passwords.WRONG
    waits = []
    for _ in range(12):
        words = await refused(ELSEWHERE)
        assert words.startswith("试得太多了"), words
        number, unit = re.findall(r"过 (\d+) (秒|分钟)", words)[0]
        waits.append(int(number) * (60 if unit == "分钟" else 1))
        await wait(seconds=waits[-1] + 1)
        assert await refused(ELSEWHERE) == passwords.WRONG
    assert waits == sorted(waits) and waits[0] <= 4 and waits[-1] == 15 * 60
    assert await refused(ELSEWHERE, "nobody") != passwords.WRONG, "another name from that address waits too"
    assert await refused(ELSEWHERE._replace(address="192.0.2.100")) != passwords.WRONG, "so does another address"
    await wait(hours=25)
    assert await refused(ELSEWHERE) == passwords.WRONG


async def test_a_guesser_cannot_keep_the_admin_out(database: str) -> None:
    """From a browser or an address where they came in before, the right password works in the middle of an attack."""
    await people.settle()
    secret = await set_up()
    token = await try_(GOOD, secret)

    async def attack(caller: Caller) -> None:
        while await refused(caller) == passwords.WRONG:
            pass

    await wait(seconds=31)
    await attack(ELSEWHERE)
    assert await passwords.enter(NAME, GOOD, code(secret), HERE, SPAN)  # the address is known
    await wait(seconds=31)
    await attack(ELSEWHERE)
    with pytest.raises(BadInput, match="试得太多了"):
        await passwords.enter(NAME, GOOD, code(secret), Caller("192.0.2.50", "", "Chrome"), SPAN)
    travelling = Caller("192.0.2.50", token, "Chrome")
    assert await passwords.enter(NAME, GOOD, code(secret), travelling, SPAN)  # the browser is known
    await wait(seconds=31)
    await attack(HERE)  # from the same office
    assert await passwords.enter(NAME, GOOD, code(secret), HERE._replace(token=token), SPAN)


async def test_a_hundred_tries_at_once_are_no_better(database: str) -> None:
    await people.settle()
    await set_up()
    answers = await asyncio.gather(*(refused(ELSEWHERE) for _ in range(30)))
    assert answers.count(passwords.WRONG) == throttle.FREE


async def fill(site: Console, secret: str) -> dict[str, str]:
    await wait(seconds=31)
    return {"name": NAME, "password": GOOD, "code": f" {code(secret)[:3]} {code(secret)[3:]}"}


async def test_the_pages(database: str) -> None:
    async with console(database) as site:
        page = await site.post("/me/password", {"password": "password"}, as_=people.ADMIN)
        assert page.status == 422 and "密码太短" in page.text
        assert (await site.post("/me/password", {"password": GOOD}, as_=people.ADMIN)).location == "/me/password"
        shown = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", (await site.get("/me/password", as_=people.ADMIN)).html)
        assert shown
        secret = shown[0].replace(" ", "")
        picture = await site.get("/me/password/qr.svg", as_=people.ADMIN)
        assert picture.headers["Content-Type"] == "image/svg+xml" and picture.headers["Cache-Control"] == "no-store"
        page = await site.post("/me/password/confirm", {"code": "1"}, as_=people.ADMIN)
        assert page.status == 422 and "验证码不对" in page.text
        assert (await site.post("/me/password/confirm", {"code": code(secret)}, as_=people.ADMIN)).status == 303
        assert (
            shown[0] not in (await site.get("/me/password", as_=people.ADMIN)).html
            and (await site.get("/me/password/qr.svg", as_=people.ADMIN)).status == 404
        )
        assert "用密码进入" in (await site.get("/sign-in/password")).text
        before = await Session.all().count()
        wrong = await site.post("/sign-in/password", await fill(site, secret) | {"password": "x"})
        assert wrong.status == 422 and passwords.WRONG in wrong.text and f'value="{NAME}"' in wrong.html
        assert "x" not in re.findall(r'type="password" value="([^"]*)"', wrong.html)
        page = await site.post("/sign-in/password", await fill(site, secret))
        assert page.status == 303 and "HttpOnly" in page.headers["Set-Cookie"]
        assert await Session.all().count() == before + 1
        assert (await site.post("/me/password/remove", as_=people.ADMIN)).status == 303
        assert (await site.post("/sign-in/password", await fill(site, secret))).status == 422
