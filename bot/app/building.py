"""From a config to the things it asks for: channels, texts, rules. Starts nothing."""

from datetime import time, timedelta
from pathlib import Path

from bot import sample
from bot.actions.alerts import Rules
from bot.actions.calling import Calling
from bot.actions.pace import Pace
from bot.channels.onebot import OneBotChannel
from bot.channels.sandbox import SandboxChannel
from bot.config import AnyChannel, Config, Pacing, Sandbox
from bot.content import Library, Workdays, load_schedules
from bot.events import Channel, Limits
from bot.handlers import Desk
from bot.jobs.broadcasts import Programme

MESSAGES = "messages"
SCHEDULES = "schedules"
JOURNAL = "data/sandbox.jsonl"


def enabled(config: Config) -> dict[str, AnyChannel]:
    return {name: channel for name, channel in config.channels.items() if channel.enabled}


def channels(config: Config) -> list[Channel]:
    """The channels that are switched on, not yet started."""
    return [_channel(config, name, section) for name, section in enabled(config).items()]


def _channel(config: Config, name: str, section: AnyChannel) -> Channel:
    media = config.resolve(MESSAGES)
    if isinstance(section, Sandbox):
        return SandboxChannel(name, section, sample.load(), _journal(config), media=media)
    return OneBotChannel(name, section, media_root=media)


def _journal(config: Config) -> Path:
    path = config.resolve(JOURNAL)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def limits(config: Config) -> dict[str, Limits]:
    """What each channel that is switched on can carry: `songnuan check` compares the texts with it."""
    return {
        name: SandboxChannel.limits if isinstance(section, Sandbox) else OneBotChannel.limits
        for name, section in enabled(config).items()
    }


def pacing(config: Config) -> dict[str, Pacing]:
    return {name: section.pacing for name, section in enabled(config).items()}


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
    )


def rules(config: Config, library: Library) -> Rules:
    own = {name: section.quiet_hours for name, section in enabled(config).items()}
    fallback = config.broadcasts.quiet_hours
    return Rules(
        texts=library,
        times_each=config.escalation.times_each,
        quiet_hours={name: fallback if quiet is None else quiet for name, quiet in own.items()},
        hotline=config.union.hotline,
        pace=_pace(config),
        digest_at=time.fromisoformat(config.escalation.digest_at),
        counsellors=tuple(config.escalation.counsellors),
        cash_by_grade=config.relief.cash_by_grade,
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
    return Desk(library, rules(config, library), config.union.hotline, config.union.phone, calling(config))


def calling(config: Config) -> Calling:
    section = config.callbacks
    return Calling(section.hours, section.release_days, section.silent_days)
