"""/staff: who works with the bot and as what, the code that binds their account, and how they leave."""

from aiohttp.web import StreamResponse

from bot.actions.staff import leaving, people
from bot.actions.staff.colleagues import SENT
from bot.errors import ActionError, NotFound
from bot.web.languages import N_
from bot.web.reads import workers
from bot.web.routing import ADMINS, form, page
from bot.web.visit import Form, Visit

ROLES = [
    ("volunteer", N_("志愿者")),
    ("editor", N_("宣传")),
    ("chair", N_("主席")),
    ("deputy", N_("副主席")),
    ("admin", N_("管理员")),
]
HOURS = int(people.LIFETIME.total_seconds() // 3600)


async def listed(visit: Visit) -> StreamResponse:
    return visit.render("staff/list.html", workers=await workers.workers(visit.me))


async def new(visit: Visit) -> StreamResponse:
    return visit.render("staff/new.html", await _choices(visit), typed={})


async def add(visit: Visit) -> StreamResponse:
    sent = await visit.form()
    try:
        staff = await people.add_staff(sent.text("name", 100), *_post(sent), by=visit.me.id)
    except ActionError as error:
        return visit.refuse(error, "staff/new.html", await _choices(visit), typed=sent.typed())
    return visit.go(f"/staff/{staff.id}")


async def one(visit: Visit) -> StreamResponse:
    return visit.render("staff/one.html", await _one(visit))


async def code(visit: Visit) -> StreamResponse:
    """The code is shown once, on the answer itself; only its blind index is kept."""
    shown = await _one(visit)
    return visit.render("staff/one.html", shown, code=await people.issue_code(visit.number("id"), by=visit.me.id))


async def appoint(visit: Visit) -> StreamResponse:
    sent = await visit.form()
    try:
        await people.appoint(visit.number("id"), *_post(sent), by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "staff/one.html", await _one(visit))
    return visit.go(f"/staff/{visit.number('id')}")


async def unbind(visit: Visit) -> StreamResponse:
    _, accounts = await workers.worker(visit.me, visit.number("id"))
    identity = next((one for one in accounts if one.id == visit.number("account")), None)
    if identity is None:
        raise NotFound("这个账号没有绑定过")
    await people.unbind(identity.channel, identity.user_id, by=visit.me.id)
    return visit.go(f"/staff/{visit.number('id')}")


async def leave(visit: Visit) -> StreamResponse:
    sent = await visit.form()
    to = sent.number("to") if sent.text("to") else None
    try:
        left = await leaving.leave(visit.number("id"), to, by=visit.me.id, rules=visit.site.rules)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "staff/one.html", await _one(visit))
    return visit.render("staff/left.html", left=left)


async def tree(visit: Visit) -> StreamResponse:
    return visit.render("staff/units.html", await _choices(visit), typed={})


async def add_unit(visit: Visit) -> StreamResponse:
    sent = await visit.form()
    try:
        await people.add_unit(sent.text("code", 100), sent.text("name", 200), sent.text("unit") or None, by=visit.me.id)
    except ActionError as error:
        return visit.refuse(error, "staff/units.html", await _choices(visit), typed=sent.typed())
    return visit.go("/units")


def _post(sent: Form) -> tuple[str, str, bool]:
    """(role, unit code, deputy) as the actions want them."""
    role = sent.text("role")
    return ("chair" if role == "deputy" else role), sent.text("unit"), role == "deputy"


async def _choices(visit: Visit) -> dict[str, object]:
    return {"units": await workers.units(visit.me), "roles": [(role, visit._(name)) for role, name in ROLES]}


async def _one(visit: Visit) -> dict[str, object]:
    staff, accounts = await workers.worker(visit.me, visit.number("id"))
    others = [one.staff for one in await workers.workers(visit.me) if one.staff.id != staff.id]
    return {
        **await _choices(visit),
        "staff": staff,
        "accounts": [(one.id, one.channel, one.bound_at) for one in accounts],
        "others": [(one.id, one.name) for one in others if one.role in SENT],
        "code": "",
        "hours": HOURS,
    }


ROUTES = [
    page("/staff", listed, ADMINS),
    page("/staff/new", new, ADMINS),
    form("/staff/new", add, ADMINS),
    page("/staff/{id}", one, ADMINS),
    form("/staff/{id}/code", code, ADMINS),
    form("/staff/{id}/appoint", appoint, ADMINS),
    form("/staff/{id}/accounts/{account}/unbind", unbind, ADMINS),
    form("/staff/{id}/leave", leave, ADMINS),
    page("/units", tree, ADMINS),
    form("/units", add_unit, ADMINS),
]
