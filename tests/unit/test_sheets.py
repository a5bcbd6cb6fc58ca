"""Whatever an office sends, it is read or refused in one sentence; nothing else comes out."""

import csv
from io import StringIO
from pathlib import Path
from time import monotonic
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot import sheets
from bot.errors import BadInput
from bot.sheets import limits, reading
from bot.sheets.texts import neat
from tests import tables

ROSTER = [["户编号", "姓名", "电话"], ["H0001", "张三", "13800000001"], ["H0002", "李四", ""]]


def read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    header, rows = sheets.read_rows(path)
    return header, [(row.number, row.cells) for row in rows]


def made(folder: Path, raw: bytes) -> Path:
    path = folder / "roster.bin"
    path.write_bytes(raw)
    return path


def as_csv(rows: list[list[str]], delimiter: str = ",") -> str:
    out = StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        as_csv(ROSTER).encode(),
        as_csv(ROSTER).encode("utf-8-sig"),
        as_csv(ROSTER).encode("gb18030"),
        as_csv(ROSTER).encode("utf-16"),
        as_csv(ROSTER, "\t").encode("utf-16"),
        as_csv(ROSTER, ";").encode(),
        as_csv(ROSTER).replace("\r\n", "\r").encode(),
        tables.xlsx(ROSTER),
        tables.ods(ROSTER),
        tables.xls(ROSTER),
    ],
    ids=["utf8", "bom", "gb18030", "utf16", "utf16-tab", "semicolon", "cr", "xlsx", "ods", "xls"],
)
def test_the_same_table_in_every_format(tmp_path: Path, raw: bytes) -> None:
    assert read(made(tmp_path, raw)) == (
        ["户编号", "姓名", "电话"],
        [(2, ["H0001", "张三", "13800000001"]), (3, ["H0002", "李四"])],
    )


@pytest.mark.parametrize("make", [tables.xlsx, tables.xls], ids=["xlsx", "xls"])
def test_numbers_are_read_as_people_type_them(tmp_path: Path, make: Any) -> None:
    raw = make([["姓名", "电话"], ["张三", 13800000001.0], ["李四", 1.5]])
    assert read(made(tmp_path, raw))[1] == [(2, ["张三", "13800000001"]), (3, ["李四", "1.5"])]


def test_text_is_cleaned(tmp_path: Path) -> None:
    raw = '姓名,电话,备注\n\u200b 张\u3000三\x07 ,13800000001.0,"两\n行"\n'.encode()
    assert read(made(tmp_path, raw))[1] == [(2, ["张 三", "13800000001", "两 行"])]


def test_a_title_and_empty_lines_keep_the_row_numbers(tmp_path: Path) -> None:
    raw = "困难职工花名册,,\n\n户编号,姓名,电话\n,,\nH0001,张三,\n".encode()
    assert read(made(tmp_path, raw)) == (["户编号", "姓名", "电话"], [(5, ["H0001", "张三"])])
    raw = tables.xlsx([["花名册"], [""], *ROSTER])
    assert [number for number, _ in read(made(tmp_path, raw))[1]] == [4, 5]


def test_a_formula_is_not_evaluated(tmp_path: Path) -> None:
    raw = tables.xlsx([["姓名", "备注"], ["张三", '=HYPERLINK("http://127.0.0.1/","x")']])
    assert read(made(tmp_path, raw))[1] == [(2, ["张三", "shown"])]
    raw = "姓名,备注\n张三,=1+1\n".encode()
    assert read(made(tmp_path, raw))[1] == [(2, ["张三", "=1+1"])]


def bomb(size: int) -> bytes:
    return tables.packed({"xl/workbook.xml": b" " * size})


FAR_AWAY = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
ENTITIES = '<!DOCTYPE x [<!ENTITY a "&#x41;"><!ENTITY b "&a;&a;&a;">]><row r="1"><c t="str"><v>&b;</v></c></row>'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 100,
        b"%PDF-1.7\n\x00\xff\xfe",
        b"PK\x03\x04 and then nothing",
        b"PK\x05\x06" + bytes(18),
        tables.packed({"word/document.xml": "<a/>"}),
        tables.xlsx(ROSTER)[:-40],
        tables.xlsx_of("<row"),
        tables.xlsx_of(ENTITIES),
        tables.xlsx_of(FAR_AWAY),
        tables.xlsx([]),
        tables.xls(ROSTER)[:1200],
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\xff" * 600,
        bomb(80 * 1024 * 1024),
        ("a,b\n" + "x" * 200_000 + ",1\n").encode(),
        ",".join("abc"[n % 3] for n in range(61)).encode(),
    ],
    ids=[
        "empty", "nul", "pdf", "zip-start", "zip-end", "word", "cut", "xml", "entities", "far-away", "no-rows",
        "xls-cut", "ole", "bomb", "long-field", "columns",
    ],
)  # fmt: skip
def test_what_is_hostile_or_broken_is_refused_quickly(tmp_path: Path, raw: bytes) -> None:
    start = monotonic()
    with pytest.raises(BadInput) as caught:
        read(made(tmp_path, raw))
    assert monotonic() - start < 30
    assert "\u4e00" <= str(caught.value)[0] <= "\u9fff"


LONG, WRONG = "长" * 2001, "张\ufffd"


