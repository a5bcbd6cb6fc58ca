"""A chat network without a network: for trying, for demonstrations and for tests at full speed."""

from bot.channels.sandbox.channel import BOT, SandboxChannel

__all__ = ["BOT", "SandboxChannel"]
