"""Did it arrive? Asked of the family the next day; they answer with one character, or somebody asks by phone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.delivery import outbox
from bot.actions.households.families import family_of
from bot.actions.privacy import audit
from bot.actions.requests import alerts, notices, relief, steps
from bot.actions.requests.alerts import Rules
from bot.actions.requests.reaching import happened, move, reach
from bot.errors import Conflict
from bot.events import Chat
from bot.models import HelpRequest, Household, HouseholdDate, Identity, Member, db
from bot.models.fields import to_ms

ASK_FROM, ASK_UNTIL = 9, 20  # hours of the day in which a family is asked
ANSWER_WITHIN = timedelta(days=7)
QUESTION_LIFE = timedelta(hours=12)
VERDICTS = {"confirmed": "收到了", "not_received": "没收到", "issues": "有问题"}


class Answered(NamedTuple):
    """What was confirmed or not, and whether that was the end of the request."""

    number: int
    household: str
    things: str
    closed: bool
    left: str  # what is still only promised


async def by_staff(number: int, staff_id: int, verdict: str, words: str, rules: Rules) -> Answered:
    """Whoever brought it, or a chair, has asked the family."""
    async with db.transaction():
        staff, request, _, _ = await reach(number, staff_id, carry=True)
        if request.state not in ("delivering", "assigned", "acknowledged"):
            raise await happened(number)
        return await _settle(request, verdict, words, staff.id, rules)


async def by_family(household_id: int, verdict: str, words: str, rules: Rules) -> list[Answered]:
    """The family answers for all that it was asked about; nothing when it was not asked in the last days."""
    done = []
    async with db.transaction():
        since = clock.now() - ANSWER_WITHIN
        asked = HelpRequest.filter(household_id=household_id, state="delivering", confirm_asked_at__gte=since)
        for request in await asked.order_by("id"):
            try:
                async with db.transaction():
                    done.append(await _settle(request, verdict, words, None, rules))
            except Conflict:  # the volunteer said so at the same moment: the family need not know
                family = await family_of(request)
                done.append(Answered(request.id, family.code, "", True, ""))
    return done


async def _settle(request: HelpRequest, verdict: str, words: str, staff_id: int | None, rules: Rules) -> Answered:
    rows = await relief.standing(request.id)
    if not any(row.state in ("delivered", "not_received", "issues") for row in rows):
        raise Conflict(f"{request.id} 号还没有记送达。", f"先写：送达 {request.id} 米10斤 油1桶 186元。")
    left = relief.words_of(row for row in rows if row.state == "promised")
    closed = verdict == "confirmed" and not left
    await move(request, **_after(request, closed=closed))
    answered = await relief.answer(request, verdict, words)
    things = relief.words_of(answered)
    step = await steps.note(request.id, verdict, staff_id=staff_id, words=words)
    if closed:
        await steps.note(request.id, "closed", staff_id=staff_id)
    await audit.note(f"help.{verdict}", "request", request.id, staff_id=staff_id, closed=closed)
    family = await family_of(request)
    await _spread(request, verdict, things, words, family.code, staff_id, step.id, rules, closed=closed)
    return Answered(request.id, family.code, things, closed, left)


def _after(request: HelpRequest, *, closed: bool) -> dict[str, object]:
    """Helped; or back to whoever brings it, with a new time to do it in."""
    if closed:
        return {"state": "closed", "closed_as": "helped", "closed_at": clock.now()}
    if request.assigned_to_id is None:
        return {"state": "acknowledged", "acknowledged_at": clock.now(), "confirm_asked_at": None}
    return {"state": "assigned", "assigned_at": clock.now(), "confirm_asked_at": None}


async def _spread(
    request: HelpRequest,
    verdict: str,
    things: str,
    words: str,
    code: str,
    by: int | None,
    mark: int,
    rules: Rules,
    *,
    closed: bool,
) -> None:
    """Who called and who brought it hear that it arrived; that it did not, the chair hears too, and at once."""
    text = "arrived" if verdict == "confirmed" else "not-arrived"
    said: dict[str, object] = {"number": request.id, "household": code, "things": things}
    if verdict == "confirmed":
        said["closed"] = closed
    else:
        said |= {"verdict": VERDICTS[verdict], "words": alerts.one_line(words)}
    to = await notices.accounts(await notices.concerned(request, but=by))
    urgency = request.urgency
    if verdict != "confirmed":
        chairs = [one for rung in (await alerts.ladder(request.unit_id, rules))[:1] for one in rung]
        to += [one for one in chairs if one not in to and one.staff_id != by]
    await notices.tell(to, rules.texts.render(f"replies/{text}", **said), urgency, str(mark), rules)


async def ask(rules: Rules) -> int:
    """Ask about everything that was brought before today; returns how many families (or callers) were asked."""
    local = clock.local(clock.now())
    if not ASK_FROM <= local.hour < ASK_UNTIL:
        return 0
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = await HelpRequest.filter(
        state="delivering", confirm_asked_at=None, delivered_at__lt=today.astimezone(clock.now().tzinfo)
    ).order_by("id")
    by_family: dict[int, list[HelpRequest]] = {}
    for row in rows:
        by_family.setdefault(row.household_id or -row.id, []).append(row)
    asked = 0
    for requests in by_family.values():
        async with db.transaction():
            asked += await _ask(requests, local, rules)
    return asked


async def _ask(requests: Sequence[HelpRequest], today: datetime, rules: Rules) -> int:
    household = await Household.get_or_none(id=requests[0].household_id) if requests[0].household_id else None
    if household is not None and await _keep_away(household.id, today):
        return 0
    mine = [one for one in requests if await _mark(one)]
    if not mine:
        return 0
    accounts = await _accounts(household) if household is not None else []
    if accounts and household is not None:
        await _question(mine, household, accounts, rules)
    else:
        for request in mine:
            await _ask_caller(request, rules)
    return 1


async def _keep_away(household_id: int, today: datetime) -> bool:
    dates = HouseholdDate.filter(household_id=household_id, kind="avoid", month=today.month, day=today.day)
    return await dates.exists()


async def _mark(request: HelpRequest) -> bool:
    """One of several bots asks, and only if nobody has answered meanwhile."""
    asked = await HelpRequest.filter(id=request.id, state="delivering", confirm_asked_at=None).update(
        confirm_asked_at=clock.now(), next_alert_at=None, alert_step=0
    )
    if asked:
        await steps.note(request.id, "asked")
        await audit.note("help.asked", "request", request.id)
    return bool(asked)


async def _accounts(household: Household) -> list[tuple[str, str, str]]:
    """(channel, account, name) of the family's members who may be written to; a child is not asked."""
    if household.messages_off:
        return []
    members = {one.id: one for one in await Member.filter(household_id=household.id, under_14=False)}
    rows = await Identity.filter(member_id__in=list(members)).order_by("id")
    return [(row.channel, row.user_id, members[row.member_id].name) for row in rows if row.member_id is not None]


