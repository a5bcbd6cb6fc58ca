"""What the pages are told at the start: where they are reached, how long a session lives, and whom to ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.actions.broadcasting.programme import Programme
from bot.actions.delivery.accounts import Caps
from bot.actions.outreach.calling import Calling
from bot.actions.requests.alerts import Rules
from bot.actions.staff.sessions import Span
from bot.actions.staff.signin import Address
from bot.content import Library
from bot.events import Health, Limits
from bot.metrics import Metrics
from bot.web.imports import Imports
from bot.web.passing import Place


@dataclass(kw_only=True)
class Site:
    """Built by the app; views read it as `visit.site`. Fields that only some pages need have a default."""

    version: str
    metrics: Metrics
    channels: Callable[[], Mapping[str, Health]]
    reasons: Callable[[], list[str]]  # what should move and does not, for /healthz
    texts: Library
    login_code: Callable[[str], str] = lambda channel: ""  # what a phone scans to sign the account in
    resting: Callable[[], Mapping[str, float]] = dict  # channels whose tips rest after sends in doubt, seconds left
    rules: Rules
    programme: Programme  # the files; `programme.current` adds what was written on the pages
    calling: Calling = field(default_factory=Calling)
    limits: Mapping[str, Limits] = field(default_factory=dict)  # what each channel can carry
    pacing: Mapping[str, tuple[Caps, str]] = field(default_factory=dict)  # each channel's caps and quiet hours
    config: Any = None  # the settings that this bot lives by
    config_file: Any = None  # the same without what was changed on the pages
    adjusted: Callable[[Mapping[str, object]], str] = str  # what is wrong with such a change, "" when nothing is
    sandbox: str = ""  # the name of the sandbox channel, "" when there is none
    alone: bool = False  # the sandbox is the only channel: a place to try things
    pages: Address = field(default_factory=Address)
    behind_proxy: bool = False
    watched: bool = False  # may /healthz be asked from elsewhere?
    span: Span = field(default_factory=Span)
    passing: Place = field(default_factory=Place)  # files on their way through a page
    imports: Imports = field(default_factory=Imports)  # rosters that were uploaded
    paths: frozenset[str] = frozenset()  # of all pages there are, set by `build`

    @property
    def host(self) -> str:
        """Host and port of the public address as a browser writes them; "" when there is none."""
        return urlsplit(self.pages.public_url).netloc.lower()

    @property
    def address(self) -> str:
        """The beginning of links that are sent to people, without a slash at its end."""
        return str(self.pages)


SITE: web.AppKey[Site] = web.AppKey("site", Site)
