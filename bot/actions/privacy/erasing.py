"""A family, or one person of it, is forgotten: PIPL article 47. What was done for them stays as a count without a name.

Totals do not change: requests, calls and the relief ledger keep their rows, units, times and amounts. Everything
that says who it was, or what they said, goes; a keyed mark remains, so that an old sheet does not bring them back.
The rows are overwritten here; `db.overwrite` afterwards takes the bytes out of the files.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tortoise.models import Model

from bot import clock
from bot.actions.households import phones
from bot.actions.privacy import audit, erasing_messages, forgotten, telling_words
from bot.actions.privacy.telling_words import Words
from bot.actions.privacy.tracing import Traces, trace
from bot.actions.staff import directory, people
from bot.errors import BadInput, Conflict
from bot.models import (
    Assignment,
    BindCode,
    Consent,
    FollowUp,
    HelpRequest,
    Household,
    HouseholdDate,
    Identity,
    Member,
    Relief,
    RequestStep,
    db,
)

NAME = "已删除"
THING = "物资"
REASON_LEAST, REASON_MOST = 4, 100
NEEDS_REASON = f"请写明为什么，{REASON_LEAST} 到 {REASON_MOST} 个字，例如 本人来电要求"


class Erased(NamedTuple):
    """What was forgotten; `code` is what stands for the household from now on, `whole` whether all of it went."""

    code: str
    whole: bool
    people: int
    requests: int
    calls: int
    messages: int
    accounts: tuple[tuple[str, str], ...]
    words: Words


async def erase(code: str, reason: str, *, member: str | None = None, by: int | None = None) -> Erased:
    """Forget a household, or its member of that name; the last member takes the household along.

    Raises NotFound, BadInput, Conflict while a request of theirs is open, NotAllowed for who is no admin of the unit.
    """
    reason = checked(reason)
    async with db.transaction():
        found = await _whom(code, member)
        if by is not None:
            await people.act_as(by, (), found.household.unit_id)
        await _ready(found)
        words = telling_words.of(found)
        messages = await erasing_messages.forget(found, words)
        await forgotten.add(await _marks(found))
        await (_household(found) if found.member is None else _in_household(found, words))
        await _everywhere(found, words)
        done = _done(found, words, messages)
        subject, subject_id = ("household", found.household.id) if done.whole else ("member", found.members[0].id)
        counts = {"people": done.people, "requests": done.requests, "calls": done.calls, "messages": messages}
        await audit.note("person.erase", subject, subject_id, staff_id=by, reason=words.struck(reason), **counts)
        await directory.changed()
    return done


def checked(reason: str) -> str:
    """On one line, neither too short nor too long. Raises BadInput."""
    reason = " ".join(reason.split())
    if not REASON_LEAST <= len(reason) <= REASON_MOST:
        raise BadInput(NEEDS_REASON)
    return reason


def neutral(household_id: int) -> str:
    return f"E{household_id}"


async def _whom(code: str, member: str | None) -> Traces:
    await Household.filter(code=code.strip().upper()).select_for_update()
    if member is None:
        return await trace(code)
    found = await trace(code, member)
    alone = not await Member.filter(household_id=found.household.id, erased_at=None).exclude(id=found.members[0].id)
    return await trace(code) if alone else found


async def _ready(found: Traces) -> None:
    """Nobody is forgotten while somebody is on the way to them, and no child is left without a guardian."""
    open_ = [str(one.id) for one in found.requests if one.state != "closed"]
    if open_:
        listed = "、".join(open_)
        raise Conflict(f"还有没办结的求助单：{listed}。先请主席办结（例如 办结 {open_[0]} 不需要了），再来删除。")
    if found.member is not None:
        wards = await Member.filter(guardian_id=found.member.id, erased_at=None)
        if wards:
            raise Conflict(f"{wards[0].name}的监护人是{found.member.name}，请先换一位监护人，再来删除。")


async def _marks(found: Traces) -> list[str]:
    """A phone that somebody else has as well goes on being theirs."""
    code, gone = found.household.code, [one.id for one in found.members]
    marks = [forgotten.person(code, one.name) for one in found.members]
    if found.member is None:
        marks += [forgotten.household(code), forgotten.household(neutral(found.household.id))]
    for one in found.members:
        same = Member.filter(phone_index__in=phones.indexes(one.phone or ""))
        if one.phone and not await same.exclude(id__in=gone).exists():
            marks.append(forgotten.phone(one.phone))
    return marks


async def _household(found: Traces) -> None:
    """The whole of it: what is left is a unit, a category, and numbers."""
    house, now = found.household.id, clock.now()
    await Household.filter(id=house).update(
        code=neutral(house),
        grade="",
        address=None,
        note=None,
        best_time="",
        may_tell=None,
        messages_off=True,
        do_not_call=True,
        next_call_at=None,
        erased_at=now,
    )
    await HouseholdDate.filter(household_id=house).delete()
    await FollowUp.filter(household_id=house).update(note=None)
    await Assignment.filter(household_id=house).update(state="done", held_household_id=None)
    await _people(found)


async def _in_household(found: Traces, words: Words) -> None:
    """One of several: their name is struck out where the family's own texts name them."""
    await _people(found)
    rest = await trace(found.household.code)
    await _strike([rest.household], ("address", "note", "best_time", "may_tell"), words)
    for day in rest.dates:
        if words.name_them([day.title or ""]):
            await day.delete()
    await _strike(rest.calls, ("note",), words)
    await _strike(rest.consents, ("words",), words)
    await _strike(rest.reliefs, ("note", "item"), words)
    await _strike(rest.requests, ("words", "why", "nickname"), words)
    await _strike(rest.steps, ("words",), words)


