"""The union's units and staff, and which chat account is whom. All authority starts here.

A right is read from the database inside the action that uses it (`act_as`); nobody carries one along.
`by` is the staff person who does it, None the command line: whoever may run that owns the machine.
"""

import secrets
import unicodedata
from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from tortoise.exceptions import IntegrityError

from bot import clock
from bot.actions.privacy import audit
from bot.actions.staff import directory
from bot.errors import BadInput, Conflict, NotAllowed, NotFound
from bot.models import BindCode, Identity, Member, Password, Session, SignInLink, Staff, Unit, db, keys

ROLES = frozenset({"admin", "chair", "editor", "volunteer"})
ANYWHERE = 0  # for `act_as`: the deed belongs to no particular unit, only the role counts
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # nothing that is misread: no I L O 0 1
CODE_LENGTH = 8
LIFETIME = timedelta(hours=24)

MAY_NOT = "您没有权限做这件事，请找管理员"
BAD_CODE = "绑定码不对、已经用过或过期了，请向管理员要一个新的"
CODE_TAKEN = "已经有这个编号的单位了，请换一个编号"
TAKEN = "这个账号已经绑定了别人，请先让管理员解除绑定"


class Bound(NamedTuple):
    """Whose account it is from now on: a staff person, or a member with the role family."""

    id: int
    name: str
    role: str


async def act_as(staff_id: int, roles: Collection[str] = (), unit_id: int | None = ANYWHERE) -> Staff:
    """The staff person, if active, in one of the roles (an admin always) and `unit_id` is theirs or below it.

    A `unit_id` of None is something that belongs to no unit: only staff of a top unit may. Leave it out
    when the unit does not matter. Raises NotAllowed.
    """
    staff = await Staff.get_or_none(id=staff_id).select_related("unit")
    if staff is None or not staff.active or (staff.role != "admin" and staff.role not in roles):
        raise NotAllowed(MAY_NOT)
    if unit_id != ANYWHERE and not await _covers(staff.unit, unit_id):
        raise NotAllowed(MAY_NOT)
    return staff


async def _covers(scope: Unit, unit_id: int | None) -> bool:
    if unit_id is None:
        return scope.path.count("/") == 2  # "/1/": a top unit
    return await Unit.filter(id=unit_id, path__startswith=scope.path).exists()


async def overseers(staff: Staff) -> list[int]:
    """The admins of the person's unit and above, without the person; where there are none, the chairs above."""
    await staff.fetch_related("unit")
    return await answerable(staff.unit.path, but=staff.id)


async def answerable(path: str, *, but: int | None = None) -> list[int]:
    """The admins of the unit with this path and above, or the chairs; of "/", the whole union, those at its top."""
    units = [int(step) for step in path.split("/") if step] or [top.id for top in await Unit.filter(parent_id=None)]
    leading = Staff.filter(active=True, unit_id__in=units, role__in=("admin", "chair")).order_by("id")
    others = [one for one in await leading if one.id != but]
    admins = [one.id for one in others if one.role == "admin"]
    return admins or [one.id for one in others]


async def unit_by_code(code: str) -> Unit:
    unit = await Unit.get_or_none(code=code.strip())
    if unit is None:
        raise NotFound("没有这个编号的单位，请核对单位编号")
    return unit


async def add_unit(code: str, name: str, parent_code: str | None = None, *, by: int | None = None) -> Unit:
    """A new node of the union tree, below `parent_code` or at the top."""
    code, name = _filled(code, 20, "单位编号"), _filled(name, 60, "单位名称")
    async with db.transaction():
        parent = None if parent_code is None else await unit_by_code(parent_code)
        if by is not None:
            await act_as(by, (), None if parent is None else parent.id)
        if await Unit.filter(code=code).exists():
            raise Conflict(CODE_TAKEN)
        try:
            unit = await Unit.create(code=code, name=name, parent=parent)
        except IntegrityError:  # added by another a moment ago
            raise Conflict(CODE_TAKEN) from None
        unit.path = f"{parent.path if parent else '/'}{unit.id}/"
        if len(unit.path) > 200:
            raise BadInput("单位层级太深了，请放到高一些的单位下面")
        await unit.save(update_fields=["path"])
        await audit.note("unit.add", "unit", unit.id, staff_id=by)
        await directory.changed()
    return unit


