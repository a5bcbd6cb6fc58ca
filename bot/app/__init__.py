"""Builds everything and knows everyone; ordered start, reverse stop. Nothing else imports it but the command line."""

from bot.actions.broadcasting.programme import Programme
from bot.app import building
from bot.app.building import accounts, limits
from bot.app.running import App, run
from bot.config import Config

__all__ = ["App", "accounts", "limits", "programme", "run"]


def programme(config: Config) -> Programme:
    """What the files of messages/ and schedules/ say; raises ProblemsFound."""
    return building.programme(config, building.texts(config))
