"""argparse that speaks Chinese: its headings, and the mistakes that people make most."""

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

_SENTENCES = (
    (r"the following arguments are required: (.*)", r"还缺少：\1"),
    (r"unrecognized arguments: (.*)", r"看不懂：\1"),
    (r"argument (.*?): invalid choice: '(.*?)' \(choose from (.*)\)", r"“\1”不能写“\2”，能写的有：\3"),
    (r"argument (.*?): expected one argument", r"“\1”后面要跟一个值"),
    (r"argument (.*?): expected at least one argument", r"“\1”至少要写一个"),
    (r"argument (.*?): ignored explicit argument (.*)", r"“\1”后面不用跟值"),
    (r"argument (.*?): (.*)", r"“\1”\2"),
)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options, add_help=False, allow_abbrev=False, formatter_class=_Formatter)
        self._positionals.title, self._optionals.title = "参数", "选项"
        self.add_argument("-h", "--help", action="help", help="显示这段说明")

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"{translated(message)}。用 {self.prog} --help 看说明。\n")


def translated(message: str) -> str:
    """argparse's sentence in Chinese; one that is not known stays as it is."""
    for pattern, chinese in _SENTENCES:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return found.expand(chinese)
    return message