async def add_staff(name: str, role: str, unit_code: str, deputy: bool = False, *, by: int | None = None) -> Staff:
    """A new staff person; they have no account until they bind one with a code."""
    name = _filled(name, 40, "姓名")
    if role not in ROLES:
        raise BadInput("角色只能是 admin、chair、editor、volunteer 之一")
    if deputy and role != "chair":
        raise BadInput("只有主席(chair)可以设为副职")
    async with db.transaction():
        unit = await unit_by_code(unit_code)
        if by is not None:
            await act_as(by, (), unit.id)
        staff = await Staff.create(name=name, role=role, unit=unit, deputy=deputy)
        await audit.note("staff.add", "staff", staff.id, staff_id=by, role=role, unit=unit.id)
        await directory.changed()
    return staff


async def appoint(staff_id: int, role: str, unit_code: str, deputy: bool = False, *, by: int | None = None) -> Staff:
    """Another role or unit for somebody who works here. Nobody changes their own: no union loses its last admin."""
    if role not in ROLES:
        raise BadInput("角色只能是 admin、chair、editor、volunteer 之一")
    async with db.transaction():
        staff = await _active(staff_id, by)
        unit = await unit_by_code(unit_code)
        if by is not None:
            await act_as(by, (), unit.id)
        if by == staff.id:
            raise NotAllowed("自己的角色要请另一位管理员改")
        staff.role, staff.unit_id, staff.deputy = role, unit.id, deputy and role == "chair"
        await staff.save(update_fields=["role", "unit_id", "deputy"])
        await audit.note("staff.appoint", "staff", staff.id, staff_id=by, role=role, unit=unit.id)
        await directory.changed()
    return staff


async def issue_code(staff_id: int, lifetime: timedelta = LIFETIME, *, by: int | None = None) -> str:
    """A one-time bind code, shown once: only its blind index is kept. Older unused ones become void."""
    async with db.transaction():
        staff = await _active(staff_id, by)
        code = await _new_code(lifetime, staff_id=staff.id)
        await audit.note("staff.code", "staff", staff.id, staff_id=by)
    return code


async def issue_member_code(member_id: int, lifetime: timedelta = LIFETIME, *, by: int | None = None) -> str:
    """The same for a member of a household: without it no family account on a network can be known."""
    async with db.transaction():
        member = await Member.get_or_none(id=member_id, erased_at=None).select_related("household")
        if member is None:
            raise NotFound("名册上没有这个人，请先导入名册")
        if by is not None:
            await act_as(by, ("chair", "volunteer"), member.household.unit_id)
        if member.under_14:
            raise BadInput("14 岁以下的孩子不绑定账号，请把绑定码发给监护人")
        code = await _new_code(lifetime, member_id=member.id)
        await audit.note("member.code", "member", member.id, staff_id=by)
    return code


async def _new_code(lifetime: timedelta, **whose: int) -> str:
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    now = clock.now()
    await BindCode.filter(used_at=None, expires_at__gt=now, **whose).update(expires_at=now)
    ring = keys.current()
    await BindCode(code_index=ring.index(code), key_id=ring.key_id, expires_at=now + lifetime, **whose).save()
    return code


async def bind(channel: str, user_id: str, code: str) -> Bound:
    """Tie a chat account to the person whom the code was given to. One person may have several accounts."""
    now = clock.now()
    async with db.transaction():
        mark = await BindCode.get_or_none(code_index__in=keys.current().indexes(_folded(code)))
        used = mark and await BindCode.filter(id=mark.id, used_at=None, expires_at__gt=now).update(used_at=now)
        owner = await _owner(mark) if mark and used else None
        if owner is None:
            raise BadInput(BAD_CODE)
        staff_id, member_id = (owner.id, None) if isinstance(owner, Staff) else (None, owner.id)
        await _tie(channel, user_id, staff_id=staff_id, member_id=member_id)
        subject = "staff" if staff_id else "member"
        await audit.note("identity.bind", subject, owner.id, staff_id=staff_id, channel=channel)
        await directory.changed()
    return Bound(owner.id, owner.name, owner.role if isinstance(owner, Staff) else "family")


