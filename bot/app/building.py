"""From a config to the things it asks for: channels, texts, rules. Starts nothing."""

from collections.abc import Mapping
from datetime import time, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from bot import mail, sample
from bot.actions.broadcasting.programme import Programme
from bot.actions.delivery.accounts import Caps
from bot.actions.outreach.calling import Calling
from bot.actions.requests.alerts import Rules
from bot.actions.requests.pace import Pace
from bot.actions.staff.sessions import Span
from bot.actions.staff.signin import Address
from bot.channels import wechaty, wecom
from bot.channels.onebot import OneBotChannel
from bot.channels.sandbox import SandboxChannel
from bot.config import AnyChannel, Config, Pacing, Sandbox, Wechaty, WeCom, adjusted
from bot.content import Library, Workdays, load_schedules
from bot.events import Channel, Health, Limits
from bot.handlers import Desk
from bot.jobs import watchman as watching
from bot.jobs.watchman import Watchman
from bot.metrics import Metrics
from bot.web.imports import Imports
from bot.web.passing import Place
from bot.web.site import Site

MESSAGES = "messages"
SCHEDULES = "schedules"
JOURNAL = "data/sandbox.jsonl"
PASSING = "data/passing"  # not /tmp: others have a key to that


class Facts(Protocol):
    """The running bot, as far as the pages ask it."""

    metrics: Metrics

    def health(self) -> Mapping[str, Health]: ...

    def troubles(self) -> list[str]: ...

    def resting(self) -> Mapping[str, float]: ...

    def login_code(self, channel: str) -> str: ...


def enabled(config: Config) -> dict[str, AnyChannel]:
    return {name: channel for name, channel in config.channels.items() if channel.enabled}


def channels(config: Config) -> list[Channel]:
    """The channels that are switched on, not yet started."""
    return [_channel(config, name, section) for name, section in enabled(config).items()]


def _channel(config: Config, name: str, section: AnyChannel) -> Channel:
    media = config.resolve(MESSAGES)
    if isinstance(section, Sandbox):
        return SandboxChannel(name, section, sample.load(), _journal(config), media=media)
    if isinstance(section, Wechaty):
        return wechaty.create(name, section, base=config.base, media_root=media)
    if isinstance(section, WeCom):
        return wecom.WeComChannel(name, section, robots(config, section), media_root=media)
    return OneBotChannel(name, section, media_root=media)


def robots(config: Config, section: WeCom) -> dict[str, str]:
    """Name of the group -> key of its robot; raises ProblemsFound with what is wrong in that file."""
    return wecom.read(config.resolve(section.robots_file), section.robots_file)


def _journal(config: Config) -> Path:
    path = config.resolve(JOURNAL)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def limits(config: Config) -> dict[str, Limits]:
    """What each channel that is switched on can carry: `songnuan check` compares the texts with it."""
    return {name: _limits(section) for name, section in enabled(config).items()}


def _limits(section: AnyChannel) -> Limits:
    match section:
        case Sandbox():
            return SandboxChannel.limits
        case Wechaty():
            return wechaty.LIMITS
        case WeCom():
            return wecom.LIMITS
        case _:
            return OneBotChannel.limits


def pacing(config: Config) -> dict[str, Pacing]:
    return {name: section.pacing for name, section in enabled(config).items()}


def accounts(config: Config) -> dict[str, tuple[Caps, str]]:
    """Caps and quiet hours of each account, as `songnuan status` and the pages count its day by them."""
    quiet = quiet_by_channel(config)
    return {
        name: (Caps(**one.model_dump(include=set(Caps._fields))), quiet[name]) for name, one in pacing(config).items()
    }


def quiet_by_channel(config: Config) -> dict[str, str]:
    """Each channel's own quiet hours, or the union's."""
    own = {name: section.quiet_hours for name, section in enabled(config).items()}
    return {name: config.broadcasts.quiet_hours if quiet is None else quiet for name, quiet in own.items()}


