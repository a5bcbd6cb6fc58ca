"""A family of whom everything is kept that can be kept: for the tests of giving it out and of forgetting it."""

from bot import clock
from bot.actions.staff import people
from bot.models import Audit, Consent, HelpRequest, Household, HouseholdDate, Label, Member
from tests.people import CHAIR, LIU, VOLUNTEER, WU, settle
from tests.room import Room

PHONE, ADDRESS, NICKNAME = "13800000100", "向阳街七号楼二单元", "岁月静好芳"
WORDS, NOTE = "家里没米了，老伴的腿又疼了", "她说女儿在外地回不来"
SECRETS = ["刘桂芳", PHONE, LIU, ADDRESS, NICKNAME, WORDS, NOTE, "阴面那间屋"]


async def lived() -> Room:
    """刘桂芳 has everything that can be kept about a family, and it is all done and over; 吴德顺 is their neighbour."""
    await settle()
    room = Room()
    house = await Household.get(code="H0123")
    liu = await Member.get(name="刘桂芳")
    await Household.filter(id=house.id).update(address=ADDRESS, note="阴面那间屋漏雨", may_tell="只告诉女儿刘小妹")
    await HouseholdDate.create(household=house, kind="avoid", month=3, day=12, title="老伴忌日")
    now = clock.now()
    await Consent.create(household=house, member=liu, purpose="登记和回访", words="可以打电话", given_at=now)
    await people.issue_member_code(liu.id)
    number = (await room.say(WORDS, LIU, nickname=NICKNAME))[0].text
    assert "12356" not in number
    await room.say("收到 1", CHAIR)
    await room.say("派 1 陈小满", CHAIR)
    await room.say("详情 1", CHAIR)
    await room.say("送达 1 米10斤 油1桶 186.5元", VOLUNTEER)
    await room.say("回访确认 1", VOLUNTEER)
    await room.say(f"回访 H0123 平安 {NOTE}", VOLUNTEER)
    await room.say("家里没米了，谁能帮帮我们", WU)
    await room.deliver()
    await HelpRequest.filter(id=1).update(nickname=NICKNAME)  # kept of whoever was not known when they wrote
    await Label.create(day=now, words=WORDS, ask=True)
    await Audit.create(
        at=now, action="phone.shown", subject="household", subject_id=house.id, reason=f"给{liu.name}送米要联系"
    )
    return room