async def _question(
    requests: Sequence[HelpRequest], household: Household, accounts: Sequence[tuple[str, str, str]], rules: Rules
) -> None:
    rows = [row for one in requests for row in await relief.standing(one.id) if row.state == "delivered"]
    things, now = relief.things_of(rows), clock.now()
    drafts = [
        outbox.Draft(
            key=f"q:{requests[-1].id}:{to_ms(now)}:{channel}:{user}",
            purpose="reply",
            channel=channel,
            chat=Chat("direct", user),
            parts=rules.texts.render("replies/relief-question", name=alerts.one_line(name), things=things),
            quiet_hours=rules.quiet_hours.get(channel, ""),
            expires_at=now + QUESTION_LIFE,
        )
        for channel, user, name in accounts
    ]
    await outbox.enqueue(drafts)


async def _ask_caller(request: HelpRequest, rules: Rules) -> None:
    """The family has no account here: whoever brought it (or took it) is asked to ring them up."""
    family = await family_of(request)
    things = relief.words_of(row for row in await relief.standing(request.id) if row.state == "delivered")
    parts = rules.texts.render("replies/please-confirm", number=request.id, household=family.code, things=things)
    to = await notices.accounts([request.assigned_to_id]) or await notices.accounts([request.acknowledged_by_id])
    await notices.tell(to, parts, "normal", f"{request.id}:{to_ms(clock.now())}", rules)
