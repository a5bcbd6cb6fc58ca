"""Where the settings come from, and the database opened for one command."""

import asyncio
import os
import sqlite3
from argparse import Namespace
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from socket import gaierror

from tortoise.exceptions import BaseORMException, DBConnectionError, OperationalError

from bot import clock
from bot.actions.figures import overview
from bot.actions.staff import directory
from bot.actions.upkeep import adjusting
from bot.config import PREFIX, Config, adjusted, load
from bot.errors import NotFound, Problem, ProblemsFound
from bot.models import db, keys

CONFIG_VARIABLE = f"{PREFIX}CONFIG"
NO_DATABASE = "还没有数据库：先运行 songnuan run，或用 songnuan unit add 建第一个单位。"

Work = Callable[[Config, Namespace], Awaitable[int]]


def config_path(args: Namespace) -> Path:
    return Path(args.config or os.environ.get(CONFIG_VARIABLE) or "config.toml")


def environment() -> dict[str, str]:
    """The variables that are settings, SONGNUAN_SECTION__KEY: others of that prefix belong to tools of ours."""
    return {name: value for name, value in os.environ.items() if name.startswith(PREFIX) and "__" in name}


def config_of(args: Namespace) -> Config:
    config = load(config_path(args), environment())
    clock.set_zone(config.union.timezone)
    return config


def exists(config: Config) -> bool:
    """Is there a database already? A server's is taken to be there."""
    return config.sqlite_path is None or config.sqlite_path.exists()


def in_database(args: Namespace, work: Work, *, create: bool = False) -> int:
    """Run a command in the opened database; with `create`, make one where there is none."""
    config = config_of(args)
    if not create and not exists(config):
        raise NotFound(NO_DATABASE)
    return asyncio.run(_within(config, args, work))


async def _within(config: Config, args: Namespace, work: Work) -> int:
    async with opened(config):
        now, _ = adjusted(config, await adjusting.stored())  # a command lives by what a bot started now would
        return await work(now, args)


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[None]:
    """The database and its key, for as long as the block lasts; a running bot is not disturbed by it."""
    with explained(config):
        await db.open_(config.database_url)
    try:
        load_key(config, create=await overview.nothing_kept())
        await directory.refresh()
        yield
    except keys.CannotDecrypt:
        raise ProblemsFound([_wrong_key(config)]) from None
    finally:
        await db.close()


def load_key(config: Config, *, create: bool) -> None:
    keys.use(keys.load(config.resolve(config.database.key_file), create=create))


def _wrong_key(config: Config) -> Problem:
    return Problem(config.database.key_file, 0, "密钥文件和数据库不是一对", "放回原来的密钥文件")


@contextmanager
def explained(config: Config, *, files: bool = True) -> Iterator[None]:
    """A database that cannot be opened is no bug of ours: say which, and what to look at.

    `files` is for a block that does nothing else: there any OSError is about the database.
    """
    os.umask(0o077)  # what is written from here on is for its own account only
    try:
        _try(config.sqlite_path)
        yield
    except Exception as error:
        if not _about_database(error) and not (files and isinstance(error, OSError)):
            raise
        raise ProblemsFound([_unreachable(config, error)]) from error


def _try(path: Path | None) -> None:
    """tortoise waits for ever for a connection whose first statement failed: so let it fail here, at once."""
    if path is None:
        return
    if not path.parent.exists():
        with suppress(OSError):  # the next line says what is wrong
            path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path, timeout=15, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT count(*) FROM sqlite_master")
        connection.execute("ROLLBACK")


def _about_database(error: Exception) -> bool:
    known = (sqlite3.Error, DBConnectionError, OperationalError, ConnectionError, gaierror)
    no_driver = isinstance(error, ModuleNotFoundError) and error.name == "asyncpg"
    return isinstance(error, known) or no_driver or type(error).__module__.startswith("asyncpg")


def _unreachable(config: Config, error: Exception) -> Problem:
    where = db.redacted(config.database_url)
    if isinstance(error, ModuleNotFoundError):
        return Problem(where, 0, "没有安装 PostgreSQL 的驱动", "运行 pip install 'songnuan[postgres]'")
    cause = error.__cause__ if isinstance(error, BaseORMException) and error.__cause__ else error
    reason = " ".join(str(cause).split())[:200] or type(cause).__name__
    return Problem(where, 0, f"打不开数据库（{reason}）", "看看 config.toml 的 [database] 对不对，数据库在不在运行")
