"""tortoise's SQLite engine with three changes that our promises need.

A transaction begins IMMEDIATE: a deferred one that reads first and writes later fails with
"database is locked" when the command line wrote in between. tortoise commits once more before each
BEGIN, which costs a thread hop for nothing. And when BEGIN fails, or is cancelled, the lock that
tortoise has taken is given back: otherwise every later query would wait for ever. A cancelled BEGIN is
carried out all the same, in the connection's thread, so it is rolled back.
"""

import asyncio
import sqlite3
from contextlib import suppress
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError


class Wrapper(SqliteTransactionWrapper):
    async def begin(self) -> None:
        try:
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error


class Context(SqliteTransactionContext):
    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            try:
                await asyncio.shield(self._undo())
            finally:
                self._trxlock.release()
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        client: TransactionalDBClient = self.connection
        return client

    async def _undo(self) -> None:
        with suppress(sqlite3.Error, ValueError):  # ValueError: it is closed
            if self.connection._connection:
                await self.connection._connection.rollback()


class Client(SqliteClient):
    def _in_transaction(self) -> TransactionContext:
        return Context(Wrapper(self), self._lock)


client_class = Client


def get_client_class(db_info: dict[str, Any]) -> type[Client]:
    """Called by tortoise with the connection's settings."""
    return Client
