"""Groups are learnt silently, and speak only after a person gave them a unit and switched them on."""

import pytest

from bot.actions.broadcasting import groups
from bot.actions.staff import directory, people
from bot.errors import BadInput, NotAllowed, NotFound
from bot.events import GroupInfo
from bot.models import Audit, Group


async def test_new_groups_are_off_and_known_ones_keep_their_state(database: str) -> None:
    await people.add_unit("M1", "一矿")
    await groups.learnt("qq", [GroupInfo("1", "家属群"), GroupInfo("2", "职工群"), GroupInfo("1", "家属群")])
    assert not await Group.filter(enabled=True).exists()
    await groups.switch("qq", "1", True, "M1", ["family", " family ", ""])
    await groups.learnt("qq", [GroupInfo("1", "家属群(新)"), GroupInfo("2", ""), GroupInfo("3", "x\0" + "长" * 300)])
    await groups.learnt("wechat", [GroupInfo("1", "另一个网络")])
    rows = {(row.channel, row.chat_id): row for row in await Group.all()}
    assert len(rows) == 4
    first = rows["qq", "1"]
    assert (first.name, first.enabled, first.tags) == ("家属群(新)", True, ["family"])
    assert rows["qq", "2"].name == "职工群" and len(rows["qq", "3"].name) == 200
    await directory.refresh_if_forgotten()
    place = directory.place("qq", "1")
    assert place is not None and place.name == "家属群(新)"
    assert directory.place("qq", "2") is None


async def test_hearing_the_same_again_writes_nothing(database: str) -> None:
    await groups.learnt("qq", [GroupInfo("1", "家属群")])
    before = await Audit.all().count()
    await groups.learnt("qq", [GroupInfo("1", "家属群")])
    await groups.learnt("qq", [])
    assert await Audit.all().count() == before


async def test_switching_off_takes_it_from_the_directory(database: str) -> None:
    await people.add_unit("M1", "一矿")
    await groups.learnt("qq", [GroupInfo("1", "家属群")])
    await groups.switch("qq", "1", True, "M1", ["family"])
    await groups.switch("qq", "1", False)
    await directory.refresh_if_forgotten()
    row = await Group.get(chat_id="1")
    assert directory.place("qq", "1") is None and row.tags == ["family"] and row.unit_id is not None
    with pytest.raises(NotFound):
        await groups.switch("qq", "unknown", True, "M1")


async def test_a_group_needs_a_unit_and_a_person_who_may(database: str) -> None:
    for code in ("M1", "M2"):
        await people.add_unit(code, code)
    await groups.learnt("qq", [GroupInfo("1", "家属群")])
    with pytest.raises(BadInput):
        await groups.switch("qq", "1", True)
    one, two = [await people.add_staff("甲", "chair", code) for code in ("M1", "M2")]
    editor = await people.add_staff("乙", "editor", "M1")
    with pytest.raises(NotAllowed):
        await groups.switch("qq", "1", True, "M1", by=editor.id)
    with pytest.raises(NotAllowed):
        await groups.switch("qq", "1", True, "M1", by=two.id)
    assert not (await Group.get(chat_id="1")).enabled
    await groups.switch("qq", "1", True, "M1", by=one.id)
    with pytest.raises(NotAllowed):
        await groups.switch("qq", "1", True, "M2", by=two.id)  # it is not theirs to take
    with pytest.raises(BadInput):
        await groups.switch("qq", "1", True, tags=["长" * 21])
