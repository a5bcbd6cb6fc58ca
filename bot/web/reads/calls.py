"""The cards of 我的回访: what a volunteer has to know before dialling. The numbers are not among it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.actions.households import viewing
from bot.actions.households.lookup import CALLERS
from bot.actions.outreach import calling, calllists, scripts
from bot.actions.outreach.calllists import PROMISED, Entry, ToVisit
from bot.actions.staff.people import act_as
from bot.content import Library
from bot.models import FollowUp, Household, Member, Round, Staff, db

CARDS_MOST = 40  # a day's work; the others follow when these are done
LATER_MOST = 30

LAST = """
SELECT h.id AS household, (SELECT f.id FROM follow_up f WHERE f.household_id = h.id AND f.undone_at IS NULL
 ORDER BY f.at DESC, f.id DESC LIMIT 1) AS last FROM household h WHERE h.id IN ({})"""


class Card(NamedTuple):
    """One household. `seen` is the latest follow-up, as a mark of what the person had before them."""

    code: str
    name: str
    relation: str
    category: str
    unit: str
    why: int
    asked_at: datetime | None
    best_time: str
    last_at: datetime | None
    last_outcome: str
    last_visited: bool
    last_note: str
    last_by: str
    seen: int
    script: str
    held: bool  # of a round: can be handed back


class Mine(NamedTuple):
    """A person's day. `more`: due, but not among the cards; `latest`: what 撤销 would take back."""

    cards: list[Card]
    more: int
    later: list[Entry]
    visits: list[ToVisit]
    today: int
    latest: FollowUp | None

    @property
    def left(self) -> int:
        return len(self.cards) + self.more


class State(NamedTuple):
    """Enough for a page that is open to see whether it still is right."""

    codes: list[str]
    today: int


async def state(staff_id: int) -> State:
    entries = await calllists.mine(staff_id)
    return State([one.code for one in entries if one.due][:CARDS_MOST], await _today(staff_id))


async def mine(staff_id: int, texts: Library) -> Mine:
    """Names stand in it, so it leaves the row of a look at a list."""
    staff = await act_as(staff_id, CALLERS)
    entries = await calllists.mine(staff_id)
    due, later = [one for one in entries if one.due], [one for one in entries if not one.due][:LATER_MOST]
    cards = await _cards(due[:CARDS_MOST], staff, texts)
    visits = await calllists.visits(staff_id)
    shown = [one.code for one in [*due[:CARDS_MOST], *later]] + [one.code for one in visits]
    await viewing.listed(staff_id, "calls", shown)
    return Mine(cards, len(due) - len(cards), later, visits, await _today(staff_id), await latest(staff_id))


async def latest(staff_id: int) -> FollowUp | None:
    """The person's last call of today."""
    calls = FollowUp.filter(staff_id=staff_id, undone_at=None, at__gte=calling.start_of_today())
    return await calls.order_by("-id").select_related("household").first()


def midnight() -> datetime:
    """When the list of today is not today's any more."""
    return calling.start_of_today() + calling.DAY


async def _today(staff_id: int) -> int:
    return sum((await calllists.calls_today(staff_id)).values())


async def _cards(due: Sequence[Entry], staff: Staff, texts: Library) -> list[Card]:
    ids = [one.household_id for one in due]
    if not ids:
        return []
    households = {one.id: one for one in await Household.filter(id__in=ids).select_related("unit")}
    people = await _people(ids)
    last = await _last(ids)
    keys = dict(await Round.filter(id__in={one.round_id for one in due}).values_list("id", "script_key"))
    return [
        _card(one, households[one.household_id], people.get(one.household_id), last.get(one.household_id), said)
        for one in due
        for said in [_Said(texts, keys.get(one.round_id, ""), staff.name)]
    ]


class _Said(NamedTuple):
    texts: Library
    key: str
    caller: str


def _card(entry: Entry, household: Household, person: Member | None, last: FollowUp | None, said: _Said) -> Card:
    name, relation = (person.name, person.relation) if person is not None else ("", "")
    words = scripts.script(
        said.texts, said.key, category=household.category, name=name, relation=relation, caller=said.caller
    )
    return Card(
        household.code,
        name,
        relation,
        household.category,
        household.unit.name,
        entry.why,
        entry.next_call_at if entry.why == PROMISED else None,
        household.best_time,
        last.at if last is not None else None,
        last.outcome if last is not None else "",
        last is not None and last.visited,
        (last.note or "") if last is not None else "",
        last.staff.name if last is not None else "",
        last.id if last is not None else 0,
        words,
        bool(entry.round_id),
    )


async def _people(ids: Collection[int]) -> dict[int, Member | None]:
    """Whom one asks for, of each household."""
    members: dict[int, list[Member]] = {}
    known = Member.filter(household_id__in=list(ids), erased_at=None).order_by("id")
    for one in await known.select_related("guardian"):
        members.setdefault(one.household_id, []).append(one)
    return {household: viewing.contact_of(theirs) for household, theirs in members.items()}


async def _last(ids: Sequence[int]) -> dict[int, FollowUp]:
    rows: list[dict[str, Any]] = await db.fetch(LAST.format(db.marks(ids)), *ids)
    last = [row["last"] for row in rows if row["last"] is not None]
    return {one.household_id: one for one in await FollowUp.filter(id__in=last).select_related("staff")}
