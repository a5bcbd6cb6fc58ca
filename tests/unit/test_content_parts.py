"""Bodies become parts, and parts become what a network can carry."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import as_text, degrade, length
from bot.content.parts import Chunk, split
from bot.events import File, Image, Limits, Link, Mention, Part, PartName, Text

NAMES: list[PartName] = ["text", "image", "file", "link", "mention"]
WORDS = st.text(st.sampled_from("送暖ab {}()[]!\n"), max_size=12)
PARTS: st.SearchStrategy[list[Part]] = st.lists(
    st.one_of(
        st.builds(Text, WORDS),
        st.builds(Image, st.just("images/x.png"), WORDS),
        st.builds(File, st.just("files/x.pdf"), WORDS),
        st.builds(Link, st.just("https://example.org"), WORDS),
        st.builds(Mention, st.just("7"), WORDS),
    ),
    max_size=8,
)
LIMITS = st.sets(st.sampled_from(NAMES)).map(lambda names: Limits(100, "chars", frozenset({"text", *names})))
PLAIN = Limits(text_max=100, unit="chars", parts=frozenset({"text"}))


def test_lines_that_stand_alone_become_parts() -> None:
    body = f"""
一行
两行{"  "}

空行后

![洗手图](images/x.png)
[看全文](https://example.org/a?b=1)
[手册](files/x.pdf)
句中的 [链接](https://example.org) 还是文字
"""
    chunks, flaws = split(body)
    assert flaws == []
    assert chunks == [
        Chunk(2, Text("一行\n两行\n\n空行后")),
        Chunk(7, Image("images/x.png", "洗手图")),
        Chunk(8, Link("https://example.org/a?b=1", "看全文")),
        Chunk(9, File("files/x.pdf", "手册")),
        Chunk(10, Text("句中的 [链接](https://example.org) 还是文字")),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "[x](http://example.org)",
        "![x](https://example.org/a.png)",
        "[x](ftp://example.org)",
        "[{{ unit }}](https://example.org)",
        "![x](images/{{ unit }}.png)",
        "[x](files/{% raw %}.pdf)",
    ],
)
def test_what_cannot_be_a_part(row: str) -> None:
    chunks, [flaw] = split(f"a\n{row}\nb")
    assert flaw.line == 2 and flaw.what and flaw.remedy
    assert [type(chunk.part) for chunk in chunks] == [Text]


@given(st.text(st.sampled_from("送 \n\t.x")))
def test_plain_text_loses_only_the_blanks_around_it(body: str) -> None:
    chunks, flaws = split(body)
    assert flaws == []
    rows = "\n".join(row.rstrip() for row in body.splitlines()).strip()
    assert [chunk.part for chunk in chunks] == ([Text(rows)] if rows else [])
    for chunk in chunks:
        assert body.splitlines()[chunk.line - 1].strip() == rows.splitlines()[0].strip()


def test_what_becomes_of_each_part() -> None:
    parts: list[Part] = [
        Mention("7", "小李"),
        Text("请看"),
        Image("images/x.png", "洗手图"),
        Image("images/y.png"),
        File("files/x.pdf", "手册"),
        File("files/y.pdf"),
        Link("https://example.org", "全文"),
        Link("https://example.org/b"),
    ]
    [only] = degrade(parts, PLAIN)
    assert isinstance(only, Text)
    assert only.text.split("\n") == [
        "@小李",
        "请看",
        "〔图：洗手图〕",
        "〔图〕",
        "〔文件：手册，请向工会索取〕",
        "〔文件：y.pdf，请向工会索取〕",
        "全文",
        "https://example.org",
        "https://example.org/b",
    ]


def test_what_is_carried_stays() -> None:
    limits = Limits(100, "chars", frozenset({"text", "image"}))
    image = Image("images/x.png", "图")
    parts: list[Part] = [Text("a"), Text("b"), image, Link("https://example.org", "c")]
    assert degrade(parts, limits) == (Text("a\nb"), image, Text("c\nhttps://example.org"))


@given(PARTS, LIMITS)
def test_degrading_ends_with_what_the_network_carries(parts: list[Part], limits: Limits) -> None:
    done = degrade(parts, limits)
    assert {part.__struct_config__.tag for part in done} <= limits.parts
    assert not any(isinstance(a, Text) and isinstance(b, Text) for a, b in pairwise(done))
    assert degrade(done, limits) == done
    assert "\n".join(map(as_text, done)) == "\n".join(map(as_text, parts))


def test_length_counts_as_the_network_does() -> None:
    assert length("送暖a", PLAIN) == 3
    assert length("送暖a", Limits(2048, "bytes", frozenset({"text"}))) == 7
