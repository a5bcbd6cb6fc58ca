"""Texts in messages/: read, checked with their lines, and rendered so that users' words stay words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import UnionInfo
from bot.content import Library, Message
from bot.content.messages import read_library
from bot.content.parts import split
from bot.errors import Problem, ProblemsFound
from bot.events import Image, Link, Text

FRONT = """+++
key = "{key}"
title = "洗手"
topic = "防护"
source = "国家卫生健康委"
{more}
+++
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "messages"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "x.png").write_bytes(b"\x89PNG")
    return folder


def put(root: Path, key: str, body: str, more: str = "", front: str = FRONT) -> None:
    path = root / f"{key}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(front.format(key=key, more=more) + body, encoding="utf-8")


def problems(root: Path) -> list[Problem]:
    _, found = read_library(root)
    assert all(problem.remedy for problem in found)
    if found:
        with pytest.raises(ProblemsFound) as caught:
            Library.load(root)
        assert caught.value.problems == sorted(found)
    return found


def test_a_tip_is_read_and_rendered(root: Path) -> None:
    put(
        root,
        "tips/wash",
        "\n{{ unit }}的工友：\n勤洗手\n\n![图](images/x.png)\n{{ union }} {{ date }}\n",
        'season = ["winter"]',
    )
    library = Library.load(root)
    message = library.get("tips/wash")
    assert (message.title, message.kind, set(message.seasons)) == ("洗手", "tips", {"winter"})
    assert message.variables == {"union", "unit", "date"}
    assert library.render("tips/wash", unit="采煤一队", union="工会", date="今天") == (
        Text("采煤一队的工友：\n勤洗手"),
        Image("images/x.png", "图"),
        Text("工会 今天"),
    )


def test_the_union_has_a_name_a_phone_and_a_hotline(root: Path) -> None:
    put(
        root,
        "tips/a",
        "{{ union }}{{ union.name }}{% if union.phone %}{{ union.phone }}{% endif %} {{ union.hotline }}",
    )
    union = UnionInfo(name="工会", hotline="12356")
    library = Library.load(root)
    assert library.render("tips/a", union=union) == (Text("工会工会 12356"),)
    assert library.render("tips/a", union=union.model_copy(update={"phone": "0"})) == (Text("工会工会0 12356"),)


def test_seasons(root: Path) -> None:
    for key, more in (
        ("a", ""),
        ("b", 'season = ["all"]'),
        ("c", 'season = "summer"'),
        ("d", 'season = ["spring", "autumn"]'),
    ):
        put(root, f"tips/{key}", "x", more)
    everything = {"spring", "summer", "autumn", "winter"}
    found = [set(message.seasons) for message in Library.load(root).messages.values()]
    assert found == [everything, everything, {"summer"}, {"spring", "autumn"}]


HOSTILE = st.text(st.sampled_from("![]()x{}%#\n https://images/x.png+"), max_size=40)


@given(HOSTILE)
def test_words_of_a_user_stay_text(words: str) -> None:
    chunks, _ = split("{{ words }}\n[网址](https://example.org)\n{{ words }}")
    message = Message("replies/a", "", "", frozenset(), "", frozenset({"words"}), tuple(chunks), "f", 1, 1)
    for value in (words, f"![a](images/x.png)\n{words}", "{{ words }}{% for %}"):
        parts = Library({"replies/a": message}).render("replies/a", words=value)
        said = [Text(value.strip())] if value.strip() else []
        assert list(parts) == [*said, Link("https://example.org", "网址"), *said]


def test_a_reply_declares_what_it_uses(root: Path) -> None:
    put(root, "replies/ok", "{{ code }}:{% for n in names %}{{ n }} {% endfor %}", 'variables = ["code", "names"]')
    put(root, "replies/bad", "\n一\n{{ code }}\n二 {{ unit }}{{ unit }}", 'variables = ["code"]')
    [problem] = problems(root)
    assert (problem.file, problem.line) == ("messages/replies/bad.md", 11)
    assert (problem.what, problem.remedy) == ("没有“unit”这个变量", "这里能用的有：code")
    library, _ = read_library(root)
    assert library.render("replies/ok", code="H0123", names=["甲", "乙"]) == (Text("H0123:甲 乙"),)


def test_a_missing_value_is_loud(root: Path) -> None:
    put(root, "replies/ok", "{{ code }}", 'variables = ["code"]')
    with pytest.raises(ProblemsFound, match=r"messages/replies/ok\.md:8"):
        Library.load(root).render("replies/ok")


def test_parts_that_become_empty_are_left_out(root: Path) -> None:
    put(root, "replies/ok", "{% if code %}{{ code }}{% endif %}\n[a](https://example.org)", 'variables = ["code"]')
    assert Library.load(root).render("replies/ok", code="") == (Link("https://example.org", "a"),)


