"""Who may import whom inside bot/: reads the sources, so late and TYPE_CHECKING imports count like any other.

`python -m tests.arrows` prints what points the wrong way. To allow an arrow or a new room, change TABLE.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# A room is a module or package right below bot/. Left may import right, and nothing else. Inside one room
# everything may import everything, as long as no cycle comes of it. "a.b" means that one module or package of a room.
TABLE = """
__main__                -> cli
cli                     -> app, triage, actions, content, models, migrations, config, settings, sample, quiet
cli                     -> mail
app                     -> jobs, web, handlers, sender, channels, router, triage, actions, content, models
app                     -> migrations, config, settings, sample, quiet, mail
jobs, handlers, web     -> actions, content
handlers                -> triage, router
web                     -> models, sheets, triage
sender                  -> actions.delivery, content.parts, config
actions                 -> models, content, sample, quiet, sheets
actions, handlers, web  -> quantities
channels                -> config, sample, toml
content                 -> config, toml, quiet
mail                    -> config
config                  -> settings, settings_channels, envvars, toml, quiet
settings_channels       -> settings, quiet
settings                -> quiet
envvars                 -> toml
toml                    -> toml_lines
migrations              -> models
models, router, sample, sheets, quiet, toml_lines, log, metrics, events, errors, clock, triage -> nothing
quantities              -> nothing
"""

EVERYBODY = frozenset({"events", "errors", "clock", "log", "metrics"})
# What everybody stands on, and what is pure, stands on nothing but this.
BOTTOM: dict[str, frozenset[str]] = {
    "__init__": frozenset(),
    "errors": frozenset(),
    "events": frozenset({"errors"}),
    "clock": frozenset(),
    "triage": frozenset(),
    "log": frozenset({"errors", "clock"}),
    "metrics": frozenset({"errors", "clock"}),
}
# Only actions write; pages may read tables, and these would change them.
WRITES = {"create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "save", "update", "delete"}


@dataclass(frozen=True)
class Import:
    """One import of ours: where it stands, and the full name of the module it brings."""

    module: str
    line: int
    target: str


def violations(bot: Path) -> list[str]:
    """Everything in the tree below `bot` (a folder of that name) that breaks a rule, one sentence each."""
    trees = {_name(bot, path): _Source(path, bot) for path in sorted(bot.rglob("*.py"))}
    known = frozenset(trees)
    imports = [found for name, source in trees.items() for found in source.imports(name, known)]
    allowed = _allowed()
    unknown = {_room(name) for name in trees} - allowed.keys()
    found = [f"bot/{room}: unknown room, add it to the table in tests/arrows.py" for room in sorted(unknown)]
    found += [text for i in imports if (text := _wrong_way(i, allowed))]
    pages = {i.module for i in imports if _room(i.module) == "web" and _room(i.target) == "models"}
    found += [f"{name}:{line}: only actions write" for name in sorted(pages) for line in trees[name].writes()]
    return found + _cycles(imports)


def _allowed() -> dict[str, frozenset[str]]:
    allowed: dict[str, frozenset[str]] = {}
    for line in TABLE.strip().splitlines():
        left, right = line.split("->")
        for room in left.replace(" ", "").split(","):
            allowed[room] = allowed.get(room, EVERYBODY) | set(right.replace(" ", "").split(",")) - {"nothing"}
    return allowed | BOTTOM


def _wrong_way(found: Import, allowed: Mapping[str, frozenset[str]]) -> str | None:
    here, there = _room(found.module), _room(found.target)
    place = f"{found.module}:{found.line}"
    if not found.target.startswith("bot.") and found.target != "bot":
        return f"{place}: bot may not import {found.target}"
    if here == there or there == "__init__" or here not in allowed:
        return None
    parts = found.target.removeprefix("bot.").split(".")
    if any(".".join(parts[:depth]) in allowed[here] for depth in range(1, len(parts) + 1)):
        return None
    return f"{place}: {here} may not import {found.target.removeprefix('bot.')}"


def _cycles(imports: list[Import]) -> list[str]:
    graph: dict[str, set[str]] = {}
    for found in imports:
        graph.setdefault(found.module, set()).add(found.target)
    done: set[str] = set()
    cycles: list[str] = []

    def visit(module: str, path: list[str]) -> None:
        if module in path:
            cycles.append("cycle: " + " -> ".join([*path[path.index(module) :], module]))
        elif module not in done:
            for target in sorted(graph.get(module, ())):
                visit(target, [*path, module])
            done.add(module)

    for module in sorted(graph):
        visit(module, [])
    return cycles


def _name(bot: Path, path: Path) -> str:
    parts = path.relative_to(bot.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str:
    return [*module.split("."), "__init__"][1]


class _Source:
    """One parsed file."""

    def __init__(self, path: Path, bot: Path) -> None:
        self.package = ".".join(path.parent.relative_to(bot.parent).parts)
        self.tree = ast.parse(path.read_text("utf-8"), str(path))

    def imports(self, name: str, known: frozenset[str]) -> Iterator[Import]:
        """All imports of bot, tests and bench, wherever they stand in the file."""
        for node in ast.walk(self.tree):
            for target in self._targets(node, known):
                if target.split(".")[0] in ("bot", "tests", "bench"):
                    yield Import(name, getattr(node, "lineno", 0), target)

    def writes(self) -> Iterator[int]:
        """Lines that would change a table: an awaited .save(), .update() …"""
        for node in ast.walk(self.tree):
            match node:
                case ast.Await(value=ast.Call(func=ast.Attribute(attr=name))) if name in WRITES:
                    yield node.lineno

    def _targets(self, node: ast.AST, known: frozenset[str]) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = self._base(node)
            for alias in node.names:
                below = f"{base}.{alias.name}"
                yield below if below in known else base
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def main() -> int:
    """Print the violations of this tree; the exit status says whether there are any."""
    found = violations(Path(__file__).parent.parent / "bot")
    print("\n".join(found) if found else "Import arrows: all point the right way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
