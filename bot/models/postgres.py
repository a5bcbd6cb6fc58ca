"""tortoise's PostgreSQL engine with one change: who is cancelled while a transaction begins gives the connection back.

tortoise keeps it, and after a few such moments the pool is empty and everybody waits for ever.
"""

import asyncio
from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections


class Context(TransactionContextPooled):
    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        pool: Any = self.client._parent._pool
        connection = await pool.acquire()
        try:
            self.client._connection = connection
            await self.client.begin()
        except BaseException:
            connection.terminate()  # nobody knows how far BEGIN came; the pool makes a new one
            await asyncio.shield(pool.release(connection))
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client


class Client(AsyncpgDBClient):
    def _in_transaction(self) -> TransactionContext:
        return Context(TransactionWrapper(self), self._pool_init_lock)


client_class = Client


def get_client_class(db_info: dict[str, Any]) -> type[Client]:
    """Called by tortoise with the connection's settings."""
    return Client
