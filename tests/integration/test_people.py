"""Units, staff and accounts: who gets a right, and that it ends when it should."""

import asyncio
from datetime import timedelta

import pytest

from bot import clock
from bot.actions.staff import directory, people
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.models import Audit, BindCode, Household, Identity, Member, Staff, Unit


async def union() -> dict[str, Staff]:
    """G above M1 (above M1A) and M2; an admin at the top, a chair and a volunteer at M1."""
    await people.add_unit("G", "集团")
    await people.add_unit("M1", "一矿", "G")
    await people.add_unit("M2", "二矿", "G")
    await people.add_unit("M1A", "一矿一区", "M1")
    return {
        "admin": await people.add_staff("周一", "admin", "G"),
        "chair": await people.add_staff("王二", "chair", "M1"),
        "volunteer": await people.add_staff("陈三", "volunteer", "M1"),
    }


async def unit_id(code: str) -> int:
    return (await people.unit_by_code(code)).id


async def test_units_know_their_path(database: str) -> None:
    await union()
    top, below = await people.unit_by_code("G"), await people.unit_by_code("M1A")
    assert top.path == f"/{top.id}/"
    assert below.path == f"/{top.id}/{await unit_id('M1')}/{below.id}/"
    with pytest.raises(Conflict):
        await people.add_unit("M1", "又一个")
    with pytest.raises(NotFound):
        await people.add_unit("X", "无处", "nowhere")
    with pytest.raises(BadInput):
        await people.add_unit("  ", "无编号")
    assert await Audit.filter(action="unit.add").count() == 4


async def test_act_as_reads_role_and_unit_from_the_database(database: str) -> None:
    staff = await union()
    chair, admin = staff["chair"].id, staff["admin"].id
    m1a, m2 = await unit_id("M1A"), await unit_id("M2")
    assert (await people.act_as(chair, ("chair",), m1a)).id == chair
    assert (await people.act_as(admin, (), m2)).id == admin
    assert (await people.act_as(admin, (), None)).id == admin
    assert (await people.act_as(chair, ("chair",))).id == chair
    for refused in (
        (chair, ("chair",), m2),
        (chair, ("editor",), m1a),
        (chair, ("chair",), None),
        (chair, ("chair",), 99999),
        (99999, ("chair",), m1a),
    ):
        with pytest.raises(NotAllowed):
            await people.act_as(*refused)
    await Staff.filter(id=chair).update(role="volunteer")
    with pytest.raises(NotAllowed):
        await people.act_as(chair, ("chair",), m1a)


async def test_a_path_is_not_a_prefix_of_another_number(database: str) -> None:
    units = [await people.add_unit(f"U{n}", "单位") for n in range(1, 12)]  # ids 1 … 11: "/1/" is not in "/11/"
    staff = await people.add_staff("甲", "chair", "U1")
    with pytest.raises(NotAllowed):
        await people.act_as(staff.id, ("chair",), units[10].id)


async def test_a_code_binds_once_and_however_it_is_typed(database: str) -> None:
    staff = await union()
    code = await people.issue_code(staff["chair"].id)
    assert len(code) == 8 and set(code) <= set(people.ALPHABET)
    typed = f" {code[:4].lower()}-{code[4:]} ".translate({ord(c): ord(c) + 0xFEE0 for c in "ABC23456789"})
    assert (await people.bind("qq", "u1", typed)).id == staff["chair"].id
    await directory.refresh_if_forgotten()
    speaker = directory.speaker("qq", "u1")
    assert speaker is not None and (speaker.role, speaker.staff_id) == ("chair", staff["chair"].id)
    with pytest.raises(BadInput, match=people.BAD_CODE):
        await people.bind("qq", "u2", code)
    assert code not in str(await BindCode.all().values()) + str(await Audit.all().values())


async def test_unknown_expired_and_replaced_codes_are_told_apart_to_nobody(database: str) -> None:
    staff = await union()
    old = await people.issue_code(staff["chair"].id)
    new = await people.issue_code(staff["chair"].id)
    left = await people.issue_code(staff["volunteer"].id)
    await people.deactivate(staff["volunteer"].id)
    later = clock.now() + timedelta(hours=24, seconds=1)
    for code in ("", "ABCDEFGH", old, left):
        with pytest.raises(BadInput, match=people.BAD_CODE):
            await people.bind("qq", "u1", code)
    clock.use(lambda: later)
    with pytest.raises(BadInput, match=people.BAD_CODE):
        await people.bind("qq", "u1", new)
    assert not await Identity.exists()


