"""`songnuan check`: everything that is wrong with the settings, the texts and the schedules, in one run."""

import os
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from bot import clock
from bot.config import Config, load
from bot.content.messages import SENT, Library, Message, read_library
from bot.content.parts import degrade, length
from bot.content.plan import next_moment
from bot.content.schedules import Draft, read_schedules
from bot.content.workdays import Workdays
from bot.errors import Problem, ProblemsFound
from bot.events import File, Image, Limits, Mention, Text
from bot.toml import closest

UNIT_STANDIN = "单" * 20  # as long as a unit's name gets


def check(
    config_path: Path | None,
    messages_dir: Path,
    schedules_dir: Path,
    known_tags: set[str] | None,
    known_units: set[str] | None,
    limits: Mapping[str, Limits],
    environ: Mapping[str, str] | None = None,
) -> list[Problem]:
    """All problems, sorted by place. `limits` are those of the enabled channels; None for tags, units: not known."""
    problems: list[Problem] = []
    config = Config()
    try:
        config = load(config_path, os.environ if environ is None else environ)
    except ProblemsFound as error:
        problems += error.problems
    library, found = read_library(messages_dir)
    problems += found
    for message in library.messages.values():
        problems += too_long(message, library, config.union, limits)
        problems += _media(message, messages_dir, limits)
    drafts, found = read_schedules(schedules_dir)
    problems += found
    workdays, zone = Workdays(config.calendar), ZoneInfo(config.union.timezone)
    for draft in drafts:
        problems += schedule_problems(draft, library, workdays, zone, known_tags, known_units)
    return sorted(problems)


def schedule_problems(
    draft: Draft,
    library: Library,
    workdays: Workdays,
    zone: tzinfo,
    known_tags: set[str] | None,
    known_units: set[str] | None,
) -> list[Problem]:
    """What is wrong with a schedule that can be understood, whether it comes from a file or from the pages."""
    found = [*_times(draft, workdays, zone), *_audience(draft, known_tags, known_units)]
    return [*found, *_messages(draft, library)]


def too_long(message: Message, library: Library, union: object, limits: Mapping[str, Limits]) -> Iterator[Problem]:
    """Only what is broadcast: the length of replies and alerts depends on what they are filled with."""
    if message.kind not in SENT:
        return
    parts = library.render(message.key, union=union, unit=UNIT_STANDIN, date="12月31日")
    for channel, limit in limits.items():
        carried = degrade(parts, limit)
        if limit.most > 1:
            yield from _too_many(message, channel, limit, sum(not isinstance(part, Mention) for part in carried))
            continue
        texts = [part.text for part in carried if isinstance(part, Text)]
        size = sum(length(text, limit) for text in texts)
        if size > limit.text_max:
            unit = "字节" if limit.unit == "bytes" else "字"
            remedy = f"删短，或分成两条（“{channel}”一条最多 {limit.text_max} {unit}）"
            yield Problem(message.file, message.body_line, f"对渠道“{channel}”太长：{size} {unit}", remedy)


def _too_many(message: Message, channel: str, limit: Limits, count: int) -> Iterator[Problem]:
    if count > limit.most:
        remedy = f"删短，或分成几篇（“{channel}”一次最多 {limit.most} 条）"
        yield Problem(message.file, message.body_line, f"对渠道“{channel}”太长：要分成 {count} 条", remedy)


def _media(message: Message, root: Path, limits: Mapping[str, Limits]) -> Iterator[Problem]:
    """Pictures and files that a network does not take: they are looked at where they lie."""
    if message.kind not in SENT:
        return
    for chunk in message.chunks:
        if not isinstance(chunk.part, Image | File):
            continue
        path = root / chunk.part.path
        for channel, limit in limits.items():
            if what := _unfit(chunk.part, path.stat().st_size, limit):
                place = message.place(chunk.line)
                yield Problem(message.file, place, f"渠道“{channel}”发不了“{chunk.part.path}”：{what[0]}", what[1])


def _unfit(part: Image | File, size: int, limit: Limits) -> tuple[str, str] | None:
    kind = "image" if isinstance(part, Image) else "file"
    if kind not in limit.parts:
        return None  # it goes as text
    most = limit.image_max if kind == "image" else limit.file_max
    if kind == "image" and limit.images and PurePosixPath(part.path).suffix.lower() not in limit.images:
        return "不是它认得的图片", f"存成 {'、'.join(sorted(limit.images))} 之一"
    if most and size > most:
        return f"{size / 1_000_000:.1f} MB，太大", f"压到 {most / 1_000_000:.1f} MB 以下"
    return None


def _times(draft: Draft, workdays: Workdays, zone: tzinfo) -> Iterator[Problem]:
    if draft.when is None:
        return
    now = clock.now()
    for number, date in enumerate(draft.when.dates):
        if date.replace(tzinfo=zone) < now:
            what = f"{date:%Y-%m-%d %H:%M} 已经过了"
            yield draft.document.problem(("when", "dates", number), what, "改成以后的时间，或删掉")
    if draft.when.cron and next_moment(draft.when, now, workdays, zone) is None:
        remedy = "看看日、月、星期和“只在工作日”有没有矛盾"
        yield draft.document.problem(("when", "cron"), "这个 cron 永远等不到", remedy)


def _audience(draft: Draft, known_tags: set[str] | None, known_units: set[str] | None) -> Iterator[Problem]:
    if draft.audience is None:
        return
    lists = (
        ("tags", "群标签", draft.audience.tags, known_tags, "先在“群”页面给群加上这个标签，或改正这里"),
        ("units", "单位", draft.audience.units, known_units, "写单位的代码，在“单位”页面能查到"),
    )
    for name, shown, listed, known, remedy in lists:
        for number, word in enumerate(listed):
            if known is not None and word not in known:
                what = f"没有“{word}”这个{shown}"
                yield draft.document.problem(("audience", name, number), what, closest(word, sorted(known), remedy))


def _messages(draft: Draft, library: Library) -> Iterator[Problem]:
    keys = sorted({*library.messages, *library.broken})  # a broken text has been reported as such
    for number, word in enumerate(draft.send.messages if draft.send else []):
        loc = ("send", "messages", number)
        if not any(fnmatchcase(key, word) for key in keys):
            remedy = closest(word, keys, "在 messages/ 下写一条，或改正这里")
            yield draft.document.problem(loc, f"没有“{word}”这条文案", remedy)
        for message in library.match([word]):
            if message.kind not in SENT:
                what = f"“{message.key}”不能排期播发"
                yield draft.document.problem(loc, what, "排期只发 tips/、letters/ 和 notices/ 下的文案")
