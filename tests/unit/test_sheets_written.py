"""A table that is written: text and numbers and no formula, whole or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from bot import sheets
from bot.errors import BadInput


def read(path: Path) -> list[tuple[int, list[str]]]:
    return [(row.number, row.cells) for row in sheets.read_rows(path)[1]]


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=6))
@example([["=1", "+1"], ["-1", "@x"], ["＝1", "'=1"], ["''", "'"]])
@settings(max_examples=60)
def test_what_is_written_is_no_formula_and_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    for ending in sheets.SUFFIXES:
        path = tmp_path_factory.getbasetemp() / f"written{ending}"
        sheets.write(path, [["姓名", "备注"], *rows])
        found = read(path)
        assert not [cell for _, cells in found for cell in cells if cell.lstrip().startswith(tuple("=+-@＝＋－＠"))]
        plain = [[sheets.plain(cell) for cell in cells] for _, cells in found]
        wanted = [_trimmed([sheets.clean(cell) for cell in cells]) for cells in rows]
        assert plain == [cells for cells in wanted if cells]


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def test_numbers_are_written_as_numbers(tmp_path: Path) -> None:
    sheets.write(tmp_path / "n.xlsx", [["甲", "乙"], [-5, 186.5]])
    assert read(tmp_path / "n.xlsx") == [(2, ["-5", "186.5"])]
    with pytest.raises(BadInput, match="结尾"):
        sheets.write(tmp_path / "n.xls", [])
    with pytest.raises(BadInput, match="文件夹"):
        sheets.write(tmp_path / "nowhere" / "n.csv", [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["n.xlsx"]


@pytest.mark.parametrize("ending", sheets.SUFFIXES)
def test_what_breaks_off_leaves_nothing(tmp_path: Path, ending: str) -> None:
    def rows() -> Iterator[list[str]]:
        yield from ([f"刘桂芳{number}", "13800000100"] for number in range(3000))
        raise OSError(28, "No space left on device")

    with pytest.raises(BadInput, match="No space left"):
        sheets.write(tmp_path / f"roster{ending}", rows())
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_at_the_last_moment_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library has an error of its own for that, which is no OSError."""
    close = Workbook.close

    def full(book: Workbook) -> None:
        close(book)
        raise FileCreateError(OSError(28, "No space left on device"))

    monkeypatch.setattr(Workbook, "close", full)
    with pytest.raises(BadInput, match="No space left"):
        sheets.write(tmp_path / "roster.xlsx", [["姓名"]])
    assert list(tmp_path.iterdir()) == []
