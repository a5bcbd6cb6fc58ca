"""The tables, by subject. Only `bot.actions` writes them, pages and jobs may read.

A docstring of a model becomes the comment of its table: no semicolon in it, tortoise would cut the SQL there.
"""

from bot.models.audit import Audit, Seen, Setting
from bot.models.broadcasting import Broadcast, Delivery, ScheduleState
from bot.models.outreach import FollowUp, HelpRequest
from bot.models.people import BindCode, Group, Household, Identity, Member, Staff, Unit

__all__ = [
    "Audit",
    "BindCode",
    "Broadcast",
    "Delivery",
    "FollowUp",
    "Group",
    "HelpRequest",
    "Household",
    "Identity",
    "Member",
    "ScheduleState",
    "Seen",
    "Setting",
    "Staff",
    "Unit",
]
