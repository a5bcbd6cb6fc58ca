"""One conversation a file. Each parses, calls one action, and renders; the order here is the order of trying."""

from bot.handlers import (
    binding,
    callbacks,
    calls,
    help,
    lifecycle,
    menu,
    optout,
    relief_reply,
    requests,
    speaker,
)
from bot.handlers.desk import Desk
from bot.router import Router

__all__ = ["Desk", "build"]


def build(desk: Desk) -> Router:
    """All conversations; the one that listens for quiet requests comes last."""
    router = Router()
    for conversation in (
        binding,
        speaker,
        menu,
        requests,
        lifecycle,
        callbacks,
        calls,
        optout,
        relief_reply,
        help,
    ):
        router.include(conversation.routes(desk))
    return router
