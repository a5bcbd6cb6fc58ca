"""Who of a household is named: the one who wrote, else the first of it."""

from bot.models import HelpRequest, Identity, Member


async def first(household_id: int) -> Member | None:
    return await Member.filter(household_id=household_id, erased_at=None).order_by("id").first()


async def writer(request: HelpRequest) -> Member | None:
    """The member whose words opened the request or made it more urgent; None when somebody else spoke for them."""
    if request.household_id is None or not request.sender_id:
        return None
    known = await Identity.get_or_none(
        channel=request.channel, user_id=request.sender_id, member__household_id=request.household_id
    ).select_related("member")
    member = known.member if known is not None else None
    return member if member is not None and member.erased_at is None else None


async def named(request: HelpRequest) -> Member | None:
    """Whom those who help are told of."""
    return await writer(request) or (await first(request.household_id) if request.household_id is not None else None)
