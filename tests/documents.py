"""Reading the documents: which there are, their prose, their blocks of code, and what stands between backticks."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ENGLISH, CHINESE = "README.md", "README.zh-CN.md"
# The same pages in both languages: same commands, same examples.
PAIRS = [(ENGLISH, CHINESE), *((f"docs/{name}.md", f"docs/{name}.zh-CN.md") for name in ("guide", "running"))]
DOCS = [ENGLISH, CHINESE, "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md"]
DOCS += sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    language: str
    text: str


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(name: str, *languages: str) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(read(name)) if found[0] in languages]


def prose(name: str) -> str:
    return FENCE.sub("", read(name))


def spans(text: str) -> list[str]:
    return INLINE.findall(text)


def shell(name: str) -> list[str]:
    return [line for block in blocks(name, "sh") for line in block.text.splitlines() if line]
