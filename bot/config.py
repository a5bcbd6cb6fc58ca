"""Typed settings: config.toml plus the environment; every problem is reported with its line, all at once.

`config.toml` itself is the reference: each key is commented there, and a test keeps the two in step.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError

from bot.envvars import PREFIX, overlay
from bot.errors import Problem, ProblemsFound
from bot.settings import (
    Broadcasts,
    Calendar,
    Callbacks,
    Database,
    Escalation,
    Log,
    Mail,
    Privacy,
    Relief,
    Retention,
    Section,
    UnionInfo,
    Watch,
    Web,
    is_loopback,
)
from bot.settings_channels import AnyChannel, OneBot, Pacing, Sandbox, Wechaty, WeCom
from bot.toml import Document, explain

__all__ = [
    "PREFIX",
    "AnyChannel",
    "Broadcasts",
    "Calendar",
    "Callbacks",
    "Config",
    "Database",
    "Escalation",
    "Log",
    "Mail",
    "OneBot",
    "Pacing",
    "Privacy",
    "Relief",
    "Retention",
    "Sandbox",
    "Section",
    "UnionInfo",
    "Watch",
    "WeCom",
    "Web",
    "Wechaty",
    "adjusted",
    "is_loopback",
    "load",
]


ADJUSTABLE = ("broadcasts", "escalation", "relief", "callbacks", "privacy")  # sections of which pages may change some


class Config(Section):
    union: UnionInfo = UnionInfo()
    database: Database = Database()
    web: Web = Web()
    broadcasts: Broadcasts = Broadcasts()
    escalation: Escalation = Escalation()
    relief: Relief = Relief()
    callbacks: Callbacks = Callbacks()
    privacy: Privacy = Privacy()
    calendar: Calendar = Calendar()
    retention: Retention = Retention()
    mail: Mail = Mail()
    watch: Watch = Watch()
    log: Log = Log()
    channels: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")], AnyChannel] = Field(default={})
    _base: Path = PrivateAttr(default_factory=Path.cwd)

    @property
    def base(self) -> Path:
        """The directory of config.toml: relative paths start here, wherever the bot was started."""
        return self._base

    def at(self, base: Path) -> "Config":
        """The same settings with another base directory."""
        copy = self.model_copy()
        copy._base = base.absolute()
        return copy

    def resolve(self, path: str | Path) -> Path:
        return self.base / path

    @property
    def sqlite_path(self) -> Path | None:
        """The database file; None for PostgreSQL and for a database in memory."""
        scheme, _, rest = self.database.url.partition("://")
        path = rest.partition("?")[0]
        return None if scheme != "sqlite" or path == ":memory:" else self.resolve(path)

    @property
    def database_url(self) -> str:
        """`database.url` with an absolute path, as tortoise wants it."""
        if (path := self.sqlite_path) is None:
            return self.database.url
        _, mark, options = self.database.url.partition("?")
        return f"sqlite://{path.as_posix()}{mark}{options}"


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Settings of a file (None: only defaults) and the environment; raises ProblemsFound with ALL problems."""
    base = path.absolute().parent if path else Path.cwd()
    document = Document.read(path) if path else Document("config.toml", {})
    document, problems = overlay(document, environ, Config.model_json_schema(), base)
    config, found = _validated(document)
    problems += found
    if config:
        problems += _across(config, document)
    if problems or config is None:
        raise ProblemsFound(problems)
    return config.at(base)


def adjusted(config: Config, values: Mapping[str, object]) -> tuple[Config, list[Problem]]:
    """The settings with some of them changed, by path ("escalation.remind_minutes"); what is wrong is left out.

    Each by itself, so that one value which a newer version does not take any more holds nothing else up.
    """
    problems: list[Problem] = []
    for path, value in values.items():
        section, *rest = path.split(".")
        if section not in ADJUSTABLE:
            problems.append(Problem(path, 0, f"没有“{path}”这一项"))
            continue
        data = {section: getattr(config, section).model_dump()}
        _put(data[section], rest, value)
        try:
            made = Config.model_validate(data)
        except ValidationError as error:
            problems += explain(Document(path, data), error, Config)
        else:
            config = config.model_copy(update={section: getattr(made, section)})
    return config, problems


def _put(data: dict[str, Any], path: list[str], value: object) -> None:
    for step in path[:-1]:
        data = data.setdefault(step, {})
    data[path[-1] if path else ""] = value


def _validated(document: Document) -> tuple[Config | None, list[Problem]]:
    """The config and its problems; with problems, the config of what is left without the wrong items."""
    try:
        return Config.model_validate(document.data), []
    except ValidationError as error:
        problems = explain(document, error, Config)
        wrong = [document.path(found["loc"])[:2] for found in error.errors()]
    try:
        return Config.model_validate(_without(document.data, wrong)), problems
    except ValidationError:
        return None, problems


def _without(data: dict[str, Any], wrong: list[tuple[str | int, ...]]) -> dict[str, Any]:
    def keep(name: str, value: Any) -> Any:
        return {k: v for k, v in value.items() if (name, k) not in wrong} if isinstance(value, dict) else value

    return {name: keep(name, value) for name, value in data.items() if (name,) not in wrong}


def _across(config: Config, document: Document) -> list[Problem]:
    """Rules that need more than one section."""
    problems = []
    for name, channel in config.channels.items():
        if isinstance(channel, Wechaty) and channel.enabled:
            problems += _gateway(document, name, channel)
        if isinstance(channel, OneBot) and channel.enabled and not channel.token and _reachable(config, channel):
            variable = f"{PREFIX}CHANNELS__{name.upper()}__TOKEN"
            remedy = f"写上 token（或环境变量 {variable}），或者只用本机地址"
            problems.append(
                document.problem(("channels", name, "token"), f"渠道“{name}”没有 token，却不限于本机", remedy)
            )
    for day in sorted(set(config.calendar.workdays) & set(config.calendar.holidays)):
        number = config.calendar.holidays.index(day)
        problems.append(
            document.problem(("calendar", "holidays", number), f"{day} 既是工作日又是假日", "从一个列表里删掉它")
        )
    return problems


def _gateway(document: Document, name: str, channel: Wechaty) -> list[Problem]:
    """A gateway lets nobody in without a token, and a token must not go over a network in clear."""
    problems = []
    if not channel.token:
        variable = f"{PREFIX}CHANNELS__{name.upper()}__TOKEN"
        remedy = f"写上网关的 token（或环境变量 {variable}）"
        problems.append(document.problem(("channels", name, "token"), f"渠道“{name}”没有 token", remedy))
    if not channel.tls and not is_loopback(channel.host):
        remedy = "网关不在本机就要 tls = true，并写上 ca_file"
        problems.append(document.problem(("channels", name, "tls"), f"渠道“{name}”不加密却不限于本机", remedy))
    return problems


def _reachable(config: Config, channel: OneBot) -> bool:
    if channel.mode == "forward":
        return not is_loopback(channel.host)
    return channel.allow_from == "anywhere" or not is_loopback(config.web.host)
