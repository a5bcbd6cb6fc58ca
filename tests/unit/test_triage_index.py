"""The index saves time and decides nothing: it finds exactly the signals that trying every pattern finds."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import triage_index
from bot import triage
from bot.triage import fold, index

HERE = Path(triage.__file__).parent


@cache
def regexes() -> list[tuple[str, re.Pattern[str]]]:
    sources = [(name, source) for family in (index.SPEAKING, index.BESIDE) for name, source in family.items()]
    return [(name, re.compile("|".join(source.split()))) for name, source in sources]


def by_trying_all(text: str) -> set[str]:
    found = {name for name, regex in regexes() if regex.search(text)}
    return found if found & index.STARTING else set()


def examples() -> Iterator[str]:
    for name in ("train.jsonl", "held_out.jsonl"):
        for line in (HERE / "examples" / name).read_text(encoding="utf-8").splitlines():
            yield fold(json.loads(line)["text"])


def test_it_finds_what_trying_every_pattern_finds_in_all_examples() -> None:
    wrong = [text for text in examples() if index.signals_in(text) != by_trying_all(text)]
    assert not wrong


PIECES = st.sampled_from(
    [piece for one in index._indexes() for piece in sorted(one.patterns)] + list("了的我没有0,。 都就还")
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_it_finds_them_in_texts_made_of_its_own_pieces(text: str) -> None:
    assert index.signals_in(text) == by_trying_all(text)


def test_the_file_fits_the_patterns() -> None:
    """After a change of the patterns: python -m bench.triage_index."""
    kept = json.loads((HERE / "index.json").read_text(encoding="utf-8"))
    assert kept == triage_index.whole(triage_index.ordinary_lines())


@pytest.mark.parametrize("pattern", [".*", "a?", "(?:a|b?)c*", "(?!药)", "[^药]"])
def test_a_pattern_that_could_match_anything_is_refused(pattern: str) -> None:
    with pytest.raises(triage_index.Underivable):
        triage_index.derive([pattern], triage_index.frequencies([]))


@pytest.mark.parametrize(
    ("pattern", "pieces"),
    [
        ("药", {"药"}),
        ("(?:米|面)没了", {"没了"}),
        ("(?:断药|停药)+", {"断药", "停药"}),
        ("a.{0,3}b", {"a"}),
        ("没(?:有)?(?!我)床", {"没床", "没有床"}),
        ("[饥饿]?(?:肚子|得){2}", {"肚子", "得"}),
        ("(?i:so)", {"so", "sO", "So", "SO"}),
    ],
)
def test_pieces_of_a_pattern(pattern: str, pieces: set[str]) -> None:
    common = triage_index.frequencies(["没有水", "床单"])
    assert set(triage_index.derive([pattern], common)) == pieces


def test_a_plea_is_heard_in_capitals() -> None:
    assert "plea" in index.signals_in("停水停电两天,SOS!")