@pytest.mark.parametrize(
    "raw",
    [
        as_csv([*ROSTER, ["H0003", LONG, "1"], ["H0004", "张\0", "1"], ["H0005", "王五", "1"]]).encode(),
        as_csv([*ROSTER, ["H0003", LONG, "1"], ["H0004", "张\0", "1"], ["H0005", "王五", "1"]]).encode("utf-16"),
        tables.xlsx([*ROSTER, ["H0003", LONG + "长" * 200_000, "1"], ["H0004", WRONG, "1"], ["H0005", "王五", "1"]]),
    ],
    ids=["utf8", "utf16", "xlsx"],
)
def test_a_bad_cell_costs_its_row_only(tmp_path: Path, raw: bytes) -> None:
    rows = read(made(tmp_path, raw))[1]
    assert rows[2:] == [(4, ["H0003", LONG, "1"]), (5, ["H0004", WRONG, "1"]), (6, ["H0005", "王五", "1"])]
    reasons = [sheets.damage(cells) for _, cells in rows]
    assert reasons == [None, None, limits.LONG_CELL, limits.LOST_LETTERS, None]
    assert sheets.damage(["字" * 1500, "字" * 1500, "字" * 2000]) is None, "a long row is not a long cell"


def test_nuls_in_the_first_line_or_everywhere_are_no_text(tmp_path: Path) -> None:
    for raw in ("姓名,电话\n张三,1\n".encode("utf-16-le"), b"a,b\0\n1,2\n", b"a,b\n1,2\n" + bytes(99)):
        with pytest.raises(BadInput, match="读不出来"):
            read(made(tmp_path, raw))


@given(st.lists(st.text(st.sampled_from(" ,.0１5a张\u3000\u200b\n\x07"), max_size=9), max_size=5))
@example(["12345.0", " a", "a ", "a  b"])
def test_a_row_is_cleaned_as_its_cells_are(row: list[str]) -> None:
    assert neat(row) == [sheets.clean(cell) for cell in row]


def test_limits_of_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="找不到"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(BadInput, match="找不到"):
        read(tmp_path)
    monkeypatch.setattr(limits, "BYTES_MAX", 10)
    with pytest.raises(BadInput, match="MB"):
        read(made(tmp_path, as_csv(ROSTER).encode()))


def test_limit_of_rows(tmp_path: Path) -> None:
    path = made(tmp_path, b"a,b\n" + b"1,2\n" * (limits.ROWS_MAX - 1))
    assert len(read(path)[1]) == limits.ROWS_MAX - 1
    path = made(tmp_path, b"a,b\n" + b"1,2\n" * limits.ROWS_MAX)
    with pytest.raises(BadInput, match="行"):
        read(path)


def test_what_gets_past_the_size_check_hurts_only_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "refuse_bomb", lambda path: None)
    path = tmp_path / "huge.xlsx"
    with ZipFile(path, "w", ZIP_DEFLATED) as packed, ZipFile(made(tmp_path, tables.xlsx(ROSTER))) as good:
        for name in good.namelist():
            if not name.endswith("sheet1.xml"):
                packed.writestr(name, good.read(name))
        packed.writestr("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>" + b"<c>" * 20_000_000)
    with pytest.raises(BadInput):
        read(path)


def test_nobody_waits_for_a_reader_that_is_left(tmp_path: Path) -> None:
    sheet = sheets.read_rows(made(tmp_path, tables.xlsx([["a", "b"], *[["1", "2"]] * 5000])))
    assert next(sheet.rows).cells == ["1", "2"]
    sheet.rows.close()  # type: ignore[attr-defined]  # it is a generator; the child is gone with it


@given(
    st.binary(max_size=400) | st.text(max_size=200).map(lambda text: ("姓名,电话\n" + text).encode("utf-8", "ignore"))
)
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfe\x00")
@example(b'a,b\n"')
@settings(max_examples=300)
def test_any_bytes_give_rows_or_the_declared_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(raw if not raw.startswith((reading.ZIP, reading.OLE)) else b"x" + raw)
    try:
        header, rows = read(path)
    except BadInput:
        return
    assert sum(map(bool, header)) >= 2
    for number, cells in rows:
        assert number >= 2 and any(cells)
        for cell in cells:
            assert cell == sheets.clean(cell) == cell.encode().decode() and "\0" not in cell


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=8))
@settings(max_examples=12)
def test_a_spreadsheet_changed_anywhere_gives_rows_or_the_declared_error(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.xlsx"
    for raw in (tables.xlsx(ROSTER), tables.xls(ROSTER)):
        at = place % len(raw)
        path.write_bytes(raw[:at] + change + raw[at + len(change) :])
        try:
            read(path)
        except BadInput as error:
            assert str(error)


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=2, max_size=6), min_size=1))
def test_what_a_program_wrote_as_csv_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "good.csv"
    path.write_text(as_csv([["姓名", "电话"], *rows]).replace("\0", ""), encoding="utf-8", newline="")
    expected = [[sheets.clean(cell) for cell in row] for row in rows]
    found = [cells + [""] * (6 - len(cells)) for _, cells in read(path)[1]]
    assert found == [cells + [""] * (6 - len(cells)) for cells in expected if any(cells)]


def test_ten_million_empty_rows_are_refused(tmp_path: Path) -> None:
    """As lines of a CSV, as rows of a sheet, and as one row that says it is repeated."""
    start = monotonic()
    with pytest.raises(BadInput, match="行"):
        read(made(tmp_path, b"a,b\n" + b"\n" * 10_000_000))
    with pytest.raises(BadInput):
        read(made(tmp_path, tables.xlsx_of('<row r="1"><c r="A1"><v>1</v></c></row>' + "<row/>" * 10_000_000)))
    assert monotonic() - start < 30


def test_an_external_entity_is_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密")
    for address in (secret.as_uri(), "http://127.0.0.1:9/x"):
        doctype = f'<!DOCTYPE x [<!ENTITY a SYSTEM "{address}">]>'
        raw = tables.xlsx_of(doctype + '<row r="1"><c r="A1" t="str"><v>&a;</v></c><c r="B1"><v>2</v></c></row>')
        with pytest.raises(BadInput):
            read(made(tmp_path, raw))
