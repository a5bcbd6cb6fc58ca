"""Who of a family agreed to what, when and in which words; it can be withdrawn, and is never overwritten."""

from datetime import datetime

from bot import clock
from bot.actions.households import wishes
from bot.actions.privacy import audit
from bot.errors import BadInput, NotFound
from bot.models import Consent, Member, db

PURPOSE_MAX, WORDS_MAX = 40, 500


async def give(
    household_id: int,
    member_id: int,
    purpose: str,
    words: str = "",
    *,
    given_at: datetime | None = None,
    by: int | None = None,
) -> Consent:
    """Note a consent, of now unless it was given earlier."""
    purpose, words = " ".join(purpose.split()), " ".join(words.split())
    now = clock.now()
    if not purpose or len(purpose) > PURPOSE_MAX or len(words) > WORDS_MAX:
        raise BadInput(f"请写明同意做什么，最多 {PURPOSE_MAX} 个字；原话最多 {WORDS_MAX} 个字")
    if given_at is not None and given_at > now:
        raise BadInput("同意日期还没到，请核对年份")
    async with db.transaction():
        household = await wishes.household_of(household_id, by)
        if not await Member.filter(id=member_id, household_id=household.id).exists():
            raise NotFound("这一户里没有这个人，请核对姓名")
        consent = await Consent.create(
            household_id=household.id,
            member_id=member_id,
            purpose=purpose,
            words=words or None,
            staff_id=by,
            given_at=given_at or now,
        )
        await audit.note("consent.give", "household", household.id, staff_id=by, consent=consent.id)
    return consent


async def withdraw(consent_id: int, *, by: int | None = None) -> bool:
    """They take it back; the row stays. Returns False when they already had."""
    async with db.transaction():
        consent = await Consent.get_or_none(id=consent_id)
        household = await wishes.household_of(0 if consent is None else consent.household_id, by)
        assert consent is not None
        if consent.withdrawn_at is not None:
            return False
        consent.withdrawn_at = clock.now()
        await consent.save(update_fields=["withdrawn_at"])
        await audit.note("consent.withdraw", "household", household.id, staff_id=by, consent=consent.id)
    return True


async def holding(household_id: int, purpose: str | None = None) -> list[Consent]:
    """Those that hold now, the latest first."""
    found = Consent.filter(household_id=household_id, withdrawn_at=None)
    return await (found if purpose is None else found.filter(purpose=purpose)).order_by("-given_at", "-id")
