"""`songnuan judge`: how well requests for help are recognised, on lines that people have labelled."""

import json
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.cli.printing import say, table
from bot.errors import Problem, ProblemsFound
from bot.triage.measure import Report, Share, each, measure

LABELS = ("help", "none", None)
REMEDY = '每行写成 {"text": "…", "label": "help"} 这样，label 写 help 或 none'


def judge(args: Namespace) -> int:
    lines = read(Path(args.file))
    if args.each:
        for verdict in each(lines, closely=args.private):
            print(json.dumps(verdict, ensure_ascii=False))
        return 0
    report = measure(lines, closely=args.private)
    if not report.lines:
        raise ProblemsFound([Problem(args.file, 0, "没有一行有 label，没法比较", REMEDY)])
    _show(report)
    return 0


def read(path: Path) -> list[Mapping[str, Any]]:
    """The lines of the file; raises ProblemsFound with all that are wrong."""
    try:
        rows = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise ProblemsFound([Problem(str(path), 0, "不是 UTF-8 编码", "用编辑器“另存为”，编码选 UTF-8")]) from None
    except OSError:
        raise ProblemsFound([Problem(str(path), 0, "打不开这个文件", "看看路径对不对、有没有读的权限")]) from None
    found = [(number, _line(row)) for number, row in enumerate(rows, 1) if row.strip()]
    wrong = [Problem(str(path), number, "这一行看不懂", REMEDY) for number, line in found if line is None]
    if wrong:
        raise ProblemsFound(wrong)
    return [line for _, line in found if line is not None]


def _line(row: str) -> dict[str, Any] | None:
    try:
        line = json.loads(row)
    except (ValueError, RecursionError):
        return None
    fits = isinstance(line, dict) and isinstance(line.get("text"), str) and line.get("label") in LABELS
    return line if fits else None


def _show(report: Report) -> None:
    say(f"共 {report.lines} 句：求助 {report.help.lines}，不是求助 {report.none.lines}。")
    say(f"找到的求助：{report.recall:.1%}（其中直接提醒主席 {report.alert_recall:.1%}）")
    say(f"报出来的里面真是求助的：{report.precision:.1%}（直接提醒的 {report.alert_precision:.1%}）")
    if report.plain.lines:
        say(f"每 1000 句平常的话误提醒 {report.alerts_per_1000_plain:.1f} 次。")
    if report.emergencies:
        suspected = report.emergencies_suspected
        say(
            f"万分紧急 {report.emergencies} 句，认出 {report.emergencies_found} 句（{report.emergency_recall:.1%}），"
            f"其中直接提醒 {report.emergencies_found - suspected} 句，疑似、请人看一眼 {suspected} 句。"
        )
    if report.none.lines:
        say(
            f"每 1000 句不求助的话误判万分紧急 {report.emergencies_per_1000_none:.1f} 次，"
            f"平常的话里 {report.emergencies_per_1000_plain:.1f} 次；"
            f"疑似 {report.suspected_per_1000_none:.1f} 次，平常的话里 {report.suspected_per_1000_plain:.1f} 次。"
        )
    _by("求助的种类", report.by_kind)
    _by("容易误判的种类", report.by_hard)


def _by(title: str, shares: Mapping[str, Share]) -> None:
    if shares:
        say()
        rows = [(name, one.lines, one.alerts, one.reviews, f"{one.flagged:.1%}") for name, one in shares.items()]
        table(rows, (title, "句数", "提醒", "待核实", "报出"))
