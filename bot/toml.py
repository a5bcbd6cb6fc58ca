"""TOML files that people edit: a mistake is answered with file, line and what to write instead.

`Document` knows where each key stands; `explain` turns pydantic's findings into short Chinese sentences.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.errors import Problem, ProblemsFound
from bot.toml_lines import Loc, lines_of

_PLACE = re.compile(r"\(at line (\d+), column \d+\)")
_AGAIN = re.compile(r"Cannot (overwrite a value|declare .* twice|mutate immutable|redefine namespace)|Duplicate inline")


@dataclass(frozen=True)
class Document:
    """A parsed TOML text that knows the line of each key path. `origins`: paths that came from elsewhere."""

    file: str
    data: dict[str, Any]
    lines: dict[Loc, int] = field(default_factory=dict)
    before: int = 0  # lines of the file that stand before the TOML text
    origins: dict[Loc, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, shown: str | None = None) -> "Document":
        """Parse a file; raises ProblemsFound when it cannot be read or is no TOML."""
        name = shown or path.as_posix()
        return cls.parse(read_text(path, name), name)

    @classmethod
    def parse(cls, text: str, file: str, before: int = 0) -> "Document":
        text = text.replace("\r\n", "\n")
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ProblemsFound([_syntax(error, text, file, before)]) from None
        return cls(file, data, lines_of(text), before)

    def path(self, loc: Iterable[str | int]) -> Loc:
        """`loc` without what only pydantic sees (tags of unions, keys that are missing)."""
        node: Any = self.data
        path: Loc = ()
        for step in loc:
            is_key = isinstance(node, dict) and step in node
            if is_key or (isinstance(node, list) and isinstance(step, int) and step < len(node)):
                node, path = node[step], (*path, step)
        return path

    def place(self, loc: Iterable[str | int]) -> tuple[str, int]:
        """File and line of a key path; of the nearest table above it when it is not there."""
        full = self.path(loc)
        for size in range(len(full), 0, -1):
            if full[:size] in self.origins:
                return self.origins[full[:size]], 0
            if full[:size] in self.lines:
                return self.file, self.lines[full[:size]] + self.before
        inside = [name for path, name in self.origins.items() if full and path[: len(full)] == full]
        return (inside[0], 0) if inside else (self.file, self.before or min(1, len(self.lines)))

    def problem(self, loc: Iterable[str | int], what: str, remedy: str = "") -> Problem:
        file, line = self.place(loc)
        return Problem(file, line, what, remedy)


def read_text(path: Path, shown: str) -> str:
    """The file's text; raises ProblemsFound. Windows editors like to put a byte order mark in front."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ProblemsFound([Problem(shown, 0, "不是 UTF-8 编码", "用编辑器“另存为”，编码选 UTF-8")]) from None
    except OSError:
        raise ProblemsFound([Problem(shown, 0, "打不开这个文件", "看看路径对不对、有没有读的权限")]) from None


