"""Finds the line of every key and array item in a TOML text: tomllib does not keep them.

It only sees texts that tomllib has accepted, so it may be lenient: it has to find, not to judge.
"""

import re
import tomllib

Loc = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')[ \t]*(\.?)""")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})' + r"|'''.*?'''(?:'{0,2})" + r'|"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'", re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}\n#]*")


def lines_of(text: str) -> dict[Loc, int]:
    """Line (from 1) of each table, key and array item, by its path in the parsed document."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Loc, int] = {}
        self.sizes: dict[Loc, int] = {}  # arrays of tables: how many so far

    def run(self) -> dict[Loc, int]:
        table: Loc = ()
        while self._skip_blank():
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _skip_blank(self) -> bool:
        found = _BLANK.match(self.text, self.at)
        assert found is not None  # the pattern matches the empty string
        self.at = found.end()
        return self.at < len(self.text)

    def _header(self) -> Loc:
        array = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if array else 1
        keys = self._keys()
        self.at = self.text.index("]", self.at) + (2 if array else 1)
        path: Loc = ()
        for number, key in enumerate(keys, 1):
            path = (*path, key)
            self._note(path, start)
            if array and number == len(keys):
                self.sizes[path] = self.sizes.get(path, 0) + 1
            if path in self.sizes:
                path = (*path, self.sizes[path] - 1)
                self._note(path, start)
        return path

    def _pair(self, table: Loc) -> None:
        start, path = self.at, table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self.at = self.text.index("=", self.at) + 1
        self._value(path)

    def _keys(self) -> list[str]:
        keys: list[str] = []
        while found := _KEY.match(self.text, self.at):
            self.at = found.end()
            raw = found[1]
            keys.append(str(tomllib.loads(f"k = {raw}")["k"]) if raw[0] in "\"'" else raw)
            if not found[2]:
                break
        return keys

    def _value(self, path: Loc) -> None:
        self._skip_blank()
        if self.text.startswith("[", self.at):
            self._items(path)
        elif self.text.startswith("{", self.at):
            self._inline(path)
        else:
            found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            assert found is not None  # the second pattern matches the empty string
            self.at = found.end()

    def _items(self, path: Loc) -> None:
        self.at += 1
        number = 0
        while self._skip_blank() and not self.text.startswith("]", self.at):
            self._note((*path, number), self.at)
            self._value((*path, number))
            number += 1
            self._comma()
        self.at += 1

    def _inline(self, path: Loc) -> None:
        self.at += 1
        while self._skip_blank() and not self.text.startswith("}", self.at):
            self._pair(path)
            self._comma()
        self.at += 1

    def _comma(self) -> None:
        self._skip_blank()
        if self.text.startswith(",", self.at):
            self.at += 1

    def _note(self, path: Loc, at: int) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, at) + 1)
