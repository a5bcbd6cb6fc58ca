"""What every conversation has at hand: the texts, the rules for alerts, and the union's own details."""

from typing import NamedTuple

from bot.actions.outreach.calling import Calling
from bot.actions.requests.alerts import Rules
from bot.actions.staff.conversation import Answer
from bot.actions.staff.directory import Speaker
from bot.actions.staff.signin import Address
from bot.content import Library
from bot.errors import ActionError
from bot.events import Part
from bot.router import NOTHING, Filter, Findings, Turn

# Who may open a page that answers point to, by the beginning of its path.
PAGES = {
    "/calls": ("volunteer", "chair", "admin"),
    "/requests": ("volunteer", "chair", "admin"),
    "/roster": ("chair", "admin"),
    "/today": ("chair", "admin"),
}
ROLE_NAMES = {"admin": "管理员", "chair": "主席", "editor": "宣传", "volunteer": "志愿者"}


class Desk(NamedTuple):
    texts: Library
    rules: Rules
    hotline: str
    phone: str
    pages: Address
    calling: Calling = Calling()
    sandbox: str = ""  # the name of its channel; "" when there is none

    def on_page(self, turn: Turn, path: str) -> tuple[Part, ...]:
        """A last line that says where the rest is, for who may open that page from where they are.

        Without an address of the union's own the pages are for this machine alone, where only the sandbox is.
        """
        speaker, message = turn.speaker, turn.message
        if not isinstance(speaker, Speaker) or speaker.role not in _who_may(path):
            return ()
        if not self.pages.public_url and message.channel != self.sandbox:
            return ()
        if message.chat.kind == "group" and not in_staff_group(turn):
            return ()
        return self.say("on-page", address=f"{self.pages}{path}")

    def say(self, key: str, **variables: object) -> tuple[Part, ...]:
        return self.texts.render(f"replies/{key}", **variables)

    def refuse(self, error: ActionError) -> Answer:
        """An action said no: its sentence is meant for the person."""
        return Answer(self.say("refused", reason=str(error)))


def _who_may(path: str) -> tuple[str, ...]:
    return PAGES[f"/{path.split('/')[1]}"]


def staff(*roles: str) -> Filter:
    """Whoever speaks is bound to a staff person, of one of the roles if any are named."""

    def check(turn: Turn) -> Findings | None:
        speaker = turn.speaker
        if isinstance(speaker, Speaker) and speaker.is_staff and (not roles or speaker.role in roles):
            return {"speaker": speaker}
        return None

    return check


def family(turn: Turn) -> Findings | None:
    """Whoever speaks is a member of a household on the roster."""
    speaker = turn.speaker
    return {"speaker": speaker} if isinstance(speaker, Speaker) and speaker.household_id is not None else None


def called(turn: Turn) -> Findings | None:
    """A direct talk, or our name called in a group: here words are meant for the bot."""
    return NOTHING if turn.message.chat.kind == "direct" or turn.message.mentions_me else None


def spoken_to(turn: Turn) -> Findings | None:
    """The same, and a group of staff: there the bot is a colleague."""
    return NOTHING if called(turn) is not None or in_staff_group(turn) else None


def among_staff(turn: Turn) -> Findings | None:
    """A direct talk, or a group of staff."""
    return NOTHING if turn.message.chat.kind == "direct" or in_staff_group(turn) else None


def in_staff_group(turn: Turn) -> bool:
    return turn.place is not None and "staff" in turn.place.tags


def working_place(turn: Turn) -> Findings | None:
    """A direct talk, or a group that is switched on."""
    return NOTHING if turn.message.chat.kind == "direct" or turn.place is not None else None