@pytest.mark.parametrize(
    ("body", "line", "what"),
    [
        ("", 8, "没有正文"),
        ("a\n{{ unti }}", 9, "没有“unti”这个变量"),
        ("a\n{{ range(9) }}", 9, "没有“range”这个变量"),
        ("a\n\n{{ unit | shout }}", 10, "花括号里没有“shout”这种写法"),
        ("{% if unit %}\nx", 8, "少了结尾的 {% endif %} 或 {% endfor %}"),
        ("x\n{{ unit }", 9, "花括号里的写法不对"),
        ("{% include 'x' %}", 8, "文案里不能引用别的文件"),
        ("{{ unit.name.x }}", 8, "填不出来"),
        ("{{ unit.__class__.__mro__ }}", 8, "填不出来"),
        ("{% if union.phone %}{{ union.fone }}{% endif %}", 8, "填不出来"),
        ("{{ 1 / 0 }}", 8, "填不出来"),
        ("a\n![图](images/none.png)", 9, "找不到文件“images/none.png”"),
        ("a\n![图](../../secret.png)", 9, "找不到文件“../../secret.png”"),
        ("[x](/etc/hostname)", 8, "找不到文件“/etc/hostname”"),
        ("[x](http://example.org)", 8, "地址写法不对"),
        ("[{{ unit }}](https://example.org)\na", 8, "不能用变量"),
    ],
)
def test_a_wrong_body(root: Path, body: str, line: int, what: str) -> None:
    (root.parent.parent / "secret.png").write_bytes(b"x")
    put(root, "tips/a", body)
    [problem] = [found for found in problems(root) if what in found.what]
    assert (problem.file, problem.line) == ("messages/tips/a.md", line)


@pytest.mark.parametrize(
    ("key", "front", "line", "what"),
    [
        ("tips/a", "x\n", 1, "开头少了说明"),
        ("tips/a", '+++\nkey = "tips/a"\ntitle = "x"\n', 1, "开头少了说明"),
        ("tips/a", '\n+++\nkey = "tips/a"\ntitle "x"\n+++\n', 4, "不合 TOML"),
        ("tips/a", '+++\nkey = "tips/a"\ntitle = "x"\ntopic = "x"\n+++\n', 1, "少了“source”"),
        ("tips/a", '+++\nkey = "tips/a"\ntitle = "x"\nsource = "x"\n+++\n', 1, "少了“topic”"),
        ("letters/a", '+++\nkey = "letters/a"\ntitle = "x"\n+++\n', 1, "少了“topic”"),
        ("replies/a", '+++\nkey = "replies/a"\ntitle = "x"\ntite = "x"\n+++\n', 4, "不认识的项“tite”"),
        ("replies/a", '+++\nkey = "replies/a"\ntitle = "x"\nseason = ["wintr"]\n+++\n', 4, "“season.0”不能写“wintr”"),
        ("replies/a", '+++\nkey = "replies/b"\ntitle = "x"\n+++\n', 2, "和文件的位置不一致"),
        ("reply/a", '+++\nkey = "reply/a"\ntitle = "x"\n+++\n', 1, "不认识“reply”这一类文案"),
    ],
)
def test_a_wrong_front(root: Path, key: str, front: str, line: int, what: str) -> None:
    put(root, key, "正文", front=front)
    [problem] = problems(root)
    assert (problem.file, problem.line) == (f"messages/{key}.md", line)
    assert what in problem.what


def test_a_tip_may_not_wish_for_variables(root: Path) -> None:
    put(root, "tips/a", "{{ code }}", 'variables = ["code"]')
    assert "播发时没有变量“code”" in [problem.what for problem in problems(root)]


def test_body_and_front_are_both_told(root: Path) -> None:
    put(root, "tips/a", "{{ x }}\n![a](no.png)", "tite = 1")
    assert [problem.line for problem in sorted(problems(root))] == [6, 8, 9]


def test_a_key_used_twice(root: Path) -> None:
    put(root, "replies/a", "一")
    put(root, "replies/b", "二", front=FRONT.replace("{key}", "replies/a"))
    twice = [problem for problem in problems(root) if "用了两次" in problem.what]
    assert [(problem.file, problem.line) for problem in twice] == [("messages/replies/b.md", 2)]
    library, _ = read_library(root)
    assert (set(library.messages), set(library.broken)) == ({"replies/a"}, {"replies/b"})


def test_a_note_for_editors_is_no_message(root: Path) -> None:
    (root / "README.md").write_text("怎么写")
    assert Library.load(root).messages == {}


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound, match="没有这个文件夹"):
        Library.load(tmp_path / "messages")
