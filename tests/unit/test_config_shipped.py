"""The shipped config.toml is the reference of all settings: every key, with its default, in two languages."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bot.config import Config, OneBot, Sandbox, Wechaty, WeCom, load

SHIPPED = Path(__file__).parents[2] / "config.toml"


def keys_of(model: type[BaseModel], path: str) -> Iterator[tuple[str, str, Any]]:
    """Table, key and default of every setting of a section."""
    for name, info in model.model_fields.items():
        if isinstance(info.default, BaseModel):
            yield from keys_of(type(info.default), f"{path}.{name}" if path else name)
        elif name != "channels":
            yield path, name, info.default


def expected() -> Iterator[tuple[str, str, Any]]:
    yield from keys_of(Config, "")
    kinds: dict[str, type[BaseModel]] = {
        "sandbox": Sandbox,
        "qq": OneBot,
        "wechat": Wechaty,
        "wecom": WeCom,
    }
    for name, kind in kinds.items():
        for table, key, default in keys_of(kind, f"channels.{name}"):
            if table.endswith("pacing"):
                default = getattr(kind.model_fields["pacing"].default, key)
            yield table, key, default


def table_texts() -> dict[str, str]:
    parts = re.split(r"^\[([\w.]+)\]", SHIPPED.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(("table", "key", "default"), list(expected()))
def test_the_shipped_file_names_every_key_with_its_default(table: str, key: str, default: Any) -> None:
    text = table_texts()[table]
    if default is None:  # TOML has no way to write it
        assert re.search(rf"^# {key} = ", text, re.MULTILINE)
        return
    data: Any = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    for step in table.split("."):
        data = data[step]
    assert key in data
    if default is not PydanticUndefined and (table, key) not in (
        ("channels.qq", "enabled"),
        ("channels.wechat", "enabled"),
        ("channels.wecom", "enabled"),
    ):
        assert (tuple(data[key]) if isinstance(default, tuple) else data[key]) == default


def test_the_shipped_file_names_nothing_else_and_works() -> None:
    config = load(SHIPPED, {})
    assert {name: type(kind).__name__ for name, kind in config.channels.items()} == {
        "sandbox": "Sandbox",
        "qq": "OneBot",
        "wechat": "Wechaty",
        "wecom": "WeCom",
    }
    assert [name for name, kind in config.channels.items() if kind.enabled] == ["sandbox"]
    assert config.model_copy(update={"channels": {}}).at(Path("/")) == Config().at(Path("/"))


def test_the_shipped_file_comments_every_line_in_both_languages() -> None:
    pacing = SHIPPED.read_text(encoding="utf-8").partition("[channels.qq.pacing]")[0]  # the keys are told above
    plain = [row for row in pacing.splitlines() if re.match(r"\w+ = ", row)]
    untold = [row for row in plain if not re.search(r"#.*[a-z]", row) and not row.startswith("type")]
    assert len(plain) > 20
    assert untold == []
