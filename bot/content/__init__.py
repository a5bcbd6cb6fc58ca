"""What is said and when: the texts in messages/ and the schedules in schedules/, for everybody else."""

from bot.content.check import check
from bot.content.messages import Library, Message
from bot.content.parts import as_text, degrade, length
from bot.content.plan import late_policy, next_slot, pick, season_of, slots
from bot.content.schedules import Schedule, load_schedules
from bot.content.workdays import Workdays

__all__ = [
    "Library",
    "Message",
    "Schedule",
    "Workdays",
    "as_text",
    "check",
    "degrade",
    "late_policy",
    "length",
    "load_schedules",
    "next_slot",
    "pick",
    "season_of",
    "slots",
]
