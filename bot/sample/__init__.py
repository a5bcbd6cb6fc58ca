"""The sample union, so that everything can be tried without WeChat, QQ or anybody's real roster.

It is data, not code: `union.toml` beside this file. Whoever wants another world builds a `World`.
"""

import tomllib
from importlib.resources import files
from typing import Annotated, Literal

from msgspec import Meta, Struct, convert

Role = Literal["admin", "chair", "editor", "volunteer"]
Persona = Literal["family", "volunteer", "chair", "editor", "admin", "neighbour"]
Tag = Literal["family", "workers", "staff"]
Category = Literal["工伤残职工", "工亡遗属", "孤寡老人", "留守儿童", "困难职工", "一线医护家庭"]
Phone = Annotated[str, Meta(pattern=r"^138\d{8}$")]


class Unit(Struct, frozen=True, forbid_unknown_fields=True):
    """A node of the union tree; only the top has no parent."""

    code: str
    name: str
    level: Literal["company", "area", "mine", "section"]
    parent: str | None = None


class Staff(Struct, frozen=True, forbid_unknown_fields=True):
    """Works with the bot. A chair with `deputy` is the second whom an alert reaches."""

    user_id: str
    name: str
    role: Role
    unit: str
    deputy: bool = False


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """One group chat. `kind` is what it is for in one word; schedules pick by `tags`."""

    id: str
    name: str
    unit: str
    kind: Tag
    tags: tuple[Tag, ...]
    members: tuple[str, ...] = ()


class Household(Struct, frozen=True, forbid_unknown_fields=True):
    """A family on the roster: `name` is the contact, `relation` theirs to whom the record is about."""

    code: Annotated[str, Meta(pattern=r"^H\d{4}$")]
    unit: str
    name: str
    relation: str
    category: Category
    phone: Phone
    user_id: str | None = None


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody on the sandbox network, as one plays them. `about` is a short Chinese line for the page."""

    user_id: str
    name: str
    persona: Persona = "neighbour"
    about: str = ""


class World(Struct, frozen=True):
    """A union with everyone in it. Test worlds may leave out what they do not need."""

    units: tuple[Unit, ...] = ()
    staff: tuple[Staff, ...] = ()
    groups: tuple[Group, ...] = ()
    households: tuple[Household, ...] = ()
    people: dict[str, Person] = {}


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    units: tuple[Unit, ...]
    staff: tuple[Staff, ...]
    neighbours: tuple[Person, ...]
    groups: tuple[Group, ...]
    households: tuple[Household, ...]


ROLE_NAMES: dict[Persona, str] = {
    "family": "家属",
    "volunteer": "志愿者",
    "chair": "主席",
    "editor": "宣传",
    "admin": "管理员",
    "neighbour": "邻居",
}


def load() -> World:
    """Read the sample union that comes with the package."""
    text = files(__name__).joinpath("union.toml").read_text(encoding="utf-8")
    data = convert(tomllib.loads(text), _File)
    people = {person.user_id: person for person in _people(data)}
    return World(data.units, data.staff, data.groups, data.households, people)


def _people(data: _File) -> list[Person]:
    units = {unit.code: unit.name for unit in data.units}
    families = [
        Person(one.user_id, one.name, "family", f"{units[one.unit]} · {one.code} · {one.category}（{one.relation}）")
        for one in data.households
        if one.user_id
    ]
    staff = [Person(one.user_id, one.name, one.role, f"{units[one.unit]} · {_title(one)}") for one in data.staff]
    strangers = [Person(one.user_id, one.name, "neighbour", "不在名册上") for one in data.neighbours]
    return families + staff + strangers


def _title(one: Staff) -> str:
    return "副主席" if one.deputy else ROLE_NAMES[one.role]
