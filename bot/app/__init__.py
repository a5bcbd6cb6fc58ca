"""Builds everything and knows everyone; ordered start, reverse stop. Nothing else imports it but the command line."""

from bot.app.building import accounts, limits
from bot.app.running import App, run

__all__ = ["App", "accounts", "limits", "run"]