async def _people(found: Traces) -> None:
    ids, now = [one.id for one in found.members], clock.now()
    await Identity.filter(member_id__in=ids).delete()
    await BindCode.filter(member_id__in=ids).delete()
    consents = Consent.filter(id__in=[one.id for one in found.consents])
    await consents.update(words=None)
    await consents.filter(withdrawn_at=None).update(withdrawn_at=now)
    await Member.filter(id__in=ids).update(
        name=NAME,
        relation="",
        phone=None,
        phone_index=None,
        phone_ending=None,
        under_14=False,
        guardian_id=None,
        erased_at=now,
    )


async def _everywhere(found: Traces, words: Words) -> None:
    """What they wrote and what was noted about it; and where somebody who is on no roster wrote about them."""
    ids = found.request_ids
    await HelpRequest.filter(id__in=ids).update(words=None, why=None, nickname=None, sender_id="", message_key=None)
    await RequestStep.filter(request_id__in=ids).update(words=None)
    await Relief.filter(id__in=[one.id for one in found.reliefs]).update(note=None)
    for relief in found.reliefs:
        if words.name_them([relief.item]):
            await Relief.filter(id=relief.id).update(item=THING)
    strangers = await HelpRequest.filter(household_id=None)
    await _strike(strangers, ("words", "why", "nickname"), words)
    await _strike(await RequestStep.filter(request_id__in=[one.id for one in strangers]), ("words",), words)


async def _strike(rows: Iterable[Model], fields: Sequence[str], words: Words) -> None:
    for row in rows:
        old = {name: getattr(row, name) for name in fields}
        new = {name: words.struck(text) for name, text in old.items() if text and words.struck(text) != text}
        if new:
            await type(row).filter(pk=row.pk).update(**new)


def _done(found: Traces, words: Words, messages: int) -> Erased:
    whole = found.member is None
    code = neutral(found.household.id) if whole else found.household.code
    accounts = {*found.accounts, *((one.channel, one.sender_id) for one in found.requests if one.sender_id)}
    return Erased(
        code,
        whole,
        len(found.members),
        len(found.requests),
        len(found.calls),
        messages,
        tuple(sorted(accounts)),
        words,
    )
