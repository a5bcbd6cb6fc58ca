"""The tables, by subject. Only `bot.actions` writes them, pages and jobs may read.

A docstring of a model becomes the comment of its table: no semicolon in it, tortoise would cut the SQL there.
"""

from bot.models.audit import Audit, Seen, Setting
from bot.models.broadcasting import Broadcast, Delivery, ScheduleState
from bot.models.composing import OwnSchedule, OwnText, Picture
from bot.models.learning import Label
from bot.models.outreach import Assignment, FollowUp, HelpRequest, Relief, RequestStep, Round
from bot.models.people import (
    BindCode,
    Consent,
    Erased,
    Group,
    Household,
    HouseholdDate,
    Identity,
    Member,
    Secret,
    Staff,
    Unit,
)
from bot.models.signin import Password, Session, SignInLink, Throttle

__all__ = [
    "Assignment",
    "Audit",
    "BindCode",
    "Broadcast",
    "Consent",
    "Delivery",
    "Erased",
    "FollowUp",
    "Group",
    "HelpRequest",
    "Household",
    "HouseholdDate",
    "Identity",
    "Label",
    "Member",
    "OwnSchedule",
    "OwnText",
    "Password",
    "Picture",
    "Relief",
    "RequestStep",
    "Round",
    "ScheduleState",
    "Secret",
    "Seen",
    "Session",
    "Setting",
    "SignInLink",
    "Staff",
    "Throttle",
    "Unit",
]
