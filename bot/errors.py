"""Every error of ours, in one tree. Failures carry their policy, so nobody has to guess it later.

SongnuanError
├── ProblemsFound       config, schedules or messages are wrong: a list of places and remedies
├── ActionError         a person asked for something that cannot be done; `str()` is Chinese, for them
│   ├── NotAllowed      their role or unit does not cover it
│   ├── NotFound        no such household, request, code …
│   ├── Conflict        someone else was first; says what happened meanwhile
│   └── BadInput        cannot be understood; says what to write instead
└── SendError           a channel could not deliver; `policy` decides what the sender does next
    ├── Retryable       certainly not sent, may be tried again (after `retry_after` seconds)
    ├── Permanent       certainly not sent, trying again is useless
    └── Unknown         may have been sent: never again by the machine, a person decides
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

Policy = Literal["retryable", "permanent", "unknown"]


class SongnuanError(Exception):
    """The root of the tree."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in a file: where, what, and what to do about it (Chinese, for people)."""

    file: str
    line: int
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}  {self.what}" + (f"  → {self.remedy}" if self.remedy else "")


class ProblemsFound(SongnuanError):
    """Config or content cannot be used; carries ALL problems of the run, not the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ActionError(SongnuanError):
    """A request that cannot be met. `str(error)` is a short Chinese sentence that says what to do.

    `sentence` leaves out what was given as `in_chat`: which words to write, of no use where there are buttons.
    """

    def __init__(self, sentence: str = "", in_chat: str = "") -> None:
        self.sentence = sentence
        super().__init__(sentence + in_chat)


class NotAllowed(ActionError):
    """Their role or unit does not cover it."""


class NotFound(ActionError):
    """There is no such thing, or not within their unit (the two are told apart to nobody)."""


class Conflict(ActionError):
    """Someone else was first."""


class BadInput(ActionError):
    """It cannot be understood."""


class SendError(SongnuanError):
    """A delivery that did not certainly succeed. `code` is short and stable, `str()` never has user text."""

    policy: ClassVar[Policy] = "unknown"

    def __init__(self, code: str, detail: str = "", *, retry_after: float | None = None) -> None:
        self.code = code
        self.retry_after = retry_after
        super().__init__(f"{code}: {detail}" if detail else code)


class Retryable(SendError):
    """Certainly not sent; may be tried again."""

    policy = "retryable"


class Permanent(SendError):
    """Certainly not sent; useless to try again."""

    policy = "permanent"


class Unknown(SendError):
    """May have been sent."""

    policy = "unknown"
