"""An admin's second way in, for the day when no chat works: a password and the code of an authenticator.

The password is kept as argon2id with the parameters of RFC 9106, section 4 (second recommended option); the code is
RFC 6238, each step good once. Both are set by somebody who came in a moment ago, and count once a code was shown.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from hmac import compare_digest
from io import BytesIO
from typing import NamedTuple, TypeVar

import pyotp
import segno
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from zxcvbn import zxcvbn

from bot import clock
from bot.actions.privacy import audit
from bot.actions.staff import people, sessions, throttle
from bot.actions.staff.sessions import Me, Span
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.models import Password, Session, Staff, db

SHORTEST, LONGEST = 12, 128
SCORE = 3  # of zxcvbn's 0 to 4: "safely unguessable"
READ_MAX = 72  # of zxcvbn: it takes too long for more
FRESH = timedelta(minutes=15)
STEP_SECONDS = 30
PENDING = -1  # instead of a step: no code was shown yet
ISSUER = "送暖"
STRANGER_WAIT, KNOWN_WAIT = timedelta(minutes=15), timedelta(minutes=1)
WRONG = "姓名、密码或验证码不对，请再看一眼。"

_hasher = PasswordHasher()
_workers = ThreadPoolExecutor(2, "argon2")  # each needs 64 MB, so no more than two at a time
Result = TypeVar("Result")


class Caller(NamedTuple):
    """From where somebody tries: an address, the token of an earlier session of this browser, and its name."""

    address: str
    token: str
    device: str


async def state(staff_id: int) -> str:
    """none, pending (no code was shown yet) or set."""
    row = await Password.get_or_none(staff_id=staff_id)
    return "none" if row is None else "pending" if row.totp_step == PENDING else "set"


async def choose(me: Me, password: str) -> None:
    """Take a new password and make a new secret for the authenticator; the old ones are void at once."""
    _strong_enough(password, [me.name, me.unit_name, ISSUER, "songnuan"])
    kept = await _apart(lambda: _hasher.hash(password))
    async with db.transaction():
        await _fresh_admin(me)
        await Password.filter(staff_id=me.id).delete()
        await Password.create(
            staff_id=me.id, hash=kept, totp=pyotp.random_base32(), totp_step=PENDING, changed_at=clock.now()
        )
        await audit.note("password.choose", "staff", me.id, staff_id=me.id)


async def confirm(me: Me, code: str) -> None:
    """The authenticator shows the right code: from now on one can come in with both."""
    async with db.transaction():
        await _fresh_admin(me)
        row = await Password.get_or_none(staff_id=me.id, totp_step=PENDING)
        if row is None:
            raise Conflict("密码已经设好了，或者还没有开始设。")
        if not await _use(row, code):
            raise BadInput("验证码不对。请看手机上的六位数字，注意手机的时间要准。")
        await audit.note("password.set", "staff", me.id, staff_id=me.id)


async def remove(me: Me) -> None:
    """No password any more."""
    async with db.transaction():
        if not await Password.filter(staff_id=me.id).delete():
            raise NotFound("没有设过密码。")
        await audit.note("password.remove", "staff", me.id, staff_id=me.id)


async def secret(me: Me) -> str:
    """The secret for the authenticator, as long as no code of it was shown; after that nobody sees it again."""
    row = await Password.get_or_none(staff_id=me.id, totp_step=PENDING)
    if row is None or row.totp is None:
        raise NotFound("密码已经设好了，二维码不再显示。要重来，请重新设一次密码。")
    return row.totp


async def picture(me: Me) -> bytes:
    """The same as a QR code, in SVG."""
    address = pyotp.TOTP(await secret(me)).provisioning_uri(name=me.name, issuer_name=ISSUER)
    drawn = BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=6, border=4, light="#fff", xmldecl=False)
    return drawn.getvalue()


async def enter(name: str, password: str, code: str, caller: Caller, span: Span) -> str:
    """Come in with both; returns the token of a new session. BadInput says only that something is wrong.

    Whoever guesses is slowed down by name and by address. That must not keep the admin out: from a browser or an
    address where they came in before, only the failures from there count.
    """
    found = await _admin(name)
    names, longest = await _counted(found, name, caller)
    await throttle.take(names, longest)
    right = await _apart(lambda: _fits(found.hash if found else _decoy(), password))
    if found is None or not right:
        raise BadInput(WRONG)
    async with db.transaction():
        if not await _use(found, code):
            raise BadInput(WRONG)
        await throttle.clear(names)
        await throttle.remember(throttle.key("known", found.staff_id, caller.address))
        return await sessions.start(found.staff_id, caller.device, span, "password")


async def _counted(found: Password | None, name: str, caller: Caller) -> tuple[list[str], timedelta]:
    """Under which keys a try counts, and how long the wait may grow."""
    if found is not None:
        hers = Session.filter(token_hash=sessions.digest(caller.token), staff_id=found.staff_id)
        if caller.token and await hers.exists():
            return [throttle.key("device", caller.token)], KNOWN_WAIT
        if await throttle.is_known(throttle.key("known", found.staff_id, caller.address)):
            return [throttle.key("pair", found.staff_id, caller.address)], KNOWN_WAIT
    return [throttle.key("name", name), throttle.key("address", caller.address)], STRANGER_WAIT


async def _admin(name: str) -> Password | None:
    """Of an admin of that name who has set a password; of several the first, they sign in by link."""
    ids = await Staff.filter(name=name, role="admin", active=True).order_by("id").values_list("id", flat=True)
    return await Password.filter(staff_id__in=list(ids), totp_step__gte=0).order_by("staff_id").first()


async def _use(row: Password, code: str) -> bool:
    """Is it the code of now, or of the step before or after, and of a step later than the last used? Uses it up."""
    said = "".join(letter for letter in unicodedata.normalize("NFKC", code) if letter.isascii() and letter.isdigit())
    now = int(clock.now().timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(row.totp or "")
    fits = [step for step in (now - 1, now, now + 1) if compare_digest(totp.at(step * STEP_SECONDS), said)]
    if not fits:
        return False
    later = Password.filter(staff_id=row.staff_id, hash=row.hash, totp_step__lt=fits[-1])
    return bool(await later.update(totp_step=fits[-1]))


async def _fresh_admin(me: Me) -> None:
    """A browser that was left open must not be enough to make a way in that lasts."""
    await people.act_as(me.id)
    if not await Session.exists(id=me.session_id, started_at__gt=clock.now() - FRESH):
        raise NotAllowed("为了安全，请先退出，再用新的登录链接进来，然后马上设密码。")


def _strong_enough(password: str, inputs: list[str]) -> None:
    if len(password) < SHORTEST:
        raise BadInput(f"密码太短，至少 {SHORTEST} 个字。可以用几个不相干的词连起来。")
    if len(password) > LONGEST:
        raise BadInput(f"密码太长，最多 {LONGEST} 个字。")
    if zxcvbn(password[:READ_MAX], user_inputs=inputs)["score"] < SCORE:
        raise BadInput("这个密码太容易猜到。请换一个：几个不相干的词连起来，别用姓名、生日、键盘上的一排。")


@cache
def _decoy() -> str:
    """Checked for a name that nobody has, so that the answer takes as long."""
    return _hasher.hash("nobody's password")


def _fits(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (Argon2Error, InvalidHashError):
        return False


async def _apart(work: Callable[[], Result]) -> Result:
    """In a thread of its own: half a second of arithmetic must not hold up everybody else."""
    return await asyncio.get_running_loop().run_in_executor(_workers, work)
