"""Who is speaking: codes for families and staff, several networks, and that an account can be let go."""

from datetime import UTC, datetime

import pytest

from bot import clock
from bot.actions.staff import people
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.models import Audit, BindCode, HelpRequest, Identity, Member
from tests import people as cast
from tests.people import CHAIR, CHANNEL, LIU, NEED, OUTSIDER, STRANGER, VOLUNTEER, staff_id
from tests.room import Room

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
NEW = "33000009"


@pytest.fixture
async def room(database: str) -> Room:
    clock.use(lambda: NOON)
    await cast.settle(without=[LIU])
    return Room()


async def liu() -> Member:
    return await Member.get(name="刘桂芳")


async def say(room: Room, text: str, who: str) -> str:
    return (await room.say(text, who))[-1].text


async def test_a_family_becomes_known_by_a_code(room: Room) -> None:
    code = await people.issue_member_code((await liu()).id, by=await staff_id(VOLUNTEER))
    assert await say(room, f"绑定 {code.lower()}", LIU) == "绑定好了：刘桂芳（家属）。\n写“帮助”看看能做什么。"
    await room.say(NEED, LIU)
    request = await HelpRequest.get().select_related("household")
    assert request.household is not None and request.household.code == "H0123"
    assert people.BAD_CODE in await say(room, f"绑定 {code}", NEW)
    assert await Audit.filter(action="member.code").count() == 1
    assert code not in str(await BindCode.all().values())


async def test_one_member_on_several_networks_and_staff_codes_do_not_mix(room: Room) -> None:
    member = await liu()
    for channel, user in ((CHANNEL, LIU), ("wechat", "wx1")):
        bound = await people.bind(channel, user, await people.issue_member_code(member.id))
        assert (bound.id, bound.role) == (member.id, "family")
    assert await Identity.filter(member_id=member.id).count() == 2
    staff_code = await people.issue_code(await staff_id(CHAIR))
    member_code = await people.issue_member_code(member.id)
    with pytest.raises(Conflict):
        await people.bind(CHANNEL, LIU, staff_code)
    with pytest.raises(Conflict):
        await people.bind(CHANNEL, CHAIR, member_code)
    assert (await people.bind("wechat", "wx2", staff_code)).role == "chair"


async def test_a_newer_code_replaces_the_older_one_of_the_same_person_only(room: Room) -> None:
    member, other = await liu(), await Member.get(name="吴德顺")
    old, others = await people.issue_member_code(member.id), await people.issue_member_code(other.id)
    await people.issue_member_code(member.id)
    with pytest.raises(BadInput, match=people.BAD_CODE):
        await people.bind(CHANNEL, NEW, old)
    assert (await people.bind(CHANNEL, NEW, others)).id == other.id


async def test_who_may_give_out_a_code(room: Room) -> None:
    member = await liu()
    with pytest.raises(NotAllowed):
        await people.issue_member_code(member.id, by=await staff_id(OUTSIDER))
    with pytest.raises(NotFound):
        await people.issue_member_code(999_999)
    member.under_14 = True
    await member.save()
    with pytest.raises(BadInput, match="监护人"):
        await people.issue_member_code(member.id)


async def test_who_am_i(room: Room) -> None:
    assert await say(room, "我是谁", VOLUNTEER) == "这个账号是 陈小满（志愿者）。不对的话写“解绑”。"
    assert "还不认识这个账号" in await say(room, "我是谁", STRANGER)


async def test_letting_go_of_an_account(room: Room) -> None:
    await people.bind_member(CHANNEL, NEW, (await liu()).id)
    await Room().say("帮助", STRANGER)  # reads the directory again
    assert "不再是 刘桂芳 了" in await say(room, "解绑", NEW)
    assert "不再是 陈小满 了" in await say(room, "解除绑定", VOLUNTEER)
    assert await room.say("回访 H0123 平安", VOLUNTEER) == []
    assert await Identity.filter(user_id__in=[NEW, VOLUNTEER]).count() == 0
    assert await Audit.filter(action="identity.unbind").count() == 2
    assert await room.say("解绑", STRANGER) == []
    assert await room.say("解绑银行卡怎么弄", CHAIR) == []
