"""Makes small spreadsheet files byte by byte, so that the tests need no program that writes them."""

import struct
from collections.abc import Sequence
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

Cell = str | float
OFFICE = "http://schemas.openxmlformats.org"
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
SECTOR = 512


def packed(entries: dict[str, str | bytes]) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as zip_:
        for name, content in entries.items():
            zip_.writestr(name, content)
    return buffer.getvalue()


def letters(column: int) -> str:
    return chr(65 + column) if column < 26 else letters(column // 26 - 1) + chr(65 + column % 26)


def xlsx(rows: Sequence[Sequence[Cell]]) -> bytes:
    lines = (
        f'<row r="{r}">' + "".join(_cell(f"{letters(c)}{r}", cell) for c, cell in enumerate(row)) + "</row>"
        for r, row in enumerate(rows, 1)
    )
    return xlsx_of("".join(lines))


def _cell(place: str, cell: Cell) -> str:
    if isinstance(cell, float):
        return f'<c r="{place}"><v>{cell!r}</v></c>'
    if cell.startswith("="):  # a formula, and what the program last showed for it
        return f'<c r="{place}" t="str"><f>{escape(cell[1:])}</f><v>shown</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'


def xlsx_of(sheet_data: str) -> bytes:
    """An XLSX whose only sheet has this inside its sheetData."""
    main = f"{OFFICE}/spreadsheetml/2006/main"
    relations = f"{OFFICE}/officeDocument/2006/relationships"
    package = f'<Relationships xmlns="{OFFICE}/package/2006/relationships">'
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{OFFICE}/package/2006/content-types"/>',
            "_rels/.rels": f'{package}<Relationship Id="r1" Type="{relations}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'{package}<Relationship Id="r1" Type="{relations}/worksheet"'
            ' Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet_data}</sheetData></worksheet>',
        }
    )


def ods(rows: Sequence[Sequence[str]]) -> bytes:
    open_ = "urn:oasis:names:tc:opendocument:xmlns"
    lines = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    content = (
        f'<office:document-content xmlns:office="{open_}:office:1.0" xmlns:table="{open_}:table:1.0"'
        f' xmlns:text="{open_}:text:1.0"><office:body><office:spreadsheet><table:table table:name="S">'
        f"{lines}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{open_}:manifest:1.0"/>',
            "content.xml": content,
        }
    )


def xls(rows: Sequence[Sequence[Cell]]) -> bytes:
    """BIFF8 (MS-XLS) in an OLE file (MS-CFB)."""
    cells = b"".join(_biff_cell(r, c, cell) for r, row in enumerate(rows) for c, cell in enumerate(row))
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + cells + _record(0x0A, b"")
    start = _record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 0))
    bound_size = 4 + 8 + 1
    place = len(start) + bound_size + 4
    bound = _record(0x85, struct.pack("<IBBBB", place, 0, 0, 1, 0) + b"S")
    return _ole("Workbook", start + bound + _record(0x0A, b"") + sheet)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _biff_cell(row: int, column: int, cell: Cell) -> bytes:
    at = struct.pack("<HHH", row, column, 0)
    if isinstance(cell, float):
        return _record(0x203, at + struct.pack("<d", cell))
    return _record(0x204, at + struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le"))


def _ole(name: str, stream: bytes) -> bytes:
    """One stream of at least 4096 bytes: FAT in sector 0, directory in sector 1, the stream from 2 on."""
    stream = stream.ljust(4096, b"\0")
    stream += bytes(-len(stream) % SECTOR)
    count = len(stream) // SECTOR
    assert count + 2 <= SECTOR // 4
    chain = [FAT, END, *range(3, count + 2), END]
    fat = struct.pack("<128I", *chain, *[FREE] * (128 - len(chain)))
    directory = _entry("Root Entry", 5, 1, END, 0) + _entry(name, 2, FREE, 2, len(stream)) + bytes(256)
    header = struct.pack("<8s16sHHHHH6s", bytes.fromhex("d0cf11e0a1b11ae1"), bytes(16), 0x3E, 3, 0xFFFE, 9, 6, bytes(6))
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0) + struct.pack("<109I", 0, *[FREE] * 108)
    return header + fat + directory + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    entry = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, FREE, FREE, child)
    return entry + bytes(16 + 4 + 16) + struct.pack("<IQ", start, size)
