"""What WeChat carries; known without the extra, so that texts can be checked on any machine."""

from bot.events import Limits

# WeChat publishes no number; its clients fold texts long before they refuse them. Links go as text: a card needs
# a gateway that can make one, and an address can be touched on every phone.
LIMITS = Limits(2000, "chars", frozenset({"text", "image", "file", "mention"}))
