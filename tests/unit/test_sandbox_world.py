"""The sample union holds together: whoever is named exists, and the demonstration can be played with it."""

from collections import Counter
from typing import get_args

import pytest
from msgspec import ValidationError, convert

from bot.sample import ROLE_NAMES, Category, Group, Household, World, load


@pytest.fixture(scope="module")
def world() -> World:
    return load()


def test_every_unit_named_exists_and_the_tree_has_one_top(world: World) -> None:
    codes = {unit.code for unit in world.units}
    named = {one.unit for some in (world.staff, world.groups, world.households) for one in some}
    assert named <= codes
    assert {unit.parent for unit in world.units} == {None, "G"}
    assert [unit.code for unit in world.units if unit.parent is None] == ["G"]


def test_everybody_in_a_group_is_somebody(world: World) -> None:
    members = {member for group in world.groups for member in group.members}
    assert members <= world.people.keys()
    assert all(len(set(group.members)) == len(group.members) for group in world.groups)


def test_nobody_is_there_twice(world: World) -> None:
    for values in (
        [one.code for one in world.households],
        [one.phone for one in world.households],
        [one.name for one in world.people.values()] + [one.name for one in world.households if not one.user_id],
        [one.id for one in world.groups],
    ):
        assert Counter(values).most_common(1)[0][1] == 1
    known = len(world.staff) + sum(1 for one in world.households if one.user_id)
    assert len([one for one in world.people.values() if one.persona != "neighbour"]) == known


def test_there_is_someone_for_every_part_of_the_play(world: World) -> None:
    assert {person.persona for person in world.people.values()} == ROLE_NAMES.keys()
    assert {one.role for one in world.staff} == {"admin", "chair", "editor", "volunteer"}
    assert {tag for group in world.groups for tag in group.tags} == {"family", "workers", "staff"}
    assert len(world.households) == 40 and len(world.groups) == 4
    assert {one.category for one in world.households} == set(get_args(Category))


def test_an_alert_can_climb(world: World) -> None:
    def chairs(unit: str) -> list[bool]:
        return [one.deputy for one in world.staff if one.role == "chair" and one.unit == unit]

    assert sorted(chairs("M1")) == [False, True], "chair and deputy"
    assert chairs("M3") == [], "nobody here: straight to the unit above"
    assert chairs("G") == [False]


def test_six_families_at_least_sit_in_groups_of_their_own_mine(world: World) -> None:
    units = {one.user_id: one.unit for one in world.households if one.user_id}
    seats = [(units[member], group.unit) for group in world.groups for member in group.members if member in units]
    assert len(seats) >= 6
    assert all(home == place for home, place in seats)
    staff_only = next(group for group in world.groups if "staff" in group.tags)
    assert not units.keys() & set(staff_only.members)


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": "010-1234"},
        {"code": "X1"},
        {"category": "其他"},
        {"nickname": "unknown key"},
    ],
)
def test_a_slip_in_the_file_is_refused(wrong: dict[str, str]) -> None:
    right = {
        "code": "H0001",
        "unit": "M1",
        "name": "甲",
        "relation": "本人",
        "category": "孤寡老人",
        "phone": "13800000001",
    }
    assert convert(right, Household).code == "H0001"
    with pytest.raises(ValidationError):
        convert(right | wrong, Household)


def test_an_unknown_tag_is_refused() -> None:
    with pytest.raises(ValidationError):
        convert({"id": "g", "name": "群", "unit": "G", "kind": "staff", "tags": ["everyone"]}, Group)
