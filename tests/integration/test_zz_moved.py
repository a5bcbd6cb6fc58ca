from bot.models import *
from bot import clock
from tests import people
from tests.room import Room
from tests.web import console
from tests.people import *

async def test_a_chair_who_works_elsewhere_now(database: str) -> None:
    async with console(database) as site:
        room = Room()
        await room.say(NEED, LIU)
        n = (await HelpRequest.get()).id
        await HelpRequest.filter(id=n).update(state="closed", closed_as="helped", closed_at=clock.now())
        await Staff.filter(id=await people.staff_id(CHAIR)).update(unit_id=(await Unit.get(code="M2")).id)
        page = await site.get(f"/requests/{n}", as_=CHAIR)
        print(page.status, NEED in page.text, "刘桂芳" in page.text)
        page = await site.post(f"/requests/{n}/look", {"what": "phone", "reason": "送米联系"}, as_=CHAIR, hx=True)
        print(page.status, "13800000100" in page.text)
        page = await site.get("/requests?state=closed", as_=CHAIR)
        print("H0123" in page.text)
        assert 0
