"""Jinja2 as the messages use it: sandboxed, strict about names, and with nothing to include or to call."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from bot.content.parts import Flaw

# Line ends stay as they are written: editors see in the file where a line ends in the chat.
ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
ENVIRONMENT.globals.clear()  # `range` and friends would let an editor's typo eat the memory


def flaws_of(source: str, names: frozenset[str]) -> Iterator[Flaw]:
    """What is wrong with a template that may use `names`; lines count from 1 in the template."""
    try:
        tree = ENVIRONMENT.parse(source)
        ENVIRONMENT.compile(source)
    except TemplateSyntaxError as error:  # an unknown filter as well
        yield Flaw(error.lineno, _reason(error.message or ""), "变量写成 {{ unit }} 这样，两边各两个花括号")
        return
    undeclared = meta.find_undeclared_variables(tree) - names
    seen: set[str] = set()
    for node in tree.find_all(nodes.Name):
        if node.name in undeclared - seen:
            seen.add(node.name)
            yield Flaw(node.lineno, f"没有“{node.name}”这个变量", f"这里能用的有：{'、'.join(sorted(names)) or '无'}")
    for other in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield Flaw(other.lineno, "文案里不能引用别的文件", "把文字直接写在这里")


_PLAIN = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.If, nodes.Not)


def too_clever(source: str) -> Flaw | None:
    """Texts of the pages only fill in and ask “is it there”: a sum or a loop could eat the bot's time and memory."""
    try:
        tree = ENVIRONMENT.parse(source)
        clever = next((node for node in tree.find_all(nodes.Node) if not isinstance(node, _PLAIN)), None)
        if clever is None:
            ENVIRONMENT.compile(source)  # only now: it works sums out
    except TemplateSyntaxError:
        return None  # `flaws_of` says so
    except (RecursionError, MemoryError, SyntaxError):  # Python gives up: nested too deep
        return _clever(1)
    return None if clever is None else _clever(clever.lineno)


def _clever(line: int) -> Flaw:
    return Flaw(line, "花括号里写得太复杂了", "只写变量，例如 {{ unit }}，或 {% if union.phone %}…{% endif %}")


def _reason(message: str) -> str:
    if found := re.search(r"No (?:filter|test) named '(\w+)'", message):
        return f"花括号里没有“{found[1]}”这种写法"
    if "Unexpected end of template" in message:
        return "少了结尾的 {% endif %} 或 {% endfor %}"
    return "花括号里的写法不对"


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template:
    return ENVIRONMENT.from_string(source)


def render(source: str, variables: dict[str, Any]) -> str:
    """Fill in; raises jinja2.TemplateError when a value is missing or cannot be used like that."""
    return _compiled(source).render(variables).strip()


def trial(source: str, variables: dict[str, Any]) -> Flaw | None:
    """Try a template that only has plain text variables; for faults that show only when it runs."""
    try:
        render(source, variables)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        return Flaw(1, f"这段文字填不出来（{error}）", "检查花括号里的写法")
    return None
