"""Every mistake in a TOML file is answered with its line and a remedy."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import Problem, ProblemsFound
from bot.toml import Document, explain

EVERYTHING = '''# a comment [not.a.table]
top = 1
"a b".'c' = "x # no comment"

[server]   # comment
host = "h"
deep.er = true
text = """
[fake]
fake = 1 \\"""
"""
raw = \'\'\'
[fake2] = "\'\'\'
list = [
  "one", # comment ]
  ["two", { x = 1, y.z = [5] }],
  2026-12-21 08:00:00,
]

[[item]]
name = "first"
[item.part]
size = 1

[[item]]
name = "second"
[[item.part]]
size = 2
[[item.part]]
size = 3
'''

LINES = {
    ("top",): 2,
    ("a b", "c"): 3,
    ("server",): 5,
    ("server", "host"): 6,
    ("server", "deep", "er"): 7,
    ("server", "text"): 8,
    ("server", "raw"): 12,
    ("server", "list"): 14,
    ("server", "list", 0): 15,
    ("server", "list", 1, 1, "x"): 16,
    ("server", "list", 1, 1, "y", "z", 0): 16,
    ("server", "list", 2): 17,
    ("item", 0): 20,
    ("item", 0, "name"): 21,
    ("item", 0, "part", "size"): 23,
    ("item", 1, "name"): 26,
    ("item", 1, "part", 0, "size"): 28,
    ("item", 1, "part", 1): 29,
    ("item", 1, "part", 1, "size"): 30,
}


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["inner"]
    size: int = Field(default=1, ge=1)


class Other(BaseModel):
    type: Literal["other"]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(default="x", max_length=3)
    ratio: float = 1
    on: bool = True
    span: tuple[int, int] = (1, 2)
    level: Literal["low", "high"] = "low"
    need: str
    inside: dict[Annotated[str, Field(pattern="^[a-z]+$")], Annotated[Inner | Other, Field(discriminator="type")]] = {}


def problems_of(text: str) -> list[Problem]:
    document = Document.parse(text, "f.toml")
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(document.data)
    return explain(document, caught.value, Model)


@pytest.mark.parametrize(("path", "line"), list(LINES.items()))
def test_each_key_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert Document.parse(EVERYTHING, "f.toml").place(path) == ("f.toml", line)


def test_no_line_is_invented() -> None:
    document = Document.parse(EVERYTHING, "f.toml")
    assert [path for path in document.lines if document.path(path) != path] == []


def test_windows_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n\r\nb = 2\r\n")
    document = Document.read(path, "f.toml")
    assert (document.data, document.place(("b",))) == ({"a": 1, "b": 2}, ("f.toml", 3))


KEYS = st.text(st.sampled_from("ab-_1文 .\"'#[]="), min_size=1, max_size=5)
VALUES = st.recursive(
    st.integers() | st.booleans() | st.text(st.sampled_from("a\"'#[]{},=\n\\"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def quoted(text: str) -> str:
    return '"' + "".join(f"\\u{ord(c):04x}" if c in '"\\\n' else c for c in text) + '"'


def written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return quoted(value) if len(value) % 2 or "'" in value or "\n" in value else f"'{value}'"
        case list():
            return "[\n" + "".join(f" {written(item)}, # ] }}\n" for item in value) + "]"
        case _:
            return "{" + ", ".join(f"{quoted(key)} = {written(item)}" for key, item in value.items()) + "}"


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [path, *(leaf for key, inner in pairs for leaf in leaves(inner, (*path, key)))]


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
def test_every_path_of_any_document_is_found(data: dict[str, Any]) -> None:
    text = "".join(f"{quoted(key)} = {written(value)}\n" for key, value in data.items())
    if any(isinstance(inner, dict) and "\n" in written(inner) for inner in data.values()):
        return  # a list inside an inline table may not span lines in TOML 1.0 readers
    document = Document.parse(text, "f.toml")
    assert tomllib.loads(text) == data
    assert set(document.lines) == {path for path in leaves(data) if path}
    rows = text.splitlines()
    for key in data:
        assert rows[document.lines[(key,)] - 1].startswith(quoted(key))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a = 1\n\na = 2\n", 3, "“a”写了两次"),
        ("[t]\na = 1\n[t]\n", 3, "“[t]”写了两次"),
        ("a = 1\nb = secret word\n", 2, "“b”这一行不合 TOML 的写法"),
        ("a = 1\nb = [1,\n", 2, "“b”这一行不合 TOML 的写法"),
    ],
)
def test_what_is_no_toml(text: str, line: int, what: str) -> None:
    with pytest.raises(ProblemsFound) as caught:
        Document.parse(text, "f.toml")
    [problem] = caught.value.problems
    assert (problem.file, problem.line, problem.what) == ("f.toml", line, what)
    assert problem.remedy and "secret" not in str(problem)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "gbk.toml").write_bytes('a = "送暖"\n'.encode("gbk"))
    for name, what in (("gbk.toml", "UTF-8"), ("none.toml", "打不开")):
        with pytest.raises(ProblemsFound, match=what):
            Document.read(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "line", "what", "remedy"),
    [
        ('need = "x"\nnmae = "y"', 2, "不认识的项“nmae”", "是不是想写“name”？"),
        ('need = "x"\nqqqq = "y"', 2, "不认识的项“qqqq”", "name、ratio"),
        ('\nname = "x"', 1, "少了“need”", "need = …"),
        ('need = "x"\nname = 5', 2, "“name”要写文字", "引号"),
        ('need = "x"\nname = "long"', 2, "“name”太长", "最多写 3 个字"),
        ('need = "x"\nratio = "y"', 2, "“ratio”要写数字", "0.5"),
        ('need = "x"\non = "maybe"', 2, "“on”要写 true 或 false", "小写"),
        ('need = "x"\nspan = 1', 2, "“span”要写列表", "[3, 8]"),
        ('need = "x"\nspan = [1]', 2, "“span”写少了", "至少要 2 个"),
        ('need = "x"\nspan = [1, 2, 3]', 2, "“span”写多了", "最多 2 个"),
        ('need = "x"\nspan = [\n1,\n2.5]', 4, "“1”要写整数", "8"),
        ('need = "x"\nlevel = "mid"', 2, "“level”不能写“mid”", '"low", "high"'),
        ('need = "x"\ninside = 1', 2, "“inside”要写成一节", "[名字]"),
        ('need = "x"\n[inside.a]\ntype = "inner"\nsize = 0', 4, "“size”不能小于 1", "1 或更大"),
        ('need = "x"\n[inside.a]\ntype = "inner"\nsice = 0', 4, "不认识的项“sice”", "是不是想写“size”？"),
        ('need = "x"\n[inside.a]\ntype = "iner"', 3, "“inside.a”不能写“iner”", '"inner", "other"'),
        ('need = "x"\n[inside.a]\nsize = 1', 2, "“a”少了 type", "type"),
        ('need = "x"\n[inside.A1]\ntype = "other"', 2, "“A1”写法不对", "^[a-z]+$"),
    ],
)
def test_each_mistake_in_plain_words(text: str, line: int, what: str, remedy: str) -> None:
    [problem] = problems_of(text)
    assert (problem.line, problem.what) == (line, what)
    assert remedy in problem.remedy


def test_all_mistakes_at_once() -> None:
    assert sorted(problem.line for problem in problems_of('name = 1\nratio = "x"\n\non = 7\n')) == [1, 1, 2, 4]
