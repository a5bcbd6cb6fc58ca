"""A household's need, from the first word to the chair who says 收到: raise, alert, climb, acknowledge."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tortoise.expressions import Q

from bot import clock
from bot.actions.households import members
from bot.actions.privacy import audit
from bot.actions.requests import alerts, labels, steps
from bot.actions.requests.alerts import Rules
from bot.actions.staff import directory
from bot.errors import Conflict, NotAllowed, NotFound
from bot.models import HelpRequest, RequestStep, Staff, db

JOIN_WITHIN = timedelta(days=1)
TAKEN = ("acknowledged", "assigned", "delivering")
STILL_OPEN = ("review", "open", *TAKEN)
RANK = {"normal": 0, "urgent": 1, "emergency": 2}
DOUBTED = "待核实"  # in the history: 收到 was said while nobody knew


class Need(NamedTuple):
    """What was heard: from whom, where, in which words, and how it was judged."""

    source: str  # message, callback
    kinds: Sequence[str]
    urgency: str
    words: str
    unit_id: int | None
    household_id: int | None = None
    channel: str = ""
    sender_id: str = ""
    nickname: str = ""
    place: str = ""  # the group's name, for a sender who is on no roster
    message_key: str | None = None
    why: Sequence[str] = ()  # the words that decided
    sure: bool = True  # False: on the list 待核实 for a person to look at; nobody is alerted but of a suspicion

    @property
    def suspicion(self) -> bool:
        """Perhaps a life in danger, and nobody knows: people are told at once, calmly."""
        return self.urgency == "emergency" and not self.sure


class Taken(NamedTuple):
    """A request that somebody has just taken, with what they need to know about it."""

    number: int
    household: str
    name: str
    waited: timedelta


class Listed(NamedTuple):
    """One line of the list of requests; whose it is only by code."""

    number: int
    household: str
    kinds: tuple[str, ...]
    urgency: str
    state: str
    opened_at: datetime


async def raise_request(need: Need, rules: Rules) -> tuple[HelpRequest, bool]:
    """Open a request and alert its first people. Returns (request, is it new).

    More words from the same household or account within a day join the request that is still open:
    fifty repeats are one alert, unless they sound more urgent than what was known.
    """
    async with db.transaction():
        known = await _still_open(need)
        if known is not None:
            await _join(known, need, rules)
            return known, False
        request = await HelpRequest.create(
            household_id=need.household_id,
            unit_id=need.unit_id,
            source=need.source,
            message_key=need.message_key,
            channel=need.channel,
            sender_id=need.sender_id,
            nickname=f"{need.nickname}（{need.place}）" if need.place else need.nickname,
            words=need.words,
            why=_why("", need.why) or None,
            kinds=list(need.kinds),
            urgency=need.urgency,
            state="open" if need.sure else "review",
            opened_at=clock.now(),
        )
        await steps.note(request.id, "raised", words=need.words)
        await audit.note("help.raised", "request", request.id, urgency=need.urgency, kinds=list(need.kinds))
        if alerts.rings(request):
            await alerts.raise_alert(request, rules)
    return request, True


async def _still_open(need: Need) -> HelpRequest | None:
    since = clock.now() - JOIN_WITHIN
    candidates = HelpRequest.filter(state__in=STILL_OPEN, opened_at__gte=since).order_by("-id")
    if need.household_id is not None:
        theirs = await candidates.filter(household_id=need.household_id)
    elif need.sender_id:
        theirs = await candidates.filter(channel=need.channel, sender_id=need.sender_id, household_id=None)
    else:
        return None
    known = next((one for one in theirs if _belongs(need, one)), None)
    if known is not None and known.state in TAKEN and (_says_more(need, known) or await _was_doubted(need, known)):
        return None  # whoever said 收到 to rice hears no alert any more: a fall or a fever must ring again
    return known


def _belongs(need: Need, known: HelpRequest) -> bool:
    """A suspicion stays apart from rice: neither makes the other look surer or more urgent than it is."""
    apart = need.suspicion or (known.state == "review" and known.urgency == "emergency")
    return not apart or need.urgency == known.urgency


async def _was_doubted(need: Need, known: HelpRequest) -> bool:
    """Was 收到 said to a suspicion, and now it is said outright?"""
    if need.urgency != "emergency" or not need.sure:
        return False
    receipts = await RequestStep.filter(request_id=known.id, step="acknowledged")
    return bool(receipts) and all(receipt.words == DOUBTED for receipt in receipts)


def _why(known: str, more: Sequence[str]) -> str:
    """One a line, each once, the latest dropped when there are too many."""
    lines = dict.fromkeys([*filter(None, known.split("\n")), *(" ".join(word.split()) for word in more)])
    return "\n".join(list(lines)[:20])[:1000]


def _says_more(need: Need, known: HelpRequest) -> bool:
    return RANK[need.urgency] > RANK[known.urgency] or bool({*need.kinds} - {*known.kinds, "other"})


async def _join(request: HelpRequest, need: Need, rules: Rules) -> None:
    lines = [*(request.words or "").split("\n"), need.words]
    request.words = "\n".join(lines[-20:])[-4000:]
    if need.why:
        request.why = _why(request.why or "", need.why)
    request.kinds = sorted({*request.kinds, *need.kinds})
    worse = RANK[need.urgency] > RANK[request.urgency]
    if worse:
        request.urgency = need.urgency
    if need.source == "message" and (worse or not request.sender_id):
        request.channel, request.sender_id = need.channel, need.sender_id  # whom the alert names
    if need.source == "message" or request.source == "callback":
        request.source = need.source  # other words than the call-back's: it alone cannot take it back any more
    if need.sure and request.state == "review":
        request.state, worse = "open", True
    await request.save()
    await steps.note(request.id, "joined", words=need.words)
    await audit.note("help.joined", "request", request.id, urgency=need.urgency)
    if worse and alerts.rings(request):
        await alerts.raise_alert(request, rules)


async def acknowledge(number: int, staff_id: int, rules: Rules | None = None) -> Taken:
    """A chair says 收到: the alerts stop. NotFound outside their unit, Conflict when someone was first.

    With `rules`, a review that is taken up may be remembered as a request that was heard rightly.
    """
    async with db.transaction():
        staff = await _reachable(number, staff_id)
        now, doubted = clock.now(), await HelpRequest.get_or_none(id=number, state="review")
        taken = await HelpRequest.filter(id=number, state__in=("open", "review")).update(
            state="acknowledged", acknowledged_at=now, acknowledged_by_id=staff.id, next_alert_at=None
        )
        if not taken:
            raise Conflict(await _what_happened(number, staff))
        suspicion = doubted is not None and doubted.urgency == "emergency"
        await steps.note(number, "acknowledged", staff_id=staff.id, words=DOUBTED if suspicion else "")
        await audit.note("help.acknowledged", "request", number, staff_id=staff.id)
        if doubted is not None and rules is not None and not suspicion:  # who looks does not know yet
            await labels.keep(doubted, rules, ask=True)
    return await _taken(await HelpRequest.get(id=number))


async def _taken(request: HelpRequest) -> Taken:
    await request.fetch_related("household")
    household, member = request.household, await members.named(request)
    waited = (request.acknowledged_at or clock.now()) - request.opened_at
    code = household.code if household is not None else ""
    return Taken(request.id, code, member.name if member is not None else "", waited)


async def _reachable(number: int, staff_id: int) -> Staff:
    staff = await Staff.get_or_none(id=staff_id, active=True)
    if staff is None or not await _may_take(number, staff):
        raise NotAllowed("只有主席和管理员可以接求助单。")
    request = await HelpRequest.get_or_none(id=number) if number < 2**31 else None
    if request is None or not await may_see(staff, request):
        raise NotFound(f"没有 {number} 号求助单。", "写“求助”看看都有哪些。")
    return staff


async def _may_take(number: int, staff: Staff) -> bool:
    """Chairs and admins; and a counsellor whom the alert has reached, whatever their role."""
    return staff.role in ("chair", "admin") or (number < 2**31 and await alerts.was_told(number, staff.id))


async def may_see(staff: Staff, request: HelpRequest) -> bool:
    """Within their unit; also whoever the alerts of this request have reached, when it climbed past it."""
    if request.unit_id is None or directory.within(request.unit_id, staff.unit_id):
        return True
    return await alerts.was_told(request.id, staff.id)


async def _what_happened(number: int, staff: Staff) -> str:
    request = await HelpRequest.get(id=number).select_related("acknowledged_by")  # as it is by now
    by = request.acknowledged_by
    if by is None or request.acknowledged_at is None:
        return f"{request.id} 号求助单已经办结了。"
    when = clock.local(request.acknowledged_at).strftime("%H:%M")
    if by.id == staff.id:
        return f"{request.id} 号您 {when} 已经收到过了，不会再催。"
    return f"{request.id} 号 {by.name} {when} 已经收到，您不用再管。"


async def withdraw(number: int, staff_id: int) -> bool:
    """Close a request that was raised by mistake, if nobody has taken it yet. Returns whether it was closed."""
    async with db.transaction():
        closed = await HelpRequest.filter(id=number, state="open").update(
            state="closed", closed_as="withdrawn", closed_at=clock.now(), next_alert_at=None
        )
        if closed:
            await steps.note(number, "withdrawn", staff_id=staff_id)
            await audit.note("help.withdrawn", "request", number, staff_id=staff_id)
    return bool(closed)


async def open_for(staff_id: int) -> list[Listed]:
    """Requests that still want somebody, of the person's unit and below.

    Those without a 收到 first, and of those in doubt what may be a life in danger.
    """
    staff = await Staff.get_or_none(id=staff_id, active=True)
    if staff is None:
        return []
    rows = await HelpRequest.filter(state__in=STILL_OPEN).order_by("id").prefetch_related("household")
    mine = [_listed(row) for row in rows if row.assigned_to_id == staff.id or await may_see(staff, row)]
    return sorted(
        mine, key=lambda row: (row.state != "open", row.urgency != "emergency" or row.state != "review", row.number)
    )


def _listed(request: HelpRequest) -> Listed:
    code = request.household.code if request.household is not None else ""
    return Listed(request.id, code, tuple(request.kinds), request.urgency, request.state, request.opened_at)


async def climb(rules: Rules) -> int:
    """Alert again, or one step higher, for every request that nobody has acknowledged in time."""
    ringing = Q(state="open") | Q(state="review", urgency="emergency")
    due = await HelpRequest.filter(ringing, next_alert_at__lte=clock.now()).order_by("id").limit(200)
    for request in due:
        async with db.transaction():
            fresh = await HelpRequest.get(id=request.id)
            if alerts.rings(fresh) and fresh.next_alert_at == request.next_alert_at:
                await alerts.raise_alert(fresh, rules)
    return len(due)
