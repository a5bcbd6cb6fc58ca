"""Who is alerted of a help request, in which words, and when the next one is: chair, deputy, the chair above."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import NamedTuple

from bot import clock, quiet
from bot.actions.delivery import outbox
from bot.actions.households import members
from bot.actions.requests.pace import Pace
from bot.actions.staff import directory
from bot.content import Library
from bot.events import Chat, Text
from bot.models import Delivery, Group, HelpRequest, Household, Identity, Staff, Unit

LIFE = timedelta(hours=12)
WORDS_SHOWN = 600
KIND_NAMES = {
    "food": "米面粮油",
    "medicine": "药品",
    "medical": "看病就医",
    "money": "钱",
    "psychological": "心理",
    "daily": "生活",
    "other": "其他",
}
URGENCY_NAMES = {"normal": "一般", "urgent": "急", "emergency": "万分紧急"}


class Rules(NamedTuple):
    """How long an alert waits for its 收到, how often each person is asked, and when it is quiet where."""

    texts: Library
    times_each: int
    quiet_hours: Mapping[str, str]  # by channel
    hotline: str
    pace: Pace = Pace()
    digest_at: time = time(8, 30)
    counsellors: tuple[str, ...] = ()  # names: told at once when a life is in danger
    cash_by_grade: Mapping[str, int] = {}  # in yuan; 其他 for a household without a grade
    views_a_day: int = 60  # households that one person may see in clear before an admin is told; 0: never
    keep_labels: bool = False  # are corrected judgements kept as examples?

    def hears(self, channel: str) -> bool:
        """Is the channel switched on? Nobody reads what is written to another."""
        return not self.quiet_hours or channel in self.quiet_hours


class Recipient(NamedTuple):
    staff_id: int
    channel: str
    user_id: str


def rings(request: HelpRequest) -> bool:
    """Are people alerted of it until one says 收到? What is in doubt only when it may be about a life."""
    return request.state == "open" or (request.state == "review" and request.urgency == "emergency")


async def raise_alert(request: HelpRequest, rules: Rules) -> None:
    """Write the next alert of the request and when the one after it is due (inside the caller's transaction)."""
    levels = await ladder(request.unit_id, rules)
    step = request.alert_step
    rung = min(step // rules.times_each, max(len(levels) - 1, 0))
    chosen = levels[rung] if levels else []
    if request.urgency == "emergency" and rung + 1 < len(levels):
        chosen = chosen + levels[rung + 1]  # a life: do not wait for the first one's silence
    if request.urgency == "emergency":
        chosen = chosen + await _counsellors(rules)
    text = await _text(request, rules, step)
    drafts = [_draft(request, step, to, text, rules) for to in dict.fromkeys(chosen)]
    if not drafts:
        drafts = await _staff_group(request, step, rules)
    if drafts:
        await outbox.enqueue(drafts)
    request.alert_step = step + 1
    # Counted from when it may go out: else a night of quiet hours would climb to the top unheard.
    goes_at = min((loud_from(draft.quiet_hours) for draft in drafts), default=clock.now())
    request.next_alert_at = rules.pace.next_alert(request.urgency, goes_at)
    await request.save(update_fields=["alert_step", "next_alert_at"])


def _draft(request: HelpRequest, step: int, to: Recipient, text: tuple[Text, ...], rules: Rules) -> outbox.Draft:
    hours = quiet_hours(request.urgency, to.channel, rules)
    return outbox.Draft(
        key=f"a:{request.id}:{step}:{to.channel}:{to.user_id}",
        purpose="alert",
        channel=to.channel,
        chat=Chat("direct", to.user_id),
        parts=text,
        request_id=request.id,
        quiet_hours=hours,
        expires_at=loud_from(hours) + LIFE,
    )


def quiet_hours(urgency: str, channel: str, rules: Rules) -> str:
    """When a channel keeps silent; never about what is urgent."""
    return rules.quiet_hours.get(channel, "") if urgency == "normal" else ""


def loud_from(quiet_hours: str) -> datetime:
    """The first moment that is not quiet."""
    now = clock.now()
    local = clock.local(now)
    return now + (quiet.parse(quiet_hours).end_after(local) - local)


async def ladder(unit_id: int | None, rules: Rules) -> list[list[Recipient]]:
    """The rungs: chairs of the unit, their deputies, the chairs of the unit above, …; at last the admins.

    Only people with a bound account stand on it; a rung with nobody is left out. A request of no known
    unit begins at the top. Accounts on a channel that is switched off do not count.
    """
    units = directory.unit_and_above(unit_id) or await _tops()
    people = await Staff.filter(active=True, role__in=("chair", "admin")).order_by("id")
    accounts: dict[int, list[Recipient]] = {}
    for one in await Identity.filter(staff_id__in=[person.id for person in people]).order_by("id"):
        if one.staff_id is not None and rules.hears(one.channel):
            accounts.setdefault(one.staff_id, []).append(Recipient(one.staff_id, one.channel, one.user_id))
    rungs = []
    for unit in units:
        here = [person for person in people if person.unit_id == unit and person.role == "chair"]
        rungs.append([p for p in here if not p.deputy])
        rungs.append([p for p in here if p.deputy])
    rungs.append([person for person in people if person.role == "admin" and person.unit_id in units])
    reachable = [[account for person in rung for account in accounts.get(person.id, [])] for rung in rungs]
    return [rung for rung in reachable if rung]


async def _counsellors(rules: Rules) -> list[Recipient]:
    """Whoever config.toml names, with every account they have bound."""
    named = await Staff.filter(active=True, name__in=rules.counsellors).order_by("id") if rules.counsellors else []
    accounts = await Identity.filter(staff_id__in=[person.id for person in named]).order_by("id")
    found = [Recipient(one.staff_id, one.channel, one.user_id) for one in accounts if one.staff_id is not None]
    return [one for one in found if rules.hears(one.channel)]


async def _tops() -> list[int]:
    return [unit.id for unit in await Unit.filter(parent_id=None).order_by("id")]


async def _text(request: HelpRequest, rules: Rules, step: int) -> tuple[Text, ...]:
    household = await Household.get_or_none(id=request.household_id) if request.household_id else None
    member = await members.named(request)
    unit = await Unit.get_or_none(id=request.unit_id) if request.unit_id else None
    parts = rules.texts.render(
        _words_for(request),
        number=request.id,
        again=step > 0,
        unit=one_line(unit.name) if unit else "",
        household=household.code if household else "",
        name=one_line(member.name) if member else "",
        category=household.category if household else "",
        nickname=one_line(request.nickname or ""),
        source=request.source,
        words=_short(one_line(request.words or "")),
        kinds="、".join(KIND_NAMES.get(kind, kind) for kind in request.kinds) or "没说清",
        urgency=URGENCY_NAMES[request.urgency],
        hotline=rules.hotline,
    )
    return tuple(part for part in parts if isinstance(part, Text))


def _words_for(request: HelpRequest) -> str:
    if request.urgency != "emergency":
        return "alerts/help-request"
    return "alerts/help-suspected" if request.state == "review" else "alerts/help-emergency"


def one_line(text: str) -> str:
    """Words of a person on one line of ours, so that nobody writes a line that looks like ours."""
    rows = (" ".join("".join(map(_visible, row)).split()) for row in text.splitlines())
    return " ／ ".join(row for row in rows if row)


def _visible(letter: str) -> str:
    """Control characters and those that turn the writing round are nothing to see; the joiner of emoji stays."""
    if letter == "\t" or letter == "\u200d":
        return letter
    return "" if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co") else letter


def _short(text: str) -> str:
    """The beginning and the latest words: an alert is read on a phone."""
    half = WORDS_SHOWN // 2
    return text if len(text) <= WORDS_SHOWN else f"{text[:half]} …… {text[-half:]}"


async def _staff_group(request: HelpRequest, step: int, rules: Rules) -> list[outbox.Draft]:
    """Nobody on the ladder has an account: say in the staff groups that there is something, and not what."""
    parts = rules.texts.render("alerts/nobody-bound", number=request.id)
    return [
        outbox.Draft(
            key=f"a:{request.id}:{step}:{group.channel}:{group.chat_id}",
            purpose="alert",
            channel=group.channel,
            chat=Chat("group", group.chat_id),
            parts=parts,
            group_id=group.id,
            request_id=request.id,
            quiet_hours=quiet_hours(request.urgency, group.channel, rules),
            expires_at=loud_from(quiet_hours(request.urgency, group.channel, rules)) + LIFE,
        )
        for group in await Group.filter(enabled=True)
        if "staff" in group.tags
    ]


async def was_told(request_id: int, staff_id: int) -> bool:
    """Has an alert of this request been written to one of the person's accounts?"""
    for account in await Identity.filter(staff_id=staff_id):
        told = Delivery.filter(request_id=request_id, purpose="alert", channel=account.channel)
        if await told.filter(chat_kind="direct", chat_id=account.user_id).exists():
            return True
    return False
