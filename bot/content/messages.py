"""The texts in messages/: front matter and body, checked when loaded, rendered when sent."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from jinja2 import TemplateError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.config import UnionInfo
from bot.content.parts import Chunk, Flaw, split
from bot.content.templates import flaws_of, render, trial
from bot.errors import Problem, ProblemsFound
from bot.events import File, Image, Part, Text
from bot.toml import Document, closest, explain, read_text

Season = Literal["spring", "summer", "autumn", "winter"]
SEASONS: tuple[Season, ...] = ("spring", "summer", "autumn", "winter")
KINDS = ("tips", "letters", "notices", "replies", "alerts", "scripts")
SENT = frozenset({"tips", "letters", "notices"})  # what schedules may send
COMMON = frozenset({"union", "unit", "date"})  # what every broadcast fills in
FENCE = "+++"
_SAMPLES = (UnionInfo(), UnionInfo(phone="0000"))  # texts may say something else where there is no phone


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Front(BaseModel):
    """What stands between the +++ lines."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(min_length=1)
    title: str = Field(min_length=1, max_length=60)
    topic: str = Field(default="", max_length=40)
    season: Annotated[
        list[Literal["spring", "summer", "autumn", "winter", "all"]], BeforeValidator(_listed), Field(min_length=1)
    ] = ["all"]
    source: str = Field(default="", max_length=300)
    variables: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]] = []


@dataclass(frozen=True)
class Message:
    """One text. `seasons` are those it fits; `file` and the lines serve the problem reports."""

    key: str
    title: str
    topic: str
    seasons: frozenset[Season]
    source: str
    variables: frozenset[str]  # the names it may use
    chunks: tuple[Chunk, ...]
    file: str
    key_line: int
    body_line: int

    @property
    def kind(self) -> str:
        return self.key.partition("/")[0]

    def place(self, line: int) -> int:
        """A line of the body as a line of the file."""
        return self.body_line + line - 1


@dataclass(frozen=True)
class Library:
    """All messages by key, in the order of the keys. `broken`: keys of files that could not be used."""

    messages: dict[str, Message] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()

    @classmethod
    def load(cls, root: Path) -> "Library":
        """Read all of messages/; raises ProblemsFound with all problems."""
        library, problems = read_library(root)
        if problems:
            raise ProblemsFound(problems)
        return library

    def get(self, key: str) -> Message:
        """Raises KeyError: keys in code are ours, keys in schedules have been checked."""
        return self.messages[key]

    def match(self, globs: Iterable[str]) -> list[Message]:
        """Keys and globs in the given order, each glob's in the order of keys, none twice."""
        found = {key: message for glob in globs for key, message in self.messages.items() if fnmatchcase(key, glob)}
        return list(found.values())

    def render(self, key: str, **variables: object) -> tuple[Part, ...]:
        """The parts of a message, variables filled in; raises ProblemsFound when one is missing."""
        message = self.get(key)
        parts: list[Part] = []
        for chunk in message.chunks:
            if not isinstance(chunk.part, Text):
                parts.append(chunk.part)
            elif text := _filled(message, chunk, chunk.part, variables):
                parts.append(Text(text))
        return tuple(parts)


def _filled(message: Message, chunk: Chunk, part: Text, variables: dict[str, object]) -> str:
    try:
        return render(part.text, variables)
    except TemplateError as error:
        problem = Problem(message.file, message.place(chunk.line), f"这段文字填不出来（{error}）", "补上缺的变量")
        raise ProblemsFound([problem]) from None


def read_library(root: Path) -> tuple[Library, list[Problem]]:
    """What can be used of messages/, and everything that is wrong with the rest."""
    if not root.is_dir():
        return Library(), [Problem(root.as_posix(), 0, "没有这个文件夹", "文案放在 messages/ 下")]
    messages: dict[str, Message] = {}
    owners: dict[str, str] = {}
    broken: set[str] = set()
    problems: list[Problem] = []
    for path in sorted(root.rglob("*.md"), key=lambda path: path.relative_to(root).as_posix()):
        key = path.relative_to(root).with_suffix("").as_posix()
        if path.name.startswith((".", "~")) or path.stem.upper() == "README":
            continue
        message, found = _read(path, f"{root.name}/{key}.md", key, root)
        if message and message.key in owners:
            remedy = f"换一个，{owners[message.key]} 已经用了"
            found.append(Problem(message.file, message.key_line, f"文案 key“{message.key}”用了两次", remedy))
        elif message:
            owners[message.key] = message.file
        problems += found
        if found or message is None:
            broken.add(key)
        else:
            messages[key] = message
    return Library(dict(sorted(messages.items())), frozenset(broken)), problems


def _read(path: Path, file: str, key: str, root: Path) -> tuple[Message | None, list[Problem]]:
    try:
        document, body, body_line = _cut(read_text(path, file), file)
    except ProblemsFound as error:
        return None, error.problems

    def lacks(path: str) -> str:
        return "" if _inside(root, path) else f"放到 {root.name}/{path}，或改正这里的名字"

    return _assemble(document, body, body_line, key, lacks)