def closest(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy that names what was probably meant."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"是不是想写“{near[0]}”？" if near else otherwise


def explain(document: Document, error: ValidationError, model: type[BaseModel] | None = None) -> list[Problem]:
    """Each of pydantic's findings as a problem with its line; with `model`, unknown keys get a suggestion."""
    schema = model.model_json_schema() if model else {}
    problems = []
    for found in error.errors():
        what, remedy = _sentence(found["loc"], found["type"], found, known_keys(schema, found["loc"][:-1]))
        tag = found.get("ctx", {}).get("discriminator", "").strip("'")  # the wrong tag stands there
        problems.append(document.problem((*found["loc"], *([tag] if tag else [])), what, remedy))
    return problems


def known_keys(schema: dict[str, Any], loc: Iterable[str | int]) -> list[str]:
    """Keys that a model's JSON schema allows at a path (which may contain union tags)."""
    node = resolve(schema, schema)
    for step in loc:
        node = resolve(schema, child(node, step))
    return list(node.get("properties", {}))


def child(node: dict[str, Any], step: str | int) -> dict[str, Any]:
    """One step down a JSON schema; empty where it knows nothing."""
    if step in node.get("properties", {}):
        return dict(node["properties"][step])
    if "discriminator" in node:
        return {"$ref": node["discriminator"]["mapping"].get(step, "")}
    patterns = node.get("patternProperties", {})
    return next((dict(sub) for pattern, sub in patterns.items() if re.search(pattern, str(step))), {})


def resolve(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Follow `$ref` inside a JSON schema."""
    if "$ref" not in node:
        return node
    return dict(schema.get("$defs", {}).get(node["$ref"].rpartition("/")[2], {}))


def _syntax(error: tomllib.TOMLDecodeError, text: str, file: str, before: int) -> Problem:
    rows = text.splitlines()
    found = _PLACE.search(str(error))
    line = int(found[1]) if found else len(rows)
    row = rows[line - 1].strip() if 0 < line <= len(rows) else ""
    name = row.partition("=")[0].strip()  # never the value: it may be a secret
    if _AGAIN.search(str(error)):
        return Problem(file, before + line, f"“{name}”写了两次", "留一个，删掉另一个")
    remedy = "文字两边加英文引号，一行只写一个“名字 = 值”"
    return Problem(file, before + line, f"“{name[:30]}”这一行不合 TOML 的写法", remedy)


_KINDS = {
    "int": ("要写整数", "不加引号，不带小数点，例如 8"),
    "float": ("要写数字", "不加引号，例如 3 或 0.5"),
    "bool": ("要写 true 或 false", "小写，不加引号"),
    "string": ("要写文字", '两边加英文引号，例如 "文字"'),
    "list": ("要写列表", '例如 ["甲", "乙"]'),
    "tuple": ("要写列表", "例如 [3, 8]"),
    "dict": ("要写成一节", "例如单独一行 [名字]，下面再写各项"),
    "model": ("要写成一节", "例如单独一行 [名字]，下面再写各项"),
}
_BOUNDS = {
    "greater_than_equal": ("不能小于 {ge}", "改成 {ge} 或更大"),
    "greater_than": ("要大于 {gt}", "改成大于 {gt} 的数"),
    "less_than_equal": ("不能大于 {le}", "改成 {le} 或更小"),
    "less_than": ("要小于 {lt}", "改成小于 {lt} 的数"),
    "string_too_short": ("太短", "至少写 {min_length} 个字"),
    "string_too_long": ("太长", "最多写 {max_length} 个字"),
    "too_short": ("写少了", "至少要 {min_length} 个"),
    "too_long": ("写多了", "最多 {max_length} 个"),
}


def _sentence(loc: Loc, kind: str, found: Any, known: list[str]) -> tuple[str, str]:
    name = ".".join(str(step) for step in loc[-2:] if isinstance(step, int) or step != "[key]")
    last, context = str(loc[-1]) if loc else "", found.get("ctx", {})
    if kind == "value_error":
        what, _, remedy = str(context["error"]).partition("→")
        return what.strip(), remedy.strip()
    if kind == "extra_forbidden":
        listed = "这里能写的有：" + "、".join(known) if known else "删掉它，或对照说明改正"
        return f"不认识的项“{last}”", closest(last, known, listed)
    if kind == "missing" and isinstance(loc[-1], int):
        return f"“{loc[-2]}”写少了", f"至少要 {loc[-1] + 1} 个"
    if kind == "missing":
        return f"少了“{last}”", f"补上一行 {last} = …"
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        options = str(context.get("expected") or context["expected_tags"]).replace(" or ", ", ").replace("'", '"')
        return f"“{name}”不能写“{context.get('tag', found['input'])}”", f"只能写其中一个：{options}"
    if kind == "union_tag_not_found":
        return f"“{last}”少了 type", '补上一行 type = "…"，写明是哪一种'
    if kind == "string_pattern_mismatch":
        return f"“{loc[-2] if last == '[key]' else last}”写法不对", f"要合这个样式：{context['pattern']}"
    if kind in _BOUNDS:
        what, remedy = (text.format(**context) for text in _BOUNDS[kind])
        return f"“{last}”{what}", remedy
    what, remedy = _KINDS.get(kind.partition("_")[0], ("写得不对", "对照说明改正"))
    return f"“{last}”{what}", remedy
