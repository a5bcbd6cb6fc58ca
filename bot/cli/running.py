"""`songnuan run`: the bot itself, with a plain sentence for what usually keeps it from starting."""

import asyncio
import errno
from argparse import Namespace

from bot import log
from bot.cli.loading import config_of, explained
from bot.config import Config
from bot.errors import Problem, ProblemsFound

ADDRESS = {errno.EADDRINUSE: "已经有程序在用", errno.EADDRNOTAVAIL: "不是这台机器的地址", errno.EACCES: "没有权限用"}


def run(args: Namespace) -> int:
    from bot.app import run as run_app  # builds everything: loaded by no other command

    config = config_of(args)
    log.setup(config.log.level, config.log.format)
    with explained(config, files=False):
        try:
            return asyncio.run(run_app(config))
        except OSError as error:
            raise _about_address(config, error) or error from None


def _about_address(config: Config, error: OSError) -> ProblemsFound | None:
    """asyncio says "error while attempting to bind on address", and the number of the reason."""
    if "bind on address" not in str(error) or error.errno not in ADDRESS:
        return None
    where = f"{config.web.host}:{config.web.port}"
    remedy = "改 config.toml 的 [web] host、port，或先停掉另一个送暖"
    return ProblemsFound([Problem("config.toml", 0, f"{where} 这个地址{ADDRESS[error.errno]}", remedy)])
