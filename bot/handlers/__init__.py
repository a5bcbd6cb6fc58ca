"""One conversation a file. Each parses, calls one action, and renders; the order here is the order of trying."""

from bot.handlers import (
    binding,
    callbacks,
    calls,
    help,
    lifecycle,
    looking,
    menu,
    optout,
    own_data,
    relief_reply,
    requests,
    signin,
    speaker,
    today,
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
        signin,
        menu,
        requests,
        lifecycle,
        looking,
        today,
        callbacks,
        calls,
        optout,
        own_data,
        relief_reply,
        help,
    ):
        router.include(conversation.routes(desk))
    return router
