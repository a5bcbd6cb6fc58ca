"""The files in schedules/: when which messages go to which groups. Checked when loaded."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bot import clock, quiet
from bot.errors import Problem, ProblemsFound
from bot.toml import Document, explain

CLOSEST_MINUTES = 5
_FIELDS = (("minute", "分钟"), ("hour", "小时"), ("day", "日"), ("month", "月"), ("day_of_week", "星期"))
_EXAMPLE = '→ 例如 "30 8 * * mon-fri"：每周一至周五 8 点 30 分'


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _cron(text: str) -> str:
    fields = text.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(f"cron 要写五段（分 时 日 月 星期），这里有 {len(fields)} 段{_EXAMPLE}")
    if any(letter.isdigit() for letter in fields[4]):
        raise ValueError(f"cron 的星期“{fields[4]}”不要用数字，各家数法不同→ 用 mon tue wed thu fri sat sun")
    for (name, shown), value in zip(_FIELDS, fields, strict=True):
        try:
            CronTrigger(**{name: value}, timezone=clock.zone())
        except ValueError:
            raise ValueError(f"cron 的{shown}“{value}”看不懂{_EXAMPLE}") from None
    if _too_close(fields[0]):
        raise ValueError(f"cron 的分钟“{fields[0]}”太密→ 最密每 {CLOSEST_MINUTES} 分钟一次，写 */{CLOSEST_MINUTES}")
    return text


def _too_close(minute: str) -> bool:
    trigger = CronTrigger(minute=minute, timezone=clock.zone())
    field = next(field for field in trigger.fields if field.name == "minute")
    hour = datetime(2026, 1, 1, tzinfo=clock.zone())
    hits = [m for m in range(60) if field.get_next_value(hour.replace(minute=m)) == m]
    return any(b - a < CLOSEST_MINUTES for a, b in zip(hits, [*hits[1:], hits[0] + 60], strict=True))


def _moment(value: Any) -> Any:
    """A wall-clock moment of the union's zone, as text or as TOML's own date and time."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = datetime.strptime(value.strip(), "%Y-%m-%d %H:%M")  # noqa: DTZ007 - wall clock, zone added later
    if not isinstance(value, datetime) or value.tzinfo or value.second or value.microsecond:
        raise ValueError(f'“{value}”不是一个时间→ 写成 "2026-12-21 08:00" 这样')
    return value


def _hours(text: str) -> str:
    quiet.parse(text)
    return text


class When(_Part):
    """Either a cron line or a list of moments, both in the union's time zone."""

    cron: Annotated[str, AfterValidator(_cron)] | None = None
    dates: list[Annotated[datetime, BeforeValidator(_moment)]] = []
    workdays_only: bool = False
    late_hours: float = Field(default=3, ge=0, le=72)
    quiet_hours: Annotated[str, AfterValidator(_hours)] | None = None

    @model_validator(mode="after")
    def _one(self) -> "When":
        if (self.cron is None) == (not self.dates):
            raise ValueError("cron 和 dates 要写一个，也只能写一个→ 定期的写 cron，只发几次的写 dates")
        if len(set(self.dates)) < len(self.dates):
            raise ValueError("dates 里有重复的时间→ 删掉重复的")
        return self

    def trigger(self, zone: tzinfo) -> CronTrigger:
        """APScheduler's arithmetic; day and weekday must both fit, unlike in crontab."""
        assert self.cron is not None
        return _trigger(self.cron, zone)

    def moments(self, zone: tzinfo) -> list[datetime]:
        """`dates` as instants, in order."""
        return sorted(date.replace(tzinfo=zone) for date in self.dates)


@lru_cache(maxsize=256)
def _trigger(cron: str, zone: tzinfo) -> CronTrigger:
    names = [name for name, _ in _FIELDS]
    return CronTrigger(**dict(zip(names, cron.split(), strict=True)), timezone=zone)


class Audience(_Part):
    """Which groups: of these units and all below them, with any of these tags; empty is all."""

    units: list[Annotated[str, Field(min_length=1)]] = []
    tags: list[Annotated[str, Field(min_length=1)]] = []


class Send(_Part):
    """Which of the messages; see `plan.pick`."""

    pick: Literal["fixed", "rotate", "sequence", "season"]
    messages: list[Annotated[str, Field(min_length=1)]] = Field(min_length=1)


class _File(_Part):
    name: str = Field(min_length=1, max_length=40)
    note: str = Field(default="", max_length=300)
    when: When
    audience: Audience = Audience()
    send: Send


class Schedule(_File):
    """One schedule. `key` is the file's stem."""

    key: str


@dataclass(frozen=True)
class Draft:
    """A file of schedules/ as far as it can be understood: what is right in it can still be checked further."""

    document: Document
    schedule: Schedule | None
    when: When | None
    audience: Audience | None
    send: Send | None


def load_schedules(root: Path) -> dict[str, Schedule]:
    """All of schedules/ by key; raises ProblemsFound with all problems."""
    drafts, problems = read_schedules(root)
    if problems:
        raise ProblemsFound(problems)
    return {draft.schedule.key: draft.schedule for draft in drafts if draft.schedule}


def read_schedules(root: Path) -> tuple[list[Draft], list[Problem]]:
    """What can be used of schedules/, and everything that is wrong with the rest."""
    if not root.is_dir():
        return [], [Problem(root.as_posix(), 0, "没有这个文件夹", "排期放在 schedules/ 下")]
    drafts: list[Draft] = []
    owners: dict[str, str] = {}
    problems: list[Problem] = []
    for path, shown in _files(root):
        if path.stem in owners:
            remedy = f"换个文件名，{owners[path.stem]} 已经用了"
            problems.append(Problem(shown, 1, f"排期名“{path.stem}”用了两次", remedy))
        owners[path.stem] = shown
        try:
            draft, found = _draft(Document.read(path, shown), path.stem)
        except ProblemsFound as error:
            problems += error.problems
        else:
            drafts.append(draft)
            problems += found
    return drafts, problems


def read_spec(spec: dict[str, Any], key: str, shown: str) -> tuple[Draft, list[Problem]]:
    """A schedule that was made on the pages, by the same rules as a file. `shown` is what problems call it."""
    return _draft(Document(shown, spec), key)


def _draft(document: Document, key: str) -> tuple[Draft, list[Problem]]:
    try:
        parsed = _File.model_validate(document.data)
    except ValidationError as error:
        when, audience, send = (document.data.get(name, {}) for name in ("when", "audience", "send"))
        draft = Draft(document, None, _part(When, when), _part(Audience, audience), _part(Send, send))
        return draft, explain(document, error, _File)
    schedule = Schedule(key=key, **dict(parsed))
    return Draft(document, schedule, parsed.when, parsed.audience, parsed.send), []


P = TypeVar("P", bound=_Part)


def _part(model: type[P], data: object) -> P | None:
    try:
        return model.model_validate(data)
    except ValidationError:
        return None


def _files(root: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(root.rglob("*.toml"), key=lambda path: path.relative_to(root).as_posix()):
        if not path.name.startswith((".", "~")):
            yield path, f"{root.name}/{path.relative_to(root).as_posix()}"
