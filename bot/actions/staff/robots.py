"""Staff who are called by the robot of a group: a robot hears nothing, so nobody can bind an account by a code there.

The account is the person's WeCom userid, not their phone: what stands in `identity` is not encrypted.
"""

import re

from bot import clock
from bot.actions.privacy import audit
from bot.actions.staff import directory, people
from bot.errors import BadInput, Conflict, NotFound
from bot.models import Group, Identity, Staff, db

ACCOUNT = re.compile(r"(?!1\d{10}$)[A-Za-z0-9_.@-]{1,39}")


async def call_by(staff_id: int, channel: str, chat_id: str, account: str, *, by: int | None = None) -> Identity:
    """From now on alerts call this person in that group, without a word of what it is about.

    Raises BadInput for what is no userid, NotFound for an unknown person or group, Conflict when it is another's.
    """
    if not ACCOUNT.fullmatch(account):
        raise BadInput("账号要写企业微信里的成员账号（userid），在管理后台“通讯录”里看，不要写手机号")
    async with db.transaction():
        staff = await Staff.get_or_none(id=staff_id, active=True)
        if staff is None:
            raise NotFound("没有这位工作人员")
        if by is not None:
            await people.act_as(by, (), staff.unit_id)
        if not await Group.filter(channel=channel, chat_id=chat_id).exists():
            raise NotFound(f"渠道“{channel}”没有“{chat_id}”这个群：写 robots_file 里的名字，启动送暖后它才认得")
        known = await Identity.get_or_none(channel=channel, user_id=f"{chat_id}/{account}")
        if known is not None and known.staff_id != staff.id:
            raise Conflict("这个账号已经是别人的了")
        if known is None:
            known = await Identity.create(
                channel=channel, user_id=f"{chat_id}/{account}", staff_id=staff.id, bound_at=clock.now()
            )
            await audit.note("identity.bind", "staff", staff.id, staff_id=by, channel=channel)
            await directory.changed()
    return known
