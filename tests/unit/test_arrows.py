"""The import arrows hold, and the check that says so is not blind: it is shown one bad tree of each kind."""

from pathlib import Path

import pytest

from tests.arrows import violations

BOT = Path(__file__).parents[2] / "bot"

GOOD = {
    "__init__.py": "",
    "__main__.py": "from bot.cli import main",
    "cli.py": "from bot import app, config",
    "app.py": "import bot.sender\nfrom bot.channels import onebot\nfrom bot import handlers, jobs, web",
    "config.py": "from bot import errors, quiet, toml\nimport tomllib",
    "quiet.py": "",
    "toml.py": "from bot.errors import Problem",
    "errors.py": "",
    "events.py": "from bot.errors import SendError",
    "clock.py": "",
    "log.py": "",
    "router.py": "from bot.events import Incoming",
    "sender.py": "from bot.actions.delivery import outbox\nfrom bot import clock, log",
    "models/__init__.py": "from bot.models.people import Household",
    "models/people.py": "from . import db",
    "models/db.py": "from ..errors import Problem",
    "actions/__init__.py": "",
    "actions/delivery/__init__.py": "",
    "actions/delivery/outbox.py": "from bot import models, clock\nfrom ..audit import note",
    "actions/audit.py": "",
    "content.py": "from bot import config",
    "channels/__init__.py": "",
    "channels/onebot.py": "from bot.config import OneBot",
    "handlers/__init__.py": "",
    "handlers/help.py": (
        "from bot.router import on\nfrom bot.triage import judge\nfrom bot.actions.delivery import outbox"
    ),
    "jobs/__init__.py": "from bot import actions, content",
    "triage/__init__.py": "from bot.triage.words import KINDS",
    "triage/words.py": "",
    "web/__init__.py": "",
    "web/pages.py": "from bot.models import Household\nasync def page():\n    await Household.all()\n    {}.update({})",
}

BAD = {
    "back": ("actions/delivery/outbox.py", "from bot import app", "actions may not import app"),
    "back to the command": ("app.py", "import bot.cli", "app may not import cli"),
    "sideways": ("jobs/upkeep.py", "from bot.handlers.help import answer", "jobs may not import handlers.help"),
    "sideways at the bottom": ("clock.py", "from bot.errors import Problem", "clock may not import errors"),
    "a handler sees a channel": ("handlers/help.py", "import bot.channels.onebot", "handlers may not import channels"),
    "a channel sees a table": (
        "channels/onebot.py",
        "from bot.models import Household",
        "may not import models",
    ),
    "a handler sees a table": ("handlers/help.py", "from bot import models", "handlers may not import models"),
    "triage is not pure": ("triage/words.py", "from bot import log", "triage may not import log"),
    "triage is for handlers": ("jobs/upkeep.py", "from bot.triage import judge", "jobs may not import triage"),
    "another action in the sender": ("sender.py", "from bot.actions.audit import note", "may not import actions.audit"),
    "the whole room for one module": ("sender.py", "import bot.actions", "sender may not import actions"),
    "relative": ("web/pages.py", "from ..channels import onebot", "web may not import channels.onebot"),
    "late": (
        "actions/audit.py",
        "def f():\n    from bot.web import pages",
        "audit:2: actions may not import web",
    ),
    "for types only": (
        "models/db.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bot.config import Config",
        "models may not import config",
    ),
    "by name": ("models/db.py", "import importlib\nimportlib.import_module('bot.web')", "models may not import web"),
    "from the tests": ("clock.py", "from tests import guard", "bot may not import tests"),
    "a new room": ("helpers.py", "", "bot/helpers: unknown room, add it to the table"),
    "a new package": ("helpers/deep/x.py", "", "bot/helpers: unknown room, add it to the table"),
    "a cycle in a room": (
        "actions/audit.py",
        "from .delivery import outbox",
        "cycle: bot.actions.delivery.outbox -> bot.actions.audit",
    ),
    "a cycle with a late import": (
        "models/db.py",
        "def f():\n    from bot.models import Household",
        "cycle: bot.m",
    ),
    "a page that writes": (
        "web/pages.py",
        "from bot.models import Household\nasync def f(h):\n    await h.save()",
        "bot.web.pages:3: only actions write",
    ),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small bot/ in which every arrow points the right way."""
    for name, source in GOOD.items():
        _write(tmp_path / "bot" / name, source)
    return tmp_path / "bot"


def _write(path: Path, source: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)


def test_the_arrows_of_this_tree() -> None:
    assert violations(BOT) == []


def test_a_good_tree_passes(tree: Path) -> None:
    assert violations(tree) == []


@pytest.mark.parametrize("case", BAD)
def test_a_bad_tree_is_caught(tree: Path, case: str) -> None:
    name, source, expected = BAD[case]
    _write(tree / name, source)
    found = violations(tree)
    assert expected in "\n".join(found)
    assert len([text for text in found if not text.startswith("cycle")]) <= 1, "a healthy line was blamed"
