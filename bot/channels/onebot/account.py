"""Which QQ number this channel speaks for. Once known it never changes while we run.

Group numbers and friends belong to one account: if another one appeared on the same line, tips would go
out under a wrong name, or to people who do not know it.
"""

from bot.channels.onebot.frames import BadFrame, ident


class Account:
    """Known from the configuration, from the dialling side's header, from the login, or guessed from events."""

    def __init__(self, configured: str) -> None:
        self.self_id = configured
        self._sure = bool(configured)
        self._number = int(configured or 0)

    def confirm(self, self_id: str) -> bool:
        """The other side says who it is; False if that is not our account."""
        if self._sure or not self_id:
            return not self_id or self_id == self.self_id
        try:
            self._set(ident(self_id))
        except BadFrame:
            return False
        self._sure = True
        return True

    def is_me(self, self_id: int | str | None) -> bool:
        """Whether an event is for our account. Until the login is known, the first event says who we are."""
        if self_id == self._number and self._number:
            return True
        if not self.self_id and self_id is not None:
            self._set(ident(self_id))
        return str(self_id) == self.self_id

    def _set(self, self_id: str) -> None:
        self.self_id = self_id
        self._number = int(self_id)
