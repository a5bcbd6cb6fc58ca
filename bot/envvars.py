"""Settings from the environment, for containers and secrets: SONGNUAN_CHANNELS__QQ__TOKEN=… or …_FILE=/run/….

They are laid over the file before anything is checked, so the same rules and the same sentences apply.
"""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.errors import Problem
from bot.toml import Document, child, closest, known_keys, resolve

PREFIX = "SONGNUAN_"
FILE = "_FILE"
Keys = tuple[str, ...]


@dataclass
class _Overlay:
    """One run over the environment: collects data, where it came from, and problems."""

    schema: dict[str, Any]
    base: Path
    data: dict[str, Any]
    origins: dict[tuple[str | int, ...], str]
    problems: list[Problem]

    def add(self, name: str, value: str) -> None:
        shown = f"环境变量 {name}"
        keys, from_file = self._keys(name)
        node = self._schema_of(keys)
        if node is None or "properties" in node or "discriminator" in node:
            known = known_keys(self.schema, self._tagged(keys[:-1]))
            otherwise = f"写法是 {PREFIX}节__键=值，节和键对照 config.toml"
            self.problems.append(Problem(shown, 0, f"不认识的环境变量“{name}”", closest(keys[-1], known, otherwise)))
        elif keys in self.origins:
            self.problems.append(Problem(shown, 0, f"和 {self.origins[keys]} 说的是同一项", "留一个，删掉另一个"))
        elif (text := self._content(shown, value) if from_file else value) is not None:
            self._put(keys, _value(text, node), shown)

    def _keys(self, name: str) -> tuple[Keys, bool]:
        """A key may itself end with _FILE (database.key_file): the key as written comes first."""
        plain = _split(name)
        if name.endswith(FILE) and self._schema_of(plain) is None:
            return _split(name.removesuffix(FILE)), True
        return plain, False

    def _tagged(self, keys: Keys) -> list[str]:
        """`keys` with the union tag that pydantic would put in, taken from the `type` given so far."""
        if len(keys) < 2 or keys[0] != "channels":
            return list(keys)
        channels = self.data.get("channels", {})
        channel = channels.get(keys[1], {}) if isinstance(channels, dict) else {}
        kind = channel.get("type", "") if isinstance(channel, dict) else ""
        return [*keys[:2], str(kind), *keys[2:]]

    def _schema_of(self, keys: Keys) -> dict[str, Any] | None:
        if len(keys) == 3 and keys[0] == "channels" and keys[2] == "type":
            return {"type": "string"}
        node = self.schema
        for step in self._tagged(keys):
            node = resolve(self.schema, child(node, step))
        return node or None

    def _content(self, shown: str, path: str) -> str | None:
        try:
            return (self.base / path).read_text(encoding="utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            self.problems.append(Problem(shown, 0, f"读不了文件“{path}”", "看看路径对不对、有没有读的权限"))
            return None

    def _put(self, keys: Keys, value: object, shown: str) -> None:
        table = self.data
        for key in keys[:-1]:
            if not isinstance(table.get(key), dict):
                table[key] = {}
            table = table[key]
        table[keys[-1]] = value
        self.origins[keys] = shown


def overlay(
    document: Document, environ: Mapping[str, str], schema: dict[str, Any], base: Path
) -> tuple[Document, list[Problem]]:
    """The document with the environment's values in it, and what is wrong with those."""
    run = _Overlay(schema, base, deepcopy(document.data), dict(document.origins), [])
    names = [name for name in environ if name.startswith(PREFIX)]
    for name in sorted(names, key=lambda name: (not name.endswith("__TYPE"), name)):  # types say what else is known
        run.add(name, environ[name])
    return replace(document, data=run.data, origins=run.origins), run.problems


def _split(name: str) -> Keys:
    return tuple(name.removeprefix(PREFIX).lower().split("__"))


def _value(text: str, node: dict[str, Any]) -> object:
    """Text for a text field; for others whatever TOML makes of it, if it is one TOML value."""
    if "string" in {node.get("type"), *(option.get("type") for option in node.get("anyOf", []))}:
        return text
    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return parsed["value"] if len(parsed) == 1 else text
