"""The ledger of what families were promised and given. A row is never rewritten: a correction is a new row.

    promised ──送达──> delivered ──the family──> confirmed | not_received | issues
A row that another one `corrects` does not count any more, nor does one in the state `void`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot import clock
from bot.actions.privacy import audit
from bot.errors import BadInput
from bot.models import HelpRequest, Household, Relief
from bot.quantities import Gift, shown_all, yuan

GIVEN = ("delivered", "confirmed", "issues")  # what has reached a family, as far as we know
ANY_GRADE = "其他"


async def standing(request_id: int) -> list[Relief]:
    """The rows of a request that count, in the order in which they were written."""
    rows = await Relief.filter(request_id=request_id).order_by("id")
    return counted(rows)


def counted(rows: Sequence[Relief]) -> list[Relief]:
    """Without those that were corrected, or that say that there is nothing."""
    corrected = {row.corrects_id for row in rows}
    return [row for row in rows if row.id not in corrected and row.state != "void"]


def gift_of(row: Relief) -> Gift:
    return Gift(row.kind, row.item, row.quantity, row.measure, row.value_fen)  # type: ignore[arg-type]


def words_of(rows: Iterable[Relief]) -> str:
    return shown_all([gift_of(row) for row in rows])


async def promise(request: HelpRequest, staff_id: int, gifts: Sequence[Gift], limits: Mapping[str, int]) -> list[Gift]:
    """Write what will be brought; earlier promises of the same things are replaced."""
    before = await standing(request.id)
    promised = [row for row in before if row.state == "promised"]
    return await _write(request, staff_id, gifts, "promised", promised, limits, before)


async def hand_over(
    request: HelpRequest, staff_id: int, gifts: Sequence[Gift], limits: Mapping[str, int]
) -> list[Gift]:
    """Write what was brought. Without gifts: everything that was promised, or that did not arrive the first time."""
    before = await standing(request.id)
    open_ = [row for row in before if row.state in ("promised", "not_received")]
    if gifts:
        return await _write(request, staff_id, gifts, "delivered", open_, limits, before)
    promised = [row for row in open_ if row.state == "promised"]
    now = clock.now()
    await Relief.filter(id__in=[row.id for row in promised], state="promised").update(
        state="delivered", delivered_at=now
    )
    again = [row for row in open_ if row.state == "not_received"]
    await _write(request, staff_id, [gift_of(row) for row in again], "delivered", again, limits, before)
    return [gift_of(row) for row in open_]


async def correct(
    request: HelpRequest, staff_id: int, gifts: Sequence[Gift], limits: Mapping[str, int]
) -> tuple[list[Gift], list[Gift]]:
    """What stands is wrong, this is right (nothing at all when `gifts` is empty). Returns (was, is)."""
    before = await standing(request.id)
    old = _last_lot(before)
    state = old[0].state if old else "delivered"
    new = await _write(request, staff_id, gifts, state, old, limits, before, all_of_them=True)
    return [gift_of(row) for row in old], new


def _last_lot(rows: Sequence[Relief]) -> list[Relief]:
    """The rows of the last handing over (or promise): what a slip of the finger is about."""
    given = [row for row in rows if row.state in GIVEN] or list(rows)
    last = max((row.delivered_at or row.at for row in given), default=None)
    return [row for row in given if (row.delivered_at or row.at) == last]


async def drop_promises(request: HelpRequest, staff_id: int) -> None:
    """It will not be brought after all."""
    rows = [row for row in await standing(request.id) if row.state == "promised"]
    await _write(request, staff_id, [], "promised", rows, {}, rows, all_of_them=True)


async def answer(request: HelpRequest, state: str, note: str = "") -> list[Relief]:
    """What the family says of all that was brought: confirmed, not_received or issues."""
    rows = [row for row in await standing(request.id) if row.state in ("delivered", "not_received", "issues")]
    for row in rows:
        row.state, row.confirmed_at = state, clock.now()
        row.note = note or row.note
        await row.save(update_fields=["state", "confirmed_at", "note"])
    total = sum(row.value_fen for row in rows)
    await audit.note(f"relief.{state}", "request", request.id, rows=[row.id for row in rows], fen=total)
    return rows


async def _write(
    request: HelpRequest,
    staff_id: int,
    gifts: Sequence[Gift],
    state: str,
    replaces: Sequence[Relief],
    limits: Mapping[str, int],
    before: Sequence[Relief],
    *,
    all_of_them: bool = False,
) -> list[Gift]:
    """New rows. Each corrects the row of the same thing among `replaces`; with `all_of_them` none of those is left."""
    pairs, left = _paired(gifts, replaces, all_of_them)
    gone = {row.id for _, row in pairs if row is not None} | {row.id for row in left}
    cash = sum(row.value_fen for row in before if row.kind == "cash" and row.id not in gone)
    allowed = await _within_limits(request, [gift for gift, _ in pairs], cash, limits)
    made, now = [], clock.now()  # one moment for all of it: handed over together, it is one 人次
    for gift, (_, old) in zip(allowed, pairs, strict=True):
        made.append(await _row(request, staff_id, gift, state, old, now))
    for old in left:
        made.append(await _row(request, staff_id, gift_of(old)._replace(quantity=0, value_fen=0), "void", old, now))
    if made:
        ids = [row.id for row in made]
        total = sum(row.value_fen for row in made)
        await audit.note(f"relief.{state}", "request", request.id, staff_id=staff_id, rows=ids, fen=total)
    return allowed


def _paired(
    gifts: Sequence[Gift], replaces: Sequence[Relief], all_of_them: bool
) -> tuple[list[tuple[Gift, Relief | None]], list[Relief]]:
    """Each gift with the row that it corrects, and with `all_of_them` the rows for which there is no gift."""
    rest = list(replaces)
    pairs: list[tuple[Gift, Relief | None]] = []
    for gift in gifts:
        same = next((row for row in rest if (row.kind, row.item) == (gift.kind, gift.item)), None)
        if same is None and gift.kind == "cash":
            same = next((row for row in rest if row.kind == "cash"), None)
        if same is not None:
            rest.remove(same)
        pairs.append((gift, same))
    return pairs, rest if all_of_them else []


async def _row(
    request: HelpRequest, staff_id: int, gift: Gift, state: str, old: Relief | None, now: datetime
) -> Relief:
    delivered = now if state in GIVEN else None
    return await Relief.create(
        request_id=request.id,
        household_id=request.household_id,
        unit_id=request.unit_id,
        staff_id=staff_id,
        kind=gift.kind,
        item=gift.item,
        quantity=gift.quantity,
        measure=gift.measure,
        value_fen=gift.value_fen,
        state=state,
        at=now,
        delivered_at=(old.delivered_at if old is not None and old.state in GIVEN else None) or delivered,
        confirmed_at=old.confirmed_at if old is not None and state == old.state else None,
        corrects_id=None if old is None else old.id,
    )


async def _within_limits(
    request: HelpRequest, gifts: Sequence[Gift], given: int, limits: Mapping[str, int]
) -> list[Gift]:
    """Cash by the household's grade: 现金 alone is the most that its grade allows, more than that is refused."""
    if not any(gift.kind == "cash" for gift in gifts):
        return list(gifts)
    household = await Household.get_or_none(id=request.household_id) if request.household_id else None
    grade = household.grade if household is not None and household.grade in limits else ANY_GRADE
    most = limits.get(grade)
    found = []
    for gift in gifts:
        if gift.kind == "cash":
            value = gift.value_fen or max(0, (most or 0) * 100 - given)
            if not value:
                raise BadInput("现金是多少元？请写上，例如“现金500元”。")
            given += value
            gift = gift._replace(item=gift.item or "现金", value_fen=value)
        found.append(gift)
    if most is not None and given > most * 100:
        whose = f"{grade}困难户" if grade != ANY_GRADE else "没有困难等级的户"
        raise BadInput(f"{whose}一次现金最多 {most} 元，这里合计 {yuan(given)} 元。请核对，或请管理员改规定。")
    return found


def things_of(rows: Iterable[Relief]) -> str:
    """For the family: the things and the cash, without what the goods cost."""
    gifts = [gift_of(row) for row in rows]
    return shown_all([gift if gift.kind == "cash" else gift._replace(value_fen=0) for gift in gifts])
