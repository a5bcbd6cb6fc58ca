"""Keeps the house in order: rows that a dead sender left, what is too late to send, marks that are old."""

import logging

from bot.actions.delivery import outbox
from bot.actions.staff import conversation

log = logging.getLogger(__name__)


async def sweep() -> int:
    """Returns how many deliveries were found in `sending` without a living sender."""
    stalled = await outbox.sweep()
    if stalled:
        log.warning("%d deliveries were left in sending by a sender that is gone", stalled)
    return stalled


async def tidy() -> int:
    """Returns how many marks of messages handled long ago were dropped."""
    return await conversation.forget_old()
