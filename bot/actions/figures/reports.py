"""Totals in 户, 人次 and 元. A total is nothing but its rows added up, so it can always be opened to them.

Every total says what it counts: promised, delivered and confirmed are three different things.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from bot import clock
from bot.actions.outreach.outcomes import OUTCOMES
from bot.actions.requests.reaching import CLOSED_AS
from bot.actions.requests.relief import GIVEN
from bot.actions.staff import people
from bot.errors import BadInput
from bot.models import FollowUp, HelpRequest, Household, Relief, Staff, Unit
from bot.quantities import shown

ROLES = ("chair", "editor")
STATES = {
    "review": "待核实",
    "open": "等人收到",
    "acknowledged": "已收到",
    "assigned": "已派人",
    "delivering": "等家属确认",
    "promised": "答应了",
    "delivered": "送到了",
    "confirmed": "家属确认",
    "not_received": "家属说没收到",
    "issues": "家属说有问题",
}
# What is read; words and notes stay sealed.
CALL_FIELDS = ("id", "at", "outcome", "household_id", "staff_id", "request_id", "visited")
REQUEST_FIELDS = (
    "id", "state", "closed_as", "opened_at", "closed_at", "household_id", "unit_id", "assigned_to_id",
    "acknowledged_by_id",
)  # fmt: skip
NOT_COUNTED = ("withdrawn", "mistaken")  # these were no requests
KINDS = {"goods": "物资", "cash": "现金", "service": "服务"}


class Span(NamedTuple):
    """From the start of the first day to the end of the last, local days; None: no limit."""

    first: date | None = None
    last: date | None = None

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        return _midnight(self.first), _midnight(self.last + timedelta(days=1)) if self.last is not None else None


class Row(NamedTuple):
    """One thing that is counted. A household only by its code: a report is handed around."""

    at: datetime
    number: int | None  # of the help request
    household: str
    unit: str
    staff: str
    what: str
    state: str
    fen: int
    times: str  # rows with the same mark are one 人次: what was handed over together


class Total(NamedTuple):
    """`key` opens it; `counts` says in words what is in it."""

    key: str
    name: str
    counts: str
    rows: tuple[Row, ...]
    money: bool = False

    @property
    def households(self) -> int:
        return len({row.household for row in self.rows if row.household})

    @property
    def times(self) -> int:
        return len({row.times for row in self.rows})

    @property
    def fen(self) -> int:
        return sum(row.fen for row in self.rows)


class Report(NamedTuple):
    span: Span
    unit: str  # its name, "" for all
    totals: tuple[Total, ...]

    def total(self, key: str) -> Total:
        """By its key, or by the name that people read."""
        found = next((one for one in self.totals if key in (one.key, one.name.strip())), None)
        if found is None:
            raise BadInput(f"没有“{key}”这一项，能看的有：{'、'.join(one.key for one in self.totals)}。")
        return found


def _midnight(day: date | None) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, datetime.min.time(), clock.zone()).astimezone(clock.now().tzinfo)


ALWAYS = Span()


async def report(span: Span = ALWAYS, unit_code: str | None = None, *, by: int | None = None) -> Report:
    """Everything of a unit and all below it. `by`: the staff person who asks, None the command line."""
    if span.first is not None and span.last is not None and span.first > span.last:
        raise BadInput("起始日期在结束日期后面，请对调一下。")
    unit = await people.unit_by_code(unit_code) if unit_code else None
    if by is not None:
        staff = await people.act_as(by, ROLES, unit.id if unit is not None else people.ANYWHERE)
        unit = unit or await Unit.get(id=staff.unit_id)
    book = await _Book.read(unit.path if unit is not None else "")
    totals = (*await _calls(book, span), *await _requests(book, span), *await _reliefs(book, span))
    return Report(span, unit.name if unit is not None else "", totals)


class _Book(NamedTuple):
    """Names by id, read once."""

    units: dict[int, str]
    households: dict[int, tuple[str, int]]
    staff: dict[int, str]
    everything: bool

    @classmethod
    async def read(cls, path: str) -> "_Book":
        units = {one.id: one.name for one in await Unit.filter(path__startswith=path)}
        rows = await Household.all().values_list("id", "code", "unit_id")
        staff = {one.id: one.name for one in await Staff.all()}
        return cls(units, {key: (code, unit) for key, code, unit in rows}, staff, not path)

    def has(self, unit_id: int | None) -> bool:
        return self.everything if unit_id is None else unit_id in self.units

    def code(self, household_id: int | None) -> str:
        return self.households[household_id][0] if household_id is not None else ""

    def unit(self, unit_id: int | None) -> str:
        return self.units.get(unit_id or 0, "")

    def who(self, staff_id: int | None) -> str:
        return self.staff.get(staff_id or 0, "")


def _within(at: datetime | None, span: Span) -> bool:
    first, end = span.bounds()
    return at is not None and (first is None or at >= first) and (end is None or at < end)


async def _calls(book: _Book, span: Span) -> list[Total]:
    first, end = span.bounds()
    limits = {name: at for name, at in (("at__gte", first), ("at__lt", end)) if at is not None}
    rows = await FollowUp.filter(undone_at=None, **limits).only(*CALL_FIELDS).order_by("id")
    calls = [(one, _call(book, one)) for one in rows if book.has(book.households[one.household_id][1])]
    reached = [row for one, row in calls if OUTCOMES[one.outcome].reached]
    needing = [row for one, row in calls if one.outcome == "needs_help"]
    phoned, visited = ([row for one, row in calls if one.visited is there] for there in (False, True))
    return [
        _total("called", "回访", "打过的每一个电话、每一次上门，撤销的不算", [row for _, row in calls]),
        _total("called-phone", "　其中电话", "回访里打的电话", phoned),
        _total("called-visit", "　其中上门", "回访里去家里的", visited),
        _total("reached", "回访接通", "接通的电话、见到人的上门：平安、需帮助、稍后再打、拒访、勿打、已故", reached),
        _total("needing", "回访需帮助", "结果是需帮助的回访", needing),
    ]


def _call(book: _Book, one: FollowUp) -> Row:
    code, unit_id = book.households[one.household_id]
    how, state = "上门" if one.visited else "电话", OUTCOMES[one.outcome].said(one.visited)
    return Row(one.at, one.request_id, code, book.unit(unit_id), book.who(one.staff_id), how, state, 0, f"f{one.id}")


async def _requests(book: _Book, span: Span) -> list[Total]:
    found = await HelpRequest.all().only(*REQUEST_FIELDS).order_by("id")
    mine = [one for one in found if one.closed_as not in NOT_COUNTED and book.has(one.unit_id)]
    opened = [_request(book, one, one.opened_at) for one in mine if _within(one.opened_at, span)]
    closed = [one for one in mine if one.state == "closed" and _within(one.closed_at, span)]
    helped = [_request(book, one, one.closed_at or one.opened_at) for one in closed if one.closed_as == "helped"]
    others = [_request(book, one, one.closed_at or one.opened_at) for one in closed if one.closed_as != "helped"]
    waiting = [_request(book, one, one.opened_at) for one in mine if one.state != "closed"]
    return [
        _total("opened", "求助单", "这段时间开的求助单，待核实的也算，收回的、误报的不算", opened),
        _total("helped", "求助已解决", "这段时间办结、结果是“已解决”的求助单", helped),
        _total("ended", "求助另办结", "这段时间以不需要、转介、重复、联系不上办结的求助单", others),
        _total("waiting", "求助未办结", "到现在还没办结的求助单，不论哪天开的", waiting),
    ]


def _request(book: _Book, one: HelpRequest, at: datetime) -> Row:
    state = CLOSED_AS.get(one.closed_as or "", "") if one.state == "closed" else STATES[one.state]
    who = book.who(one.assigned_to_id or one.acknowledged_by_id)
    return Row(at, one.id, book.code(one.household_id), book.unit(one.unit_id), who, "求助单", state, 0, f"r{one.id}")


async def _reliefs(book: _Book, span: Span) -> list[Total]:
    every = await Relief.all().order_by("id")
    corrected = {row.corrects_id for row in every}
    rows = [row for row in every if row.id not in corrected and row.state != "void" and book.has(row.unit_id)]
    promised = [_relief(book, row, row.at) for row in rows if row.state == "promised" and _within(row.at, span)]
    given = [row for row in rows if row.state in GIVEN and _within(row.delivered_at, span)]
    answered = [row for row in rows if _within(row.confirmed_at, span)]
    confirmed = [row for row in answered if row.state == "confirmed"]
    doubtful = [row for row in answered if row.state in ("not_received", "issues")]
    return [
        _total("promised", "救助·答应", "答应了、还没送到的", promised, money=True),
        _total(
            "delivered", "救助·送达", "送到了的，不管家属有没有回音；说没收到的不算", _given(book, given), money=True
        ),
        *[
            _total(f"delivered-{kind}", f"　其中{name}", f"送达里的{name}", _given(book, _of(kind, given)), money=True)
            for kind, name in KINDS.items()
        ],
        _total("confirmed", "救助·确认", "家属（或问过家属的人）说收到了的", _answers(book, confirmed), money=True),
        _total("doubtful", "救助·有疑问", "家属说没收到，或者有问题的", _answers(book, doubtful), money=True),
    ]


def _of(kind: str, rows: Iterable[Relief]) -> list[Relief]:
    return [row for row in rows if row.kind == kind]


def _given(book: _Book, rows: Iterable[Relief]) -> list[Row]:
    return [_relief(book, row, row.delivered_at or row.at) for row in rows]


def _answers(book: _Book, rows: Iterable[Relief]) -> list[Row]:
    return [_relief(book, row, row.confirmed_at or row.at) for row in rows]


def _relief(book: _Book, row: Relief, at: datetime) -> Row:
    """Things that were handed over together are one 人次."""
    together = row.delivered_at or row.at
    return Row(
        at,
        row.request_id,
        book.code(row.household_id),
        book.unit(row.unit_id),
        book.who(row.staff_id),
        f"{KINDS[row.kind]} {shown(row.item, row.quantity, row.measure)}",
        STATES[row.state],
        row.value_fen,
        f"{row.request_id}:{together.timestamp()}",
    )


def _total(key: str, name: str, counts: str, rows: Sequence[Row], *, money: bool = False) -> Total:
    return Total(key, name, counts, tuple(rows), money)
