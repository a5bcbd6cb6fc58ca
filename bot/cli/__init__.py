"""The `songnuan` command. Exit codes: 0 all well, 1 something is wrong (and was said), 2 wrong usage."""

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module

from bot import log
from bot.cli.parser import build
from bot.errors import ActionError, ProblemsFound

OK, PROBLEMS, USAGE, INTERRUPTED = 0, 1, 2, 130

Handler = Callable[[Namespace], int]

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (without the program's name) and return the exit code."""
    _tolerate_any_terminal()
    args = build().parse_args(argv)
    if args.handler is None:
        args.parser.print_help(sys.stderr)
        return USAGE
    log.setup("WARNING", "text")
    try:
        code = resolve(args.handler)(args)
        sys.stdout.flush()
        return code
    except ProblemsFound as error:
        print("\n".join(map(log.printable, str(error).split("\n"))), file=sys.stderr)
    except ActionError as error:
        print(log.printable(str(error)), file=sys.stderr)
    except KeyboardInterrupt:
        print("已中断。", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `songnuan preview | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return PROBLEMS


def resolve(name: str) -> Handler:
    """The handler named "module:function"; loaded only now, so that help and mistakes are answered at once."""
    module, _, function = name.partition(":")
    handler: Handler = getattr(import_module(f"bot.cli.{module}"), function)
    return handler


def _tolerate_any_terminal() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
