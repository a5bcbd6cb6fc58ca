"""The project's own examples, which triage learns from; never one that it is measured with."""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "bot" / "triage"
BLOCK = 60  # neighbours that came without a scenario

Row = dict[str, str]


def read(name: str) -> list[Row]:
    """The lines of one file."""
    return [json.loads(line) for line in (ROOT / "examples" / name).read_text("utf-8").splitlines()]


def everything() -> list[Row]:
    """All of them; those without a scenario get one for each run of neighbours."""
    older = read("train.jsonl")
    for at, row in enumerate(older):
        row.setdefault("scenario", f"older {at // BLOCK}")
    return older + read("requests.jsonl") + read("chatter.jsonl") + read("crisis.jsonl")


def is_crisis(row: Row) -> bool:
    return row.get("urgency") == "emergency"