def compose(
    front: dict[str, Any], body: str, shown: str, lacks: Callable[[str], str]
) -> tuple[Message | None, list[Problem]]:
    """A message that was written on the pages, by the same rules as a file, and everything that is wrong with it.

    `shown` is what problems call it; `lacks` says what to do about a picture that is not there, "" for one that is.
    """
    return _assemble(Document(shown, front), body, 1, front["key"], lacks)


def _assemble(
    document: Document, body: str, body_line: int, key: str, lacks: Callable[[str], str]
) -> tuple[Message | None, list[Problem]]:
    file = document.file
    chunks, flaws = split(body)
    names = _names(document, key.partition("/")[0])
    flaws += _body_flaws(chunks, names, key, lacks)
    problems = [Problem(file, body_line + flaw.line - 1, flaw.what, flaw.remedy) for flaw in flaws]
    try:
        front = Front.model_validate(document.data)
    except ValidationError as error:
        return None, [*explain(document, error, Front), *problems]
    problems += _front_problems(document, front, key)
    seasons = frozenset(season for season in SEASONS if {season, "all"} & set(front.season))
    return Message(
        key=front.key,
        title=front.title,
        topic=front.topic,
        seasons=seasons,
        source=front.source,
        variables=names,
        chunks=tuple(chunks),
        file=file,
        key_line=document.place(("key",))[1],
        body_line=body_line,
    ), problems


def _names(document: Document, kind: str) -> frozenset[str]:
    """Variables that the body may use; also of a front matter that is wrong elsewhere."""
    declared = document.data.get("variables", [])
    own = frozenset(name for name in declared if isinstance(name, str)) if isinstance(declared, list) else frozenset()
    return own | (COMMON if kind in SENT or kind == "scripts" else frozenset())


def _cut(text: str, file: str) -> tuple[Document, str, int]:
    """The front matter, the body and the line where the body starts."""
    rows = text.splitlines()
    fences = [number for number, row in enumerate(rows) if row.strip() == FENCE]
    if len(fences) < 2 or any(row.strip() for row in rows[: fences[0]]):
        raise ProblemsFound(
            [Problem(file, 1, "开头少了说明", f"第一行写 {FENCE}，再写 key 和 title，再写一行 {FENCE}")]
        )
    start, end = fences[0] + 1, fences[1]
    document = Document.parse("\n".join(rows[start:end]) + "\n", file, start)
    return document, "\n".join(rows[end + 1 :]), end + 2


def _front_problems(document: Document, front: Front, key: str) -> Iterator[Problem]:
    kind = key.partition("/")[0]
    if kind not in KINDS or "/" not in key:
        remedy = closest(kind, KINDS, f"放到 {'、'.join(KINDS)} 之一下面")
        yield document.problem((), f"不认识“{kind}”这一类文案", remedy)
    if front.key != key:
        yield document.problem(("key",), f"key“{front.key}”和文件的位置不一致", f'写成 key = "{key}"，或者移动文件')
    if kind == "tips" and not front.source:
        yield document.problem(("source",), "少了“source”", "补上一行 source = …，写明这条提示出自哪里")
    if kind in SENT - {"notices"} and not front.topic:
        yield document.problem(("topic",), "少了“topic”", "补上一行 topic = …，写明讲的是什么")
    if kind in SENT and (extra := set(front.variables) - COMMON):
        yield document.problem(
            ("variables",), f"播发时没有变量“{min(extra)}”", f"能用的有：{'、'.join(sorted(COMMON))}"
        )


def _body_flaws(chunks: list[Chunk], names: frozenset[str], key: str, lacks: Callable[[str], str]) -> Iterator[Flaw]:
    if not chunks:
        yield Flaw(1, "没有正文", f"在第二个 {FENCE} 下面写正文")
    for chunk in chunks:
        match chunk.part:
            case Text(text=source):
                for flaw in _template_flaws(source, names, key):
                    yield Flaw(chunk.line + flaw.line - 1, flaw.what, flaw.remedy)
            case Image(path=path) | File(path=path):
                if remedy := lacks(path):
                    yield Flaw(chunk.line, f"找不到文件“{path}”", remedy)
            case _:
                pass


def _template_flaws(source: str, names: frozenset[str], key: str) -> list[Flaw]:
    flaws = list(flaws_of(source, names))
    if flaws or key.partition("/")[0] not in SENT:
        return flaws
    tries = (trial(source, {"union": union, "unit": "样例", "date": "样例"}) for union in _SAMPLES)
    return [flaw for flaw in tries if flaw][:1]


def _inside(root: Path, path: str) -> bool:
    """Only files below messages/: a message must not carry off anything else of the machine."""
    full = (root / path).resolve()
    return full.is_relative_to(root.resolve()) and full.is_file()
