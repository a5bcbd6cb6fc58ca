"""/roster: lists, search and one household through a real server; what a page shows, to whom, and what it leaves."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot import clock
from bot.actions.households import phones
from bot.models import (
    Assignment,
    Audit,
    BindCode,
    Consent,
    Delivery,
    FollowUp,
    HelpRequest,
    Household,
    HouseholdDate,
    Identity,
    Member,
    Round,
    Unit,
)
from bot.web.reads import roster as reads
from tests import people
from tests.web import Console, console

LIU = "/roster/H0123"


async def calls(code: str, *made: tuple[str, int]) -> None:
    """Follow-ups with these outcomes, so many days ago."""
    household, staff = await Household.get(code=code), await people.staff_id(people.VOLUNTEER)
    for outcome, days in made:
        at = clock.now() - timedelta(days=days)
        await FollowUp.create(household_id=household.id, staff_id=staff, outcome=outcome, at=at)


async def codes(site: Console, address: str) -> list[str]:
    page = await site.get(address, as_=people.CHAIR)
    assert page.status == 200
    return [code for code in ("H0123", "H0124", "H0201") if f'href="/roster/{code}"' in page.html]


async def test_a_chair_sees_her_own_families_masked(database: str) -> None:
    async with console(database) as site:
        await calls("H0123", ("well", 1))
        page = await site.get("/roster", as_=people.CHAIR)
        assert "刘桂芳" in page.text and "138****0100" in page.text and "接通-平安" in page.text
        assert "马素英" not in page.text and "13800000100" not in page.html
        row = await Audit.filter(action="view.list").order_by("-id").first()
        assert row is not None and row.detail["list"] == "roster" and len(row.detail["households"]) == 2
        assert await codes(site, "/roster?category=孤寡老人") == ["H0124"]
        assert (await site.get("/roster?unit=M2", as_=people.CHAIR)).status == 403
        assert "马素英" in (await site.get("/roster?unit=M2", as_=people.ADMIN)).text


async def test_an_empty_roster_says_what_to_do(database: str) -> None:
    async with console(database) as site:
        await Household.filter(code="H0201").update(unit_id=(await Unit.get(code="M1")).id)
        page = await site.get("/roster", as_=people.OUTSIDER)
        assert "名册还是空的" in page.text and 'href="/roster/import"' in page.html


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("刘桂芳", ["H0123"]),
        ("刘", ["H0123"]),
        ("h0124", ["H0124"]),
        ("124", ["H0124"]),
        ("13800000100", ["H0123"]),
        ("0101", ["H0124"]),
        ("马素英", []),
        ("13800000102", []),
        ("%", []),
        ("H01_3", []),
        ("H012", ["H0123", "H0124"]),
        ("没有这个人", []),
    ],
)
async def test_a_search_stays_in_the_unit(database: str, said: str, found: Sequence[str]) -> None:
    async with console(database) as site:
        for member in await Member.all():
            await Member.filter(id=member.id).update(phone_ending=phones.ending_index(member.phone or ""))
        page = await site.post("/roster/search", {"q": said}, as_=people.CHAIR)
        if len(found) == 1:
            assert page.location == f"/roster/{found[0]}"
        else:
            assert [code for code in ("H0123", "H0124", "H0201") if f'href="/roster/{code}"' in page.html] == list(
                found
            )
            assert found or "没有找到" in page.text


async def test_what_was_forgotten_is_found(database: str) -> None:
    async with console(database) as site:
        await calls("H0123", ("well", 40), ("no_answer", 1))
        assert await codes(site, "/roster?show=never") == ["H0124"]
        assert await codes(site, "/roster?show=silent") == ["H0123"]
        await calls("H0124", ("call_later", 1))
        await Household.filter(code="H0124").update(next_call_at=clock.now() - timedelta(hours=1))
        assert await codes(site, "/roster?show=promised") == ["H0124"]
        await Household.filter(code="H0124").update(do_not_call=True)
        assert await codes(site, "/roster?show=promised") == []
        assert await codes(site, "/roster?show=no_calls") == ["H0124"]


async def test_a_round_is_narrowed_to_its_steps(database: str) -> None:
    async with console(database) as site:
        unit = await Unit.get(code="M1")
        round_ = await Round.create(name="十月", unit_id=unit.id, starts_at=clock.now())
        liu = await Household.get(code="H0123")
        await Assignment.create(round_id=round_.id, household_id=liu.id, state="visit")
        assert await codes(site, f"/roster?round={round_.id}") == ["H0123"]
        assert await codes(site, f"/roster?round={round_.id}&step=visit") == ["H0123"]
        assert await codes(site, f"/roster?round={round_.id}&step=free") == []
        assert (await site.get(f"/roster?round={round_.id}", as_=people.OUTSIDER)).status == 404


async def test_pages_go_on_where_the_last_one_ended(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "PAGE", 2)
    monkeypatch.setattr(reads, "STRETCH", 3)
    async with console(database) as site:
        unit = await Unit.get(code="M1")
        for number in range(5):
            made = await Household.create(code=f"H05{number:02d}", unit_id=unit.id, category="孤寡老人")
            await Member.create(household_id=made.id, name=f"老人{number}")
        for address, expected in (("/roster", 7), ("/roster?show=never", 6)):
            await calls("H0500", ("well", 1))
            seen: list[str] = []
            while address:
                page = await site.get(address, as_=people.CHAIR, hx=bool(seen))
                some = [part.split('"')[0] for part in page.html.split('href="/roster/H')[1:]]
                assert not set(some) & set(seen) and len(some) <= 2
                seen += some
                address = (
                    page.html.split('hx-get="')[1].split('"')[0].replace("&amp;", "&") if "hx-get" in page.html else ""
                )
            assert len(seen) == expected and seen == sorted(seen)


async def test_one_household_whole(database: str) -> None:
    async with console(database) as site:
        house = await Household.get(code="H0123")
        house.address, house.note = "北岭村 3 号", "独居"
        await house.save()
        await calls("H0123", ("well", 1))
        await HelpRequest.create(
            household_id=house.id, unit_id=house.unit_id, source="behalf", kinds=["food"], urgency="normal",
            opened_at=clock.now(),
        )  # fmt: skip
        page = await site.get(LIU, as_=people.CHAIR)
        for words in ("刘桂芳", "138****0100", "接通-平安", "米面粮油", "qq", "还没有记下同意"):
            assert words in page.text, words
        assert "北岭村" not in page.html and "独居" not in page.html and "13800000100" not in page.html
        assert "刘桂芳" not in page.html.split("</title>")[0]
        assert (await site.get("/roster/H9999", as_=people.CHAIR)).status == 404


async def test_in_clear_takes_a_reason_and_leaves_a_row(database: str) -> None:
    async with console(database) as site:
        house = await Household.get(code="H0123")
        house.address = "北岭村 3 号"
        await house.save()
        son = await Member.create(household_id=house.id, name="刘强", phone="13800000777", phone_index="x")
        page = await site.post(f"{LIU}/look", {"what": "address", "reason": " "}, as_=people.CHAIR, hx=True)
        assert page.status == 422 and "为什么要看" in page.text and "北岭村" not in page.html
        assert not await Audit.filter(action="view.clear").exists()
        page = await site.post(f"{LIU}/look", {"what": "address", "reason": "送米"}, as_=people.CHAIR, hx=True)
        assert page.status == 200 and "北岭村 3 号" in page.text and "<html" not in page.html
        page = await site.post(f"{LIU}/look", {"what": f"phone:{son.id}", "reason": "送米"}, as_=people.CHAIR)
        assert "13800000777" in page.text and "<html" in page.html
        rows = await Audit.filter(action="view.clear").order_by("id")
        assert [(row.detail["what"], row.reason, row.subject_id) for row in rows] == [
            (["address"], "送米", house.id), (["phone"], "送米", house.id)
        ]  # fmt: skip
        stranger = await Member.get(name="吴德顺")
        page = await site.post(f"{LIU}/look", {"what": f"phone:{stranger.id}", "reason": "送米"}, as_=people.CHAIR)
        assert page.status == 404 and await Audit.filter(action="view.clear").count() == 2
        await site.get(LIU, as_=people.CHAIR)
        page = await site.get(f"{LIU}/access", as_=people.CHAIR)
        assert "看了完整的住址" in page.text and "送米" in page.text and "看了带姓名的户页" in page.text


async def test_wishes_are_written_down_and_not_over_one_another(database: str) -> None:
    async with console(database) as site:
        await site.post(f"{LIU}/calls", {"may": "no"}, as_=people.CHAIR)
        assert (await Household.get(code="H0123")).do_not_call
        page = await site.post(f"{LIU}/calls", {"may": "yes", "reason": ""}, as_=people.CHAIR)
        assert page.status == 422 and "写明为什么" in page.text
        await site.post(f"{LIU}/calls", {"may": "yes", "reason": "家属来电说可以"}, as_=people.CHAIR)
        await site.post(f"{LIU}/messages", {"may": "no"}, as_=people.CHAIR)
        await site.post(f"{LIU}/time", {"words": "晚上七点以后", "seen": ""}, as_=people.CHAIR)
        house = await Household.get(code="H0123")
        assert (house.do_not_call, house.messages_off, house.best_time) == (False, True, "晚上七点以后")
        page = await site.post(f"{LIU}/time", {"words": "早上", "seen": ""}, as_=people.DEPUTY)
        assert page.status == 409 and "刚才被别人改过" in page.text and 'value="晚上七点以后"' in page.html
        await site.post(f"{LIU}/tell", {"words": "她妹妹", "seen": ""}, as_=people.CHAIR)
        page = await site.post(f"{LIU}/tell", {"words": "谁也不", "seen": ""}, as_=people.DEPUTY)
        assert page.status == 409 and "她妹妹" not in page.html
        assert (await Household.get(code="H0123")).may_tell == "她妹妹"


async def test_dates_and_consents_come_and_go(database: str) -> None:
    async with console(database) as site:
        member = await Member.get(name="刘桂芳")
        typed = {"kind": "avoid", "month": "2", "day": "30", "title": "忌日"}
        page = await site.post(f"{LIU}/dates-add", typed, as_=people.CHAIR)
        assert page.status == 422 and 'value="忌日"' in page.html
        page = await site.post(f"{LIU}/dates-add", typed | {"day": "3"}, as_=people.CHAIR)
        assert page.location == f"{LIU}#dates" and "2月3日" in (await site.get(LIU, as_=people.CHAIR)).text
        day = await HouseholdDate.get()
        outside = await site.post("/roster/H0201/dates-remove", {"id": str(day.id)}, as_=people.OUTSIDER)
        assert outside.status == 404 and await HouseholdDate.exists()
        await site.post(f"{LIU}/dates-remove", {"id": str(day.id)}, as_=people.CHAIR)
        assert not await HouseholdDate.exists()
        await site.post(
            f"{LIU}/consents-give",
            {"member": str(member.id), "purpose": "电话回访", "words": "可以打"},
            as_=people.CHAIR,
        )
        given = await Consent.get()
        assert "电话回访" in (page := await site.get(LIU, as_=people.CHAIR)).text and "可以打。" not in page.text
        await site.post(f"{LIU}/consents-withdraw", {"id": str(given.id)}, as_=people.CHAIR)
        assert (await Consent.get()).withdrawn_at is not None


async def test_accounts_and_guardians(database: str) -> None:
    async with console(database) as site:
        house, liu = await Household.get(code="H0123"), await Member.get(name="刘桂芳")
        child = await Member.create(household_id=house.id, name="刘小军", relation="孙子")
        page = await site.post(f"{LIU}/code", {"member": str(liu.id)}, as_=people.CHAIR)
        assert page.status == 200 and "绑定 " in page.text and page.headers["Cache-Control"] == "no-store"
        assert await BindCode.filter(member_id=liu.id).count() == 1
        wu = await Member.get(name="吴德顺")
        assert (await site.post(f"{LIU}/code", {"member": str(wu.id)}, as_=people.CHAIR)).status == 404
        typed = {"member": str(child.id), "under_14": "1", "guardian": ""}
        assert (await site.post(f"{LIU}/people-guardian", typed, as_=people.CHAIR)).status == 422
        await site.post(f"{LIU}/people-guardian", typed | {"guardian": str(liu.id)}, as_=people.CHAIR)
        child = await Member.get(id=child.id)
        assert (child.under_14, child.guardian_id) == (True, liu.id)
        account, other = await Identity.get(user_id=people.LIU), await Identity.get(user_id=people.WU)
        assert (await site.post(f"{LIU}/people-unbind", {"id": str(other.id)}, as_=people.CHAIR)).status == 404
        await site.post(f"{LIU}/people-unbind", {"id": str(account.id)}, as_=people.CHAIR)
        assert not await Identity.filter(user_id=people.LIU).exists() and await Identity.exists(id=other.id)


async def test_the_roster_is_taken_out(database: str) -> None:
    async with console(database) as site:
        page = await site.post("/roster/export", {"unit": "M1", "kind": "csv"}, as_=people.CHAIR)
        assert page.headers["Content-Disposition"] == 'attachment; filename="roster.csv"'
        assert "刘桂芳" in page.html and "138****0100" in page.html and "马素英" not in page.html
        page = await site.post("/roster/export", {"unit": "M1", "clear": "1", "reason": ""}, as_=people.CHAIR)
        assert page.status == 422 and "写明原因" in page.text
        typed = {"unit": "M1", "kind": "csv", "clear": "1", "reason": "上门慰问核对地址"}
        assert "13800000100" in (await site.post("/roster/export", typed, as_=people.CHAIR)).html
        assert (await site.post("/roster/export", {"unit": "M2"}, as_=people.CHAIR)).status == 403
        page = await site.post("/roster/export", {"unit": "M1", "kind": "xlsx"}, as_=people.CHAIR)
        assert page.html.startswith("PK") and "138****0100" not in page.html
        rows = await Audit.filter(action="roster.export").order_by("id")
        assert [(row.detail["clear"], row.reason) for row in rows] == [
            (False, None),
            (True, "上门慰问核对地址"),
            (False, None),
        ]
        [told] = await Delivery.filter(key__startswith="n:export:")
        assert (
            told.chat_id == people.ADMIN
            and f"王秀兰在 {clock.local(rows[1].at):%m-%d %H:%M} 导出了完整的名册，2 户" in (told.body or "")
        )
        assert "138" not in (told.body or "") and not told.quiet_hours