async def _owner(mark: BindCode) -> Staff | Member | None:
    if mark.member_id is not None:
        return await Member.get_or_none(id=mark.member_id).select_related("household")
    return await Staff.get_or_none(id=mark.staff_id, active=True)


async def bind_member(channel: str, user_id: str, member_id: int, *, by: int | None = None) -> Member:
    """Tie a chat account to a member of a household."""
    async with db.transaction():
        member = await Member.get_or_none(id=member_id, erased_at=None).select_related("household")
        if member is None:
            raise NotFound("名册上没有这个人，请先导入名册")
        if by is not None:
            await act_as(by, ("chair", "volunteer"), member.household.unit_id)
        await _tie(channel, user_id, staff_id=None, member_id=member.id)
        await audit.note("identity.bind", "member", member.id, staff_id=by, channel=channel)
        await directory.changed()
    return member


async def unbind(channel: str, user_id: str, *, by: int | None = None) -> None:
    """Forget whose account it is: it has no rights from now on."""
    async with db.transaction():
        identity = await Identity.get_or_none(channel=channel, user_id=user_id)
        if identity is None:
            raise NotFound("这个账号没有绑定过")
        if by is not None:
            await _may_unbind(identity, by)
        subject = "staff" if identity.staff_id else "member"
        await audit.note("identity.unbind", subject, identity.staff_id or identity.member_id, staff_id=by)
        await identity.delete()
        await directory.changed()


async def deactivate(staff_id: int, *, by: int | None = None) -> Staff:
    """They left: no right, account, code, sign-in or session of theirs is good any more, in one step.

    What they had in hand is not asked after here: `leaving.leave` does both.
    """
    now = clock.now()
    async with db.transaction():
        staff = await _active(staff_id, by)
        staff.active = False
        await staff.save(update_fields=["active"])
        accounts = await Identity.filter(staff_id=staff.id).delete()
        await BindCode.filter(staff_id=staff.id, used_at=None, expires_at__gt=now).update(expires_at=now)
        await SignInLink.filter(staff_id=staff.id, used_at=None, expires_at__gt=now).update(expires_at=now)
        sessions = await Session.filter(staff_id=staff.id, ended_at=None).update(ended_at=now)
        await Password.filter(staff_id=staff.id).delete()
        await audit.note("staff.deactivate", "staff", staff.id, staff_id=by, accounts=accounts, sessions=sessions)
        await directory.changed()
    return staff


async def _active(staff_id: int, by: int | None) -> Staff:
    staff = await Staff.get_or_none(id=staff_id, active=True)
    if staff is None:
        raise NotFound("没有这位工作人员，或者已经停用，请核对编号")
    if by is not None:
        await act_as(by, (), staff.unit_id)
    return staff


async def _may_unbind(identity: Identity, by: int) -> None:
    if identity.staff_id == by:
        await act_as(by, ROLES)
    elif identity.staff_id is not None:
        await act_as(by, (), (await Staff.get(id=identity.staff_id)).unit_id)
    else:
        member = await Member.get(id=identity.member_id).select_related("household")
        await act_as(by, ("chair",), member.household.unit_id)


async def _tie(channel: str, user_id: str, *, staff_id: int | None, member_id: int | None) -> None:
    identity = await Identity.get_or_none(channel=channel, user_id=user_id)
    if identity is not None:
        if (identity.staff_id, identity.member_id) != (staff_id, member_id):
            raise Conflict(TAKEN)
        return
    try:
        async with db.transaction():
            await Identity.create(
                channel=channel, user_id=user_id, staff_id=staff_id, member_id=member_id, bound_at=clock.now()
            )
    except IntegrityError:  # bound by another process a moment ago
        raise Conflict(TAKEN) from None


def _folded(code: str) -> str:
    """As people type it: small letters, full-width letters, blanks and dashes."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", code).upper() if letter.isalnum())


def _filled(text: str, longest: int, what: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise BadInput(f"请填写{what}")
    if len(text) > longest:
        raise BadInput(f"{what}太长了，最多 {longest} 个字")
    return text
