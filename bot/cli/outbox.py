"""`songnuan doubtful` and `songnuan resend`: no doubtful send stays hidden, and a person decides on each."""

from argparse import Namespace
from datetime import datetime
from typing import Any

from bot.actions.delivery import resending
from bot.actions.delivery.reasons import STATUS_NAMES, explain
from bot.cli.loading import in_database
from bot.cli.printing import as_json, moment, say, stamp, table
from bot.config import Config
from bot.models import db
from bot.models.fields import from_ms

PURPOSES = {"alert": "求助提醒", "reply": "回复", "tip": "播发"}
DOUBTFUL = "FROM delivery d WHERE d.status IN ('unknown', 'held', 'failed')"
ROWS = """
SELECT d.id, d.status, d.reason, d.purpose, d.channel, d.chat_kind, d.chat_id, d.request_id,
       d.created_at, d.settled_at, b.title, g.name
FROM delivery d
LEFT JOIN broadcast b ON b.id = d.broadcast_id
LEFT JOIN chat_group g ON g.channel = d.channel AND g.chat_id = d.chat_id AND d.chat_kind = 'group'
WHERE d.status IN ('unknown', 'held', 'failed')
ORDER BY CASE d.status WHEN 'unknown' THEN 0 WHEN 'held' THEN 1 ELSE 2 END, d.id DESC LIMIT ?
"""


def doubtful(args: Namespace) -> int:
    return in_database(args, _doubtful)


def resend(args: Namespace) -> int:
    return in_database(args, _resend)


async def _doubtful(config: Config, args: Namespace) -> int:
    rows = await db.fetch(ROWS, args.limit)
    total = int((await db.fetch(f"SELECT count(*) AS n {DOUBTFUL}"))[0]["n"])
    if args.json:
        as_json([_plain(row) for row in rows])
        return 0
    if not rows:
        say("没有不确定、暂停或失败的投递。")
        return 0
    table([_line(row) for row in rows], ("编号", "状态", "渠道", "发给", "内容", "时间", "原因"))
    if total > len(rows):
        say(f"还有 {total - len(rows)} 条没有列出，用 --limit {total} 全部列出。")
    say("“不确定”的可能已经发出：先到群里看看，确实没有的，用 songnuan resend 编号 重发。")
    return 0


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    status = STATUS_NAMES[row["status"]]
    return (row["id"], status, row["channel"], _target(row), _title(row), moment(_when(row)), explain(row["reason"]))


def _plain(row: dict[str, Any]) -> dict[str, object]:
    return {
        "id": row["id"],
        "status": row["status"],
        "channel": row["channel"],
        "target": _target(row),
        "title": _title(row),
        "at": stamp(_when(row)),
        "reason": row["reason"],
        "explanation": explain(row["reason"]),
    }


def _target(row: dict[str, Any]) -> str:
    """A person's account is theirs: a direct talk is only called that."""
    return str(row["name"] or row["chat_id"]) if row["chat_kind"] == "group" else "私聊"


def _title(row: dict[str, Any]) -> str:
    if row["title"]:
        return str(row["title"])
    number = f" {row['request_id']} 号" if row["request_id"] else ""
    return f"{PURPOSES.get(row['purpose'], row['purpose'])}{number}"


def _when(row: dict[str, Any]) -> datetime:
    return from_ms(row["settled_at"] or row["created_at"])


async def _resend(config: Config, args: Namespace) -> int:
    """Those that cannot be sent again are named, each with its reason, and make the code 1."""
    count, refused = await resending.again(list(dict.fromkeys(args.ids)))
    say(f"{count} 条已重新排队，送暖运行时就会发出。")
    if refused:
        say("这些没有重发：")
        table(refused, ("编号", "发给", "为什么"))
    return 1 if refused else 0
