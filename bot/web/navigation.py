"""The way around for each role. An entry shows once there is a page behind it."""

from collections.abc import Collection
from typing import NamedTuple

from bot.actions.staff.sessions import Me
from bot.web.languages import N_


class Entry(NamedTuple):
    path: str
    label: str
    icon: str
    roles: frozenset[str]


class Link(NamedTuple):
    """An entry as it stands on a page; `main` ones fit the bar of a phone, the rest wait behind “更多”."""

    path: str
    label: str
    icon: str
    here: bool
    main: bool


MAIN = 4  # beside “我”


def _entry(path: str, label: str, icon: str, *roles: str) -> Entry:
    return Entry(path, label, icon, frozenset({"admin", *roles}))


ENTRIES = [
    _entry("/today", N_("今天"), "today", "chair"),
    _entry("/calls", N_("我的回访"), "phone", "volunteer", "chair"),
    _entry("/requests", N_("求助"), "heart", "chair", "volunteer"),
    _entry("/rounds", N_("回访"), "rounds", "chair"),
    _entry("/roster", N_("名册"), "roster", "chair"),
    _entry("/figures", N_("统计"), "chart", "chair"),
    _entry("/calendar", N_("排期"), "calendar", "editor"),
    _entry("/texts", N_("文案"), "text", "editor", "chair"),
    _entry("/broadcasts", N_("播发"), "send", "editor"),
    _entry("/staff", N_("人员"), "people"),
    _entry("/groups", N_("群"), "groups"),
    _entry("/channels", N_("渠道"), "plug"),
    _entry("/audit", N_("审计"), "eye"),
    _entry("/settings", N_("设置"), "gear"),
]
ME = Entry("/me", N_("我"), "person", frozenset({"admin", "chair", "editor", "volunteer"}))


def of(me: Me | None, path: str, pages: Collection[str]) -> list[Link]:
    """What the person may open, in order, “我” last; nothing for who is not signed in."""
    if me is None:
        return []
    mine = [one for one in ENTRIES if me.role in one.roles and one.path in pages]
    shown = [Link(one.path, one.label, one.icon, _here(one.path, path), n < MAIN) for n, one in enumerate(mine)]
    return [*shown, Link(ME.path, ME.label, ME.icon, _here(ME.path, path), len(shown) <= MAIN)]


def _here(entry: str, path: str) -> bool:
    return path == entry or path.startswith(f"{entry}/")


def landing(me: Me, pages: Collection[str]) -> str:
    """Where a person begins."""
    return of(me, "", pages)[0].path
