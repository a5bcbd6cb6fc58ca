"""What is kept beside the database, in the sandbox's own file: let go with the rest of it."""

from collections.abc import Callable, Iterable

from bot.actions.privacy import retention, telling_words
from bot.actions.privacy.telling_words import Words
from bot.app import building
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox.frames import Said, encode
from bot.channels.sandbox.journal import blank
from bot.config import Config
from bot.events import Channel


def tidy(config: Config, channels: Iterable[Channel]) -> Callable[[], None]:
    """For the daily job: what was said in the sandbox long ago goes."""
    sandboxes = [channel for channel in channels if isinstance(channel, SandboxChannel)]

    def work() -> None:
        before = retention.before("journal_days", config.retention.journal_days)
        for sandbox in sandboxes:
            if before is not None:
                sandbox.forget_before(before)

    return work


def forget(config: Config, accounts: Iterable[tuple[str, str]], words: Words) -> int:
    """Blank what a person said or was told in the sandbox; returns how many lines of its file that were."""
    users = {user for channel, user in accounts if channel == building.sandbox_name(config)}

    def theirs(said: Said) -> bool:
        private = said.chat.kind == "direct" and said.chat.id in users
        return private or said.by in users or words.are_in(telling_words.strings(encode(said).decode()))

    return blank(config.resolve(building.JOURNAL), theirs)
