"""/groups: which groups the accounts are in; silent until a person gives them a unit and switches them on."""

from aiohttp.web import StreamResponse

from bot.actions.broadcasting import groups as acting
from bot.actions.broadcasting import trial
from bot.errors import ActionError, NotFound
from bot.models import Group
from bot.web.reads import workers
from bot.web.routing import ADMINS, form, fragment, page
from bot.web.visit import Visit

TAGS = ("family", "workers", "staff")


async def listed(visit: Visit) -> StreamResponse:
    return visit.render("groups/list.html", groups=await workers.groups(visit.me))


async def one(visit: Visit) -> StreamResponse:
    return visit.render("groups/one.html", await _one(visit))


async def switch(visit: Visit) -> StreamResponse:
    """Everything about the group in one step: unit, tags, on or off, and which other group it stands in for."""
    sent, group = await visit.form(), await workers.group(visit.me, visit.number("id"))
    tags = [*sent.all("tag"), *sent.text("more", 200).replace("，", ",").replace("、", ",").split(",")]
    first = sent.number("first") if sent.text("first") else None
    try:
        await acting.settle(group.id, sent.on("enabled"), sent.text("unit") or None, tags, first, by=visit.me.id)
    except NotFound:
        raise
    except ActionError as error:
        return visit.refuse(error, "groups/one.html", await _one(visit))
    return visit.go(f"/groups/{group.id}")


async def try_it(visit: Visit) -> StreamResponse:
    group = await workers.group(visit.me, visit.number("id"))
    try:
        number = await trial.send(group.id, visit.site.texts.render("replies/channel-trial"), by=visit.me.id)
    except ActionError as error:
        return visit.refuse(error, "groups/_trial.html", group=group, number=0, state="", reason="")
    if not visit.hx:
        return visit.go(f"/groups/{group.id}")
    return visit.render("groups/_trial.html", group=group, number=number, state="queued", reason="")


async def trial_now(visit: Visit) -> StreamResponse:
    group, number = await workers.group(visit.me, visit.number("id")), visit.number("delivery")
    status, reason = await trial.outcome(number, by=visit.me.id)
    return visit.render("groups/_trial.html", group=group, number=number, state=status, reason=reason)


async def _one(visit: Visit) -> dict[str, object]:
    group = await workers.group(visit.me, visit.number("id"))
    everybody = await workers.groups(visit.me)
    return {
        "group": group,
        "units": await workers.units(visit.me),
        "tags": TAGS,
        "more": [tag for tag in group.tags if tag not in TAGS],
        "firsts": [(row.id, _label(row)) for row in everybody if row.channel != group.channel and not row.same_as_id],
        "number": 0, "state": "", "reason": "",
    }  # fmt: skip


def _label(group: Group) -> str:
    return f"{group.channel} · {group.name or group.chat_id}"


ROUTES = [
    page("/groups", listed, ADMINS),
    page("/groups/{id}", one, ADMINS),
    form("/groups/{id}", switch, ADMINS),
    form("/groups/{id}/trial", try_it, ADMINS),
    fragment("/groups/{id}/trial/{delivery}", trial_now, ADMINS),
]