def sandbox_name(config: Config) -> str | None:
    """The sandbox channel that is switched on, if there is one."""
    return next((name for name, section in enabled(config).items() if isinstance(section, Sandbox)), None)


def texts(config: Config) -> Library:
    return Library.load(config.resolve(MESSAGES))


def programme(config: Config, library: Library) -> Programme:
    return Programme(
        schedules=load_schedules(config.resolve(SCHEDULES)),
        texts=library,
        workdays=Workdays(config.calendar),
        union=config.union,
        channel_quiet={name: section.quiet_hours for name, section in enabled(config).items()},
        quiet_hours=config.broadcasts.quiet_hours,
        expire=timedelta(hours=config.broadcasts.expire_hours),
        limits=limits(config),
        approval=config.broadcasts.approval,
        base=config.base,
    )


def rules(config: Config, library: Library) -> Rules:
    return Rules(
        texts=library,
        times_each=config.escalation.times_each,
        quiet_hours=quiet_by_channel(config),
        hotline=config.union.hotline,
        pace=_pace(config),
        digest_at=time.fromisoformat(config.escalation.digest_at),
        counsellors=tuple(config.escalation.counsellors),
        cash_by_grade=config.relief.cash_by_grade,
        views_a_day=config.privacy.views_a_day,
        keep_labels=config.privacy.keep_labels,
    )


def _pace(config: Config) -> Pace:
    section = config.escalation
    return Pace(
        working_hours=section.working_hours,
        workdays=Workdays(config.calendar),
        remind=_spans(60, section.remind_minutes, section.urgent_minutes),
        remind_off=_spans(60, *section.off_minutes),
        assign=_spans(3600, *section.assign_hours),
        deliver=_spans(3600, *section.deliver_hours),
    )


def _spans(unit: int, normal: float, urgent: float) -> tuple[timedelta, timedelta]:
    return timedelta(seconds=unit * normal), timedelta(seconds=unit * urgent)


def desk(config: Config, library: Library) -> Desk:
    pages = Address(config.web.public_url, config.web.port)
    union, sandbox = config.union, sandbox_name(config) or ""
    return Desk(library, rules(config, library), union.hotline, union.phone, pages, calling(config), sandbox)


def site(
    config: Config,
    desk: Desk,
    app: Facts,
    plan: Programme | None = None,
    *,
    file: Config | None = None,
    place: Place | None = None,
) -> Site:
    """What the pages are told. `app` answers what only the running bot knows; `plan` is the bot's own, if it runs.

    `file`: the settings without what was changed on the pages. `place`: for files on their way through a page.
    """
    web, place = config.web, place or Place()
    return Site(
        version=version("songnuan"),
        metrics=app.metrics,
        channels=app.health,
        reasons=app.troubles,
        resting=app.resting,
        login_code=app.login_code,
        texts=desk.texts,
        rules=desk.rules,
        programme=plan or programme(config, desk.texts),
        calling=desk.calling,
        limits=limits(config),
        pacing=accounts(config),
        config=config,
        config_file=file or config,
        adjusted=partial(_wrong, file or config),
        sandbox=sandbox_name(config) or "",
        alone=set(enabled(config)) == {sandbox_name(config)},
        pages=desk.pages,
        behind_proxy=web.behind_proxy,
        watched=config.watch.public,
        passing=place,
        imports=Imports(place),
        span=Span(timedelta(hours=web.idle_hours), timedelta(days=web.session_days)),
    )


def _wrong(file: Config, values: Mapping[str, object]) -> str:
    """What is wrong with such a change of the settings, in a sentence."""
    _, problems = adjusted(file, values)
    return "；".join(f"{one.what}，{one.remedy}" if one.remedy else one.what for one in problems)


def watchman(config: Config, app: Facts) -> Watchman:
    letter = partial(mail.send, config.mail) if config.mail.host else None
    return Watchman(watching.Facts(app.health, app.resting, limits(config), letter))


def calling(config: Config) -> Calling:
    section = config.callbacks
    return Calling(section.hours, section.release_days, section.silent_days)
