"""Tells open pages that something changed, without saying what: they ask again and see what they may see.

Every change leaves an audit row, so `audit.note` is the one place that calls `tell`. Only this process hears of
it; pages look again once a minute anyway, for what another one did.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial

from bot.models import db

# What an audited action is about, by the first word of its name.
TOPICS = {
    "help": "requests",
    "relief": "requests",
    "callback": "calls",
    "assignment": "calls",
    "round": "calls",
    "broadcast": "broadcasts",
    "text": "broadcasts",
    "schedule": "broadcasts",
    "outbox": "broadcasts",
    "roster": "roster",
    "group": "groups",
    "staff": "staff",
}
EVERY = frozenset(TOPICS.values())

Listener = Callable[[str], None]
_listeners: set[Listener] = set()


def tell(action: str) -> None:
    """After the transaction is safe, tell everybody who listens; once, however often it was called in it."""
    topic = TOPICS.get(action.partition(".")[0])
    if topic is not None and _listeners:
        db.after_commit(_telling(topic))


@cache
def _telling(topic: str) -> Callable[[], None]:
    return partial(_publish, topic)  # the same object each time: hooks of a transaction are told apart by identity


def _publish(topic: str) -> None:
    for listener in list(_listeners):
        listener(topic)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """`listener` is called with a topic, from within the loop, as long as the block lasts."""
    _listeners.add(listener)
    try:
        yield
    finally:
        _listeners.discard(listener)
