"""Tables of an office: read from CSV, XLSX, XLS and ODS whatever they may hold, written as CSV and XLSX."""

from bot.sheets.reading import Row, Sheet, all_rows, read_rows
from bot.sheets.texts import clean, damage, neutral, plain
from bot.sheets.writing import SUFFIXES, write

__all__ = ["SUFFIXES", "Row", "Sheet", "all_rows", "clean", "damage", "neutral", "plain", "read_rows", "write"]