async def test_one_person_several_accounts_but_one_account_one_person(database: str) -> None:
    staff = await union()
    for channel in ("qq", "wechat"):
        await people.bind(channel, "u1", await people.issue_code(staff["chair"].id))
    again = await people.issue_code(staff["chair"].id)
    assert (await people.bind("qq", "u1", again)).id == staff["chair"].id
    other = await people.issue_code(staff["volunteer"].id)
    with pytest.raises(Conflict):
        await people.bind("qq", "u1", other)
    await people.unbind("qq", "u1")
    assert (await people.bind("qq", "u1", other)).id == staff["volunteer"].id  # the refusal did not use it up
    with pytest.raises(NotFound):
        await people.unbind("qq", "nobody")


async def test_who_leaves_is_cut_off_in_one_step(database: str) -> None:
    staff = await union()
    await people.bind("qq", "u1", await people.issue_code(staff["chair"].id))
    await people.bind("wechat", "w1", await people.issue_code(staff["chair"].id))
    await directory.refresh_if_forgotten()
    assert directory.speaker("qq", "u1") is not None
    await people.deactivate(staff["chair"].id, by=staff["admin"].id)
    await directory.refresh_if_forgotten()
    assert directory.speaker("qq", "u1") is None and directory.speaker("wechat", "w1") is None
    with pytest.raises(NotAllowed):
        await people.act_as(staff["chair"].id, ("chair",))
    with pytest.raises(NotFound):
        await people.issue_code(staff["chair"].id)
    note = await Audit.get(action="staff.deactivate")
    assert (note.staff_id, note.detail) == (staff["admin"].id, {"accounts": 2, "sessions": 0})


async def test_only_an_admin_of_the_unit_may_manage_staff(database: str) -> None:
    staff = await union()
    branch = await people.add_staff("李四", "admin", "M1")
    outside = await people.add_staff("赵五", "volunteer", "M2")
    with pytest.raises(NotAllowed):
        await people.issue_code(staff["volunteer"].id, by=staff["chair"].id)
    with pytest.raises(NotAllowed):
        await people.deactivate(outside.id, by=branch.id)
    with pytest.raises(NotAllowed):
        await people.add_staff("钱六", "admin", "G", by=branch.id)
    with pytest.raises(NotAllowed):
        await people.add_unit("N", "新集团", by=branch.id)
    assert (await people.add_unit("M1B", "一矿二区", "M1", by=branch.id)).path.count("/") == 4
    with pytest.raises(BadInput):
        await people.add_staff("孙七", "king", "G")
    with pytest.raises(BadInput):
        await people.add_staff("孙七", "editor", "G", deputy=True)


async def test_a_family_member_is_bound_and_unbound(database: str) -> None:
    staff = await union()
    household = await Household.create(code="H0001", unit_id=await unit_id("M1A"), category="困难职工")
    member = await Member.create(household=household, name="刘八")
    outside = await people.add_staff("赵五", "chair", "M2")
    with pytest.raises(NotAllowed):
        await people.bind_member("qq", "f1", member.id, by=outside.id)
    await people.bind_member("qq", "f1", member.id, by=staff["volunteer"].id)
    await people.bind_member("qq", "f1", member.id)
    await directory.refresh_if_forgotten()
    speaker = directory.speaker("qq", "f1")
    assert speaker is not None and (speaker.role, speaker.household_id) == ("family", household.id)
    with pytest.raises(Conflict):
        await people.bind("qq", "f1", await people.issue_code(staff["chair"].id))
    with pytest.raises(NotAllowed):
        await people.unbind("qq", "f1", by=staff["volunteer"].id)
    await people.unbind("qq", "f1", by=staff["chair"].id)
    await directory.refresh_if_forgotten()
    assert directory.speaker("qq", "f1") is None
    with pytest.raises(NotFound):
        await people.bind_member("qq", "f1", 99999)


async def test_two_who_add_the_same_unit_get_one_unit_and_a_plain_word(database: str) -> None:
    done = await asyncio.gather(*(people.add_unit("Z9", name) for name in ("一井", "二井")), return_exceptions=True)
    assert await Unit.filter(code="Z9").count() == 1
    refused = [one for one in done if isinstance(one, BaseException)]
    assert len(refused) == 1 and isinstance(refused[0], Conflict) and "已经有这个编号的单位" in str(refused[0])
